/** The text of every file in generated/, made from the spec. */
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import { format } from "oxfmt";
import ts from "typescript";
import { isNode, LineCounter, parseDocument as parseYaml } from "yaml";
import { lint, SpecError } from "./redocly.ts";
import { inline, type Json, parseDocument, valueAt } from "./spec-document.ts";
import { type ErrorCode, limitPlaces, readTables } from "./spec-tables.ts";

const header =
  "// Made from spec/kv.yaml by `npm run generate` (scripts/generate.ts). Not to be edited by hand.\n\n";

// Not the DOM's BufferSource: a project without the DOM's types has no such name, and it is the same.
const binary = ts.factory.createUnionTypeNode([
  ...["Blob", "ArrayBuffer", "ArrayBufferView"].map((name) => ts.factory.createTypeReferenceNode(name)),
  ts.factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword),
]);

const requestTypes = `import type { errorCodes, operations } from "./operations.ts";

/** A schema of JSON Schema 2020-12 as plain data, without $ref. */
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
  /** The media types that the body may have; none where there is no body. */
  readonly contentTypes: readonly string[];
  /** The body, where it may be JSON. */
  readonly body?: JSONSchema;
}

/** What the spec says of an error code. */
export interface ErrorCode {
  readonly code: number;
  /** The HTTP status that it comes with. */
  readonly status: number;
  readonly description: string;
  /** Where it is known from, if not from an answer of the service. */
  readonly evidence?: string;
}

/** The name of an error code. */
export type ErrorName = keyof typeof errorCodes;
`;

/** The limits that the spec does not say, with the line of what is nearest above the place. */
function missingLimits(spec: string, text: string, document: Json): string[] {
  const missing = Object.entries(limitPlaces).filter(
    ([, place]) => typeof valueAt(document, place) !== "number",
  );
  if (missing.length === 0) return [];
  const lines = new LineCounter();
  const yaml = parseYaml(text, { lineCounter: lines });
  return missing.map(([limit, place]) => {
    const [, ...path] = place.split("/");
    while (path.length > 0 && !yaml.hasIn(path)) path.pop();
    const node = yaml.getIn(path, true);
    const { line, col } = lines.linePos((isNode(node) && node.range?.[0]) || 0);
    const where = `${relative(process.cwd(), spec)}:${line}:${col}`;
    return (
      `${where}: ${place} is not there or not a number, and the limit ${limit} is read from it\n` +
      "    put it back, or change its place in scripts/spec-tables.ts"
    );
  });
}

/** Comments cost nothing in a bundle; what is data there is no more than what is needed. */
function operationsFile(operations: object, limits: object, errors: Record<string, ErrorCode>): string {
  const codes = Object.entries(errors).map(([name, { code, status, description, evidence = "" }]) => {
    return `/** HTTP ${status}. ${`${description} ${evidence}`.trim()} */\n${name}: ${code},\n`;
  });
  return `/** What each operation is asked with. A path's parameters stand in braces. */
export const operations = ${JSON.stringify(operations)} as const;

/** The bounds of the service; the names tell the units. */
export const limits = ${JSON.stringify(limits)} as const;

/** The codes that the service answers with when it refuses, by name. */
export const errorCodes = {\n${codes.join("")}} as const;
`;
}

function requestsFile(requests: object, errors: object, operationErrors: object): string {
  return `${requestTypes}
/** What the requests of each operation may hold. */
export const requests: Readonly<Record<keyof typeof operations, RequestSchemas>> = ${JSON.stringify(requests)};

/** What is known of each error code. */
export const errors: Readonly<Record<ErrorName, ErrorCode>> = ${JSON.stringify(errors)};

/** What each operation may be refused with. */
export const operationErrors: Readonly<Record<keyof typeof operations, readonly ErrorName[]>> =
  ${JSON.stringify(operationErrors)};
`;
}

async function makeFiles(document: Json): Promise<Map<string, string>> {
  // The linter says where; openapi-typescript would say it on the console.
  if (JSON.stringify(inline(document, document)).includes('"$ref":')) throw new Error("a $ref leads nowhere");
  const { operations, limits, requests, errors, operationErrors } = readTables(document);
  const types = await openapiTS(document as unknown as OpenAPI3, {
    // A default is what the service assumes, not what a caller must send.
    defaultNonNullable: false,
    silent: true,
    transform: (schema) => (schema.format === "binary" ? binary : undefined),
  });
  const files = {
    "schema.ts": astToString(types),
    "operations.ts": operationsFile(operations, limits, errors),
    "requests.ts": requestsFile(requests, errors, operationErrors),
  };
  return new Map(await Promise.all(Object.entries(files).map(formatFile)));
}

/**
 * The files of generated/ by name, formatted. The same spec gives the same bytes.
 *
 * @throws SpecError where the spec cannot be used.
 */
export async function generateFiles(spec: string): Promise<Map<string, string>> {
  // At once, since the linter takes most of the time: what was made from a spec with problems is thrown away.
  const [linted, made] = await Promise.allSettled([
    lint(spec),
    readFile(spec, "utf8").then(async (text) => {
      const document = parseDocument(text);
      const missing = missingLimits(spec, text, document);
      return { missing, files: missing.length > 0 ? undefined : await makeFiles(document) };
    }),
  ]);
  if (linted.status === "rejected") throw linted.reason;
  const problems = [...linted.value, ...(made.status === "fulfilled" ? made.value.missing : [])];
  if (problems.length > 0) throw new SpecError(problems);
  if (made.status === "rejected") throw made.reason;
  return made.value.files!;
}

async function formatFile([name, text]: [string, string]): Promise<[string, string]> {
  const { code, errors } = await format(name, header + text, { printWidth: 110, objectWrap: "collapse" });
  if (errors.length > 0) throw new Error(`${name} cannot be formatted: ${errors[0]?.message}`);
  return [name, code];
}
