import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { toJSON, toMarkdown, toText, type Verdict } from "../../scripts/change-report.ts";
import { bumpFor, mayBreak, raise } from "../../scripts/package-version.ts";
import { type Change, type Comparison, compareSpecs } from "../../scripts/spec-changes.ts";
import { root } from "../../scripts/redocly.ts";
import { lastTag, readBase, readVersion } from "../../scripts/spec-base.ts";
import { type Json, parseDocument } from "../../scripts/spec-document.ts";
import { editedSpec, saveSpec, specFile, temporaryFolder } from "../spec-copy.ts";

vi.setConfig({ hookTimeout: 60_000, testTimeout: 60_000 });

const text: Json = { type: "string" };
const object = (properties: Json, more: Json = {}): Json => ({ type: "object", properties, ...more });

/** What a schema was and is, and what its change is called in a request and in an answer; `@` is where it stands. */
const schemas: Readonly<Record<string, [before: Json, after: Json, request: string, answer: string]>> = {
  "a field is added": [object({}), object({ a: text }), "added @.a: is new", "added @.a: is new"],
  "a field is removed": [object({ a: text }), object({}), "breaking @.a: is gone", "breaking @.a: is gone"],
  "a field is renamed": [
    object({ success: text }),
    object({ succeeded: text }),
    "breaking @.succeeded: takes the place of success",
    "breaking @.succeeded: takes the place of success",
  ],
  "a field becomes required": [
    object({ a: text }),
    object({ a: text }, { required: ["a"] }),
    "breaking @: a is required now",
    "changed @: a is required now",
  ],
  "a field ceases to be required": [
    object({ a: text }, { required: ["a"] }),
    object({ a: text }),
    "changed @: a is no longer required",
    "breaking @: a is no longer required",
  ],
  "an enum loses a value": [
    { enum: ["a", "b"] },
    { enum: ["a"] },
    'breaking @: enum ["a","b"] → ["a"]',
    'changed @: enum ["a","b"] → ["a"]',
  ],
  "an enum gains a value": [
    { enum: ["a"] },
    { enum: ["a", "b"] },
    'added @: enum ["a"] → ["a","b"]',
    'breaking @: enum ["a"] → ["a","b"]',
  ],
  "an enum is set": [
    text,
    { ...text, enum: ["a"] },
    'breaking @: enum none → ["a"]',
    'changed @: enum none → ["a"]',
  ],
  "an enum is lifted": [
    { ...text, enum: ["a"] },
    text,
    'added @: enum ["a"] → none',
    'breaking @: enum ["a"] → none',
  ],
  "an illegal value becomes legal": [
    { ...text, not: { enum: [".", ".."] } },
    { ...text, not: { enum: ["."] } },
    'added @ not: enum [".",".."] → ["."]',
    'breaking @ not: enum [".",".."] → ["."]',
  ],
  "a lower maximum": [
    { type: "integer", maximum: 9 },
    { type: "integer", maximum: 5 },
    "breaking @: maximum 9 → 5",
    "changed @: maximum 9 → 5",
  ],
  "a higher maximum": [
    { type: "integer", maximum: 5 },
    { type: "integer", maximum: 9 },
    "changed @: maximum 5 → 9",
    "breaking @: maximum 5 → 9",
  ],
  "a lower minimum": [
    { type: "integer", minimum: 9 },
    { type: "integer", minimum: 5 },
    "changed @: minimum 9 → 5",
    "breaking @: minimum 9 → 5",
  ],
  "fewer items": [
    { type: "array", items: text, maxItems: 100 },
    { type: "array", items: text, maxItems: 50 },
    "breaking @: maxItems 100 → 50",
    "changed @: maxItems 100 → 50",
  ],
  "a longer text": [
    { ...text, maxLength: 5 },
    { ...text, maxLength: 9 },
    "changed @: maxLength 5 → 9",
    "breaking @: maxLength 5 → 9",
  ],
  "another pattern": [
    { ...text, pattern: "^a" },
    { ...text, pattern: "^b" },
    "breaking @: pattern ^a → ^b",
    "breaking @: pattern ^a → ^b",
  ],
  "fewer bytes": [
    { ...text, "x-max-bytes": 512 },
    { ...text, "x-max-bytes": 256 },
    "breaking @: x-max-bytes 512 → 256",
    "changed @: x-max-bytes 512 → 256",
  ],
  "more bytes": [
    { ...text, "x-max-bytes": 256 },
    { ...text, "x-max-bytes": 512 },
    "changed @: x-max-bytes 256 → 512",
    "breaking @: x-max-bytes 256 → 512",
  ],
  "a limit of bytes that was not there": [
    text,
    { ...text, "x-max-bytes": 512 },
    "breaking @: x-max-bytes none → 512",
    "changed @: x-max-bytes none → 512",
  ],
  "a moment further ahead": [
    { type: "integer", "x-min-seconds-ahead": 30 },
    { type: "integer", "x-min-seconds-ahead": 60 },
    "breaking @: x-min-seconds-ahead 30 → 60",
    "changed @: x-min-seconds-ahead 30 → 60",
  ],
  "null is allowed": [
    text,
    { type: ["string", "null"] },
    'changed @: type string → ["string","null"]',
    'breaking @: type string → ["string","null"]',
  ],
  "null is no longer allowed": [
    { type: ["string", "null"] },
    text,
    'breaking @: type ["string","null"] → string',
    'changed @: type ["string","null"] → string',
  ],
  "numbers become whole": [
    { type: "number" },
    { type: "integer" },
    "breaking @: type number → integer",
    "changed @: type number → integer",
  ],
  "one more shape": [
    { anyOf: [text] },
    { anyOf: [text, { type: "boolean" }] },
    "added @ anyOf 1: is new",
    "breaking @ anyOf 1: is new",
  ],
  "a default changes": [
    { ...text, default: "a" },
    { ...text, default: "b" },
    "breaking @: default a → b",
    "changed @: default a → b",
  ],
  "a default is said": [
    text,
    { ...text, default: "a" },
    "changed @: default none → a",
    "changed @: default none → a",
  ],
  "a field is deprecated": [
    object({ a: text }),
    object({ a: { ...text, deprecated: true } }),
    "changed @.a: deprecated none → true",
    "changed @.a: deprecated none → true",
  ],
  "a field can no longer be sent": [
    object({ a: text }),
    object({ a: { ...text, readOnly: true } }),
    "breaking @.a: readOnly none → true",
    "changed @.a: readOnly none → true",
  ],
  "an answer belongs to another request": [
    { ...text, "x-request": { type: "text" } },
    { ...text, "x-request": { type: "json" } },
    "breaking @ x-request: type text → json",
    "breaking @ x-request: type text → json",
  ],
  "a description and an example": [
    { ...text, description: "a", examples: ["a"] },
    { ...text, description: "b", examples: ["b"] },
    'documentation @: description a → b; documentation @: examples ["a"] → ["b"]',
    'documentation @: description a → b; documentation @: examples ["a"] → ["b"]',
  ],
  "a field of the name description": [
    object({ description: text }),
    object({ description: { type: "integer" } }),
    "breaking @.description: type string → integer",
    "breaking @.description: type string → integer",
  ],
};

