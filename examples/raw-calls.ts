import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const options = fromEnv();
const kv = createKV(options);
const { id } = await kv.namespaces.ensure("raw calls");

// #region call
const { data, error, response } = await kv.api.POST(
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/get",
  {
    params: { path: { account_id: options.accountId, namespace_id: id } },
    body: { keys: ["a", "b"], withMetadata: true },
  },
);
console.log(response.status, data?.result ?? error);
// #endregion call
