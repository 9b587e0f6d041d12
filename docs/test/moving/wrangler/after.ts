// #region script
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const namespace = createKV(fromEnv()).namespace(process.env["NAMESPACE_ID"]!);
await namespace.put("theme", "dark", { expirationTtl: 3600 });
console.log(await namespace.get("theme"));

// Many pairs, from wherever they come.
await namespace.bulkPut(Array.from({ length: 1500 }, (_, i) => ({ key: `user:${i}`, value: `name ${i}` })));

// All keys with a prefix.
const names: string[] = [];
for await (const { name } of namespace.list({ prefix: "user:" })) names.push(name);
console.log(names.length);

// Many values: any number of keys.
await namespace.get(names);
// #endregion script
