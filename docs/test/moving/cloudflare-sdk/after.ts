// #region client
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());
const { id } = await kv.namespaces.create("settings");
const settings = kv.namespace(id);
// #endregion client

// #region write
await settings.put("theme", "dark", { metadata: { by: "ada" }, expirationTtl: 3600 });
// #endregion write

// #region read
const { value, metadata } = await settings.getWithMetadata("theme");
console.log(value);
console.log(metadata);
// #endregion read

// #region missing
if ((await settings.get("no such key")) === null) console.log("missing");
// #endregion missing

// #region bulk
const pairs = Array.from({ length: 12_000 }, (_, i) => ({ key: `user:${i}`, value: `name ${i}` }));
await settings.bulkPut(pairs);
const found = await settings.get(pairs.slice(0, 250).map(({ key }) => key));
console.log(found.size);
// #endregion bulk

// #region list
let count = 0;
for await (const { name } of settings.list({ prefix: "user:" })) count += name.startsWith("user:") ? 1 : 0;
console.log(count);
// #endregion list
