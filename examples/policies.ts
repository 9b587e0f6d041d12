import { createKV, createRateLimit } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

// #region policies
// Two accounts under one token share its budget.
const budget = createRateLimit();
const production = createKV({ ...fromEnv(), rateLimit: budget });
const staging = createKV({ ...fromEnv(), rateLimit: budget });

// Everything once, at full speed, with a fetch of your own.
const plain = createKV({
  ...fromEnv(),
  retry: false,
  rateLimit: false,
  timeout: 10_000,
  fetch: (request) => fetch(request, { cache: "no-store" }),
});
// #endregion policies

for (const kv of [production, staging, plain])
  console.log((await kv.namespaces.list()).result_info.total_count);
