/**
 * Holds client and server to spec/kv.yaml: each request as it arrives, each answer as it leaves. Stricter than
 * the spec: what it does not name is not allowed, be it a status, a header, an error code or a field.
 */
import { readFileSync } from "node:fs";
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { parse } from "yaml";

export type RequestFetch = (request: Request) => Promise<Response>;

export interface Contract {
  /** The operations that were asked for, each as often as it was. */
  readonly seen: string[];
  /** What was against the spec. The client is told too, by an answer of status 418. */
  readonly violations: string[];
  /** The same fetch, held to the spec. */
  guard(fetch: RequestFetch): RequestFetch;
}

type Content = Readonly<Record<string, { schema: AnySchemaObject }>>;
type Referable<T> = T | { $ref: string };

interface Parameter {
  name: string;
  in: "path" | "query";
  required?: boolean;
  schema: AnySchemaObject;
}

interface AnswerObject {
  headers?: Readonly<Record<string, Referable<{ schema: AnySchemaObject }>>>;
  content?: Content;
}

interface Operation {
  operationId: string;
  parameters?: Referable<Parameter>[];
  requestBody?: { content: Content };
  responses: Readonly<Record<string, Referable<AnswerObject>>>;
  "x-error-codes": string[];
}

interface Spec {
  servers: { url: string }[];
  paths: Readonly<Record<string, Readonly<Record<string, Operation | Referable<Parameter>[]>>>>;
  components: {
    schemas: Readonly<Record<string, AnySchemaObject>>;
    "x-error-codes": Readonly<Record<string, { code: number; status: number }>>;
  };
  "x-error-codes": string[];
}

interface Route {
  method: string;
  pattern: RegExp;
  operation: Operation;
  parameters: Parameter[];
}

const spec = parse(readFileSync(new URL("../spec/kv.yaml", import.meta.url), "utf8")) as Spec;
const codes = spec.components["x-error-codes"];

function resolve<T>(node: Referable<T>): T {
  if (typeof node !== "object" || node === null || !("$ref" in node)) return node;
  const names = node.$ref.slice(2).split("/");
  return names.reduce((at: unknown, name) => (at as Record<string, unknown>)[name], spec) as T;
}

const ajv = new Ajv2020({ strictTypes: false, allowUnionTypes: true, allErrors: true });
formats.default(ajv);
ajv.addVocabulary(["x-min-seconds-ahead", "x-request"]);
ajv.addKeyword({
  keyword: "x-max-bytes",
  validate(limit: number, data: unknown, schema?: AnySchemaObject, at?: { parentData: unknown }) {
    // On an array or object it is about the request as a whole, or about all values together.
    if (schema?.["type"] === "array" || schema?.["type"] === "object") return true;
    if (schema?.["type"] !== "string") return Buffer.byteLength(JSON.stringify(data)) <= limit;
    const isBase64 = isObject(at?.parentData) && at.parentData["base64"] === true;
    return Buffer.byteLength(data as string, isBase64 ? "base64" : "utf8") <= limit;
  },
});
for (const [name, schema] of Object.entries(spec.components.schemas)) ajv.addSchema(closed(schema), name);

/** The schema with nothing allowed but what it names. */
function closed(node: AnySchemaObject): AnySchemaObject {
  const entries = Object.entries(node).map(([word, value]): [string, unknown] => {
    if (word === "$ref") return [word, (value as string).replace("#/components/schemas/", "")];
    if (Array.isArray(value)) return [word, value.map((each) => (isObject(each) ? closed(each) : each))];
    return [word, isObject(value) ? closed(value) : value];
  });
  const { type } = node;
  const isOpen = type === "object" || (Array.isArray(type) && type.includes("object"));
  return { ...(isOpen ? { additionalProperties: false } : {}), ...Object.fromEntries(entries) };
}

function isObject(value: unknown): value is AnySchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const validators = new Map<AnySchemaObject, ValidateFunction>();

