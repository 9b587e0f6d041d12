import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { generateFiles } from "../../scripts/generated-files.ts";
import { root } from "../../scripts/redocly.ts";
import { buildRestReference } from "../../scripts/rest-reference.ts";
import { type Change, compareSpecs } from "../../scripts/spec-changes.ts";
import { parseDocument } from "../../scripts/spec-document.ts";
import type * as Client from "../../src/index.ts";
import type * as Server from "../../src/server/index.ts";
import { specFile, temporaryFolder } from "../spec-copy.ts";

vi.setConfig({ hookTimeout: 60_000 });

const guide = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
const copy = temporaryFolder();
const inCopy = (...path: string[]): string => join(copy, ...path);

/** Puts the new lines of a diff in the place of the old ones, which have to be there once. */
function applyHunk(file: string, hunk: string): void {
  const lines = hunk.split("\n").filter(Boolean);
  const side = (sign: string): string =>
    lines
      .filter((line) => line[0] === " " || line[0] === sign)
      .map((line) => `${line.slice(1)}\n`)
      .join("");
  const parts = readFileSync(file, "utf8").split(side("-"));
  expect(parts.length, `${hunk} is not once in ${file}`).toBe(2);
  writeFileSync(file, parts.join(side("+")));
}

/** The files that the guide changes, each with the parts of its diff. */
const changes = [...guide.matchAll(/^```diff\n([^]*?)^```$/gm)]
  .flatMap(([, diff]) => diff!.split(/^--- /m).filter(Boolean))
  .map((diff) => {
    const [file, ...lines] = diff.split("\n");
    return { file: file!, hunks: lines.join("\n").split(/^@@$/m) };
  });

/** Calls with the new parameter, and with values that it does not have. */
const calls = `
import { createKV } from "./src/index.ts";
const kv = createKV({ accountId: "a", apiToken: "t" });
const path = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys";
const ids = { account_id: "a", namespace_id: "n" };
await kv.namespace("n").list({ fields: "name" });
await kv.api.GET(path, { params: { path: ids, query: { fields: "name" } } });
// @ts-expect-error: no such value
await kv.namespace("n").list({ fields: "names" });
// @ts-expect-error: no such value
await kv.api.GET(path, { params: { path: ids, query: { fields: "names" } } });
`;

function checkTypes(): Promise<string> {
  writeFileSync(inCopy("calls.ts"), calls);
  const config = { extends: "./tsconfig.json", include: ["calls.ts", "src", "generated"] };
  writeFileSync(inCopy("tsconfig.calls.json"), JSON.stringify(config));
  const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");
  return new Promise((done) => {
    execFile(process.execPath, [tsc, "-p", inCopy("tsconfig.calls.json")], (_error, stdout) => done(stdout));
  });
}

describe("The change that CONTRIBUTING.md walks through, made on a copy,", () => {
  let typeErrors: string;
  let reference: string;
  let found: readonly Change[];

  beforeAll(async () => {
    for (const name of ["src", "spec", "tsconfig.json", "package.json"]) {
      cpSync(join(root, name), inCopy(name), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), inCopy("node_modules"), "junction");
    for (const { file, hunks } of changes) for (const hunk of hunks) applyHunk(inCopy(file), hunk);

    const spec = inCopy("spec/kv.yaml");
    mkdirSync(inCopy("generated"));
    for (const [name, text] of await generateFiles(spec)) writeFileSync(inCopy("generated", name), text);
    const [before, after] = [specFile, spec].map((file) => parseDocument(readFileSync(file, "utf8")));
    const comparison = compareSpecs(before!, after!);
    const page = inCopy("rest.html");
    [typeErrors] = await Promise.all([checkTypes(), buildRestReference(spec, page)]);
    reference = readFileSync(page, "utf8");
    found = (await comparison).changes;
  });

  test("touches the spec, the facade and the server", () => {
    expect(changes.map(({ file }) => file)).toEqual([
      "spec/kv.yaml",
      "src/binding.ts",
      "src/keys.ts",
      "src/server/handlers.ts",
    ]);
  });

  test("is in the types of the facade and of raw calls", () => {
    expect(typeErrors).toBe("");
  });

  test("is what the server acts by, and what it checks", async () => {
    const client = (await import(inCopy("src/index.ts"))) as typeof Client;
    const server = (await import(inCopy("src/server/index.ts"))) as typeof Server;
    const accountId = "6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8";
    const { fetch } = server.createKVServer();
    const kv = client.createKV({ accountId, apiToken: "any", rateLimit: false, fetch });
    const { id } = await kv.namespaces.create("first");
    const namespace = kv.namespace(id);
    await namespace.put("a", "v", { metadata: { by: "ada" } });
    const list = async (fields?: string): Promise<unknown> =>
      (await namespace.list({ fields } as object)).keys;
    expect(await list()).toEqual([{ name: "a", metadata: { by: "ada" } }]);
    expect(await list("all")).toEqual(await list());
    expect(await list("name")).toEqual([{ name: "a" }]);
    await expect(list("names")).rejects.toThrow(
      'Invalid fields of "names". Please specify one of all, name.',
    );
  });

  test("is in the REST reference", () => {
    expect(reference).toContain("What to say of each key.");
  });

  test("is added, as the guide has it from spec:diff", () => {
    expect(found).toEqual([
      { class: "added", direction: "request", operation: "listKeys", place: "query fields", what: "is new" },
    ]);
    expect(guide).toContain("added · listKeys · request · query fields · is new");
  });
});

test("every command of the guide is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const named = Array.from(guide.matchAll(/npm run ([\w:]+)/g), ([, name]) => name!);
  expect(named.length).toBeGreaterThan(4);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
