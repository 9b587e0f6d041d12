import { createKV, createRateLimit } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

// #region small
// Ten requests in any quarter of a second. Cloudflare's own, 1,200 in five minutes, is the default.
const budget = createRateLimit({ requests: 10, window: 250 });
const kv = createKV({ ...fromEnv(), rateLimit: budget });
// #endregion small
const { id } = await kv.namespaces.ensure("request budget");
const settings = kv.namespace(id);
await settings.put("theme", "dark");

// #region wait
const start = performance.now();
await Promise.all(Array.from({ length: 25 }, () => settings.get("theme")));
console.log(`25 reads took ${Math.round(performance.now() - start)} ms; ${budget.remaining} may start now`);
// #endregion wait
