/** What each operation does: decode, validate, act. */
import { requests } from "../../generated/requests.ts";
import { compareKeys } from "../limits.ts";
import { limits, type OperationId } from "../schema.ts";
import { Refusal, refusal, storageRefusal, success, valueAnswer } from "./answers.ts";
import { readBytes, readForm, readJson } from "./body.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import {
  checkChoice,
  checkExpiration,
  checkKey,
  checkMetadata,
  checkTitle,
  decodeKey,
  encodeValue,
  isId,
  newId,
  queryChoice,
  queryInteger,
  queryNumber,
  valueTooLarge,
} from "./rules.ts";
import type { OpenNamespace, Store, StoredEntry, StoredNamespace } from "./store.ts";

/** A request that has been let in. */
export interface ServerCall {
  readonly operation: OperationId;
  readonly request: Request;
  readonly query: URLSearchParams;
  readonly accountId: string;
  /** The placeholders of the path as sent, percent-encoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Handler = (call: ServerCall) => Promise<Response>;

const seconds = (call: ServerCall): number => Math.floor(call.now() / 1000);

/** A handler of something in a namespace, which must be there. */
const inNamespace =
  (act: (call: ServerCall, namespace: OpenNamespace) => Promise<Response>): Handler =>
  async (call) => {
    const id = call.params["namespace_id"]!;
    if (!isId(id)) {
      const message = `could not parse UUID from request's namespace_id: 'invalid namespace format: ${id}'`;
      throw refusal("invalidNamespaceId", message);
    }
    const namespace = await call.store.open(call.accountId, id);
    if (!namespace) throw storageRefusal("namespaceNotFound", "namespace not found");
    return act(call, namespace);
  };

/** A handler of one key. */
const onKey = (
  act: (call: ServerCall, namespace: OpenNamespace, key: string) => Promise<Response>,
): Handler =>
  inNamespace((call, namespace) => {
    const key = decodeKey(call.params["key_name"]!);
    checkKey(key);
    return act(call, namespace, key);
  });

async function existing(call: ServerCall, namespace: OpenNamespace, key: string): Promise<StoredEntry> {
  const entry = await namespace.entries.get(key, seconds(call));
  if (!entry) throw storageRefusal("keyNotFound", "key not found");
  return entry;
}

const shown = ({ id, title, jurisdiction }: StoredNamespace): object => ({
  id,
  title,
  supports_url_encoding: true,
  ...(jurisdiction === undefined ? {} : { jurisdiction }),
});

const parsed = (json: string | undefined): unknown => (json === undefined ? null : JSON.parse(json));

/** More than any legal body of titles or of 100 keys takes, escapes counted. */
const smallBodyBytes = 1 << 20;

const titleTaken = (): Error =>
  storageRefusal("titleTaken", "a namespace with this account ID and title already exists");

function fieldsOf(body: unknown): Record<string, unknown> {
  if (isRecord(body)) return body;
  throw refusal("invalidBody", "could not decode the request body: it is not an object");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The items of a bulk body, each as `decode` makes it. */
async function readItems<Item>(
  { request }: ServerCall,
  most: number,
  decode: (item: unknown) => Item,
): Promise<readonly Item[]> {
  const body = await readJson(request, limits.bulkWriteBytes);
  if (!Array.isArray(body)) {
    throw refusal("invalidBody", "could not decode the request body: it is not an array");
  }
  if (body.length > most) {
    throw refusal("invalidBody", `request of ${body.length} items exceeds limit of ${most}`);
  }
  return body.map((item: unknown, index) => decodeAt(`/${index}`, decode, item));
}

/** Decodes a part of a body; a refusal says where it is. */
function decodeAt<Part>(pointer: string, decode: (part: unknown) => Part, part: unknown): Part {
  try {
    return decode(part);
  } catch (error) {
    if (error instanceof Refusal) error.pointer = pointer;
    throw error;
  }
}

function bulkKey(key: unknown): string {
  if (typeof key !== "string") {
    throw refusal("invalidBody", "could not decode the request body: the key is not a string");
  }
  checkKey(key);
  return key;
}

const bulkResult = (count: number): Response =>
  success({ successful_key_count: count, unsuccessful_keys: [] });

const deleteMultiple = inNamespace(async (call, { entries }) => {
  const keys = await readItems(call, limits.bulkDeleteKeys, bulkKey);
  await entries.delete(keys);
  return bulkResult(keys.length);
});

function bulkEntry(item: unknown, now: number): StoredEntry {
  const { key, value, base64 = false, metadata, expiration, expiration_ttl: ttl } = fieldsOf(item);
  if (typeof value !== "string" || typeof base64 !== "boolean") {
    throw refusal(
      "invalidBody",
      "could not decode the request body: the value is not a string, or base64 not a boolean",
    );
  }
  return {
    key: bulkKey(key),
    value: base64 ? decodeBase64(value) : encodeValue(value),
    metadata: metadata === undefined ? undefined : checkMetadata(JSON.stringify(metadata)),
    expiration: checkExpiration(expiration, ttl, now),
  };
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  // atob also takes spaces and missing padding, which Go's standard decoder does not.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw refusal("invalidBody", "could not decode the value as base64");
  }
  const binary = atob(text);
  if (binary.length > limits.valueBytes) throw valueTooLarge(binary.length);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** A value as bulk/get gives it: it has no way to carry bytes that are not text. */
function decodeValue(value: Uint8Array, type: "text" | "json"): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    return type === "json" ? JSON.parse(text) : text;
  } catch {
    const message = `At least one of the requested keys corresponds to a non-${type} value`;
    throw refusal("bulkGetRefused", message);
  }
}

