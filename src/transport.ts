/** One attempt: the token, the time limit, a failed connection, how much of a body is read. */
import { Answer } from "./answer.ts";
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
export type UrlFetch = (url: string, init: RequestInit) => Promise<Response>;

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
/** A body this small that says its length is read at one go, under the time limit of the headers. */
const smallBody = 64 * 1024;
/** JSON takes at most 6 bytes for a byte of text ("\u0000"), and names around it. */
const largestAnswer = limits.bulkGetBytes * 6 + 1024 * 1024;
/** A failed bulk write may name 10,000 keys of 512 bytes. */
const largestFailure = 8 * 1024 * 1024;
const largestFailurePage = 64 * 1024;

/** Sends a call once. The answer's body has been read when it resolves, save where `stream` is set. */
export function createAttempt({ fetch, credentials, timeout, onEvent }: AttemptOptions): Send {
  return async (call) => {
    const { operation, signal } = call;
    signal?.throwIfAborted();
    const { headers, secrets } = await credentials();
    const attempt = ++call.attempts;
    const started = onEvent && performance.now();
    onEvent?.({ type: "request", operation, attempt });

    const controller = new AbortController();
    const abort = (): void => controller.abort(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const watch: Watch = {
      start(extra = 0) {
        clearTimeout(timer);
        if (timeout === Infinity) return;
        timer = setTimeout(() => {
          const text = `${operation}: the connection stood still for ${timeout + extra} ms, the limit of timeout`;
          controller.abort(new KVTimeoutError(text, { operation, attempts: attempt }));
        }, timeout + extra);
      },
      stop: () => clearTimeout(timer),
      end() {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      },
      explain(error) {
        signal?.throwIfAborted();
        if (controller.signal.aborted) return controller.signal.reason;
        if (error instanceof KVError) return error;
        const text = `${operation}: no answer, or one that broke off: ${describe(error)}`;
        return new KVConnectionError(text, { operation, attempts: attempt, cause: error });
      },
    };

    let ms: number | undefined;
    try {
      if (signal?.aborted) throw signal.reason;
      watch.start((1000 * sizeOf(call.init.body)) / bytesPerSecond);
      const response = await fetch()(call.url, {
        ...call.init,
        headers: { ...call.init.headers, ...headers },
        body: (call.init.body ?? null) as BodyInit | null,
        signal: controller.signal,
        redirect: "manual",
      });
      const isStream = call.stream === true && response.ok;
      const body = isStream ? watchStream(response.body, watch) : await readBody(response, call, watch);
      if (!isStream) watch.end();
      if (started !== undefined) ms = performance.now() - started;
      onEvent?.({ type: "response", operation, attempt, status: response.status, ms: ms! });
      return new Answer(response, body, { operation, attempts: attempt, secrets });
    } catch (error) {
      watch.end();
      const explained = watch.explain(error);
      if (started !== undefined) {
        onEvent?.({
          type: "response",
          operation,
          attempt,
          ms: ms ?? performance.now() - started,
          reason: (explained as Error).name,
        });
      }
      throw explained;
    }
  };
}

interface Watch {
  start(extra?: number): void;
  stop(): void;
  end(): void;
  /** The error that a failure of the connection stands for; throws the caller's own reason. */
  explain(error: unknown): unknown;
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

async function readBody(response: Response, call: Call, watch: Watch): Promise<ArrayBuffer> {
  const { headers } = response;
  const length = headers.get("content-length");
  if (length !== null && Number(length) <= smallBody && !headers.has("content-encoding")) {
    return response.arrayBuffer();
  }
  let bound = call.operation === "readValue" ? limits.valueBytes : largestAnswer;
  if (!response.ok) {
    bound = headers.get("content-type")?.includes("json") ? largestFailure : largestFailurePage;
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    watch.start();
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    chunks.push(chunk.value);
    size += chunk.value.byteLength;
    if (size <= bound) continue;
    reader!.cancel().catch(() => {});
    if (!response.ok) break;
    const text = `${call.operation}: the service answered with over ${bound} bytes, more than its spec allows`;
    throw new KVAPIError(text, {
      operation: call.operation,
      attempts: call.attempts,
      status: response.status,
      problems: [],
      ray: headers.get("cf-ray") ?? undefined,
    });
  }
  return concat(chunks, size);
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
function watchStream(body: ReadableStream<Uint8Array> | null, watch: Watch): ReadableStream<Uint8Array> {
  watch.stop();
  const reader = body?.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          watch.start();
          const chunk = await reader?.read();
          watch.stop();
          if (chunk && !chunk.done) return controller.enqueue(chunk.value);
          watch.end();
          controller.close();
        } catch (error) {
          watch.end();
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

/** Waits, and ends at once with the signal's reason when it is aborted. */
export function sleep(ms: number, signal?: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