const json = (schema: Json): Json => ({ content: { "application/json": { schema } } });
const parameter = (name: string, schema: Json, more: Json = {}): Json => ({
  name,
  in: "query",
  schema,
  ...more,
});
const asks = (...parameters: Json[]): Json => ({ parameters });
const answers = (more: Json, status = "200"): Json => ({
  responses: { [status]: { description: "", ...more } },
});

/** What an operation was and is, and what its change is called. */
const operations: Readonly<
  Record<string, [before: Json | undefined, after: Json | undefined, found: string]>
> = {
  "an operation is added": [undefined, {}, "added: GET /an-operation-is-added is new"],
  "an operation is removed": [{}, undefined, "breaking: GET /an-operation-is-removed is gone"],
  "an operation is deprecated": [{}, { deprecated: true }, "changed: deprecated none → true"],
  "an operation has another name": [
    { operationId: "anOldName" },
    { operationId: "aNewName" },
    "breaking: operationId anOldName → aNewName",
  ],
  "a parameter is added": [
    asks(parameter("a", text)),
    asks(parameter("a", text), parameter("b", text)),
    "added request query b: is new",
  ],
  "a parameter that is required is added": [
    asks(),
    asks(parameter("b", text, { required: true })),
    "breaking request query b: is new",
  ],
  "a parameter is removed, and what follows it changes": [
    asks(
      parameter("page", { type: "integer", default: 1 }),
      parameter("per_page", { type: "integer", default: 20 }),
    ),
    asks(parameter("per_page", { type: "integer", default: 30 })),
    "breaking request query page: is gone; breaking request query per_page: default 20 → 30",
  ],
  "a parameter becomes required": [
    asks(parameter("a", text)),
    asks(parameter("a", text, { required: true })),
    "breaking request query a: required none → true",
  ],
  "a parameter allows one value more": [
    asks(parameter("a", { enum: ["asc"] })),
    asks(parameter("a", { enum: ["asc", "desc"] })),
    'added request query a: enum ["asc"] → ["asc","desc"]',
  ],
  "a body becomes required": [
    { requestBody: json(text) },
    { requestBody: { ...json(text), required: true } },
    "breaking request body: required none → true",
  ],
  "a body may have one more content type": [
    { requestBody: json(text) },
    { requestBody: { content: { "application/json": { schema: text }, "text/csv": { schema: text } } } },
    "added request body text/csv: is new",
  ],
  "a body may no longer have a content type": [
    { requestBody: { content: { "application/json": { schema: text }, "text/csv": { schema: text } } } },
    { requestBody: json(text) },
    "breaking request body text/csv: is gone",
  ],
  "an answer has another content type": [
    answers({ content: { "text/plain": { schema: text } } }),
    answers({ content: { "image/png": { schema: text } } }),
    "breaking answer 200 text/plain: is gone; added answer 200 image/png: is new",
  ],
  "a status is added": [
    answers({}),
    { responses: { ...(answers({})["responses"] as Json), 409: { description: "" } } },
    "added answer 409: is new",
  ],
  "a status is removed": [
    { responses: { ...(answers({})["responses"] as Json), 409: { description: "" } } },
    answers({}),
    "breaking answer 409: is gone",
  ],
  "a header is added": [
    answers({ headers: { A: { schema: text } } }),
    answers({ headers: { A: { schema: text }, B: { schema: text } } }),
    "added answer 200 headers B: is new",
  ],
  "a header is removed": [
    answers({ headers: { A: { schema: text }, B: { schema: text } } }),
    answers({ headers: { A: { schema: text } } }),
    "breaking answer 200 headers B: is gone",
  ],
  "a header is a number": [
    answers({ headers: { A: { schema: text } } }),
    answers({ headers: { A: { schema: { type: "integer" } } } }),
    "breaking answer 200 headers A: type string → integer",
  ],
  "credentials of one kind no longer suffice": [
    {},
    { security: [{ token: [] }] },
    "breaking security 1: is gone",
  ],
  "credentials of another kind suffice": [{ security: [{ token: [] }] }, {}, "added security 1: is new"],
  "it may no longer be sent twice": [
    { "x-idempotent": true },
    { "x-idempotent": false },
    "breaking: x-idempotent true → false",
  ],
  "it may be sent twice": [
    { "x-idempotent": false },
    { "x-idempotent": true },
    "changed: x-idempotent false → true",
  ],
  "a permission no longer suffices": [
    { "x-permissions": ["Read", "Write"] },
    { "x-permissions": ["Write"] },
    "breaking x-permissions: Read is gone",
  ],
  "a permission suffices": [
    { "x-permissions": ["Write"] },
    { "x-permissions": ["Read", "Write"] },
    "changed x-permissions: Read is new",
  ],
  "it may be refused with one more error": [
    { "x-error-codes": [] },
    { "x-error-codes": ["kept"] },
    "added x-error-codes: kept is new",
  ],
  "it is no longer refused with an error": [
    { "x-error-codes": ["kept"] },
    { "x-error-codes": [] },
    "changed x-error-codes: kept is gone",
  ],
  "words and tags": [
    { summary: "a", tags: ["a"] },
    { summary: "b", tags: ["b"] },
    'documentation: summary a → b; documentation: tags ["a"] → ["b"]',
  ],
  nothing: [asks(parameter("a", text)), asks(parameter("a", text)), ""],
};

