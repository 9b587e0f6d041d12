/**
 * Writes generated/ from the spec: lint, bundle, types, tables. All of it or nothing.
 *
 *     npm run generate -- [--check] [--spec FILE] [--out DIR]
 *
 * --check writes nothing, and exits with 1 where DIR is not what FILE gives.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import { format } from "oxfmt";
import ts from "typescript";
import { bundle, root, SpecError } from "./redocly.ts";
import { readTables } from "./spec-tables.ts";

const header = `// Made from spec/kv.yaml by \`npm run generate\` (scripts/generate.ts). Not to be edited by hand.\n\n`;

/** What fetch takes as bytes, in names that every runtime's types have (BufferSource is the DOM's alone). */
const bytes = ["Blob", "ArrayBuffer", "ArrayBufferView"].map((name) => ts.factory.createTypeReferenceNode(name));
const binary = ts.factory.createUnionTypeNode([
  ...bytes,
  ts.factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword),
]);

const constant = (name: string, value: unknown): string =>
  `export const ${name} = ${JSON.stringify(value, null, 2)} as const;\n\n`;

const typed = (name: string, type: string, value: unknown): string =>
  `export const ${name}: ${type} = ${JSON.stringify(value, null, 2)};\n\n`;

const requestTypes = `import type { errorCodes, operations } from "./operations.ts";

/** A schema of JSON Schema 2020-12 as plain data, with no $ref in it. */
export interface JSONSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JSONSchema>>;
  readonly required?: readonly string[];
  readonly items?: JSONSchema;
  readonly [word: string]: unknown;
}

/** What a request of an operation may hold. */
export interface RequestSchemas {
  /** The parameters in the path, decoded, as one object. */
  readonly path: JSONSchema;
  /** The parameters in the query, converted to their types, as one object. */
  readonly query: JSONSchema;
  /** The media types that a body may have. */
  readonly contentTypes: readonly string[];
  /** The body, where it is JSON. */
  readonly body?: JSONSchema;
}

/** What the spec says of an error code. */
export interface ErrorCode {
  readonly code: number;
  /** The HTTP status that it comes with. */
  readonly status: number;
  readonly description: string;
  /** What is not certain of it, and why it is thought so. */
  readonly evidence?: string;
}

`;

/**
 * The files of generated/ by name, formatted.
 *
 * @throws SpecError where the spec cannot be used; each of its problems says where, and what to do.
 */
export async function generate(spec: string): Promise<Map<string, string>> {
  const document = await bundle(spec);
  const { operations, limits, errors, requests, operationErrors } = readTables(document);
  const errorCodes = Object.fromEntries(Object.entries(errors).map(([name, { code }]) => [name, code]));
  const types = await openapiTS(document as unknown as OpenAPI3, {
    // A default is what the service assumes, not what a caller has to send.
    defaultNonNullable: false,
    transform: (schema) => (schema.format === "binary" ? binary : undefined),
  });
  const files = {
    "schema.ts": astToString(types),
    "operations.ts":
      constant("operations", operations) + constant("limits", limits) + constant("errorCodes", errorCodes),
    "requests.ts":
      requestTypes +
      typed("requests", "Readonly<Record<keyof typeof operations, RequestSchemas>>", requests) +
      typed("errors", "Readonly<Record<keyof typeof errorCodes, ErrorCode>>", errors) +
      typed(
        "operationErrors",
        "Readonly<Record<keyof typeof operations, readonly (keyof typeof errorCodes)[]>>",
        operationErrors,
      ),
  };
  return new Map(await Promise.all(Object.entries(files).map(([name, text]) => formatted(name, text))));
}

async function formatted(name: string, text: string): Promise<[string, string]> {
  const { code, errors } = await format(name, header + text, { printWidth: 110, objectWrap: "collapse" });
  if (errors.length > 0) throw new Error(`${name} cannot be formatted: ${errors[0]?.message}`);
  return [name, code];
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Writes the files that differ, each in one step, so that no reader sees half of one. Gives their names. */
function write(files: Map<string, string>, out: string): string[] {
  mkdirSync(out, { recursive: true });
  const changed = [...files].filter(([name, text]) => readIfThere(join(out, name)) !== text);
  for (const [name, text] of changed) writeFileSync(join(out, `${name}.tmp`), text);
  for (const [name] of changed) renameSync(join(out, `${name}.tmp`), join(out, name));
  return changed.map(([name]) => name);
}

/** What tells the files in `out` from what the spec gives, as a unified diff. Empty where nothing does. */
function difference(files: Map<string, string>, out: string): string {
  const folder = mkdtempSync(join(tmpdir(), "generate-"));
  try {
    for (const [side, read] of [
      ["committed", (name: string) => readIfThere(join(out, name)) ?? ""],
      ["generated", (name: string) => files.get(name) ?? ""],
    ] as const) {
      mkdirSync(join(folder, side));
      for (const name of files.keys()) writeFileSync(join(folder, side, name), read(name));
    }
    execFileSync("git", ["diff", "--no-index", "--no-color", "committed", "generated"], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64 * 2 ** 20,
    });
    return "";
  } catch (error) {
    if (error instanceof Error && "status" in error && error.status === 1 && "stdout" in error) return String(error.stdout);
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      spec: { type: "string", default: join(root, "spec/kv.yaml") },
      out: { type: "string", default: join(root, "generated") },
    },
  });
  const out = resolve(values.out);
  const name = relative(process.cwd(), out) || ".";
  try {
    const files = await generate(resolve(values.spec));
    if (!values.check) {
      const changed = write(files, out);
      console.log(changed.length > 0 ? `${name}: wrote ${changed.join(", ")}` : `${name}: nothing to change`);
      return 0;
    }
    const diff = difference(files, out);
    if (diff === "") return 0;
    console.error(`${diff}\n${name} is not what the spec gives: run \`npm run generate\` and commit the result.`);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    console.error(`${error.message}\n\nThe spec has ${error.problems.length} problems; ${name} stays as it was.`);
  }
  return 1;
}

process.exitCode = await main();
