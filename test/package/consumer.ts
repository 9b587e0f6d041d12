/** Uses each subpath as a program of its user's would: what it declares has to hold in that program's own settings. */
import { createKV, KVAPIError, type KVOptions, toResult } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";
import { createKVServer } from "workers-kv-rest/server";

const server = createKVServer({ accounts: ["0123456789abcdef0123456789abcdef"] });
const options: KVOptions = { ...fromEnv({}), fetch: server.fetch };
const kv = createKV(options);

const settings = kv.namespace((await kv.namespaces.ensure("settings")).id);
await settings.put("theme", new Uint8Array([1]), { expirationTtl: 60, metadata: { by: "ada" } });
export const text: string | null = await settings.get("theme");
export const json: { a: number } | null = await settings.get<{ a: number }>("theme", "json");
export const bytes: ArrayBuffer | null = await settings.get("theme", { type: "arrayBuffer" });
export const stream: ReadableStream | null = await settings.get("theme", "stream");
export const many: Map<string, string | null> = await settings.get(["theme"]);
export const { metadata } = await settings.getWithMetadata<{ by: string }>("theme");
for await (const { name } of settings.list({ prefix: "t" })) console.log(name.length);
await settings.bulkPut(settings.entries());

const { data, error } = await toResult(kv.namespaces.get("id"));
console.log(data?.title, error instanceof KVAPIError && error.problems[0]?.code);
const raw = await kv.api.GET("/accounts/{account_id}/storage/kv/namespaces", {
  params: { path: { account_id: "0123456789abcdef0123456789abcdef" } },
});
console.log(raw.data?.result[0]?.title);

// @ts-expect-error a value is no number
await settings.put("theme", 1);
