import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { generateFiles } from "../scripts/generated-files.ts";
import { SpecError } from "../scripts/redocly.ts";
import { type Edit, editedSpec, lineOf, saveSpec, temporaryFolder } from "./spec-copy.ts";

// Each run starts Redocly, most of them the TypeScript compiler too.
vi.setConfig({ testTimeout: 60_000 });

const folder = temporaryFolder();
const committed = read(fileURLToPath(new URL("../generated", import.meta.url)));

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

/** Runs the script as `npm run generate` does. */
function generate(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const command = ["--import", "tsx", "scripts/generate.ts", ...args];
  return new Promise((done) => {
    const child = execFile(process.execPath, command, (_error, stdout, stderr) => {
      done({ exitCode: child.exitCode, stdout, stderr });
    });
  });
}

/** What a broken spec is refused with, a line or two for each problem. */
async function problemsOf(spec: string): Promise<readonly string[]> {
  const error = await generateFiles(saveSpec(folder, spec)).catch((reason: unknown) => reason);
  if (error instanceof SpecError) return error.problems;
  throw new Error("the spec was not refused", { cause: error });
}

/** Breaks the spec, and gives the problem that is seen on the line with the text. */
async function refuses({ seenAt, ...edit }: Edit & { seenAt: string }): Promise<string> {
  const spec = editedSpec(edit);
  const problems = await problemsOf(spec);
  const place = new RegExp(`^\\S+/kv-\\d+\\.yaml:${lineOf(spec, edit.after, seenAt)}:\\d+: `);
  const found = problems.find((problem) => place.test(problem));
  expect(found, problems.join("\n")).toBeDefined();
  return found ?? "";
}

describe("a spec that cannot be used is refused with file, line and what to do:", () => {
  test("a $ref to nothing", async () => {
    const to = '$ref: "#/components/schemas/Renaming"';
    const from = '$ref: "#/components/schemas/RenameNamespace"';
    const problem = await refuses({ after: "operationId: renameNamespace", from, to, seenAt: to });
    expect(problem).toContain("correct the $ref, or add what it names");
  });

  test("two operations of one name", async () => {
    const from = "operationId: renameNamespace";
    const to = "operationId: getNamespace";
    const problem = await refuses({ after: "    put:\n", from, to, seenAt: to });
    expect(problem).toContain("give one of the two operations another operationId");
  });

  test("an operation without an extension", async () => {
    const after = "    post:\n      operationId: createNamespace";
    const problem = await refuses({ after, from: "      x-idempotent: false\n", to: "", seenAt: "post:" });
    expect(problem).toContain(
      "x-idempotent is missing: say true where sending the request twice does no harm",
    );
  });

  test("what Redocly's own rules find", async () => {
    const to = "tags: [Namespace]";
    const problem = await refuses({
      after: "operationId: getNamespace",
      from: "tags: [Namespaces]",
      to,
      seenAt: to,
    });
    expect(problem).toContain("see https://redocly.com/docs/cli/rules/oas/operation-tag-defined");
  });

  test("a place without the limit that is read from it", async () => {
    const after = "    KeyName:\n      type: string";
    const problem = await refuses({
      after,
      from: "      x-max-bytes: *keyBytes\n",
      to: "",
      seenAt: "type: string",
    });
    expect(problem).toContain("/components/schemas/KeyName/x-max-bytes is not there");
    expect(problem).toContain("the limit keyBytes");
  });

  test("text that is not YAML", async () => {
    // A parser sees on the next line that the bracket is not closed.
    const seenAt = "    description: The namespaces of an account.";
    const problem = await refuses({
      after: "tags:\n",
      from: "name: Namespaces",
      to: "name: [Namespaces",
      seenAt,
    });
    expect(problem).toContain("correct the YAML");
  });
});

test("a spec that cannot be used leaves what was generated before", async () => {
  const edit = { after: "operationId: getNamespace", from: "tags: [Namespaces]", to: "tags: [Namespace]" };
  const out = write("untouched", { "operations.ts": "as it was" });
  const { exitCode, stderr } = await generate("--spec", saveSpec(folder, editedSpec(edit)), "--out", out);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/kv-\d+\.yaml:\d+:\d+: [^]*One problem in the spec; .*untouched stays as it was/);
  expect(read(out)).toEqual({ "operations.ts": "as it was" });
});

test("a spec that is not there is named", async () => {
  await expect(generateFiles(join(folder, "none.yaml"))).rejects.toThrow(/none\.yaml does not exist/);
});

test("a changed bound in the spec changes the limit, the request schema and nothing else", async () => {
  const edit = { after: "    Pairs:\n", from: "maxItems: 10000", to: "maxItems: 777" };
  const files = await generateFiles(saveSpec(folder, editedSpec(edit)));
  expect(Object.fromEntries(files)).toEqual({
    "schema.ts": committed["schema.ts"],
    "operations.ts": committed["operations.ts"]?.replace("bulkWritePairs: 10000", "bulkWritePairs: 777"),
    "requests.ts": committed["requests.ts"]?.replace("maxItems: 10000", "maxItems: 777"),
  });
});

test("--check fails with a diff where files are not what the spec gives, and writes nothing", async () => {
  const stale = committed["operations.ts"]?.replace("keyBytes: 512", "keyBytes: 513") ?? "";
  const before = { "operations.ts": stale, "schema.ts": committed["schema.ts"] ?? "" };
  const out = write("stale", before);
  const { exitCode, stderr } = await generate("--check", "--out", out);
  expect(exitCode).toBe(1);
  expect(stderr).toContain("\n-  keyBytes: 513,\n+  keyBytes: 512,\n");
  expect(stderr).toContain("\n+export const requests:");
  expect(stderr).not.toContain("schema.ts");
  expect(stderr).toContain("Run `npm run generate` and commit the result.");
  expect(read(out)).toEqual(before);
});

test("a run of its own writes, to the byte, what is committed", async () => {
  const out = join(folder, "new");
  expect(await generate("--out", out)).toMatchObject({ exitCode: 0, stderr: "" });
  expect(read(out)).toEqual(committed);
});

test("--check passes on what is committed", async () => {
  const stdout = "generated is what the spec gives.\n";
  expect(await generate("--check")).toEqual({ exitCode: 0, stdout, stderr: "" });
});
