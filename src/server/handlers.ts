/** What each operation does: decode, validate, act. */
import { errorCodes, limits, type OperationId } from "../schema.ts";
import { refusal, storageRefusal, success, valueAnswer } from "./answers.ts";
import { readBytes, readForm, readJson } from "./body.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import {
  byField,
  checkExpiration,
  checkKey,
  checkMetadata,
  checkTitle,
  decodeKey,
  encodeValue,
  isId,
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
      throw refusal(errorCodes.invalidNamespaceId, message);
    }
    const namespace = await call.store.open(call.accountId, id);
    if (!namespace) throw storageRefusal(errorCodes.namespaceNotFound, "namespace not found");
    return act(call, namespace);
  };

/** A handler of one key. */
const onKey = (act: (call: ServerCall, namespace: OpenNamespace, key: string) => Promise<Response>): Handler =>
  inNamespace((call, namespace) => {
    const key = decodeKey(call.params["key_name"]!);
    checkKey(key);
    return act(call, namespace, key);
  });

async function existing(call: ServerCall, namespace: OpenNamespace, key: string): Promise<StoredEntry> {
  const entry = await namespace.entries.get(key, seconds(call));
  if (!entry) throw storageRefusal(errorCodes.keyNotFound, "key not found");
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
  storageRefusal(errorCodes.titleTaken, "a namespace with this account ID and title already exists");

function fieldsOf(body: unknown): Record<string, unknown> {
  if (isRecord(body)) return body;
  throw refusal(errorCodes.invalidBody, "could not decode the request body: it is not an object");
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

async function readList(call: ServerCall, most: number): Promise<readonly unknown[]> {
  const body = await readJson(call.request, limits.bulkWriteBytes);
  if (!Array.isArray(body)) {
    throw refusal(errorCodes.invalidBody, "could not decode the request body: it is not an array");
  }
  if (body.length > most) {
    throw refusal(errorCodes.invalidBody, `request of ${body.length} items exceeds limit of ${most}`);
  }
  return body;
}

function checkKeys(keys: readonly unknown[]): readonly string[] {
  return keys.map((key) => {
    if (typeof key !== "string") throw refusal(errorCodes.invalidBody, "could not decode the request body: a key is not a string");
    checkKey(key);
    return key;
  });
}

const bulkResult = (count: number): Response => success({ successful_key_count: count, unsuccessful_keys: [] });

const deleteMultiple = inNamespace(async (call, { entries }) => {
  const keys = checkKeys(await readList(call, limits.bulkDeleteKeys));
  await entries.delete(keys);
  return bulkResult(keys.length);
});

function bulkEntry(item: unknown, now: number): StoredEntry {
  const { key, value, base64, metadata, expiration, expiration_ttl: ttl } = fieldsOf(item);
  if (typeof key !== "string" || typeof value !== "string" || typeof (base64 ?? false) !== "boolean") {
    throw refusal(errorCodes.invalidBody, "could not decode the request body: an item has no key or value that is text");
  }
  checkKey(key);
  return {
    key,
    value: base64 === true ? decodeBase64(value) : encodeValue(value),
    metadata: metadata === undefined ? undefined : checkMetadata(JSON.stringify(metadata)),
    expiration: checkExpiration(expiration, ttl, now),
  };
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  // atob also takes spaces and missing padding, which Go's standard decoder does not.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw refusal(errorCodes.invalidBody, "could not decode the value of an item as base64");
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
    throw refusal(errorCodes.bulkGetRefused, message);
  }
}

/** By operation; one that the spec has and this table has not, does not compile. */
export const handlers: Readonly<Record<OperationId, Handler>> = {
  async listNamespaces({ query, store, accountId }) {
    const page = queryInteger(query, "page", { min: 1, max: Number.MAX_SAFE_INTEGER, otherwise: 1 });
    const perPage = queryInteger(query, "per_page", {
      min: 1,
      max: limits.namespacesPerPageMax,
      otherwise: limits.namespacesPerPageDefault,
    });
    // The default order is not known; the simulator's is by id.
    const order = queryChoice(query, "order", ["id", "title"]);
    const direction = queryChoice(query, "direction", ["asc", "desc"]);
    const all = [...(await store.namespaces(accountId))].sort(byField(order));
    if (direction === "desc") all.reverse();
    const shownPage = all.slice((page - 1) * perPage, page * perPage).map(shown);
    return success(shownPage, { count: shownPage.length, page, per_page: perPage, total_count: all.length });
  },

  async createNamespace({ request, store, accountId }) {
    const { title, jurisdiction } = fieldsOf(await readJson(request, smallBodyBytes));
    const namespace = { id: crypto.randomUUID().replaceAll("-", ""), accountId, title: checkTitle(title) };
    if (jurisdiction !== undefined && !["eu", "fedramp", "us"].includes(String(jurisdiction))) {
      throw refusal(errorCodes.invalidBody, `Invalid jurisdiction of "${String(jurisdiction)}"`);
    }
    const created = jurisdiction === undefined ? namespace : { ...namespace, jurisdiction: String(jurisdiction) };
    if (!(await store.create(created))) throw titleTaken();
    return success(shown(created));
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
    const items = await readList(call, limits.bulkWritePairs);
    const now = call.now();
    await entries.write(items.map((item) => bulkEntry(item, now)));
    return bulkResult(items.length);
  }),

  deleteMultiple,
  deleteMultipleDeprecated: deleteMultiple,

  getMultiple: inNamespace(async (call, { entries }) => {
    const body = fieldsOf(await readJson(call.request, smallBodyBytes));
    const { keys, type = "text", withMetadata = false } = body;
    if (!Array.isArray(keys) || typeof withMetadata !== "boolean") {
      throw refusal(errorCodes.invalidBody, "could not decode the request body: it has no array of keys");
    }
    if (keys.length === 0) throw refusal(errorCodes.bulkGetRefused, "You must request a minimum of 1 key");
    if (keys.length > limits.bulkGetKeys) {
      throw refusal(errorCodes.bulkGetRefused, `You can request a maximum of ${limits.bulkGetKeys} keys`);
    }
    if (type !== "text" && type !== "json") {
      throw refusal(errorCodes.bulkGetRefused, `"${String(type)}" is not a valid type. Use "json" or "text"`);
    }
    const found: Record<string, unknown> = Object.create(null);
    let size = 0;
    for (const key of checkKeys(keys)) {
      const entry = await entries.get(key, seconds(call));
      size += entry ? entry.value.length + (entry.metadata?.length ?? 0) : 0;
      if (size > limits.bulkGetBytes) {
        throw refusal(errorCodes.bulkGetRefused, "Total size of request exceeds the limit of 25MB", 413);
      }
      const value = entry ? decodeValue(entry.value, type) : null;
      found[key] = entry && withMetadata ? { value, ...detailsOf(entry) } : value;
    }
    return success({ values: found });
  }),

  listKeys: inNamespace(async (call, { id, entries }) => {
    const limit = queryInteger(call.query, "limit", {
      min: limits.listKeysMin,
      max: limits.listKeysMax,
      otherwise: limits.listKeysDefault,
    });
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
