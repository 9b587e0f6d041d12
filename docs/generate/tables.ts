/** The pages that are made from the spec: operations, error codes, limits. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCodes, limits, operations } from "../../generated/operations.ts";
import { errors, operationErrors } from "../../generated/requests.ts";
import { inline, isObject, type Json, parseDocument } from "../../scripts/spec-document.ts";
import { cell, code, root, table, writePage } from "./site.ts";

type OperationId = keyof typeof operations;
type ErrorName = keyof typeof errorCodes;

/** Which method of the facade asks for each operation. A new operation of the spec does not compile without. */
const facade: Record<OperationId, readonly string[]> = {
  listNamespaces: ["kv.namespaces.list()", "kv.namespaces.find()"],
  createNamespace: ["kv.namespaces.create()", "kv.namespaces.ensure()"],
  getNamespace: ["kv.namespaces.get()"],
  renameNamespace: ["kv.namespaces.rename()"],
  removeNamespace: ["kv.namespaces.delete()"],
  writeMultiple: ["namespace.bulkPut()"],
  deleteMultiple: ["namespace.bulkDelete()"],
  deleteMultipleDeprecated: [],
  getMultiple: [
    "namespace.get(keys)",
    "namespace.getWithMetadata()",
    "namespace.bulkGet()",
    "namespace.entries()",
  ],
  listKeys: ["namespace.list()", "namespace.entries()"],
  readMetadata: ["namespace.metadata()", "namespace.getWithMetadata()"],
  readValue: ["namespace.get()", "namespace.getWithMetadata()"],
  writeValue: ["namespace.put()"],
  deleteValue: ["namespace.delete()"],
};

/** What each limit is a limit of; the numbers are the spec's. */
const limitWords: Record<keyof typeof limits, string> = {
  keyBytes: "Length of a key, in bytes of UTF-8",
  valueBytes: "Size of a value, in bytes (25 MiB)",
  metadataBytes: "Size of metadata as JSON, in bytes",
  expirationTtlSeconds: "Least time to live, in seconds",
  bulkWritePairs: "Pairs in one bulk write",
  bulkWriteBytes: "Size of one bulk write, in bytes, base64 included",
  bulkDeleteKeys: "Keys in one bulk delete",
  bulkGetKeys: "Keys in one bulk read",
  bulkGetBytes: "Size of the answer to a bulk read, in bytes",
  listKeysMin: "Least keys to a page of the REST API's list; the handle's list() takes 1",
  listKeysMax: "Most keys to a page",
  listKeysDefault: "Keys to a page where nothing is said",
  namespacesPerPageMax: "Most namespaces to a page",
  namespacesPerPageDefault: "Namespaces to a page where nothing is said",
  namespacesPerAccount: "Namespaces of an account",
  namespaceTitleLength: "Length of a namespace's title, in characters",
  accountIdLength: "Length of an account's id",
  namespaceIdLength: "Length of a namespace's id",
  requestsPerWindow: "Requests of one user within the window, over all tokens and the dashboard",
  requestWindowSeconds: "The window of the request budget, in seconds",
  requestsPerSecond: "Requests within a second from one IP address",
  concurrentBulkOperations: "Bulk requests under way at a time",
  keyWritesPerSecond: "Writes to one key within a second",
};

const number = (value: number): string => value.toLocaleString("en");

/** The place of an operation in the REST reference. */
function restLink(tag: string, id: string): string {
  return `../rest/#/${tag.toLowerCase()}/${id.toLowerCase()}`;
}

