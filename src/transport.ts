/** One attempt: the token, the time limit, a failed connection, how much of a body is read. */
import { longestTimer, onAbort } from "./abort.ts";
import { Answer, redact, redactError } from "./answer.ts";
import { KVAPIError, KVConnectionError, KVError, KVTimeoutError } from "./errors.ts";
import { limits, type OperationId } from "./schema.ts";

/** A request in a form that can be sent again, with what the spec and the caller say of it. */
export interface Call {
  readonly operation: OperationId;
  readonly url: string;
  readonly init: CallInit;
  readonly signal?: AbortSignal | undefined;
  /** Hand over the body of a good answer as it comes, instead of reading it within the attempt. */
  readonly stream?: boolean | undefined;
  /** The longest pause in ms; without it, the client's own. */
  readonly maxDelay?: number | undefined;
  /** Statuses and codes that the caller answers itself, so that no policy does. */
  readonly handles?: readonly number[] | undefined;
  /** The long job that the request belongs to; the rate limit paces it. */
  readonly job?: Job | undefined;
  /** How many times it was sent so far. */
  attempts: number;
}

/** The counters of a long job, shared by all its requests. */
export interface Job {
  /** Requests that entered the queue of the rate limit. */
  queued: number;
}

export interface CallInit extends Omit<RequestInit, "headers" | "body" | "signal"> {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body | undefined;
}

/** What a request can carry. All but the stream can be sent again. */
export type Body = string | Uint8Array<ArrayBuffer> | Blob | FormData | ReadableStream;

/** A policy is a function from Send to Send. */
export type Send = (call: Call) => Promise<Answer>;

/** What `onEvent` is told. Never holds a token, a key or a value. */
export interface KVEvent {
  /** `request`: an attempt starts; `response`: it ended; `retry`: it will be sent again; `wait`: the rate limit holds it back. */
  type: "request" | "response" | "retry" | "wait";
  operation: OperationId;
  /** Which attempt of the call it is about, from 1. */
  attempt: number;
  /** The HTTP status, where there was an answer. */
  status?: number;
  /** How long the attempt took, in ms. */
  ms?: number;
  /** The pause before the next attempt, in ms. */
  delay?: number;
  /** Why: the status, the code or the class of the error. */
  reason?: string;
}

/** Takes what `globalThis.fetch` takes, so that no `Request` has to be built. */
export type UrlFetch = (url: string, init: AttemptInit) => Promise<Response>;

export interface AttemptInit extends RequestInit {
  /** Made when it is asked for: on Node, a signal costs as much as half of all the rest of an attempt. */
  readonly signal?: AbortSignal | null;
  /** Calls back with the reason where the attempt is given up, instead of the signal. Takes one listener. */
  readonly onAbort?: (listener: (reason: unknown) => void) => void;
}

export interface AttemptOptions {
  /** Looked up at each attempt, so that interception and instrumentation installed later are seen. */
  fetch: () => UrlFetch;
  /** The headers that carry the credentials, and the secrets within them. */
  credentials: () => Credentials | Promise<Credentials>;
  /** How long in ms an attempt may stand still. */
  timeout: number;
  onEvent: ((event: KVEvent) => void) | undefined;
}

export interface Credentials {
  headers: Readonly<Record<string, string>>;
  secrets: readonly string[];
}

/** A slow line is given a second for each so many bytes that are sent. */
const bytesPerSecond = 128 * 1024;
/** JSON takes at most 6 bytes for a byte of text ("\u0000"), and names around it. */
const largestAnswer = limits.bulkGetBytes * 6 + 1024 * 1024;
/** A failed bulk write may name 10,000 keys of 512 bytes. */
const largestFailure = 8 * 1024 * 1024;
const largestPage = 64 * 1024;

/** Sends a call once. The answer's body has been read when it resolves, save where `stream` is set. */
export function createAttempt(options: AttemptOptions): Send {
  const { timeout, onEvent } = options;
  return async (call) => {
    const { operation, signal } = call;
    signal?.throwIfAborted();
    const watch = new Watch(call, timeout);
    const ended = (result: { status: number } | { reason: string }): void =>
      onEvent?.({ type: "response", operation, attempt: call.attempts, ms: watch.elapsed, ...result });
    try {
      const answer = await watch.race(sendOnce(call, watch, options));
      ended({ status: answer.status });
      return answer;
    } catch (error) {
      // What the caller's own function for the token throws is the caller's.
      if (!watch.isSent) throw error;
      const explained = watch.explain(error);
      ended({ reason: explained instanceof KVError ? explained.name : "aborted" });
      throw explained;
    } finally {
      if (!watch.isOfStream) watch.end();
    }
  };
}