const code = (number: number, status: number, description = ""): Json => ({
  code: number,
  status,
  description,
});

/** Of the spec as a whole. */
const before: Json = {
  info: { title: "", version: "1", description: "old" },
  servers: [{ url: "https://a.example" }, { url: "https://b.example/v1" }],
  "x-rate-limit": { requests: 1200, requestsPerSecond: 100, windowSeconds: 300 },
  "x-account-limits": { namespaces: 100 },
};
const after: Json = {
  info: { title: "", version: "1", description: "new" },
  servers: [{ url: "https://a.example" }, { url: "https://b.example/v2" }, { url: "http://localhost" }],
  "x-rate-limit": { requests: 1000, requestsPerSecond: 200, windowSeconds: 600 },
  "x-account-limits": { namespaces: 1000 },
};
const codesBefore: Json = {
  kept: code(1, 400),
  gone: code(2, 400),
  moved: code(3, 400),
  renumbered: code(4, 400),
  retold: code(5, 400, "old"),
};
const codesAfter: Json = {
  kept: code(1, 400),
  moved: code(3, 404),
  renumbered: code(44, 400),
  retold: code(5, 400, "new"),
  made: code(6, 400),
};
const ofTheWhole = [
  "documentation info: description old → new",
  "added servers 2: is new",
  "breaking servers 1: url https://b.example/v1 → https://b.example/v2",
  "breaking x-rate-limit: requests 1200 → 1000",
  "changed x-rate-limit: requestsPerSecond 100 → 200",
  "breaking x-rate-limit: windowSeconds 300 → 600",
  "changed x-account-limits: namespaces 100 → 1000",
  "breaking x-error-codes: gone 2, HTTP 400 → none",
  "breaking x-error-codes: moved 3, HTTP 400 → 3, HTTP 404",
  "breaking x-error-codes: renumbered 4, HTTP 400 → 44, HTTP 400",
  "added x-error-codes: made none → 6, HTTP 400",
  'documentation x-error-descriptions: gone ["",null] → none',
  'documentation x-error-descriptions: made none → ["",null]',
  'documentation x-error-descriptions: retold ["old",null] → ["new",null]',
];

