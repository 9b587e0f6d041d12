/** createKV: options → policies → api → the two clients. Assembly only. */
import { type Api, createApi } from "./api.ts";
import { KVInputError } from "./errors.ts";
import { check, checkWhole, idProblem } from "./limits.ts";
import { isLoopback } from "./loopback.ts";
import { type KVNamespaceClient, NamespaceHandle, type NamespaceSettings } from "./namespace.ts";
import { createNamespaces, type NamespacesClient } from "./namespaces.ts";
import { createRateLimit, type RateLimit, rateLimit, type RateLimitOptions } from "./rate-limit.ts";
import { retry } from "./retry.ts";
import { limits } from "./schema.ts";
import { createAttempt, type Credentials, type KVEvent, type Send, type UrlFetch } from "./transport.ts";

/** What a client is made from. */
export interface KVOptions {
  /** The account's id: 32 hexadecimal digits, in the dashboard's address and overview. */
  accountId: string;
  /** An API token, or a function that gives one; it is asked before each attempt. Either this or `apiEmail` and `apiKey`. */
  apiToken?: string | (() => string | Promise<string>) | undefined;
  /** The e-mail address that belongs to `apiKey`. */
  apiEmail?: string | undefined;
  /** The global API key. */
  apiKey?: string | undefined;
  /**
   * Where the API is. Plain http is for loopback addresses only, unless `allowHttp` is set.
   *
   * @default "https://api.cloudflare.com/client/v4"
   */
  baseUrl?: string | undefined;
  /** Lets `baseUrl` be plain http to another host: the token is then readable on the way. @default false */
  allowHttp?: boolean | undefined;
  /**
   * For how long an attempt may stand still, in ms: until the function `apiToken` has given a token, until its
   * answer begins (with 1 s more for each 128 KiB that is sent), and between the chunks of the answer. `Infinity`
   * for no limit.
   *
   * @default 60_000
   */
  timeout?: number | undefined;
  /**
   * Sending again what failed for a passing reason: lost connections, time-outs, broken bodies, 408, 425, 429
   * and 5xx. `false` sends everything once.
   *
   * @default { limit: 5, maxDelay: 60_000 }
   */
  retry?: RetryOptions | false | undefined;
  /**
   * The request budget. Cloudflare blocks a user's whole API access, dashboard included, for 5 minutes after
   * 1,200 requests within 5 minutes. `createRateLimit()` makes one to share between clients.
   *
   * @default 1,200 in 300_000 ms for Cloudflare's host, none for another or the `fetch` of `createKVServer()`
   */
  rateLimit?: RateLimitOptions | RateLimit | false | undefined;
  /**
   * Sends the requests, instead of `globalThis.fetch`. It gets a new `Request` for each attempt; pass its url
   * and itself to a fetch of another realm: `(request) => undiciFetch(request.url, request)`.
   */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /**
   * Told of attempts, answers, retries and waits. Never gets a token, a key or a value. What it throws ends no call:
   * it is an uncaught error of the program, as that of any event listener.
   */
  onEvent?: ((event: KVEvent) => void) | undefined;
}

/** Sending again. */
export interface RetryOptions {
  /** How often a request is sent again. @default 5 */
  limit?: number | undefined;
  /**
   * The longest pause before it is, in ms. Where the service asks for more, the call fails at once.
   *
   * @default 60_000 for a call, 360_000 within a bulk job, a list and a `get` of several keys
   */
  maxDelay?: number | undefined;
}

/** Workers KV of one account. */
export interface KV {
  /** The account's namespaces. */
  readonly namespaces: NamespacesClient;
  /** A handle on one namespace; asks nothing of the service. */
  namespace(id: string): KVNamespaceClient;
  /**
   * The raw openapi-fetch client: every operation of the spec as `{ data, error, response }`, under the same
   * credentials, policies and key checks. Middleware added to it sees the raw calls alone. It may change a request's
   * headers, or answer with a Response of its own; the request is a light one, of which no other can be made.
   */
  readonly api: Api;
}

const cloudflare = "https://api.cloudflare.com/client/v4";

/**
 * Makes a client for one account.
 *
 * @example
 * const kv = createKV({ accountId, apiToken });
 * await kv.namespace(id).put("greeting", "hello");
 * @throws KVInputError where the options lack an account id or credentials, or are out of range
 */
export function createKV(options: KVOptions): KV {
  const {
    accountId,
    timeout = 60_000,
    retry: retryOption = {},
    onEvent: listener,
    fetch: userFetch,
  } = options;
  const resending = retryOption === false ? { limit: 0 } : retryOption;
  check(isFunction(userFetch), "fetch", userFetch, "a function");
  check(isFunction(listener), "onEvent", listener, "a function");
  const onEvent = listener && uncaught(listener);
  const problem = idProblem("account id", accountId, limits.accountIdLength);
  if (problem) throw new KVInputError(`${problem}; it is the 32 hexadecimal digits of your account`);
  const baseUrl = readBaseUrl(options);
  check(typeof timeout === "number" && timeout > 0, "timeout", timeout, "a positive number of ms");
  check(isObject(resending), "retry", resending, optionsRule);
  const { limit = 5, maxDelay = 60_000 } = resending;
  checkWhole("retry.limit", limit, 0);
  check(typeof maxDelay === "number" && maxDelay >= 0, "retry.maxDelay", maxDelay, "a number of ms");

  const pauses = { maxDelay, onEvent };
  const budget = readRateLimit(options, baseUrl);
  let send: Send = createAttempt({
    fetch: readFetch(userFetch),
    credentials: readCredentials(options),
    timeout,
    onEvent,
  });
  if (budget) send = rateLimit(send, budget, pauses);
  send = retry(send, { limit, isPaced: budget !== undefined, ...pauses });

  const api = createApi(baseUrl, send);
  // Cloudflare's block lasts a window; a job sits it out, also where Retry-After says some seconds more.
  const jobMaxDelay = resending.maxDelay ?? limits.requestWindowSeconds * 1000 + maxDelay;
  const resendingOfJobs = { limit, maxDelay: jobMaxDelay };
  const settings: NamespaceSettings = { accountId, resendingOfJobs, sendsStreams: limit === 0 };
  return {
    namespaces: createNamespaces(api, accountId, jobMaxDelay),
    namespace: (id) => new NamespaceHandle(api, id, settings),
    // A client of its own: middleware may put its own Response in the place of an Answer.
    api: createApi(baseUrl, send),
  };
}

