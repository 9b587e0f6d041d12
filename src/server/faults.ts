/** Bad days on demand: what goes wrong between a client and the service, as functions around the server's fetch. */
import { type ErrorName, errors } from "../../generated/requests.ts";
import { findOperation, limits, type OperationId } from "../schema.ts";
import { failure, Refusal, refusal } from "./answers.ts";
import { noRoom, readBytes } from "./body.ts";

type Fetch = (request: Request) => Promise<Response>;

/** What happens to a request. `next` answers it as it should be; `random` gives numbers from 0 to 1, 1 not included. */
export type Fault = (request: Request, next: Fetch, random: () => number) => Promise<Response>;

/** Some requests to which something happens. */
export interface FaultRate {
  /** To how many of them it happens: 0 for none, 1 for all. */
  share: number;
  /**
   * An HTTP status with a gateway's page; a fault by its name; a refusal by the name that its code has in
   * `KVErrorCode`; or one of your own.
   */
  what: number | FaultName | ErrorName | Fault;
  /** Headers beside a status, such as `retry-after`. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** @default all */
  operations?: readonly OperationId[] | undefined;
}

/** A limit on requests, as the service has it on all that one user sends. */
export interface RequestLimit {
  /** @default 1200 */
  requests?: number | undefined;
  /** In which time, in ms. @default 300_000 */
  window?: number | undefined;
  /** For how long, in ms, everything is refused once it was exceeded. @default 300_000 */
  block?: number | undefined;
}

export interface FaultOptions {
  /** Another number gives other faults, the same one the same, whatever order the requests come in. @default 1 */
  seed?: number | undefined;
  /** How long a request takes, in ms: always the same, or between two numbers. @default 0 */
  latency?: number | readonly [least: number, most: number] | undefined;
  /** The first that happens is the one that does. @default none */
  rates?: readonly FaultRate[] | undefined;
  /** After so many faults the same request is answered as it should be. @default Infinity */
  mostInARow?: number | undefined;
  /** `true` for the service's own. @default false */
  requestLimit?: RequestLimit | boolean | undefined;
}

/** The same fetch on a bad day. */
export function withFaults(fetch: Fetch, options: FaultOptions): Fetch {
  const { seed = 1, latency = 0, rates = [], mostInARow = Infinity, requestLimit = false } = options;
  const [least, most] = typeof latency === "number" ? [latency, latency] : latency;
  const history = new Map<string, { times: number; inARow: number }>();
  const withRates = rates.length > 0 ? answer : fetch;
  const limit = requestLimit === true ? {} : requestLimit;
  const limited = limit ? withRequestLimit(withRates, limit) : withRates;
  const line = createRandom(seed);

  async function answer(given: Request): Promise<Response> {
    // It has to be read, to be sent again in part: no more of it than the server takes.
    const body = await bodyOf(given).catch((error: unknown) => error as Refusal);
    if (body instanceof Refusal) return failure(body, "");
    const request = resume(given, body);
    const { pathname, search } = new URL(request.url);
    const identity = `${request.method} ${pathname}${search} ${body ? hash(body) : ""}`;
    const past = history.get(identity) ?? { times: 0, inARow: 0 };
    // What was asked last stays known; the rest would be without bound.
    history.delete(identity);
    history.set(identity, past);
    if (history.size > 10_000) history.delete(history.keys().next().value!);

    const random = createRandom(hash(`${seed} ${past.times++} ${identity}`));
    const rate = rates.find(
      ({ share, operations }) => (operations?.includes(operationOf(request)!) ?? true) && random() < share,
    );
    if (!rate || past.inARow >= mostInARow) {
      past.inARow = 0;
      return fetch(request);
    }
    past.inARow++;
    const { what, headers } = rate;
    if (typeof what === "number") return page(what, headers);
    if (typeof what === "function") return what(request, fetch, random);
    if (Object.hasOwn(faults, what)) return faults[what as FaultName](request, fetch, random);
    return failure(refusal(what as ErrorName, errors[what as ErrorName].description), "");
  }

  if (most === 0) return limited;
  return async (request) => {
    const total = least + line() * (most - least);
    const there = total * line();
    await sleep(there);
    const response = await limited(request);
    await sleep(total - there);
    return response;
  };
}