const slug = (name: string): string => name.replaceAll(/[^a-z]+/g, "-");

/** A spec with an operation of each side of each pair. */
function makeSpec(side: 0 | 1): Json {
  const paths: Json = {};
  const add = (name: string, operation: Json | undefined): void => {
    if (!operation) return;
    paths[`/${slug(name)}`] = { get: { operationId: slug(name), responses: {}, ...operation } };
  };
  for (const [name, pair] of Object.entries(operations)) add(name, pair[side]);
  for (const [name, pair] of Object.entries(schemas)) {
    add(`${name} in a request`, { requestBody: json(pair[side]) });
    add(`${name} in an answer`, answers(json(pair[side])));
  }
  return {
    openapi: "3.1.0",
    ...(side === 0 ? before : after),
    security: [{ token: [] }, { key: [] }],
    paths,
    components: {
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        key: { type: "apiKey", in: "header", name: "k" },
      },
      "x-error-codes": side === 0 ? codesBefore : codesAfter,
    },
  };
}

const line = ({ class: name, direction, place, what }: Change): string =>
  `${[name, direction, place].filter(Boolean).join(" ")}: ${what}`;

const expected = (found: string, at = ""): string[] =>
  found.replaceAll("@", at).split("; ").filter(Boolean).toSorted();

