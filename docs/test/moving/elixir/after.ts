// #region namespace
import { createKV, toResult } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());

// As create!: it throws, where it is refused and where there is no answer.
const { id } = await kv.namespaces.create("settings");

// As create: a value. A refusal is an error as well.
const { data, error } = await toResult(kv.namespaces.create("settings"));
console.log(data?.id ?? error?.message);
// #endregion namespace

// #region value
const settings = kv.namespace(id);
await settings.put("theme", "dark");
console.log(await settings.get("theme"));
// #endregion value

// #region raw
// Any operation, with status and headers: the raw client.
const { response } = await kv.api.GET("/accounts/{account_id}/storage/kv/namespaces", {
  params: { path: { account_id: fromEnv().accountId }, query: { per_page: 100 } },
});
console.log(response.status);
// #endregion raw
