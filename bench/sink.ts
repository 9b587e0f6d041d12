/**
 * A server that costs next to nothing and keeps nothing: it answers each operation with bytes made beforehand,
 * so that what is measured is the client. Prints its port. The namespace id says how many keys it lists.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

const json = { "content-type": "application/json" };
const envelope = (result: unknown, info?: object): Buffer =>
  Buffer.from(JSON.stringify({ success: true, errors: [], messages: [], result, ...info }));
const done = envelope(null);
const written = envelope({ successful_key_count: 10_000, unsuccessful_keys: [] });
const value = Buffer.from("v".repeat(100));
const namePadding = "-of-a-key-of-some-length";

/** The name of the key at a place in the list. */
const nameAt = (i: number): string => `key-${String(i).padStart(8, "0")}${namePadding}`;

function page(from: number, limit: number, total: number): Buffer {
  const names = Array.from({ length: Math.min(limit, total - from) }, (_, i) => ({ name: nameAt(from + i) }));
  const next = from + limit;
  return envelope(names, { result_info: { count: names.length, cursor: next < total ? `c${next}` : "" } });
}

/** Pages are the same for every subject: those of the first time are kept. */
const pages = new Map<string, Buffer>();

function answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
  const [path = "", query = ""] = request.url!.split("?");
  const send = (content: Buffer, headers: Record<string, string> = json): void => {
    response.writeHead(200, {
      ...headers,
      "content-length": content.length,
      "cf-ray": "0123456789abcdef-AMS",
    });
    response.end(content);
  };
  if (path.endsWith("/keys")) {
    const parameters = new URLSearchParams(query);
    const total = Number.parseInt(/namespaces\/(\d+)/.exec(path)![1]!, 10);
    const limit = Number(parameters.get("limit") ?? 1000);
    const from = Number(parameters.get("cursor")?.slice(1) ?? 0);
    const name = `${from}/${limit}/${total}`;
    let content = pages.get(name);
    if (!content) pages.set(name, (content = page(from, limit, total)));
    return send(content);
  }
  if (path.endsWith("/bulk/get")) {
    const { keys } = JSON.parse(body.toString()) as { keys: string[] };
    return send(envelope({ values: Object.fromEntries(keys.map((key) => [key, value.toString()])) }));
  }
  if (path.includes("/bulk")) return send(written);
  if (request.method === "GET") return send(value, { "content-type": "application/octet-stream" });
  return send(done);
}

const server = createServer((request, response) => {
  const isRead = request.url!.endsWith("/bulk/get");
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => isRead && chunks.push(chunk));
  request.on("end", () => answer(request, response, Buffer.concat(chunks)));
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log((server.address() as { port: number }).port));
