import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

// #region middleware
type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => Promise<void>;

/** What the pages need of a namespace: a Worker's binding has it, the handle has it, and so would a test's fake. */
interface Pages {
  get(path: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
}

/** Serves pages by their path. Express 5 sees to rejections. */
export function pages(kv: Pages): Middleware {
  return async (request, response, next) => {
    const page = await kv.get(decodeURIComponent(request.url!), "arrayBuffer");
    if (page === null) return next();
    response.setHeader("content-type", "text/html; charset=utf-8").end(new Uint8Array(page));
  };
}
// #endregion middleware

const kv = createKV(fromEnv());
const { id } = await kv.namespaces.ensure("express");
const namespace = kv.namespace(id);
await namespace.put("/hello", "<h1>Hello</h1>");

// With Express: app.use("/pages", pages(namespace)). Node's own server calls it in the same way.
const middleware = pages(namespace);
const server = createServer((request, response) => {
  const refuse = (status: number): unknown => response.writeHead(status).end();
  middleware(request, response, () => refuse(404)).catch(() => refuse(502));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as { port: number };
for (const path of ["/hello", "/none"]) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  console.log(response.status, await response.text());
}
server.close();
