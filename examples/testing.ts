import { createKV } from "workers-kv-rest";
import { createKVServer } from "workers-kv-rest/server";

const accountId = "0123456789abcdef0123456789abcdef";
const { fetch } = createKVServer();
const kv = createKV({ accountId, apiToken: "any", fetch });

const { id } = await kv.namespaces.create("test");
await kv.namespace(id).put("key", "value");
console.log(await kv.namespace(id).get("key"));
