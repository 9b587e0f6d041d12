/** The same Worker in workerd, with a KV binding, and in this process, with a handle over the local server. */
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { createKV, type KVNamespaceClient } from "workers-kv-rest";
import { createKVServer, listen } from "workers-kv-rest/server";
import worker from "./worker.ts";

const accountId = "0123456789abcdef0123456789abcdef";

export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

export interface Backends {
  /** The local server's base URL. */
  url: string;
  /** The Worker in workerd. */
  workerd: { ask: Ask; binding: KVNamespace };
  /** The Worker in Node. */
  node: { ask: Ask; handle: KVNamespaceClient };
  close(): Promise<void>;
}

export async function start(): Promise<Backends> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "worker.ts")],
    bundle: true,
    format: "esm",
    write: false,
  });
  const miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: "2026-04-26",
    kvNamespaces: ["KV"],
  });
  const listening = await listen(createKVServer());
  const kv = createKV({ accountId, apiToken: "any", baseUrl: listening.url });
  const handle = kv.namespace((await kv.namespaces.create("ecosystem")).id);

  // Node has no cache of Cloudflare's; the asset handler looks for one, also where it is told to pass it by.
  Object.assign(globalThis, { caches: { default: {} } });
  const context = { waitUntil: () => {} };
  return {
    url: listening.url,
    workerd: {
      ask: async (path, init) =>
        (await miniflare.dispatchFetch(`http://worker.test${path}`, init as never)) as unknown as Response,
      binding: (await miniflare.getKVNamespace("KV")) as unknown as KVNamespace,
    },
    node: {
      ask: (path, init) =>
        worker.fetch(new Request(`http://worker.test${path}`, init), { KV: handle }, context),
      handle,
    },
    async close() {
      await miniflare.dispose();
      await listening.close();
    },
  };
}
