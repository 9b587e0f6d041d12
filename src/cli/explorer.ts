/** What `wkv serve` shows in a browser: a page that looks into the server it comes from. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { KVServer } from "../server/index.ts";

const headers = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  // The page itself says what it may load; this cannot be said from within.
  "content-security-policy": "frame-ancestors 'none'",
};

/** The same server with the page at `/`. It needs no token to be shown: it asks for one, where one is due. */
export function withExplorer(server: KVServer): KVServer {
  return {
    ...server,
    fetch: (request, delivery) =>
      request.method === "GET" && new URL(request.url).pathname === "/"
        ? page()
        : server.fetch(request, delivery),
  };
}

async function page(): Promise<Response> {
  try {
    // Wherever the bundler put this file.
    const manifest = createRequire(import.meta.url).resolve("workers-kv-rest/package.json");
    return new Response(await readFile(join(manifest, "../dist/explorer.html")), { headers });
  } catch {
    return new Response("The explorer is made by `npm run build`.\n", { status: 404 });
  }
}
