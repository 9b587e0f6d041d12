import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { beforeAll, describe, expect, test } from "vitest";
import { generateFiles } from "../../scripts/generated-files.ts";
import { readSources } from "../source-files.ts";
import { editedSpec, saveSpec, specFile, temporaryFolder } from "../spec-copy.ts";

const root = join(import.meta.dirname, "../..");
const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");

/** The package's declarations, as its users' compilers read them. */
function emitDeclarations(folder: string): void {
  const sources = readSources().filter(({ name }) => /^src\/[^/]+$/.test(name));
  const names = [...sources.map(({ name }) => name), "generated/schema.ts", "generated/operations.ts"];
  for (const name of names) {
    const text = readFileSync(join(root, name), "utf8");
    const { outputText, diagnostics } = ts.transpileDeclaration(text, { fileName: name, compilerOptions });
    expect([name, diagnostics?.map(({ messageText }) => messageText)]).toEqual([name, []]);
    const file = join(folder, name.replace(/\.ts$/, ".d.ts"));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText);
  }
}

const compilerOptions: ts.CompilerOptions = {
  isolatedDeclarations: true,
  verbatimModuleSyntax: true,
  stripInternal: true,
};

describe("A handle is a KVNamespace, results follow from options, and wrong calls do not compile", () => {
  // Below node_modules, where imports of packages are found. test/types/*/tsconfig.json name the place.
  beforeAll(() => emitDeclarations(join(root, "node_modules/.cache/types")));

  test.concurrent.each([
    ["with the DOM's types", "dom"],
    ["with Node's types alone", "node"],
    ["with Workers' types", "worker"],
  ])("%s", { timeout: 60_000 }, async (_, project) => {
    const compiler = promisify(execFile)(process.execPath, [tsc, "-p", join(root, "test/types", project)]);
    const { stdout } = await compiler.catch((failure: { stdout: string }) => failure);
    expect(stdout).toBe("");
  });
});

/** A copy of the spec with one operation more. */
function withOperation(operationId: string): string {
  const spec = readFileSync(specFile, "utf8");
  const path = "  /accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key_name}:";
  const start = spec.indexOf(path);
  const block = spec.slice(start, spec.indexOf("\n  /accounts/", start));
  const added = block
    .replace("/metadata/", "/size/")
    .replace("operationId: readMetadata", `operationId: ${operationId}`)
    .replace("read-the-metadata-for-a-key", "read-the-size-of-a-key");
  return editedSpec({ after: "paths:", from: path, to: `${added}\n${path}` });
}

/** What a type check of some files says where generated/ is made from another spec. */
function typeCheck(files: readonly string[], generated: ReadonlyMap<string, string>): string[] {
  const configFile = join(root, "tsconfig.json");
  const { config } = ts.readConfigFile(configFile, (name) => ts.sys.readFile(name)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  host.readFile = (name) => generated.get(name.replace(`${root}/generated/`, "")) ?? ts.sys.readFile(name);
  const program = ts.createProgram(
    files.map((name) => join(root, name)),
    options,
    host,
  );
  return files.flatMap((name) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(join(root, name)))
      .map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`),
  );
}

test("An operation that is new in the spec breaks the type check of server and facade, by its name", async () => {
  const generated = await generateFiles(saveSpec(temporaryFolder(), withOperation("readSize")));
  const files = ["src/server/handlers.ts", "test/wire.test.ts"];
  expect(typeCheck(files, generated)).toEqual(
    files.map((name) => expect.stringMatching(`^${name}: Property 'readSize' is missing in type`)),
  );
  expect(typeCheck(files, new Map())).toEqual([]);
}, 60_000);
