// #region storage
import { createStorage } from "unstorage";
import driver from "unstorage/drivers/cloudflare-kv-binding";
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const binding = createKV(fromEnv()).namespace(process.env["NAMESPACE_ID"]!);
const storage = createStorage({ driver: driver({ binding }) });
// #endregion storage

await storage.setItem("user:ada", { visits: 7 });
await storage.setItem("user:grace", { visits: 9 }, { ttl: 3600 });
console.log(await storage.getItem("user:ada"));
console.log((await storage.getKeys("user")).toSorted());

// #region many
// What the driver does not reach: any number of values, 100 keys to a request.
console.log((await binding.get(["user:ada", "user:grace"], "json")).size);
// #endregion many