/** Lets so many requests through in any time of that length, says how many are left, and shuts who sends more out. */
export function withRequestLimit(fetch: Fetch, limit: RequestLimit): Fetch {
  const whole = limits.requestWindowSeconds * 1000;
  const { requests = limits.requestsPerWindow, window = whole, block = whole } = limit;
  const seen: number[] = [];
  let blockedUntil = -Infinity;
  return async (request) => {
    const now = performance.now();
    while (seen.length > 0 && seen[0]! <= now - window) seen.shift();
    if (now >= blockedUntil && seen.length < requests) seen.push(now);
    else if (now >= blockedUntil) blockedUntil = now + block;
    const isBlocked = now < blockedUntil;
    const left = isBlocked ? 0 : requests - seen.length;
    const until = isBlocked ? blockedUntil : seen[0]! + window;
    const wait = Math.ceil((until - now) / 1000);

    const message = "Please wait and consider throttling your request speed";
    const answer = isBlocked ? failure(refusal("throttled", message, 429), "") : await fetch(request);
    const response = new Response(answer.body, answer);
    response.headers.set("ratelimit", `"default";r=${left};t=${wait}`);
    response.headers.set("ratelimit-policy", `"default";q=${requests};w=${Math.ceil(window / 1000)}`);
    if (isBlocked) response.headers.set("retry-after", String(wait));
    return response;
  };
}

export type FaultName =
  | "reset"
  | "lostAnswer"
  | "brokenBody"
  | "hang"
  | "hangingBody"
  | "truncatedBody"
  | "corruptGzip"
  | "page"
  | "refusedWithin200"
  | "throttledWithin200"
  | "partialBulk"
  | "emptyPage"
  | "repeatedPage";

/** What can happen, by name. */
export const faults: Readonly<Record<FaultName, Fault>> = {
  /** The connection breaks before the request is acted upon. */
  async reset() {
    throw connectionReset();
  },

  /** The request is acted upon, and the connection breaks before its answer. */
  async lostAnswer(request, next) {
    await (await next(request)).arrayBuffer();
    throw connectionReset();
  },

  /** The connection breaks within the answer. */
  async brokenBody(request, next) {
    return halved(await next(request), async () => {
      // What was written has to be out before the connection ends.
      await sleep(5);
      throw connectionReset();
    });
  },

  /** No answer ever comes. */
  hang: ({ signal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    }),

  /** The answer begins, and does not go on. */
  async hangingBody(request, next) {
    return halved(await next(request), () => new Promise(() => {}));
  },

  /** Half of the answer, which says that it is whole. */
  async truncatedBody(request, next) {
    const response = await next(request);
    const bytes = await response.arrayBuffer();
    return withBody(response, bytes.slice(0, bytes.byteLength >> 1));
  },

  /** The answer says that it is compressed, and is not as gzip would have it. */
  async corruptGzip(request, next) {
    const response = await next(request);
    await response.arrayBuffer();
    const bytes = new Uint8Array(200).fill(0xff);
    bytes.set([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
    return withBody(response, bytes, { "content-encoding": "gzip" });
  },

  /** A page of HTML with status 200, as a captive portal gives it. */
  page: async () => page(200),

  /** Refused with status 200. */
  refusedWithin200: async () => failure(refusal("couldNotRoute", "no", 200), ""),

  /** The throttle's code with status 200. */
  throttledWithin200: async () => failure(refusal("throttled", "Please wait", 200), ""),

  /** The first key of a bulk write or delete and some more are not done, and named. */
  async partialBulk(request, next, random) {
    const operation = operationOf(request);
    if (operation !== "writeMultiple" && operation !== "deleteMultiple") return next(request);
    const inputs = (await request.clone().json()) as (string | { key: string })[];
    const keyOf = (input: (typeof inputs)[number]): string => (typeof input === "string" ? input : input.key);
    const failed = new Set(inputs.map(keyOf).filter((_, i) => i === 0 || random() < 0.5));
    const done = inputs.filter((input) => !failed.has(keyOf(input)));
    const response = await next(resume(request, new TextEncoder().encode(JSON.stringify(done))));
    return edited(response, (envelope) => {
      Object.assign(envelope.result, { unsuccessful_keys: [...failed] });
    });
  },

  /** A page of a list without keys, whose cursor leads on. */
  async emptyPage(request, next, random) {
    if (operationOf(request) !== "listKeys") return next(request);
    // No cursor comes twice, as the service has it.
    const cursor = `${skipped}${random()}:${new URL(request.url).searchParams.get("cursor") ?? ""}`;
    return edited(await next(request), (envelope) => {
      Object.assign(envelope, { result: [], result_info: { count: 0, cursor } });
    });
  },

  /** The first page of a list again, whatever the cursor. */
  async repeatedPage(request, next) {
    if (operationOf(request) !== "listKeys") return next(request);
    const url = new URL(request.url);
    url.searchParams.delete("cursor");
    return edited(await next(new Request(url, request)), (envelope) => {
      Object.assign(envelope.result_info, { cursor: "again" });
    });
  },
};

/** A redirect. */
export const redirectTo =
  (location: string): Fault =>
  async () =>
    page(302, { location });

/** A refusal with a body of so many bytes. */
export const endlessPage =
  (status: number, bytes: number): Fault =>
  async () => {
    const chunk = new Uint8Array(64 * 1024).fill(0x20);
    let left = bytes;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left <= 0) return controller.close();
        controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)));
        left -= chunk.length;
      },
    });
    const headers = { "content-type": "text/html", "content-length": String(bytes) };
    return new Response(body, { status, headers });
  };

