import { createKV, KVAPIError, KVErrorCode, KVInputError, toResult } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());

// #region result
// Either data or an error, and never a throw for what this package raises.
const { data, error } = await toResult(kv.namespaces.create("results"));
if (error instanceof KVAPIError && error.code === KVErrorCode.titleTaken) console.log("it is there already");
else if (error) console.log("it could not be created:", error.message);
else console.log("created", data.id);
// #endregion result

// #region several
// Of several calls, each is told of by itself.
const settings = kv.namespace((await kv.namespaces.ensure("results")).id);
const results = await Promise.all(
  ["theme", "..", "language"].map((key) => toResult(settings.put(key, "any"))),
);
for (const each of results) console.log(each.error instanceof KVInputError ? each.error.message : "written");
// #endregion several
