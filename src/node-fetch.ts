/** The fast way to send on Node: undici's `request`, without fetch's Request, Response and web streams around it. */
import type { IncomingHttpHeaders } from "node:http";
import type { ReadableStream as WebStream } from "node:stream/web";
import type { Dispatcher } from "undici";
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
    { Agent, EnvHttpProxyAgent },
    { createBrotliDecompress, createGunzip, createInflate },
    { pipeline, Readable },
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
    if (body instanceof ArrayBuffer) body = new Uint8Array(body);
    const { origin, pathname, search } = new URL(url);
    const request = {
      origin,
      path: pathname + search,
      method: init.method ?? "GET",
      headers,
      body:
        body instanceof ReadableStream ? Readable.fromWeb(body as WebStream) : (body as string | Uint8Array),
    };
    const exchange = new Exchange(init.signal);
    const { status, received } = await exchange.begin((handler) => dispatcher.dispatch(request, handler));
    const encoding = received["content-encoding"];
    const decoder = typeof encoding === "string" ? decoders.get(encoding.toLowerCase()) : undefined;
    if (!decoder) return new NodeResponse(url, status, received, exchange) as unknown as Response;
    const chunks = Readable.from({
      [Symbol.asyncIterator]: () => ({ next: () => exchange.read(), return: () => exchange.cancel() }),
    });
    // A failure of either reaches whoever reads the decoded stream.
    const decoded = pipeline(chunks, decoder(), () => {});
    const iterator = decoded[Symbol.asyncIterator]();
    const reader: Reader = {
      read: () => iterator.next(),
      async cancel() {
        decoded.destroy();
        return { done: true, value: undefined };
      },
    };
    return new NodeResponse(url, status, received, reader) as unknown as Response;
  };
}

/** What the client uses of the reader of a stream. */
interface Reader {
  read(): Promise<IteratorResult<Uint8Array, undefined>>;
  cancel(): Promise<IteratorResult<Uint8Array, undefined>>;
}

/** How many bytes may wait to be read before no more are taken from the connection. */
const mostWaiting = 256 * 1024;

/** A request under way and its answer, without the streams that undici's own `request` makes. */
class Exchange implements Reader {
  readonly #signal: AbortSignal | null | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #begun!: (answer: { status: number; received: IncomingHttpHeaders }) => void;
  #failed!: (reason: unknown) => void;
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  #hasEnded = false;
  #failure: { reason: unknown } | undefined;
  /** Goes on with whoever reads. */
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal | null | undefined) {
    this.#signal = signal;
  }

  /** Resolves once the answer begins. */
  begin(
    dispatch: (handler: Dispatcher.DispatchHandler) => void,
  ): Promise<{ status: number; received: IncomingHttpHeaders }> {
    return new Promise((resolve, reject) => {
      this.#begun = resolve;
      this.#failed = reject;
      this.#signal?.addEventListener("abort", this.#abort, { once: true });
      if (this.#signal?.aborted) return this.#fail(this.#signal.reason);
      dispatch(this);
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure) this.#abort();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, received: IncomingHttpHeaders): void {
    // Those under 200 come before the answer.
    if (status >= 200) this.#begun({ status, received });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#waiting += chunk.byteLength;
    if (this.#waiting > mostWaiting) controller.pause();
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  async read(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (this.#chunks.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const value = this.#chunks.shift();
    if (value) {
      this.#waiting -= value.byteLength;
      if (this.#controller!.paused && this.#waiting <= mostWaiting) this.#controller!.resume();
      return { done: false, value };
    }
    if (this.#failure) throw this.#failure.reason;
    return { done: true, value: undefined };
  }

  async cancel(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#hasEnded) this.#controller?.abort(new Error("the rest of the answer is not wanted"));
    return { done: true, value: undefined };
  }

  readonly #abort = (): void => {
    const { reason } = this.#signal!;
    this.#fail(reason);
    this.#controller?.abort(reason as Error);
  };

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#failed(reason);
    this.#end();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#wake?.();
  }
}

/** What the client reads of a Response. */
class NodeResponse {
  readonly url: string;
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string = "";
  readonly headers: NodeHeaders;
  readonly body: { getReader(): Reader };

  constructor(url: string, status: number, headers: IncomingHttpHeaders, reader: Reader) {
    this.url = url;
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = new NodeHeaders(headers);
    this.body = { getReader: () => reader };
  }
}

/** Headers made from undici's record; the real ones only where somebody asks for more than a name. */
class NodeHeaders implements Headers {
  readonly #record: IncomingHttpHeaders;
  #real: Headers | undefined;

  constructor(record: IncomingHttpHeaders) {
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
