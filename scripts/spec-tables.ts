/** The tables of generated/operations.ts and generated/requests.ts, read from the bundled spec. */
import { inline, isObject, type Json, mapValues, methods, valueAt } from "./spec-document.ts";

interface Operation extends Json {
  operationId: string;
  parameters?: Json[];
  requestBody?: { content: Record<string, { schema: Json }> };
  "x-idempotent": boolean;
  "x-permissions": string[];
  "x-error-codes": string[];
}

export interface ErrorCode {
  code: number;
  status: number;
  description: string;
  evidence?: string;
}

/** Each limit, and the place in the spec that it is read from. */
export const limitPlaces: Readonly<Record<string, string>> = {
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

/** What a schema says to people only. */
const annotations = new Set(["title", "description", "example", "examples"]);

/** A schema without what is for people. Under `properties`, names are not words of JSON Schema. */
function withoutAnnotations(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutAnnotations);
  if (!isObject(node)) return node;
  const words = Object.entries(node).filter(([word]) => !annotations.has(word));
  return mapValues(Object.fromEntries(words), (value, word) =>
    word === "properties" ? mapValues(value as Json, withoutAnnotations) : withoutAnnotations(value),
  );
}

/** The parameters of one kind, as the schema of one object. */
function parametersSchema(parameters: Json[], kind: "path" | "query"): Json {
  const chosen = parameters.filter((parameter) => parameter["in"] === kind);
  return {
    type: "object",
    properties: Object.fromEntries(chosen.map(({ name, schema }) => [name, withoutAnnotations(schema)])),
    required: chosen.filter(({ required }) => required === true).map(({ name }) => name),
    additionalProperties: false,
  };
}

const inOneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

/** The document has passed the linter, whose rules see to it that what is read here is there. */
export function readTables(document: Json): Record<
  "operations" | "limits" | "requests" | "operationErrors",
  Json
> & {
  errors: Record<string, ErrorCode>;
} {
  const paths = inline(document, document["paths"]) as Record<string, Json>;
  const found = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((name) => methods.has(name))
      .map((method) => ({ method: method.toUpperCase(), path, item, operation: item[method] as Operation })),
  );
  const byOperation = (read: (entry: (typeof found)[number]) => unknown): Json =>
    Object.fromEntries(found.map((entry) => [entry.operation.operationId, read(entry)]));

  const codes = Object.entries(valueAt(document, "/components/x-error-codes") as Record<string, ErrorCode>);
  const errors = Object.fromEntries(
    codes
      .toSorted(([, a], [, b]) => a.code - b.code)
      .map(([name, { description, evidence, ...numbers }]) => [
        name,
        {
          ...numbers,
          description: inOneLine(description),
          ...(evidence && { evidence: inOneLine(evidence) }),
        },
      ]),
  );
  const everywhere = (document["x-error-codes"] ?? []) as string[];
  return {
    operations: byOperation(({ method, path, operation }) => ({
      method,
      path,
      idempotent: operation["x-idempotent"],
      permission: operation["x-permissions"].includes("Workers KV Storage Read") ? "read" : "write",
    })),
    limits: mapValues(limitPlaces, (place) => valueAt(document, String(place))),
    requests: byOperation(({ item, operation }) => {
      const parameters = [item["parameters"], operation.parameters].flatMap((list) => (list ?? []) as Json[]);
      const content = operation.requestBody?.content ?? {};
      const json = content["application/json"];
      return {
        path: parametersSchema(parameters, "path"),
        query: parametersSchema(parameters, "query"),
        contentTypes: Object.keys(content),
        ...(json && { body: withoutAnnotations(json.schema) }),
      };
    }),
    errors,
    operationErrors: byOperation(({ operation }) =>
      Object.keys(errors).filter((name) => [...everywhere, ...operation["x-error-codes"]].includes(name)),
    ),
  };
}
