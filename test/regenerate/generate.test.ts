import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { generate } from "../../scripts/generate-folder.ts";
import { generateFiles } from "../../scripts/generated-files.ts";
import { SpecError } from "../../scripts/redocly.ts";
import { type Edit, editedSpec, lineOf, saveSpec, specFile, temporaryFolder } from "../spec-copy.ts";

// Each run starts Redocly.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const folder = temporaryFolder();
const committed = read(fileURLToPath(new URL("../../generated", import.meta.url)));

function read(from: string): Record<string, string> {
  return Object.fromEntries(readdirSync(from).map((name) => [name, readFileSync(join(from, name), "utf8")]));
}

/** A folder with files in it. */
function write(name: string, files: Record<string, string>): string {
  const out = join(folder, name);
  mkdirSync(out);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(out, file), text);
  return out;
}

/** A way to break the spec, the text on the line where that is seen, and what it is told to do. */
interface Case extends Edit {
  broken: string;
  seenAt: string;
  says: string;
}

const cases: Case[] = [
  {
    broken: "a $ref to nothing",
    after: "operationId: renameNamespace",
    from: '$ref: "#/components/schemas/RenameNamespace"',
    to: '$ref: "#/components/schemas/Renaming"',
    seenAt: '$ref: "#/components/schemas/Renaming"',
    says: "correct the $ref, or add what it names",
  },
  {
    broken: "two operations of one name",
    after: "/metadata/{key_name}:\n",
    from: "operationId: readMetadata",
    to: "operationId: getNamespace",
    seenAt: "operationId: getNamespace",
    says: "give one of the two operations another operationId",
  },
  {
    broken: "an operation without an extension",
    after: "    post:\n      operationId: createNamespace",
    from: "      x-idempotent: false\n",
    to: "",
    seenAt: "post:",
    says: "x-idempotent is missing: say true where sending the request twice does no harm",
  },
  {
    broken: "what OpenAPI does not have in a place",
    after: "    Pairs:\n",
    from: "maxItems: 10000",
    to: "maxItems: many",
    seenAt: "many",
    says: "write what OpenAPI 3.1 has in this place",
  },
  {
    broken: "what Redocly's own rules find",
    after: "operationId: deleteValue",
    from: "tags: [Values]",
    to: "tags: [Value]",
    seenAt: "tags: [Value]",
    says: "see https://redocly.com/docs/cli/rules/oas/operation-tag-defined",
  },
  {
    broken: "a place without the limit that is read from it",
    after: "    Metadata:\n      description: |",
    from: "      x-max-bytes: 1024\n",
    to: "",
    seenAt: "description: |",
    says: "the limit metadataBytes is read from it",
  },
];

describe("a spec that cannot be used is refused with file, line and what to do:", () => {
  // One copy with everything broken: starting the linter is what takes the time.
  const spec = editedSpec(...cases);
  let problems: readonly string[];
  beforeAll(async () => (problems = await problemsOf(spec)));

  test.each(cases)("$broken", ({ after, seenAt, says }) => {
    const place = new RegExp(`^\\S+/kv-\\d+\\.yaml:${lineOf(spec, after, seenAt)}:\\d+: `);
    const found = problems.filter((problem) => place.test(problem));
    expect(found.join("\n"), problems.join("\n")).toContain(says);
  });

  test("text that is not YAML", async () => {
    const edit = { after: "tags:\n", from: "name: Namespaces", to: "name: [Namespaces" };
    const broken = editedSpec(edit);
    // A parser sees on the next line that the bracket is not closed.
    const line = lineOf(broken, edit.to, "    description:");
    const [problem, ...others] = await problemsOf(broken);
    expect(problem).toMatch(new RegExp(`kv-\\d+\\.yaml:${line}:\\d+: .*\\n    correct the YAML$`));
    expect(others).toEqual([]);
  });

  test("a file that is not there", async () => {
    await expect(generateFiles(join(folder, "none.yaml"))).rejects.toThrow(/none\.yaml does not exist/);
  });
});

/** What a broken spec is refused with, a line or two for each problem. */
async function problemsOf(spec: string): Promise<readonly string[]> {
  const error = await generateFiles(saveSpec(folder, spec)).catch((reason: unknown) => reason);
  if (error instanceof SpecError) return error.problems;
  throw new Error("the spec was not refused", { cause: error });
}

/** Runs what `npm run generate` runs, in this process. */
async function run(
  spec: string,
  out: string,
  mode: "write" | "check",
): Promise<{ ok: boolean; said: string }> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  vi.spyOn(console, "log").mockImplementation(say);
  vi.spyOn(console, "error").mockImplementation(say);
  const files = await generate(spec, out, mode);
  return { ok: files !== undefined, said: said.join("\n") };
}

test("a spec that cannot be used leaves what was generated before", async () => {
  const edit = { after: "operationId: getNamespace", from: "tags: [Namespaces]", to: "tags: [Namespace]" };
  const out = write("untouched", { "operations.ts": "as it was" });
  const { ok, said } = await run(saveSpec(folder, editedSpec(edit)), out, "write");
  expect(ok).toBe(false);
  expect(said).toMatch(/kv-\d+\.yaml:\d+:\d+: [^]*One problem in the spec; .*untouched stays as it was/);
  expect(read(out)).toEqual({ "operations.ts": "as it was" });
});

test("a changed bound in the spec changes the limit, the request schema and nothing else", async () => {
  const edit = { after: "    Pairs:\n", from: "maxItems: 10000", to: "maxItems: 777" };
  const out = write("changed", committed);
  expect(await run(saveSpec(folder, editedSpec(edit)), out, "write")).toMatchObject({
    ok: true,
    said: expect.stringMatching(/changed: wrote operations\.ts, requests\.ts$/),
  });
  expect(read(out)).toEqual({
    "schema.ts": committed["schema.ts"],
    "operations.ts": committed["operations.ts"]?.replace("bulkWritePairs: 10000", "bulkWritePairs: 777"),
    "requests.ts": committed["requests.ts"]?.replace("maxItems: 10000", "maxItems: 777"),
  });
});

test("a check fails with a diff where files are not what the spec gives, and writes nothing", async () => {
  const stale = committed["operations.ts"]?.replace("keyBytes: 512", "keyBytes: 513") ?? "";
  const before = { "operations.ts": stale, "schema.ts": committed["schema.ts"] ?? "" };
  const out = write("stale", before);
  const { ok, said } = await run(specFile, out, "check");
  expect(ok).toBe(false);
  expect(said).toContain("\n-  keyBytes: 513,\n+  keyBytes: 512,\n");
  expect(said).toContain("\n+export const requests:");
  expect(said).not.toContain("schema.ts");
  expect(said).toContain("Run `npm run generate` and commit the result.");
  expect(read(out)).toEqual(before);
});

test("a run of its own writes, to the byte, what is committed", async () => {
  const out = join(folder, "new");
  const command = ["--import", "tsx", "scripts/generate.ts", "--out", out];
  const exitCode = await new Promise((done) => {
    const child = execFile(process.execPath, command, () => done(child.exitCode));
  });
  expect(exitCode).toBe(0);
  expect(read(out)).toEqual(committed);
});