async function sendOnce(call: Call, watch: Watch, options: AttemptOptions): Promise<Answer> {
  const { operation, url, init, stream } = call;
  let given = options.credentials();
  if (given instanceof Promise) {
    watch.start();
    given = await given;
    watch.stop();
  }
  const { headers, secrets } = given;
  watch.secrets = secrets;
  watch.throwIfGivenUp();
  const attempt = ++call.attempts;
  options.onEvent?.({ type: "request", operation, attempt });
  watch.send((1000 * sizeOf(init.body)) / bytesPerSecond);
  const request = {
    ...init,
    headers: { ...init.headers, ...headers },
    body: (init.body ?? null) as BodyInit | null,
    get signal() {
      return watch.signal;
    },
    onAbort: watch.onAbort,
    redirect: "manual",
    // A stream as body needs it (WHATWG fetch, the constructor of Request).
    duplex: "half",
  } as const;
  const response = await options.fetch()(url, request);
  // Not by its class, which may be of another realm. A body may be another stream than fetch's.
  if (
    response?.status === undefined ||
    !response.headers?.get ||
    (response.body && !response.body.getReader)
  ) {
    throw new KVError(`${operation}: fetch gave what is no Response`, { operation, attempts: attempt });
  }
  const reader = response.body?.getReader();
  if (reader) watch.reads(reader);
  watch.throwIfGivenUp();
  const isStream = stream === true && response.ok && !isPage(response);
  const body = isStream ? watchStream(reader, watch) : await readBody(response, reader, call, watch);
  return new Answer(response, body, operation, attempt, secrets);
}

/** Ends an attempt: where the caller aborts, or nothing has moved for too long. */
class Watch {
  /** Whether a reader of the answer goes on with it. */
  isOfStream = false;
  /** What no message may have in it. */
  secrets: readonly string[] = [];
  readonly #call: Call;
  readonly #timeout: number;
  /** Listens no longer to the caller's signal. */
  #leave: () => void;
  /** Why the attempt was given up. */
  #givenUp: { reason: unknown } | undefined;
  #controller: AbortController | undefined;
  #listener: ((reason: unknown) => void) | undefined;
  /** Ends what is waited for. */
  #reject: ((reason: unknown) => void) | undefined;
  #reader: Reader | undefined;
  #started: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Until when something has to move, and when the timer looks at it. */
  #deadline = 0;
  #firesAt = Infinity;

  constructor(call: Call, timeout: number) {
    this.#call = call;
    this.#timeout = timeout;
    this.#leave = onAbort(call.signal, () => this.#giveUp(call.signal!.reason));
  }

