import { createKV, createRateLimit } from "workers-kv-rest";
import { fromEnv, nodeFetch } from "workers-kv-rest/node";

// #region policies
// Two accounts under one token share its budget.
const budget = createRateLimit();
const production = createKV({ ...fromEnv(), rateLimit: budget });
const staging = createKV({ ...fromEnv(), accountId: "fedcba9876543210fedcba9876543210", rateLimit: budget });

// Everything once, at full speed, with a fetch of your own.
const plain = createKV({
  ...fromEnv(),
  retry: false,
  rateLimit: false,
  timeout: 10_000,
  fetch: (request) => fetch(request, { cache: "no-store" }),
});
// #endregion policies

// #region log
// What goes on, in your log: no event has a token, a key or a value in it.
const logged = createKV({
  ...fromEnv(),
  onEvent({ type, operation, attempt, status, ms, delay, reason }) {
    if (type !== "request") console.log(type, { operation, attempt, status, ms, delay, reason });
  },
});
// #endregion log

// #region node-fetch
// On Node, with undici beside this package (npm install undici@7).
const fast = createKV({ ...fromEnv(), fetch: nodeFetch() });
// #endregion node-fetch

for (const kv of [production, staging, plain, logged, fast])
  console.log((await kv.namespaces.list()).result_info.total_count);
