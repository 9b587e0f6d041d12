// #region storage
import { createStorage } from "unstorage";
import driver from "unstorage/drivers/cloudflare-kv-http";

const storage = createStorage({
  driver: driver({
    accountId: process.env["CLOUDFLARE_ACCOUNT_ID"]!,
    namespaceId: process.env["NAMESPACE_ID"]!,
    apiToken: process.env["CLOUDFLARE_API_TOKEN"]!,
    apiURL: process.env["CLOUDFLARE_API_ORIGIN"]!,
  }),
});
// #endregion storage

// #region use
await storage.setItem("user:ada", { visits: 7 });
await storage.setItem("user:grace", { visits: 9 }, { ttl: 3600 });
console.log(await storage.getItem("user:ada"));
console.log((await storage.getKeys("user")).toSorted());
// #endregion use

// One request for each of them.
console.log((await storage.getItems(["user:ada", "user:grace"])).length);
