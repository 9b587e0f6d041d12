import type { KVNamespace } from "@cloudflare/workers-types";
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

// #region worker
// Code of a Worker, as it stands: it takes the binding, and knows nothing of REST.
async function greet(env: { GREETINGS: KVNamespace }, name: string): Promise<string> {
  const greeting = (await env.GREETINGS.get("greeting")) ?? "Hello";
  await env.GREETINGS.put(`seen:${name}`, new Date().toISOString(), { expirationTtl: 86_400 });
  return `${greeting}, ${name}!`;
}
// #endregion worker

const kv = createKV(fromEnv());
const { id } = await kv.namespaces.ensure("any binding");

// #region handle
// Outside of Workers the handle stands where the binding stood.
const env = { GREETINGS: kv.namespace(id) };
console.log(await greet(env, "Ada"));
// #endregion handle