describe("A change is classed by what it does to callers:", () => {
  // All pairs at once: starting Redocly is what takes the time.
  let comparison: Comparison;
  beforeAll(async () => (comparison = await compareSpecs(makeSpec(0), makeSpec(1))));

  const changesOf = (id: string): string[] =>
    comparison.changes
      .filter(({ operation }) => operation === id)
      .map(line)
      .toSorted();

  test.each(Object.entries(operations))("%s", (name, [, after, found]) => {
    expect(changesOf((after?.["operationId"] as string | undefined) ?? slug(name))).toEqual(expected(found));
  });

  test.each(Object.entries(schemas))("%s, in a request and in an answer", (name, [, , request, answer]) => {
    expect(changesOf(slug(`${name} in a request`))).toEqual(expected(request, "request body"));
    expect(changesOf(slug(`${name} in an answer`))).toEqual(expected(answer, "answer 200"));
  });

  test("what is about the whole API", () => {
    const found = comparison.changes.filter(({ operation }) => operation === undefined).map(line);
    expect(found.toSorted()).toEqual(ofTheWhole.toSorted());
  });
});

describe("The report", () => {
  // The same key name is in paths, bodies and answers of many operations.
  const edits = [
    { after: "    KeyName:\n", from: "maxLength: &keyBytes 512", to: "maxLength: &keyBytes 600" },
    { after: "operationId: getNamespace", from: "summary: Get a namespace", to: "summary: Get | `one`" },
  ];
  const verdict: Verdict = { base: "v1.2.3", bump: "major", from: "1.2.3", next: "2.0.0" };
  let comparison: Comparison;
  beforeAll(async () => {
    const [base, revision] = [editedSpec(), editedSpec(...edits)].map(parseDocument);
    comparison = await compareSpecs(base!, revision!);
  });

  test("has one line for a schema that many operations share, and counts lines", () => {
    expect(toText(comparison, verdict).split("\n")).toEqual([
      "Against v1.2.3: 4 breaking, 8 changed, 1 documentation. Asks for a major version: 1.2.3 → 2.0.0.",
      "",
      "breaking: calls that worked may fail, or no longer compile",
      ...["maxLength", "x-max-bytes"].map(
        (word) =>
          "  every operation · answer 200, 400, 403, 404, 413, 414, 429, 4XX, 5XX · " +
          `result.unsuccessful_keys[] · ${word} 512 → 600`,
      ),
      ...["maxLength", "x-max-bytes"].map(
        (word) => `  listKeys · answer 200 · result[].name · ${word} 512 → 600`,
      ),
      "",
      "changed: what happens differs, and no call fails",
      ...[
        "writeMultiple · request · body[].key",
        "deleteMultipleDeprecated, deleteMultiple · request · body[]",
        "getMultiple · request · body.keys[]",
        "readMetadata, readValue, writeValue, deleteValue · request · path key_name",
      ].flatMap((place) => ["maxLength", "x-max-bytes"].map((word) => `  ${place} · ${word} 512 → 600`)),
      "",
      "documentation: words only",
      "  getNamespace · summary Get a namespace → Get | `one`",
    ]);
  });

  test("is a table for each class in Markdown, which no text of the spec breaks", () => {
    const lines = toMarkdown(comparison, verdict).split("\n");
    expect(lines.filter((each) => each.startsWith("### "))).toHaveLength(3);
    expect(lines).toContain("| listKeys | answer 200 | `result[].name` | `maxLength 512 → 600` |");
    expect(lines.at(-1)).toBe("| getNamespace |  |  | `summary Get a namespace → Get \\| 'one'` |");
  });

  test("has each operation and field by itself in JSON", () => {
    const { changes, ...rest } = JSON.parse(toJSON(comparison, verdict)) as Verdict & { changes: Change[] };
    expect(rest).toEqual(verdict);
    expect(changes).toContainEqual({
      class: "changed",
      direction: "request",
      operation: "readValue",
      place: "path key_name",
      what: "x-max-bytes 512 → 600",
    });
    expect(changes.filter(({ operation }) => operation === "deleteValue")).toHaveLength(16);
  });

  test("says so where nothing differs", () => {
    const same = { changes: [], operations: new Set<string>() };
    expect(toText(same, { ...verdict, bump: "none" })).toBe("Nothing differs from v1.2.3.");
  });
});