/** By operation; one that the spec has and this table has not, does not compile. */
export const handlers: Readonly<Record<OperationId, Handler>> = {
  async listNamespaces({ operation, query, store, accountId }) {
    const page = queryInteger(operation, query, "page");
    const perPage = queryInteger(operation, query, "per_page");
    // The default order is not known; the simulator's is by id.
    const order = (queryChoice(operation, query, "order") ?? "id") as "id" | "title";
    const sign = queryChoice(operation, query, "direction") === "desc" ? -1 : 1;
    const all = await store.namespaces(accountId);
    const result = [...all]
      .sort((a, b) => sign * compareKeys(a[order], b[order]))
      .slice((page - 1) * perPage, page * perPage)
      .map(shown);
    return success(result, { count: result.length, page, per_page: perPage, total_count: all.length });
  },

  async createNamespace({ operation, request, store, accountId }) {
    const body = fieldsOf(await readJson(request, smallBodyBytes));
    const schema = requests[operation].body?.properties?.["jurisdiction"];
    const namespace = {
      id: newId(),
      accountId,
      title: checkTitle(body["title"]),
      jurisdiction: checkChoice(schema, "jurisdiction", body["jurisdiction"]),
    };
    if ((await store.namespaces(accountId)).length >= limits.namespacesPerAccount) {
      throw refusal("tooManyNamespaces", `an account has at most ${limits.namespacesPerAccount} namespaces`);
    }
    if (!(await store.create(namespace))) throw titleTaken();
    return success(shown(namespace));
  },

  getNamespace: inNamespace(async (_, namespace) => success(shown(namespace))),

  renameNamespace: inNamespace(async ({ request, store, accountId }, namespace) => {
    const title = checkTitle(fieldsOf(await readJson(request, smallBodyBytes))["title"]);
    if (!(await store.rename(accountId, namespace.id, title))) throw titleTaken();
    return success(shown({ ...namespace, title }));
  }),

  removeNamespace: inNamespace(async ({ store, accountId }, { id }) => {
    await store.remove(accountId, id);
    return success(null);
  }),

  writeMultiple: inNamespace(async (call, { entries }) => {
    const added = await readItems(call, limits.bulkWritePairs, (item) => bulkEntry(item, call.now()));
    await entries.write(added);
    // Each pair counts, as it does for billing, also where a later one has the same key.
    return bulkResult(added.length);
  }),

  deleteMultiple,
  deleteMultipleDeprecated: deleteMultiple,

  getMultiple: inNamespace(async (call, { entries }) => {
    const {
      keys,
      type = "text",
      withMetadata = false,
    } = fieldsOf(await readJson(call.request, smallBodyBytes));
    if (!Array.isArray(keys) || typeof withMetadata !== "boolean") {
      throw refusal(
        "invalidBody",
        "could not decode the request body: keys is not an array, or withMetadata not a boolean",
      );
    }
    if (keys.length === 0) throw refusal("bulkGetRefused", "You must request a minimum of 1 key");
    if (keys.length > limits.bulkGetKeys) {
      throw refusal("bulkGetRefused", `You can request a maximum of ${limits.bulkGetKeys} keys`);
    }
    if (type !== "text" && type !== "json") {
      throw refusal("bulkGetRefused", `"${String(type)}" is not a valid type. Use "json" or "text"`);
    }
    const found: Record<string, unknown> = Object.create(null);
    let size = 0;
    for (const [index, item] of keys.entries()) {
      const key = decodeAt(`/keys/${index}`, bulkKey, item);
      const entry = await entries.get(key, seconds(call));
      size += entry ? entry.value.length + (entry.metadata?.length ?? 0) : 0;
      if (size > limits.bulkGetBytes) {
        throw storageRefusal("valueTooLarge", "Total size of request exceeds the limit of 25MB");
      }
      const value = entry ? decodeValue(entry.value, type) : null;
      found[key] = entry && withMetadata ? { value, ...detailsOf(entry) } : value;
    }
    return success({ values: found });
  }),

  listKeys: inNamespace(async (call, { id, entries }) => {
    const limit = queryInteger(call.operation, call.query, "limit");
    const scope = { namespaceId: id, prefix: call.query.get("prefix") ?? "" };
    const after = decodeCursor(scope, call.query.get("cursor") ?? "");
    // One key more than asked for tells whether there is another page.
    const found = await entries.list({ prefix: scope.prefix, after, limit: limit + 1 }, seconds(call));
    const page = found.slice(0, limit).map(({ key, expiration, metadata }) => ({
      name: key,
      ...(expiration === undefined ? {} : { expiration }),
      ...(metadata === undefined ? {} : { metadata: parsed(metadata) }),
    }));
    const cursor = found.length > limit ? encodeCursor(scope, page.at(-1)!.name) : "";
    return success(page, { count: page.length, cursor });
  }),

  readMetadata: onKey(async (call, namespace, key) => {
    const { metadata } = await existing(call, namespace, key);
    return success(parsed(metadata));
  }),

  readValue: onKey(async (call, namespace, key) => {
    const { value, expiration } = await existing(call, namespace, key);
    return valueAnswer(value, expiration);
  }),

  writeValue: onKey(async (call, { entries }, key) => {
    const { request, query } = call;
    const expires = (): number | undefined =>
      checkExpiration(queryNumber(query, "expiration"), queryNumber(query, "expiration_ttl"), call.now());
    expires();
    const { value, metadata } = await readValueBody(request);
    // The clock of a relative time starts when the value is there.
    await entries.write([{ key, value, metadata, expiration: expires() }]);
    return success(null);
  }),

  deleteValue: onKey(async (_, { entries }, key) => {
    await entries.delete([key]);
    return success(null);
  }),
};

const detailsOf = ({ metadata, expiration }: StoredEntry): object => ({
  metadata: parsed(metadata),
  ...(expiration === undefined ? {} : { expiration }),
});

/** Any body that is not multipart is the value itself, JSON included. */
async function readValueBody(request: Request): Promise<Pick<StoredEntry, "value" | "metadata">> {
  const contentType = request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    return { value: await readBytes(request, limits.valueBytes, valueTooLarge), metadata: undefined };
  }
  // Room for the metadata and for the lines between the parts.
  const body = await readBytes(request, limits.valueBytes + smallBodyBytes, valueTooLarge);
  const { value, metadata } = await readForm(body, contentType);
  if (value.length > limits.valueBytes) throw valueTooLarge(value.length);
  return { value, metadata: metadata === undefined ? undefined : checkMetadata(metadata) };
}