/** Code of a method, with a link to what the reference says of it. */
function methodLink(call: string): string {
  const [, owner, method] = /(\w+)\.(\w+)\(/.exec(call)!;
  const type = owner === "namespaces" ? "NamespacesClient" : "KVNamespaceClient";
  return `[${code(call)}](./facade/workers-kv-rest/interfaces/${type}#${method!.toLowerCase()})`;
}

const errorLink = (name: ErrorName): string => `[${errorCodes[name]}](./error-codes#${errorCodes[name]})`;

export async function writeTables(): Promise<void> {
  const document = parseDocument(await readFile(join(root, "spec/kv.yaml"), "utf8"));
  const paths = inline(document, document["paths"]) as Record<string, Record<string, Json>>;
  await Promise.all([
    writePage("reference/operations.md", operationsPage(paths)),
    writePage("reference/error-codes.md", errorCodesPage()),
    writePage("reference/limits.md", limitsPage()),
  ]);
}

function operationsPage(paths: Record<string, Record<string, Json>>): string {
  const ids = Object.keys(operations) as OperationId[];
  const entries = ids.map((id) => {
    const { method, path } = operations[id];
    const item = paths[path]!;
    const operation = item[method.toLowerCase()]!;
    return { id, item, operation, tag: (operation["tags"] as string[])[0]! };
  });
  const overview = entries.map(({ id, operation }) => [
    `[${cell(String(operation["summary"]))}](#${id.toLowerCase()})`,
    `<span class="method ${operations[id].method.toLowerCase()}">${operations[id].method}</span>`,
    facade[id].map(methodLink).join("<br>") || "only as a raw call",
    operations[id].idempotent ? "yes" : "no",
    operations[id].permission === "read" ? "Read" : "Write",
  ]);
  return `---
outline: 2
---

# REST operations

All ${ids.length} operations of the Workers KV REST API: what asks for each, whether it may be sent twice, and the
permission that a token needs: _Workers KV Storage: Read_ or _Write_ (in the dashboard: _Edit_), which
includes reading. Schemas, examples and headers are in the
[full REST reference](../rest/){target="_self"}. Both are made from the same description as the client.

${table(["Operation", "Method", "In this package", "Safe to repeat", "Permission"], overview)}

${entries.map(operationSection).join("\n\n")}
`;
}

function operationSection({
  id,
  item,
  operation,
  tag,
}: {
  id: OperationId;
  item: Record<string, unknown>;
  operation: Json;
  tag: string;
}): string {
  const { method, path } = operations[id];
  const parameters = [item["parameters"], operation["parameters"]].flatMap((list) => (list ?? []) as Json[]);
  const content = isObject(operation["requestBody"])
    ? Object.keys(operation["requestBody"]["content"] as Json)
    : [];
  const rows = parameters.map(({ name, in: where, schema, description }) => [
    code(String(name)),
    String(where),
    schemaWords(schema as Json),
    cell(String(description)),
  ]);
  const own = operationErrors[id].map((name) => errorLink(name)).join(", ");
  const title =
    cell(String(operation["summary"])) + (operation["deprecated"] === true ? " (deprecated)" : "");
  return `## ${title} {#${id.toLowerCase()}}

\`\`\`http
${method} ${path}
\`\`\`

${String(operation["description"]).trim()}

${facade[id].length > 0 ? `In this package: ${facade[id].map(methodLink).join(", ")}` : "In this package: only as a raw call of `kv.api`"} · [Schemas and examples](${restLink(tag, id)}){target="_self"}

${table(["Parameter", "In", "Type", "Meaning"], rows)}

${content.length > 0 ? `Body: ${content.map(code).join(" or ")}.` : "No body."} Refused with: ${own}.`;
}

function schemaWords(schema: Json): string {
  const { type, minimum, maximum, minLength, maxLength, enum: values } = schema as Record<string, number>;
  if (Array.isArray(values)) return values.map((value) => code(String(value))).join(" or ");
  const bytes = schema["x-max-bytes"] as number | undefined;
  if (bytes !== undefined) return `${type}, up to ${number(bytes)} bytes`;
  const [from, to] = [minimum ?? minLength, maximum ?? maxLength];
  const unit = maxLength === undefined ? "" : " characters";
  if (to === undefined) return from === undefined ? `${type}` : `${type}, from ${from} on`;
  return `${type}, ${from === undefined ? "up to" : `${number(from)} to`} ${number(to)}${unit}`;
}

function errorCodesPage(): string {
  const names = Object.keys(errors) as ErrorName[];
  const rows = names.map((name) => {
    const { code: number, status } = errors[name];
    return [`[${number}](#${number})`, String(status), code(name), cell(errors[name].description)];
  });
  const sections = names.map((name) => {
    const { code: number, status, description, evidence } = errors[name];
    const by = (Object.keys(operations) as OperationId[]).filter((id) => operationErrors[id].includes(name));
    const answered =
      by.length === Object.keys(operations).length
        ? "Any operation may answer with it."
        : by.length === 0
          ? "It comes along with another code."
          : `Answered by ${by.map((id) => `[${id}](./operations#${id.toLowerCase()})`).join(", ")}.`;
    return `### ${number} ${name} {#${number}}

${cell(description)} HTTP ${status}. ${answered}${evidence ? ` _${cell(evidence)}_` : ""}`;
  });
  return `---
outline: [2, 3]
---

# Error codes

What the service puts into \`errors[].code\` when it refuses. A \`KVAPIError\` has the first of them as \`code\` and all
of them as \`problems\`; \`KVErrorCode\` has them by name. Decide by the code: messages change. What is sent again
and what is not stands in [Errors and retries](../guide/errors-and-retries).

${table(["Code", "HTTP", "Name in `KVErrorCode`", "Meaning"], rows)}

## Each code

${sections.join("\n\n")}
`;
}

function limitsPage(): string {
  const rows = (Object.keys(limits) as (keyof typeof limits)[]).map((name) => [
    limitWords[name],
    number(limits[name]),
    code(name),
  ]);
  return `# Limits

Workers KV's own, as the description of the API has them. The client checks what it can before anything is sent,
and splits bulk jobs by them; the local server refuses by them. They are exported as \`limits\`.

${table(["What", "Limit", "Name in `limits`"], rows)}

A key is also never \`.\` or \`..\`: URL parsing folds them away, and the request would reach the namespace itself.
`;
}
