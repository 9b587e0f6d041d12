/** What each operation does: decode, check, act. */
import { requests } from "../../generated/requests.ts";
import { compareKeys } from "../limits.ts";
import { limits, type OperationId } from "../schema.ts";
import { Refusal, refusal, storageRefusal, success, valueAnswer } from "./answers.ts";
import type { Incoming } from "./body.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { decodeValue, readFields, readGetRequest, readKeys, readPairs, readValue } from "./decode.ts";
import {
  checkChoice,
  checkExpiration,
  checkKey,
  checkTitle,
  decodeKey,
  isId,
  newId,
  queryChoice,
  queryInteger,
  queryNumber,
} from "./rules.ts";
import type {
  Awaitable,
  Entries,
  OpenNamespace,
  Store,
  StoredEntry,
  StoredKey,
  StoredNamespace,
} from "./store.ts";

/** A request that has been let in. */
export interface ServerCall extends Incoming {
  readonly operation: OperationId;
  readonly query: URLSearchParams;
  readonly accountId: string;
  /** The placeholders of the path as sent, percent-encoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly store: Store;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Whether a key may be written now. */
  readonly mayWrite: (namespaceId: string, key: string) => boolean;
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

/** Room for values, where the store gives copies of them. */
async function reserveFor(call: ServerCall, entries: Entries, keys: readonly string[]): Promise<void> {
  let bytes = 0;
  for (const key of keys) bytes += (await entries.size?.(key, seconds(call))) ?? 0;
  await call.reserve(Math.min(bytes, limits.valueBytes));
}

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

/** What belongs to a value: null metadata where there is none, no expiration where there is none. */
const detailsOf = ({ metadata, expiration }: StoredKey): object => ({
  metadata: parsed(metadata),
  ...(expiration === undefined ? {} : { expiration }),
});

const listed = ({ key, metadata, expiration }: StoredKey): object => ({
  name: key,
  ...(expiration === undefined ? {} : { expiration }),
  ...(metadata === undefined ? {} : { metadata: parsed(metadata) }),
});

const titleTaken = (): Error =>
  storageRefusal("titleTaken", "a namespace with this account ID and title already exists");

/** No evidence tells which code the service gives with the status. */
function requireWrite({ mayWrite }: ServerCall, namespaceId: string, key: string): void {
  if (!mayWrite(namespaceId, key)) throw new Refusal(429, "Too Many Requests");
}

/** A bulk operation on what has a key; those that may not be written now are named as unsuccessful. */
async function bulk<Item>(
  { mayWrite }: ServerCall,
  namespaceId: string,
  items: readonly Item[],
  keyOf: (item: Item) => string,
  act: (items: readonly Item[]) => Awaitable<void>,
): Promise<Response> {
  const keys = new Set(items.map(keyOf));
  const unsuccessful = new Set([...keys].filter((key) => !mayWrite(namespaceId, key)));
  const done = items.filter((item) => !unsuccessful.has(keyOf(item)));
  await act(done);
  // Each counts, as it does for billing, also where a later one has the same key.
  return success({ successful_key_count: done.length, unsuccessful_keys: [...unsuccessful] });
}

const deleteMultiple = inNamespace(async (call, { id, entries }) =>
  bulk(call, id, await readKeys(call), String, (keys) => entries.delete(keys)),
);

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

  async createNamespace(call) {
    const { operation, store, accountId } = call;
    const { title, jurisdiction } = await readFields(call);
    const namespace = {
      id: newId(),
      accountId,
      title: checkTitle(title),
      jurisdiction: checkChoice(requests[operation].body?.properties, "jurisdiction", jurisdiction),
    };
    if ((await store.namespaces(accountId)).length >= limits.namespacesPerAccount) {
      throw refusal("tooManyNamespaces", `an account has at most ${limits.namespacesPerAccount} namespaces`);
    }
    if (!(await store.create(namespace))) throw titleTaken();
    return success(shown(namespace));
  },

  getNamespace: inNamespace(async (_, namespace) => success(shown(namespace))),

  renameNamespace: inNamespace(async (call, namespace) => {
    const title = checkTitle((await readFields(call))["title"]);
    if (!(await call.store.rename(call.accountId, namespace.id, title))) throw titleTaken();
    return success(shown({ ...namespace, title }));
  }),

  removeNamespace: inNamespace(async ({ store, accountId }, { id }) => {
    await store.remove(accountId, id);
    return success(null);
  }),

  writeMultiple: inNamespace(async (call, { id, entries }) => {
    const pairs = await readPairs(call, call.now);
    return bulk(
      call,
      id,
      pairs,
      ({ key }) => key,
      (done) => entries.write(done),
    );
  }),

  deleteMultiple,
  deleteMultipleDeprecated: deleteMultiple,

  getMultiple: inNamespace(async (call, { entries }) => {
    const { keys, type, withMetadata } = await readGetRequest(call);
    await reserveFor(call, entries, keys);
    const values: Record<string, unknown> = Object.create(null);
    let size = 0;
    for (const key of keys) {
      const entry = await entries.get(key, seconds(call));
      size += entry?.value.length ?? 0;
      if (size > limits.bulkGetBytes) {
        throw storageRefusal("valueTooLarge", "Total size of request exceeds the limit of 25MB");
      }
      const value = entry ? decodeValue(entry.value, type) : null;
      values[key] = entry && withMetadata ? { value, ...detailsOf(entry) } : value;
    }
    try {
      return success({ values });
    } catch {
      // As with metadata: what JSON.parse takes may be too deep for JSON.stringify.
      throw refusal(
        "bulkGetRefused",
        "At least one of the requested keys corresponds to a value that is too deep",
      );
    }
  }),

  listKeys: inNamespace(async (call, { id, entries }) => {
    const limit = queryInteger(call.operation, call.query, "limit");
    const scope = { namespaceId: id, prefix: call.query.get("prefix") ?? "" };
    const after = decodeCursor(scope, call.query.get("cursor") ?? "");
    // One key more than asked for tells whether there is another page.
    const found = await entries.list({ prefix: scope.prefix, after, limit: limit + 1 }, seconds(call));
    const page = found.slice(0, limit);
    const cursor = found.length > limit ? encodeCursor(scope, page.at(-1)!.key) : "";
    return success(page.map(listed), { count: page.length, cursor });
  }),

  readMetadata: onKey(async (call, namespace, key) => {
    const { metadata } = await existing(call, namespace, key);
    return success(parsed(metadata));
  }),

  readValue: onKey(async (call, namespace, key) => {
    await reserveFor(call, namespace.entries, [key]);
    const { value, expiration } = await existing(call, namespace, key);
    return valueAnswer(value, expiration);
  }),

  writeValue: onKey(async (call, { id, entries }, key) => {
    const { query } = call;
    const expires = (): number | undefined =>
      checkExpiration(queryNumber(query, "expiration"), queryNumber(query, "expiration_ttl"), call.now());
    expires();
    const { value, metadata } = await readValue(call);
    requireWrite(call, id, key);
    // The clock of a relative time starts when the value is there.
    await entries.write([{ key, value, metadata, expiration: expires() }]);
    return success(null);
  }),

  deleteValue: onKey(async (call, { id, entries }, key) => {
    requireWrite(call, id, key);
    await entries.delete([key]);
    return success(null);
  }),
};
