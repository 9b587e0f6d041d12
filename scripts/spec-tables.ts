/** The tables that stand in generated/, read from the bundled spec. */
import { SpecError } from "./redocly.ts";

type Json = Record<string, unknown>;

/** Each limit, and the place in the spec that says it. */
const places = {
  keyBytes: "/components/schemas/KeyName/x-max-bytes",
  valueBytes: "/components/schemas/Value/x-max-bytes",
  metadataBytes: "/components/schemas/Metadata/x-max-bytes",
  expirationTtlSeconds: "/components/schemas/ExpirationTtl/minimum",
  bulkWritePairs: "/components/schemas/Pairs/maxItems",
  bulkWriteBytes: "/components/schemas/Pairs/x-max-bytes",
  bulkDeleteKeys: "/components/schemas/KeysToDelete/maxItems",
  bulkGetKeys: "/components/schemas/GetMultiple/properties/keys/maxItems",
  bulkGetBytes: "/components/schemas/GetMultipleAnswer/x-max-bytes",
  listKeysMin: "/components/parameters/Limit/schema/minimum",
  listKeysMax: "/components/parameters/Limit/schema/maximum",
  listKeysDefault: "/components/parameters/Limit/schema/default",
  namespacesPerPageMax: "/components/parameters/PerPage/schema/maximum",
  namespacesPerPageDefault: "/components/parameters/PerPage/schema/default",
  namespacesPerAccount: "/x-account-limits/namespaces",
  namespaceTitleLength: "/components/schemas/Title/maxLength",
  accountIdLength: "/components/parameters/AccountId/schema/maxLength",
  namespaceIdLength: "/components/schemas/NamespaceId/maxLength",
  requestsPerWindow: "/x-rate-limit/requests",
  requestWindowSeconds: "/x-rate-limit/windowSeconds",
  requestsPerSecond: "/x-rate-limit/requestsPerSecond",
  concurrentBulkOperations: "/x-rate-limit/concurrentBulkOperations",
  keyWritesPerSecond: "/x-rate-limit/keyWritesPerSecond",
};

interface Operation extends Json {
  operationId: string;
  parameters?: Json[];
  requestBody?: { content: Record<string, { schema: Json }> };
  "x-idempotent": boolean;
  "x-permissions": string[];
  "x-error-codes": string[];
}

interface ErrorCode {
  code: number;
  status: number;
  description: string;
  evidence?: string;
}

const methods = ["get", "post", "put", "patch", "delete"];

/** What says something to people only. */
const annotations = new Set(["title", "description", "example", "examples"]);

/** What a JSON pointer names in a document, `undefined` where there is nothing. */
function at(document: Json, pointer: string): unknown {
  const names = pointer.split("/").slice(1).map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce<unknown>((node, name) => (node as Json | undefined)?.[name], document);
}

/** A copy with every `$ref` replaced by what it names. */
function inline(document: Json, node: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => inline(document, item));
  if (node === null || typeof node !== "object") return node;
  if ("$ref" in node) return inline(document, at(document, String(node.$ref).slice(1)));
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, inline(document, value)]));
}

/** A schema without what is meant for people. Under `properties`, names are names and not words of JSON Schema. */
function bare(schema: Json): Json {
  const words = Object.entries(schema).filter(([word]) => !annotations.has(word));
  return Object.fromEntries(
    words.map(([word, value]) => {
      if (word === "properties") {
        return [word, Object.fromEntries(Object.entries(value as Json).map(([name, s]) => [name, bare(s as Json)]))];
      }
      return [word, value !== null && typeof value === "object" && !Array.isArray(value) ? bare(value as Json) : value];
    }),
  );
}

/** The parameters of one kind as the schema of one object. */
function parametersSchema(parameters: Json[], kind: string): Json {
  const of = parameters.filter((parameter) => parameter.in === kind);
  return {
    type: "object",
    properties: Object.fromEntries(of.map(({ name, schema }) => [name, bare(schema as Json)])),
    required: of.filter(({ required }) => required === true).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** Everything that generated/operations.ts and generated/requests.ts hold. */
export function readTables(document: Json): {
  operations: Record<string, unknown>;
  limits: Record<string, number>;
  errors: Record<string, ErrorCode>;
  requests: Record<string, unknown>;
  operationErrors: Record<string, string[]>;
} {
  const paths = inline(document, document.paths) as Record<string, Record<string, unknown>>;
  const found = Object.entries(paths).flatMap(([path, item]) =>
    methods
      .filter((method) => method in item)
      .map((method) => {
        const operation = item[method] as Operation;
        const parameters = [...((item.parameters ?? []) as Json[]), ...(operation.parameters ?? [])];
        return { id: operation.operationId, method: method.toUpperCase(), path, operation, parameters };
      }),
  );

  const missing = Object.entries(places).filter(([, place]) => typeof at(document, place) !== "number");
  if (missing.length > 0) {
    throw new SpecError(
      missing.map(
        ([limit, place]) =>
          `the spec has no number at ${place}, from which the limit ${limit} is read\n` +
          "    put it back, or change its place in scripts/spec-tables.ts",
      ),
    );
  }

  const codes = Object.entries(at(document, "/components/x-error-codes") as Record<string, ErrorCode>);
  return {
    operations: Object.fromEntries(
      found.map(({ id, method, path, operation }) => [
        id,
        {
          method,
          path,
          idempotent: operation["x-idempotent"],
          permission: operation["x-permissions"].some((name) => name.endsWith("Read")) ? "read" : "write",
        },
      ]),
    ),
    limits: Object.fromEntries(
      Object.entries(places).map(([limit, place]) => [limit, at(document, place) as number]),
    ),
    errors: Object.fromEntries(codes.toSorted(([, a], [, b]) => a.code - b.code)),
    requests: Object.fromEntries(
      found.map(({ id, operation, parameters }) => {
        const content = operation.requestBody?.content ?? {};
        const json = content["application/json"];
        return [
          id,
          {
            path: parametersSchema(parameters, "path"),
            query: parametersSchema(parameters, "query"),
            contentTypes: Object.keys(content),
            ...(json && { body: bare(json.schema) }),
          },
        ];
      }),
    ),
    operationErrors: Object.fromEntries(found.map(({ id, operation }) => [id, operation["x-error-codes"]])),
  };
}