/** Marks the cursor of an empty page; the cursor that was asked for comes behind a number. */
const skipped = "skipped:";

interface Envelope {
  result: object;
  result_info: object;
}

/** A gateway's page: HTML, and nothing of the service. */
function page(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  const html = `<!DOCTYPE html><html><head><title>${status}</title></head><body>${status}</body></html>`;
  return new Response(html, { status, headers: { "content-type": "text/html", ...headers } });
}

/** As Node's fetch has it, for clients in the same process; behind a port the connection breaks. */
function connectionReset(): TypeError {
  return new TypeError("fetch failed", {
    cause: Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }),
  });
}

function operationOf({ method, url }: Request): OperationId | undefined {
  return findOperation(method, new URL(url).pathname.replace("/client/v4", ""))?.operation;
}

/** A request's body, within the bound of the largest that the server takes. */
async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!request.body) return undefined;
  return readBytes(
    { request, reserve: noRoom },
    limits.bulkWriteBytes,
    () => new Refusal(413, "Payload Too Large"),
  );
}

/** The same request with its body as bytes, and without what marks the cursor of an empty page. */
function resume(request: Request, body: Uint8Array<ArrayBuffer> | undefined): Request {
  if (!body && !request.url.includes("cursor=skipped")) return request;
  const url = new URL(request.url);
  const cursor = url.searchParams.get("cursor");
  if (cursor?.startsWith(skipped)) {
    url.searchParams.delete("cursor");
    const asked = cursor.split(":").slice(2).join(":");
    if (asked !== "") url.searchParams.set("cursor", asked);
  }
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(url, { method: request.method, headers, signal: request.signal, body: body ?? null });
}

function withBody(
  response: Response,
  body: BodyInit,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const copy = new Response(body, response);
  copy.headers.delete("content-length");
  for (const [name, value] of Object.entries(headers)) copy.headers.set(name, value);
  return copy;
}

async function edited(response: Response, edit: (envelope: Envelope) => void): Promise<Response> {
  if (!response.ok) return response;
  const envelope = (await response.json()) as Envelope;
  edit(envelope);
  return withBody(response, JSON.stringify(envelope));
}

/** The answer's headers and half of its body; then what `rest` does. */
async function halved(response: Response, rest: () => Promise<never>): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  let isBegun = false;
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (isBegun) await rest();
        isBegun = true;
        controller.enqueue(bytes.subarray(0, Math.max(1, bytes.length >> 1)));
      },
    },
    { highWaterMark: 0 },
  );
  return withBody(response, body, { "content-length": String(Math.max(2, bytes.length)) });
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A number for a text or for bytes (FNV-1a). */
function hash(data: string | Uint8Array): number {
  let result = 0x811c9dc5;
  for (let i = 0; i < data.length; i++) {
    result = Math.imul(result ^ (typeof data === "string" ? data.charCodeAt(i) : data[i]!), 0x01000193);
  }
  return result >>> 0;
}
