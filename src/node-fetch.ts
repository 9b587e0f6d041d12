/** The fast way to send on Node: undici's dispatch, without fetch's Request, Response and web streams around it. */
import type { IncomingHttpHeaders } from "node:http";
import type { Transform } from "node:stream";
import type { ReadableStream as WebStream } from "node:stream/web";
import type { Dispatcher } from "undici";
import { KVError } from "./errors.ts";
import { checkWhole } from "./limits.ts";
import { isLoopback } from "./loopback.ts";
import type { AttemptInit } from "./transport.ts";

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

type Sender = (url: string, init: AttemptInit) => Promise<Response>;

/**
 * A fetch for `createKV({ fetch: nodeFetch() })` that takes a third of the CPU time of Node's own, on connections
 * of its own that are kept alive. Honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, save for addresses of this
 * machine, which a proxy would take for its own. Needs the package `undici`, version 7. It is made for this client:
 * redirects are not followed, and of a Response's body it has what the client reads.
 *
 * @throws KVInputError where `connections` is no whole number from 1
 * @throws KVError, from the first call, where undici is not installed
 */
export function nodeFetch({ connections = 64 }: NodeFetchOptions = {}): NodeFetch {
  checkWhole("connections", connections, 1);
  let loading: Promise<Sender> | undefined;
  let sender: Sender | undefined;
  const send = async (input: Request | string, init: AttemptInit = {}): Promise<Response> => {
    sender ??= await (loading ??= load(connections));
    if (typeof input === "string") return sender(input, init);
    const { url, method, headers, body, signal } = input;
    return sender(url, { method, headers, body, signal, ...init });
  };
  return Object.assign(send, { takesUrl: true as const });
}

async function load(connections: number): Promise<Sender> {
  const [
    undici,
    { createBrotliDecompress, createGunzip, createInflate, createInflateRaw },
    { pipeline, Readable },
  ] = await Promise.all([import("undici"), import("node:zlib"), import("node:stream")]).catch(
    (cause: unknown) => {
      throw new KVError("nodeFetch needs the package undici: npm install undici@7", { cause });
    },
  );
  const { Agent, EnvHttpProxyAgent } = undici;
  // Version 6, which another package may have brought along, has other handlers; 7 is the first with these stores.
  if (!("cacheStores" in undici)) {
    throw new KVError("nodeFetch needs version 7 of the package undici: npm install undici@7");
  }
  // The client has time limits of its own, which know what is being sent.
  const settings = { connections, headersTimeout: 0, bodyTimeout: 0 };
  const hasProxy = ["https_proxy", "http_proxy"].some(
    (name) => process.env[name] ?? process.env[name.toUpperCase()],
  );
  const direct = new Agent(settings);
  const proxied = hasProxy ? new EnvHttpProxyAgent(settings) : direct;
  const decoders = new Map<string, (first: Uint8Array) => Transform>([
    ["gzip", () => createGunzip()],
    ["x-gzip", () => createGunzip()],
    // Some leave out the wrapper that belongs to it (RFC 9110 §8.4.1.2), whose first byte ends in 8 (RFC 1950 §2.2).
    ["deflate", ([byte]) => ((byte! & 15) === 8 ? createInflate() : createInflateRaw())],
    ["br", () => createBrotliDecompress()],
  ]);
  /** An answer that was let go without being read would hold its connection for good, and others would wait for it. */
  const abandoned = new FinalizationRegistry<Exchange>((exchange) => void exchange.cancel());

  return async (url, init) => {
    const headers: Record<string, string> = {
      "accept-encoding": "gzip, deflate, br",
      ...toRecord(init.headers ?? {}),
    };
    let { body } = init;
    if (body instanceof FormData) {
      const form = new Response(body);
      headers["content-type"] = form.headers.get("content-type")!;
      body = await form.arrayBuffer();
    } else if (body instanceof Blob) body = await body.arrayBuffer();
    if (body instanceof ArrayBuffer) body = new Uint8Array(body);
    const source = body instanceof ReadableStream ? Readable.fromWeb(body as WebStream) : undefined;
    // undici listens only for as long as the request lasts.
    source?.on("error", () => {});
    const { origin, hostname, pathname, search } = new URL(url);
    const request = {
      origin,
      path: pathname + search,
      method: init.method ?? "GET",
      headers,
      body: source ?? (body as string | Uint8Array),
    };
    const dispatcher = hasProxy && isLoopback(hostname) ? direct : proxied;
    const exchange = new Exchange();
    const begun = exchange.begin(init, (handler) => dispatcher.dispatch(request, handler));
    // Where it had not begun to be sent, nobody else tells its source.
    if (source) begun.catch(() => source.destroy());
    const { status, statusText, received } = await begun;
    let reader: Reader = exchange;
    const codings = received["content-encoding"];
    if (typeof codings === "string") {
      const makers = codings.split(",").map((coding) => decoders.get(coding.trim().toLowerCase()));
      // What was not asked for is handed over as it came, as fetch does.
      if (!makers.includes(undefined)) for (const make of makers.toReversed()) reader = decode(reader, make!);
    }
    const given: Reader = { read: () => reader.read(), cancel: () => reader.cancel() };
    // What is so small is taken from the connection whether it is read or not.
    if (!(Number(received["content-length"]) <= mostWaiting)) abandoned.register(given, exchange);
    return new NodeResponse(url, status, statusText, received, given) as unknown as Response;
  };

  /** The bytes as they were before they were compressed. An empty body was not, whatever its headers say. */
  function decode(reader: Reader, make: (first: Uint8Array) => Transform): Reader {
    let decoder: Transform | undefined;
    let decoded: AsyncIterator<Uint8Array, undefined> | undefined;
    async function* compressed(first: Uint8Array): AsyncGenerator<Uint8Array> {
      yield first;
      for (let chunk; !(chunk = await reader.read()).done;) yield chunk.value;
    }
    return {
      async read() {
        if (!decoded) {
          const first = await reader.read();
          if (first.done) return first;
          decoder = make(first.value);
          decoded = decoder[Symbol.asyncIterator]() as AsyncIterator<Uint8Array, undefined>;
          // A failure of either reaches whoever reads what is decoded.
          pipeline(compressed(first.value), decoder, (error) => void (error && reader.cancel()));
        }
        const chunk = await decoded.next();
        return chunk.done ? chunk : { done: false, value: withOwnBuffer(chunk.value) };
      },
      cancel() {
        decoder?.destroy();
        return reader.cancel();
      },
    };
  }
}

