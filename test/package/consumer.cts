/** CommonJS, which requires the package. */
import kv = require("workers-kv-rest");

export const client: kv.KV = kv.createKV({ accountId: "account", apiToken: "token" });
