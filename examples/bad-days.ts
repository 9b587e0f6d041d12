import { createKV, KVBulkError } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

// #region events
// Told of attempts, retries and waits: never of a token, a key or a value.
const kv = createKV({
  ...fromEnv(),
  onEvent({ type, operation, attempt, reason, delay = 0 }) {
    if (type === "retry")
      console.log(`${operation}: attempt ${attempt}, ${reason}; again in ${Math.round(delay)} ms`);
    if (type === "wait") console.log(`${operation}: waits ${Math.round(delay)} ms for the request budget`);
  },
});
// #endregion events
const { id } = await kv.namespaces.ensure("bad days");
const users = kv.namespace(id);

// #region job
// Requests fail and pairs are left undone: they are sent again, and nothing is lost without a word.
const pairs = Array.from({ length: 25_000 }, (_, i) => ({ key: `user:${i}`, value: `name ${i}` }));
try {
  const { succeeded, requests } = await users.bulkPut(pairs);
  console.log(`${succeeded} written with ${requests} requests`);
} catch (error) {
  if (!(error instanceof KVBulkError)) throw error;
  console.log(`${error.succeeded} written, ${error.unsuccessfulKeys.length} not: ${error.message}`);
}
// #endregion job