  /** A reader goes on with the answer; where that is forgotten, a signal that lives on does not hold its connection. */
  becomesStream(): void {
    this.isOfStream = true;
    this.stop();
    const { signal } = this.#call;
    if (!signal) return;
    this.#leave();
    const weak = new WeakRef(this);
    this.#leave = onAbort(signal, () => {
      const watch = weak.deref();
      if (watch) watch.#giveUp(signal.reason);
    });
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#givenUp) this.#controller.abort(this.#givenUp.reason);
    return this.#controller.signal;
  }

  readonly onAbort = (listener: (reason: unknown) => void): void => {
    this.#listener = listener;
    if (this.#givenUp) listener(this.#givenUp.reason);
  };

  get isSent(): boolean {
    return this.#started !== undefined;
  }

  /** How long ago it was sent, in ms. */
  get elapsed(): number {
    return performance.now() - this.#started!;
  }

  /** It is sent now; so long in ms it may take in addition. */
  send(extra: number): void {
    this.#started = performance.now();
    this.start(extra);
  }

  /** Who reads the answer's body: no longer once the attempt has ended. */
  reads(reader: Reader): void {
    this.#reader = reader;
    if (this.#givenUp) reader.cancel().catch(() => {});
  }

  throwIfGivenUp(): void {
    if (this.#givenUp) throw this.#givenUp.reason;
  }

  /** From now on nothing may stand still for longer than the time limit. */
  start(extra = 0): void {
    const ms = Math.round(this.#timeout + extra);
    if (ms > longestTimer) return this.stop();
    const now = performance.now();
    this.#deadline = now + ms;
    // One timer that looks again costs less than a new one for each chunk.
    if (this.#firesAt <= this.#deadline) return;
    clearTimeout(this.#timer);
    this.#wait(ms, now, extra);
  }

  #wait(ms: number, now: number, extra: number): void {
    this.#firesAt = now + ms;
    this.#timer = setTimeout(() => {
      const rest = this.#deadline - performance.now();
      if (rest > 0) return this.#wait(rest, performance.now(), 0);
      const { operation, attempts } = this.#call;
      const limit = Math.round(this.#timeout + extra);
      const upload = extra > 0 ? " with a second for each 128 KiB sent" : "";
      let what = upload ? "no answer within" : "the connection stood still for";
      if (!this.isSent) what = "the function apiToken gave nothing for";
      const text = `${operation}: ${what} ${limit} ms, the limit of timeout${upload}`;
      this.#giveUp(new KVTimeoutError(text, { operation, attempts: attempts || undefined }));
    }, ms);
  }

  /** The time until the next `start` is the caller's own. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#firesAt = Infinity;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#leave();
  }

  /** The same promise, but ended with the attempt: not everything listens to its signal. */
  race<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#givenUp) reject(this.#givenUp.reason);
      this.#reject = reject;
      promise.then(resolve, reject);
    });
  }

  /** The error that a failure stands for: the caller's own reason, the time limit, or the connection. */
  explain(error: unknown): unknown {
    if (this.#givenUp) return this.#givenUp.reason;
    if (error instanceof KVError) return error;
    const { operation, attempts } = this.#call;
    const text = `${operation}: no answer, or one that broke off: ${redact(describe(error), this.secrets)}`;
    const cause = redactError(error, this.secrets);
    return new KVConnectionError(text, { operation, attempts, cause });
  }

  #giveUp(reason: unknown): void {
    if (this.#givenUp) return;
    this.#givenUp = { reason };
    this.#controller?.abort(reason);
    this.#listener?.(reason);
    this.#reader?.cancel().catch(() => {});
    this.#reject?.(reason);
  }
}

function sizeOf(body: Body | undefined): number {
  if (body === undefined) return 0;
  if (typeof body === "string") return body.length;
  if (body instanceof Uint8Array) return body.byteLength;
  if (body instanceof Blob) return body.size;
  if (!(body instanceof FormData)) return limits.valueBytes;
  return [...body.values()].reduce(
    (sum, part) => sum + (typeof part === "string" ? part.length : part.size),
    0,
  );
}

/** The service gives values as application/octet-stream; HTML is a gateway's or proxy's. */
function isPage(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/html") ?? false;
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function readBody(
  response: Response,
  reader: Reader | undefined,
  call: Call,
  watch: Watch,
): Promise<ArrayBuffer> {
  const { headers, ok, status } = response;
  const { operation, attempts } = call;
  const isWhole = ok && !isPage(response);
  let bound = operation === "readValue" ? limits.valueBytes : largestAnswer;
  if (!isWhole) bound = headers.get("content-type")?.includes("json") ? largestFailure : largestPage;

  const chunks: Uint8Array[] = [];
  let size = 0;
  if (!reader) return new ArrayBuffer(0);
  while (size <= bound) {
    watch.start();
    const { done, value } = await reader.read();
    if (done) return concat(chunks, size);
    chunks.push(value);
    size += value.byteLength;
  }
  reader.cancel().catch(() => {});
  if (!isWhole) return concat(chunks, size);
  const text = `${operation}: the service answered with over ${bound} bytes, more than its spec allows`;
  const ray = headers.get("cf-ray") ?? undefined;
  throw new KVAPIError(text, { operation, attempts, status, problems: [], ray });
}

/** The bytes of chunks as one buffer of their own. */
export function concat(chunks: readonly Uint8Array[], size: number): ArrayBuffer {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes.buffer;
}

/** The same bytes; a failure is one of ours, and only the time in which the reader waits for the service counts. */
function watchStream(reader: Reader | undefined, watch: Watch): ReadableStream<Uint8Array> {
  watch.becomesStream();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          watch.start();
          const chunk = reader && (await watch.race(reader.read()));
          watch.stop();
          if (chunk && !chunk.done) return controller.enqueue(chunk.value);
          watch.end();
          controller.close();
        } catch (error) {
          watch.end();
          reader?.cancel().catch(() => {});
          throw watch.explain(error);
        }
      },
      async cancel(reason) {
        watch.end();
        await reader?.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Runtimes put the reason of "fetch failed" into `cause`, or into the message. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message || cause.name})` : error.message;
}
