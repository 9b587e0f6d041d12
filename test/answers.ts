/** Answers as fast-check makes them: what the spec says, with one thing in them that it does not say. */
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { parse } from "yaml";
import type { OperationId } from "../src/schema.ts";

interface Schema {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
}

interface Operation {
  operationId: OperationId;
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

const spec = parse(readFileSync(new URL("../spec/kv.yaml", import.meta.url), "utf8")) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

/** What a schema allows. Lengths and bounds are left aside: the client has to bear more than those anyway. */
function instanceOf(schema: Schema): fc.Arbitrary<unknown> {
  if (schema.$ref) return instanceOf(spec.components.schemas[schema.$ref.split("/").at(-1)!]!);
  if ("const" in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(instanceOf));
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type) => instanceOf({ ...schema, type })));
  switch (schema.type) {
    case "object": {
      const { properties = {}, required = [], additionalProperties } = schema;
      const fields = Object.entries(properties).map(([name, each]) => [name, instanceOf(each)] as const);
      const known = fc.record(Object.fromEntries(fields), { requiredKeys: required });
      if (typeof additionalProperties !== "object") return known;
      // Some of the keys that the tests ask for are there.
      const key = fc.oneof(fc.constantFrom("a", "b", "__proto__"), fc.string());
      const others = fc.dictionary(key, instanceOf(additionalProperties), { maxKeys: 4 });
      return fc.tuple(known, others).map(([first, second]) => Object.assign(second, first));
    }
    case "array":
      return fc.array(instanceOf(schema.items ?? {}), { maxLength: 3 });
    case "string":
      return fc.oneof(fc.constantFrom("a", "b"), fc.string());
    case "integer":
      return fc.nat();
    case "number":
      return fc.double();
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case undefined:
    default:
      return fc.jsonValue();
  }
}

/** What no field expects. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, -1, 1e308, "", "x".repeat(10_000), [], {}, [[]], [null], true),
  fc
    .constantFrom('{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}')
    .map(parseJson),
);

function parseJson(text: string): unknown {
  return JSON.parse(text);
}

type Path = readonly (string | number)[];

function pathsOf(json: unknown, path: Path = []): Path[] {
  if (typeof json !== "object" || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([name, value]) => pathsOf(value, [...path, name]))];
}

/** The same JSON with another value at a path. */
function replaced(json: unknown, [name, ...rest]: Path, value: unknown): unknown {
  if (name === undefined) return value;
  const copy = (Array.isArray(json) ? [...(json as unknown[])] : { ...(json as object) }) as Record<
    string,
    unknown
  >;
  const within = replaced(copy[name], rest, value);
  // A plain assignment to __proto__ would be none.
  return Object.defineProperty(copy, name, {
    value: within,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

/** One value of the JSON, wherever it is, becomes another. */
const spoiled = (json: unknown): fc.Arbitrary<unknown> =>
  fc.tuple(fc.constantFrom(...pathsOf(json)), junk).map(([path, value]) => replaced(json, path, value));

const failure = instanceOf({ $ref: "#/components/schemas/Failure" });

const headers = fc.dictionary(
  fc.constantFrom(
    "expiration",
    "retry-after",
    "ratelimit",
    "ratelimit-policy",
    "cf-ray",
    "location",
    "content-type",
  ),
  fc.oneof(
    fc.string({ unit: "grapheme-ascii" }),
    fc.constantFrom(
      "-1",
      "1e999",
      "NaN",
      '"d";r=0;t=99999999',
      '"d";q=1;w=1e300',
      "text/html",
      "//[",
      "http://a/",
    ),
  ),
);

/** An answer before it becomes a Response, so that a failing run can show it. */
export interface AnswerParts {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const anyAnswer = (schema: Schema | undefined): fc.Arbitrary<AnswerParts> =>
  fc
    .oneof(
      { weight: 6, arbitrary: fc.tuple(fc.constant(200), instanceOf(schema ?? {})) },
      { weight: 3, arbitrary: fc.tuple(fc.constantFrom(200, 400, 403, 404, 429, 500), failure) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(201, 206, 302, 418, 599), fc.jsonValue()) },
    )
    .chain(([status, json]) =>
      fc.record({
        status: fc.constant(status),
        headers,
        body: fc.oneof(
          { weight: 8, arbitrary: spoiled(json).map((each) => JSON.stringify(each)) },
          { weight: 1, arbitrary: fc.constantFrom("", "null", "{", "<html>", "[".repeat(100_000)) },
          { weight: 1, arbitrary: fc.string() },
        ),
      }),
    );

const schemas = new Map(
  Object.values(spec.paths)
    .flatMap((methods) => Object.values(methods))
    .filter((operation) => "operationId" in operation)
    .map(({ operationId, responses }) => [
      operationId,
      responses["200"]?.content?.["application/json"]?.schema,
    ]),
);

/** For each of the operations one answer, which it gives however often it is asked. */
export const anyAnswers = (
  ...operations: OperationId[]
): fc.Arbitrary<Partial<Record<OperationId, AnswerParts>>> =>
  fc.record(
    Object.fromEntries(operations.map((operation) => [operation, anyAnswer(schemas.get(operation))])),
  );
