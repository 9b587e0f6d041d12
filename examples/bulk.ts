import { createKV, KVBulkError } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());
const from = kv.namespace((await kv.namespaces.ensure("bulk: from")).id);
const to = kv.namespace((await kv.namespaces.ensure("bulk: to")).id);

// #region jobs
// Any number of pairs, from an array, a generator or a stream of rows; memory stays flat.
function* pairs() {
  for (let i = 0; i < 25_000; i++) yield { key: `user:${i}`, value: `name ${i}`, metadata: { i } };
}
await from.bulkPut(pairs()); // { succeeded: 25000, expired: 0, requests: 3 }

// A whole namespace into another one, with metadata, expirations and binary values.
await to.bulkPut(from.entries());

// Many values, 100 keys a request, in the order of the keys.
for await (const { key, value } of from.bulkGet(["user:1", "user:2", "no such key"])) console.log(key, value);
// #endregion jobs

// #region partial
// What could not be done is named, and all else is done.
try {
  await to.bulkDelete(["user:1", "user:2", ".."]);
} catch (error) {
  if (!(error instanceof KVBulkError)) throw error;
  for (const { key, error: reason } of error.rejected) console.log(key, reason.message);
  for (const key of error.unsuccessfulKeys) console.log(key, "was not acknowledged: try it again");
}
// #endregion partial
