/** The fast way to send on Node: undici's `request`, without fetch's Request, Response and web streams around it. */
import type { Readable } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import { KVError } from "./errors.ts";

/** How {@link nodeFetch} sends. */
export interface NodeFetchOptions {
  /** The most connections to a host at a time; further requests wait for one. @default 64 */
  connections?: number | undefined;
}

/** A fetch that takes a URL and an init as well as a Request, and says so: no Request is built for it. */
export interface NodeFetch {
  (input: Request | string, init?: RequestInit): Promise<Response>;
  readonly takesUrl: true;
}

type Sender = (url: string, init: RequestInit) => Promise<Response>;

/**
 * A fetch for `createKV({ fetch: nodeFetch() })` that takes a third of the CPU time of Node's own, on connections
 * of its own that are kept alive. Honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. Needs the package `undici`,
 * version 7. It is made for this client: redirects are not followed, and of a Response's body it has what the
 * client reads.
 *
 * @throws KVError, from the first call, where undici is not installed
 */
export function nodeFetch(options: NodeFetchOptions = {}): NodeFetch {
  let loading: Promise<Sender> | undefined;
  let sender: Sender | undefined;
  const send = async (input: Request | string, init: RequestInit = {}): Promise<Response> => {
    sender ??= await (loading ??= load(options));
    if (typeof input === "string") return sender(input, init);
    const { url, method, headers, body, signal } = input;
    return sender(url, { method, headers: Object.fromEntries(headers), body, signal, ...init });
  };
  return Object.assign(send, { takesUrl: true as const });
}

async function load({ connections = 64 }: NodeFetchOptions): Promise<Sender> {
  const [
    { Agent, EnvHttpProxyAgent, request },
    { createBrotliDecompress, createGunzip, createInflate },
    stream,
  ] = await Promise.all([import("undici"), import("node:zlib"), import("node:stream")]).catch(
    (cause: unknown) => {
      throw new KVError("nodeFetch needs the package undici: npm install undici@7", { cause });
    },
  );
  // The client has time limits of its own, which know what is being sent.
  const settings = { connections, headersTimeout: 0, bodyTimeout: 0 };
  const hasProxy = ["https_proxy", "http_proxy"].some(
    (name) => process.env[name] ?? process.env[name.toUpperCase()],
  );
  const dispatcher = hasProxy ? new EnvHttpProxyAgent(settings) : new Agent(settings);
  const decoders = new Map([
    ["gzip", createGunzip],
    ["x-gzip", createGunzip],
    ["deflate", createInflate],
    ["br", createBrotliDecompress],
  ]);

  return async (url, init) => {
    const headers: Record<string, string> = {
      "accept-encoding": "gzip, deflate, br",
      ...(init.headers as Record<string, string> | undefined),
    };
    let { body } = init;
    if (body instanceof FormData) {
      const form = new Response(body);
      headers["content-type"] = form.headers.get("content-type")!;
      body = await form.arrayBuffer();
    } else if (body instanceof Blob) body = await body.arrayBuffer();
    const {
      statusCode,
      headers: received,
      body: content,
    } = await request(url, {
      dispatcher,
      method: (init.method ?? "GET") as "GET",
      headers,
      body:
        body instanceof ArrayBuffer
          ? new Uint8Array(body)
          : body instanceof ReadableStream
            ? stream.Readable.fromWeb(body as WebStream)
            : ((body ?? null) as string | Uint8Array | null),
      signal: init.signal ?? null,
    });
    const encoding = received["content-encoding"];
    const decoder = typeof encoding === "string" ? decoders.get(encoding.toLowerCase()) : undefined;
    // A failure of either reaches whoever reads the decoded stream.
    const decoded = decoder ? stream.pipeline(content, decoder(), () => {}) : content;
    return new NodeResponse(url, statusCode, received, decoded) as unknown as Response;
  };
}

/** What the client reads of a Response. */
class NodeResponse {
  readonly url: string;
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string = "";
  readonly headers: NodeHeaders;
  readonly #content: Readable;

  constructor(
    url: string,
    status: number,
    headers: Record<string, string | string[] | undefined>,
    content: Readable,
  ) {
    this.url = url;
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = new NodeHeaders(headers);
    this.#content = content;
  }

  get body(): { getReader(): unknown } {
    const content = this.#content;
    return {
      getReader() {
        const chunks = content[Symbol.asyncIterator]();
        return {
          read: () => chunks.next(),
          cancel: async () => {
            content.destroy();
          },
        };
      },
    };
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#content) chunks.push(chunk as Uint8Array);
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    // A small Buffer is a part of a pool that it shares with others.
    return new Uint8Array(bytes).buffer;
  }
}

/** Headers made from undici's record; the real ones only where somebody asks for more than a name. */
class NodeHeaders implements Headers {
  readonly #record: Record<string, string | string[] | undefined>;
  #real: Headers | undefined;

  constructor(record: Record<string, string | string[] | undefined>) {
    this.#record = record;
  }

  get(name: string): string | null {
    const value = this.#real ? this.#real.get(name) : this.#record[name.toLowerCase()];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  get #headers(): Headers {
    if (!this.#real) {
      this.#real = new Headers();
      for (const [name, value] of Object.entries(this.#record)) {
        for (const each of [value ?? []].flat()) this.#real.append(name, each);
      }
    }
    return this.#real;
  }

  append(name: string, value: string): void {
    this.#headers.append(name, value);
  }
  delete(name: string): void {
    this.#headers.delete(name);
  }
  set(name: string, value: string): void {
    this.#headers.set(name, value);
  }
  getSetCookie(): string[] {
    return this.#headers.getSetCookie();
  }
  forEach(visit: (value: string, name: string, parent: Headers) => void, self?: unknown): void {
    this.#headers.forEach((value, name) => visit.call(self, value, name, this));
  }
  entries(): HeadersIterator<[string, string]> {
    return this.#headers.entries();
  }
  keys(): HeadersIterator<string> {
    return this.#headers.keys();
  }
  values(): HeadersIterator<string> {
    return this.#headers.values();
  }
  [Symbol.iterator](): HeadersIterator<[string, string]> {
    return this.entries();
  }
}