describe("The version", () => {
  test.each([
    ["1.2.3", "breaking", "major", "2.0.0"],
    ["1.2.3", "added", "minor", "1.3.0"],
    ["1.2.3", "changed", "minor", "1.3.0"],
    ["1.2.3", "documentation", "patch", "1.2.4"],
    ["0.2.3", "breaking", "minor", "0.3.0"],
    ["0.2.3", "added", "patch", "0.2.4"],
    ["0.2.3", "documentation", "patch", "0.2.4"],
  ] as const)("%s with a change of class %s asks for a %s version, %s", (from, found, bump, next) => {
    expect(bumpFor([found, "documentation"], from)).toBe(bump);
    expect(raise(from, bump)).toBe(next);
  });

  test.each([
    ["1.2.3", "1.3.0", false],
    ["1.2.3", "2.0.0", true],
    ["0.2.3", "0.2.4", false],
    ["0.2.3", "0.3.0", true],
    ["0.2.3", "1.0.0", true],
    ["2.0.0", "1.9.9", false],
  ])("%s to %s may break users: %s", (from, to, expected) => expect(mayBreak(from, to)).toBe(expected));

  test("is read from the base's package.json, and from this one with the changesets that wait", () => {
    const folder = temporaryFolder();
    const save = (version: string): void => {
      writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "p", version }));
    };
    const git = (...args: string[]): void => {
      const who = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"];
      execFileSync("git", [...who, ...args], { cwd: folder, stdio: "ignore" });
    };
    git("init");
    mkdirSync(join(folder, "spec"));
    mkdirSync(join(folder, ".changeset"));
    save("0.4.0");
    writeFileSync(join(folder, "spec/kv.yaml"), "openapi: 3.1.0\n");
    git("add", ".");
    git("commit", "-m", "first");
    expect(lastTag(folder)).toBeUndefined();
    git("tag", "v0.4.0");
    save("0.4.1");
    git("commit", "-am", "second");

    expect(lastTag(folder)).toBe("v0.4.0");
    expect(readBase(folder, "v0.4.0")).toEqual({
      name: "v0.4.0",
      spec: "openapi: 3.1.0\n",
      version: "0.4.0",
    });
    expect(readBase(folder, specFile).version).toBe("0.4.1");
    expect(() => readBase(folder, "v9")).toThrow("v9 is no file, and no revision");

    expect(readVersion(folder)).toBe("0.4.1");
    writeFileSync(join(folder, ".changeset/README.md"), "# Changesets\n");
    writeFileSync(join(folder, ".changeset/a.md"), '---\n"p": patch\n---\n\nWords\n');
    writeFileSync(join(folder, ".changeset/b.md"), '---\n"p": minor\n"other": major\n---\n\nWords\n');
    expect(readVersion(folder)).toBe("0.5.0");
  });
});

test("the command fails on a change that breaks users, unless the next version says so", async () => {
  const base = editedSpec({ after: "    KeysToDelete:\n", from: "maxItems: 10000", to: "maxItems: 20000" });
  const command = ["--import", "tsx", "scripts/spec-diff.ts", "--base", saveSpec(temporaryFolder(), base)];
  const { exitCode, stdout, stderr } = await new Promise<Record<string, unknown>>((done) => {
    const child = execFile(process.execPath, command, (_error, stdout, stderr) =>
      done({ exitCode: child.exitCode, stdout, stderr }),
    );
  });
  expect(stdout).toContain(
    "deleteMultipleDeprecated, deleteMultiple · request · body · maxItems 20000 → 10000",
  );
  const isSaid = mayBreak(readBase(root, "HEAD").version, readVersion(root));
  expect(exitCode).toBe(isSaid ? 0 : 1);
  expect(stderr).toMatch(
    isSaid ? /^$/ : /This breaks users of \d\S+, and the next version is \d\S+: take the/,
  );
});