/** What a listener throws is no failure of what it is told of, which is done: it is uncaught, as an EventTarget's is. */
function uncaught(listener: (event: KVEvent) => void): typeof listener {
  return (event) => {
    try {
      listener(event);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
}

/** globalThis.fetch is looked up for each attempt, so that what is put in its place later is seen. */
function readFetch(fetch: KVOptions["fetch"]): () => UrlFetch {
  if (!fetch) return () => globalThis.fetch;
  // A stream as body needs half duplex (WHATWG fetch, Request constructor).
  const withRequest: UrlFetch = (url, init) =>
    fetch(new Request(url, { ...init, duplex: "half" } as RequestInit));
  const send = "takesUrl" in fetch ? (fetch as unknown as UrlFetch) : withRequest;
  return () => send;
}

const isFunction = (option: unknown): boolean => option === undefined || typeof option === "function";
const isObject = (option: unknown): boolean => typeof option === "object" && option !== null;
const optionsRule = "an object of options or false";

function readBaseUrl({ baseUrl = cloudflare, allowHttp = false }: KVOptions): string {
  check(typeof allowHttp === "boolean", "allowHttp", allowHttp, "true or false");
  if (!URL.canParse(baseUrl)) throw new KVInputError("baseUrl is not a URL");
  const { protocol, hostname, username, password, search, hash, origin, pathname } = new URL(baseUrl);
  if (username || password || search || hash) {
    throw new KVInputError(
      "baseUrl has credentials, a query or a fragment; it is an origin and a path alone",
    );
  }
  if (protocol !== "https:" && !(protocol === "http:" && (isLoopback(hostname) || allowHttp))) {
    throw new KVInputError(
      `baseUrl is ${protocol}//${hostname}: the token would be readable on the way; allowHttp permits plain http`,
    );
  }
  return origin + pathname.replace(/\/+$/, "");
}

function readRateLimit({ rateLimit: option, fetch }: KVOptions, baseUrl: string): RateLimit | undefined {
  if (option === false) return undefined;
  if (option === undefined) {
    const isCloudflare = /(^|\.)cloudflare\.com$/.test(new URL(baseUrl).hostname);
    // createKVServer's says of itself that it is local.
    return isCloudflare && !(fetch && "isLocal" in fetch) ? createRateLimit() : undefined;
  }
  check(isObject(option), "rateLimit", option, optionsRule);
  return "remaining" in option ? option : createRateLimit(option);
}

/** The token stays in this closure: no property of client, handle or error leads to it. */
function readCredentials({
  apiToken,
  apiEmail,
  apiKey,
}: KVOptions): () => Credentials | Promise<Credentials> {
  const hasKey = apiEmail !== undefined || apiKey !== undefined;
  if (apiToken === undefined && !hasKey) {
    throw new KVInputError("no credentials: give apiToken, or apiEmail and apiKey");
  }
  if (apiToken !== undefined && hasKey)
    throw new KVInputError("give either apiToken, or apiEmail and apiKey, not both");
  if (typeof apiToken === "function") return async () => bearer(await apiToken());
  const credentials =
    apiToken === undefined
      ? keyPair(checkSecret("apiEmail", apiEmail), checkSecret("apiKey", apiKey))
      : bearer(apiToken);
  return () => credentials;
}

function bearer(token: string): Credentials {
  checkSecret("apiToken", token);
  return { headers: { authorization: `Bearer ${token}` }, secrets: secretsOf(token) };
}

function keyPair(email: string, key: string): Credentials {
  return { headers: { "x-auth-email": email, "x-auth-key": key }, secrets: secretsOf(key) };
}

/** Cloudflare's have 37 characters and more. A local server's, such as "local", is a part of other words. */
function secretsOf(secret: string): readonly string[] {
  return secret.length < 8 ? [] : [secret];
}

/** fetch would refuse it too, with a message that quotes it. */
function checkSecret(name: string, secret: string | undefined): string {
  if (!secret) throw new KVInputError(`${name} is empty`);
  if (typeof secret !== "string") throw new KVInputError(`${name} is of type ${typeof secret}, not a string`);
  const at = secret.search(/[^\x21-\x7e]/);
  if (at >= 0) {
    throw new KVInputError(
      `${name} has a space, a line end or another character at ${at} that a header cannot hold`,
    );
  }
  return secret;
}
