// #region setup
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const namespace = createKV(fromEnv()).namespace(process.env["NAMESPACE_ID"]!);
// #endregion setup

// #region write
await namespace.put("theme", "dark", { metadata: { by: "ada" }, expirationTtl: 3600 });
// #endregion write

// #region read
console.log(await namespace.get("theme"));
// #endregion read

// #region bulk
const pairs = Array.from({ length: 12_000 }, (_, i) => ({ key: `user:${i}`, value: `name ${i}` }));
await namespace.bulkPut(pairs);
// #endregion bulk

// #region list
let count = 0;
for await (const { name } of namespace.list({ prefix: "user:" })) count += name ? 1 : 0;
console.log(count);
// #endregion list
