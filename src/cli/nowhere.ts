/** A namespace that takes all that is sent to it and keeps nothing: what is refused, the client has refused. */
import { createKV, type KVNamespaceClient } from "../index.ts";

const takeAll = async (): Promise<Response> => Response.json({ success: true, errors: [], result: {} });

export function nowhere(): KVNamespaceClient {
  const id = "0".repeat(32);
  return createKV({ accountId: id, apiToken: "none", rateLimit: false, fetch: takeAll }).namespace(id);
}
