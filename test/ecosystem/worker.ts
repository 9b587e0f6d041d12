/** A Worker as one is written for Cloudflare. Its tests give it the binding in workerd, and the handle in Node. */
import { getAssetFromKV, NotFoundError } from "@cloudflare/kv-asset-handler";
import { operations, outcomeOf } from "./operations.ts";

export interface Env {
  KV: KVNamespace;
}

const worker = {
  async fetch(request: Request, env: Env, context: Pick<ExecutionContext, "waitUntil">): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, area, ...rest] = pathname.split("/");
    const key = decodeURIComponent(rest.join("/"));
    if (area === "notes") return notes(request, env, key, searchParams);
    if (area === "operations") return Response.json(await runOperations(env));
    try {
      const event = { request, waitUntil: (promise: Promise<unknown>) => context.waitUntil(promise) };
      return await getAssetFromKV(event, { ASSET_NAMESPACE: env.KV, cacheControl: { bypassCache: true } });
    } catch (error) {
      if (error instanceof NotFoundError) return new Response("no such page", { status: 404 });
      throw error;
    }
  },
};
export default worker;

interface Details {
  type: string;
  size: number;
}

async function notes(request: Request, { KV }: Env, key: string, query: URLSearchParams): Promise<Response> {
  if (request.method === "PUT") {
    const body = await request.arrayBuffer();
    const metadata: Details = { type: request.headers.get("content-type") ?? "none", size: body.byteLength };
    await KV.put(key, body, { metadata, expirationTtl: 3600 });
    return new Response(null, { status: 204 });
  }
  if (request.method === "DELETE") {
    await KV.delete(key);
    return new Response(null, { status: 204 });
  }
  if (key === "") {
    const page = await KV.list<Details>({
      prefix: query.get("prefix"),
      limit: 2,
      cursor: query.get("cursor"),
    });
    return Response.json({
      names: page.keys.map(({ name, metadata }) => `${name} (${metadata?.size})`),
      isLast: page.list_complete,
      next: page.list_complete ? null : `?cursor=${encodeURIComponent(page.cursor)}`,
    });
  }
  const { value, metadata } = await KV.getWithMetadata<Details>(key, "stream");
  if (value === null) return new Response("no such note", { status: 404 });
  return new Response(value, { headers: { "content-type": metadata?.type ?? "application/octet-stream" } });
}

async function runOperations({ KV }: Env): Promise<Record<string, unknown>> {
  const outcomes: Record<string, unknown> = {};
  for (const [i, { name, run }] of operations.entries())
    outcomes[name] = await outcomeOf(() => run(KV, `${i}/`));
  return outcomes;
}
