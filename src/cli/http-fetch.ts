/**
 * A fetch over `node:http`, for commands of few requests: Node's own, and undici's, compile a parser first, which
 * takes longer than all the rest of `wkv key get` (100 ms of CPU time on Node 20).
 */
import type { IncomingMessage } from "node:http";
import type { NodeFetch } from "../node.ts";

export function httpFetch(): NodeFetch {
  return Object.assign(send, { takesUrl: true as const });
}

/** Whether the environment names a proxy, which `node:http` knows nothing of. */
export const hasProxy = (): boolean =>
  ["https_proxy", "http_proxy"].some((name) => process.env[name] || process.env[name.toUpperCase()]);

async function send(input: Request | string, init: RequestInit = {}): Promise<Response> {
  // The client gives a fetch of this kind a URL.
  const url = input as string;
  const { request } = url.startsWith("https:") ? await import("node:https") : await import("node:http");
  const headers = { ...(init.headers as Record<string, string>) };
  let body = init.body as string | Uint8Array | null | undefined;
  if (body && typeof body !== "string" && !(body instanceof Uint8Array)) {
    // A form, a Blob or a stream, with the content type that belongs to it.
    const made = new Response(body);
    const type = made.headers.get("content-type");
    if (type) headers["content-type"] = type;
    body = new Uint8Array(await made.arrayBuffer());
  }
  if (body) headers["content-length"] = String(Buffer.byteLength(body));
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method = "GET", signal } = init;
    request(url, { method, headers, ...(signal ? { signal } : {}) }, resolve)
      .once("error", reject)
      .end(body ?? undefined);
  });
  return new HttpResponse(url, message) as unknown as Response;
}

/** What the client reads of a Response. */
class HttpResponse {
  readonly url: string;
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string;
  readonly headers: Headers;
  readonly #message: IncomingMessage;

  constructor(url: string, message: IncomingMessage) {
    this.url = url;
    this.status = message.statusCode!;
    this.ok = this.status >= 200 && this.status < 300;
    this.statusText = message.statusMessage!;
    this.headers = new Headers(
      Object.entries(message.headers).flatMap(([name, value]) =>
        [value ?? []].flat().map((each): [string, string] => [name, each]),
      ),
    );
    this.#message = message;
  }

  get body(): { getReader(): unknown } {
    const message = this.#message;
    return {
      getReader() {
        const chunks = message[Symbol.asyncIterator]();
        return {
          read: () => chunks.next(),
          async cancel() {
            message.destroy();
          },
        };
      },
    };
  }
}