function check(schema: AnySchemaObject, data: unknown, what: string): string[] {
  let validate = validators.get(schema);
  if (!validate) validators.set(schema, (validate = ajv.compile(closed(schema))));
  return validate(data) ? [] : [ajv.errorsText(validate.errors, { dataVar: what })];
}

/** A parameter or header as what its schema says it is. */
function coerce(schema: AnySchemaObject, text: string): unknown {
  const { type } = resolve(schema as Referable<AnySchemaObject>);
  return type === "integer" && text.trim() !== "" ? Number(text) : text;
}

const basePath = new URL(spec.servers[0]!.url).pathname;

const routes: readonly Route[] = Object.entries(spec.paths).flatMap(([path, { parameters, ...methods }]) =>
  Object.entries(methods as Readonly<Record<string, Operation>>).map(([method, operation]) => ({
    method: method.toUpperCase(),
    pattern: new RegExp(`^${basePath}${path.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
    operation,
    parameters: [...(parameters as Referable<Parameter>[]), ...(operation.parameters ?? [])].map(
      resolve<Parameter>,
    ),
  })),
);

/** How many operations the spec has. */
export const operationCount: number = routes.length;

const mediaType = (headers: Headers): string => (headers.get("content-type") ?? "").split(";")[0]!.trim();

/** What HTTP itself needs, and what the fetch of Node adds on its own. */
const plumbing =
  "accept accept-encoding accept-language connection content-length content-type host sec-fetch-mode transfer-encoding user-agent";
const credentials = "authorization x-auth-email x-auth-key";
const requestHeaders: readonly string[] = `${plumbing} ${credentials}`.split(" ");

async function checkRequest(
  route: Route,
  request: Request,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string[]> {
  const { pathname, searchParams } = new URL(request.url);
  const { parameters, operation } = route;
  const problems: string[] = [];
  const path = route.pattern.exec(pathname)!.groups!;
  const query = [...searchParams];
  for (const { name, in: place, required, schema } of parameters) {
    const given =
      place === "path"
        ? [decodeURIComponent(path[name]!)]
        : query.filter(([each]) => each === name).map(([, text]) => text);
    if (given.length > 1 || (required && given.length === 0))
      problems.push(`${name} is there ${given.length} times`);
    for (const text of given) problems.push(...check(schema, coerce(schema, text), `${place}.${name}`));
  }
  for (const [name] of query) {
    if (!parameters.some((each) => each.in === "query" && each.name === name))
      problems.push(`query.${name} is not in the spec`);
  }
  for (const name of request.headers.keys()) {
    if (!requestHeaders.includes(name)) problems.push(`the header ${name} is not in the spec`);
  }
  return [...problems, ...(await checkBody(operation, request.headers, bytes))];
}

async function checkBody(
  { requestBody }: Operation,
  headers: Headers,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<string[]> {
  const type = mediaType(headers);
  if (!requestBody)
    return bytes.length > 0 || type !== "" ? ["there is a body, which the spec does not have"] : [];
  const schema = requestBody.content[type]?.schema;
  if (!schema) return [`the content type "${type}" is not in the spec`];
  if (type === "application/json") {
    const limit = Number(resolve(schema as Referable<AnySchemaObject>)["x-max-bytes"] ?? Infinity);
    return [...check(schema, JSON.parse(toText(bytes)), "body"), ...checkSize(bytes.length, limit)];
  }
  if (type !== "multipart/form-data") return checkSize(bytes.length, maxBytes("Value"));
  const form = await new Response(bytes, { headers }).formData();
  const fields = [...form].map(([name, part]): [string, unknown] => {
    if (typeof part !== "string") return [name, ""];
    return [name, name === "metadata" ? JSON.parse(part) : part];
  });
  const value = form.get("value");
  return [
    ...(fields.length === new Set(form.keys()).size ? [] : ["a part is there more than once"]),
    ...(value instanceof Blob
      ? checkSize(value.size, maxBytes("Value"))
      : ["value is a text part, whose line breaks change"]),
    ...check(schema, Object.fromEntries(fields), "body"),
  ];
}

const maxBytes = (schema: string): number => Number(spec.components.schemas[schema]!["x-max-bytes"]);

const checkSize = (size: number, limit: number): string[] =>
  size <= limit ? [] : [`the body is ${size} bytes, over ${limit}`];

const toText = (bytes: Uint8Array): string => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

function checkAnswer(
  { operation }: Route,
  { status, headers }: Response,
  body: Uint8Array,
  asked: Uint8Array,
): string[] {
  const found = operation.responses[status] ?? operation.responses[`${String(status)[0]}XX`];
  if (!found) return [`the status ${status} is not in the spec`];
  const answer = resolve(found);
  const problems: string[] = [];
  const known = new Map(
    Object.entries(answer.headers ?? {}).map(([name, header]) => [name.toLowerCase(), resolve(header)]),
  );
  for (const [name, text] of headers) {
    if (name === "content-type" || name === "content-length") continue;
    const schema = known.get(name)?.schema;
    problems.push(
      ...(schema
        ? check(schema, coerce(schema, text), `header ${name}`)
        : [`the header ${name} is not in the spec`]),
    );
  }
  const type = mediaType(headers);
  const schema = answer.content?.[type]?.schema;
  if (!schema) return [...problems, `the content type "${type}" is not in the spec`];
  if (type !== "application/json") return problems;
  const envelope = JSON.parse(toText(body)) as { result: unknown; errors?: { code: number }[] };
  problems.push(...check(schema, envelope, "answer"));
  if (status < 400)
    return operation.operationId === "getMultiple" ? [...problems, ...checkShape(envelope, asked)] : problems;
  const allowed = [...operation["x-error-codes"], ...spec["x-error-codes"]].map((name) => codes[name]!);
  for (const { code } of envelope.errors ?? []) {
    if (!allowed.some((each) => each.code === code && each.status === status)) {
      problems.push(`the code ${code} with the status ${status} is not in the spec`);
    }
  }
  return problems;
}

/** The request decides which of the four shapes an answer of `getMultiple` has. */
function checkShape(envelope: { result: unknown }, asked: Uint8Array): string[] {
  const { type = "text", withMetadata = false } = JSON.parse(toText(asked)) as {
    type?: string;
    withMetadata?: boolean;
  };
  const shape = Object.values(spec.components.schemas).find(({ "x-request": request }) => {
    return isObject(request) && request["type"] === type && request["withMetadata"] === withMetadata;
  });
  return check(shape!, envelope.result, "answer.result");
}

/** A new contract, with nothing seen. */
export function createContract(): Contract {
  const seen: string[] = [];
  const violations: string[] = [];

  async function report(what: string, find: () => Promise<string[]>): Promise<Response | undefined> {
    const problems = await find().catch((error: unknown) => [String(error)]);
    if (problems.length === 0) return undefined;
    const message = `${what} is not what the spec says: ${problems.join("; ").slice(0, 2000)}`;
    violations.push(message);
    const envelope = { success: false, errors: [{ code: 418, message }], messages: [], result: null };
    return Response.json(envelope, { status: 418 });
  }

  return {
    seen,
    violations,
    guard: (fetch) => async (request) => {
      const { method, url, headers, signal } = request;
      const { pathname } = new URL(url);
      const route = routes.find((each) => each.method === method && each.pattern.test(pathname));
      if (!route) return (await report(`${method} ${pathname}`, async () => ["no such operation"]))!;
      const { operationId } = route.operation;
      seen.push(operationId);
      const asked = new Uint8Array(await request.arrayBuffer());
      const refused = await report(`the request of ${operationId}`, () =>
        checkRequest(route, request, asked),
      );
      if (refused) return refused;
      const body = method === "GET" ? null : asked;
      const answer = await fetch(new Request(url, { method, headers, signal, body }));
      const answered = new Uint8Array(await answer.arrayBuffer());
      const check = async (): Promise<string[]> => checkAnswer(route, answer, answered, asked);
      return (await report(`the answer of ${operationId}`, check)) ?? new Response(answered, answer);
    },
  };
}
