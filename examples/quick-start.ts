import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv()); // or { accountId, apiToken }
const { id } = await kv.namespaces.ensure("settings");
const settings = kv.namespace(id);

await settings.put("theme", "dark", { metadata: { by: "ada" }, expirationTtl: 3600 });
console.log(await settings.get("theme"));
for await (const { name } of settings.list()) console.log(name);