function toRecord(headers: HeadersInit): Record<string, string> {
  const isRecord = !(Symbol.iterator in headers);
  return isRecord ? headers : Object.fromEntries(new Headers(headers));
}

/** The bytes in no Buffer, whose methods are others, and in a buffer that holds nothing else: it may be transferred. */
function withOwnBuffer(chunk: Uint8Array): Uint8Array {
  const { buffer, byteLength } = chunk;
  return buffer.byteLength === byteLength ? new Uint8Array(buffer) : new Uint8Array(chunk);
}

/** What the client uses of the reader of a stream. */
interface Reader {
  read(): Promise<IteratorResult<Uint8Array, undefined>>;
  cancel(): Promise<IteratorResult<Uint8Array, undefined>>;
}

/** How many bytes may wait to be read before no more are taken from the connection. */
const mostWaiting = 256 * 1024;

/** How an answer begins. */
interface Begun {
  status: number;
  statusText: string;
  received: IncomingHttpHeaders;
}

/** A request under way and its answer, without the streams that undici's own `request` makes. */
class Exchange implements Reader {
  /** Not the init that it came in: what that leads to would never be let go. */
  #signal: AbortSignal | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #begun!: (answer: Begun) => void;
  #failed!: (reason: unknown) => void;
  readonly #chunks: Uint8Array[] = [];
  #waiting = 0;
  #hasBegun = false;
  #hasEnded = false;
  #failure: { reason: unknown } | undefined;
  /** Goes on with whoever reads. */
  #wake: (() => void) | undefined;

  /** Resolves once the answer begins. */
  begin(init: AttemptInit, dispatch: (handler: Dispatcher.DispatchHandler) => void): Promise<Begun> {
    return new Promise((resolve, reject) => {
      this.#begun = resolve;
      this.#failed = reject;
      if (init.onAbort) init.onAbort(this.#abort);
      else if (init.signal) {
        this.#signal = init.signal;
        this.#signal.addEventListener("abort", this.#abortBySignal, { once: true });
        if (this.#signal.aborted) this.#abortBySignal();
      }
      if (!this.#failure) dispatch(this);
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection. To abort it here would close one that is as good as ever.
    if (this.#failure) throw this.#failure.reason;
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    received: IncomingHttpHeaders,
    statusText = "",
  ): void {
    // Those under 200 come before the answer.
    if (status < 200) return;
    this.#hasBegun = true;
    this.#begun({ status, statusText, received });
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
    // As Node's fetch puts it.
    this.#fail(new TypeError(this.#hasBegun ? "terminated" : "fetch failed", { cause: error }));
  }

  async read(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (this.#chunks.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const value = this.#chunks.shift();
    if (value) {
      this.#waiting -= value.byteLength;
      if (this.#controller!.paused && this.#waiting <= mostWaiting) this.#controller!.resume();
      return { done: false, value: withOwnBuffer(value) };
    }
    if (this.#failure) throw this.#failure.reason;
    return { done: true, value: undefined };
  }

  async cancel(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#hasEnded) this.#controller?.abort(new Error("the rest of the answer is not wanted"));
    return { done: true, value: undefined };
  }

  readonly #abortBySignal = (): void => this.#abort(this.#signal!.reason);

  readonly #abort = (reason: unknown): void => {
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
    this.#signal?.removeEventListener("abort", this.#abortBySignal);
    this.#wake?.();
  }
}

/** What the client reads of a Response. */
class NodeResponse {
  readonly url: string;
  readonly status: number;
  readonly ok: boolean;
  readonly statusText: string;
  readonly headers: NodeHeaders;
  readonly body: { getReader(): Reader };

  constructor(url: string, status: number, statusText: string, headers: IncomingHttpHeaders, reader: Reader) {
    this.url = url;
    this.status = status;
    this.statusText = statusText;
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
    if (this.#real) return this.#real.get(name);
    const lower = name.toLowerCase();
    // Not what every object has, such as a constructor.
    const value = Object.hasOwn(this.#record, lower) ? this.#record[lower] : null;
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
