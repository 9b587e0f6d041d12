/**
 * Workers KV in a function: every operation of the REST API, answered as Cloudflare answers it, for
 * development and tests. No `node:` module is imported here: it runs wherever `fetch` does.
 */
export { localAccountId } from "./account.ts";
export type { ServerFaults } from "./fault-options.ts";
export type { Fault, FaultName, FaultRate, RequestLimit } from "./faults.ts";
export { listen, type Listening, type ListenOptions } from "./listen.ts";
export { memoryStore } from "./memory-store.ts";
export {
  type AnsweredRequest,
  createKVServer,
  type Delivery,
  type KVServer,
  type KVServerOptions,
  type SeedNamespace,
} from "./server.ts";
export { type SQLiteStore, sqliteStore } from "./sqlite-store.ts";
export type {
  Awaitable,
  Entries,
  KeyRange,
  OpenNamespace,
  Store,
  StoredEntry,
  StoredKey,
  StoredNamespace,
} from "./store.ts";
