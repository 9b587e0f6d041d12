/** createKVServer: lets requests in and hands them to their handlers. */
import { findOperation, limits, type OperationId, operations } from "../schema.ts";
import { answerForAccount, localAccountId } from "./account.ts";
import { failure, noRoute, Refusal, refusal } from "./answers.ts";
import { checkAuth } from "./auth.ts";
import type { Incoming } from "./body.ts";
import { ByteBudget, smallBytes } from "./budget.ts";
import { checkFaults, type ServerFaults } from "./fault-options.ts";
import { createRandom, withFaults } from "./faults.ts";
import { handlers } from "./handlers.ts";
import { withLateReads } from "./late-reads.ts";
import { memoryStore } from "./memory-store.ts";
import { isId, newId, parseQuery } from "./rules.ts";
import type { Store } from "./store.ts";
import { WriteInterval } from "./write-interval.ts";

/** A namespace that is there from the start. */
export interface SeedNamespace {
  title: string;
  /** 32 hex digits. @default made up */
  id?: string | undefined;
  /** @default the first of `accounts` */
  accountId?: string | undefined;
}

export interface KVServerOptions {
  /** Where namespaces and entries are kept. @default memoryStore() */
  store?: Store | undefined;
  /**
   * The API tokens that are right, and the keys that are with any email.
   * @default any well-formed token or key; a request without one is refused all the same
   */
  tokens?: readonly string[] | undefined;
  /** The ids of the accounts that the tokens have access to. @default any account id */
  accounts?: readonly string[] | undefined;
  /** Namespaces to create, where the store does not have their id or title yet. @default none */
  namespaces?: readonly SeedNamespace[] | undefined;
  /** The clock that entries expire by, in milliseconds since the epoch. @default Date.now */
  now?: (() => number) | undefined;
  /** What goes wrong, so that a client's ways with it can be tested. @default nothing */
  faults?: ServerFaults | undefined;
  /** Is told of every request that was answered, or that broke off. @default nobody */
  onAnswer?: ((answered: AnsweredRequest) => void) | undefined;
}

/** A request and its answer, without anything that may be a secret. */
export interface AnsweredRequest {
  method: string;
  /** `undefined` where it is no operation of Workers KV. */
  operation: OperationId | undefined;
  /** `undefined` where there was no answer. */
  status: number | undefined;
  /** How long it took until the answer began. */
  ms: number;
  /** The bytes of the request's body, as it announces them. */
  received: number;
  /** The bytes of the answer's body. */
  sent: number;
}

/** What is known of the way of an answer to its client. */
export interface Delivery {
  /** Settles when the answer is out, or never will be: until then the memory that it takes is counted. */
  readonly sent?: Promise<unknown> | undefined;
}

export interface KVServer {
  /**
   * Answers a request to `<any origin>/client/v4/…`. It rejects with the reason of the request's signal
   * where that is aborted before, and never otherwise. Needs no `this`. It says of itself that it is local, so
   * that a client over it has no request budget unless it is given one.
   */
  readonly fetch: (request: Request, delivery?: Delivery) => Promise<Response>;
}

/** The path that the API has on Cloudflare's host. */
const basePath = "/client/v4";

/** How the service names each operation in its messages; those of bulk write and of removal are guesses. */
const labels: Readonly<Record<OperationId, string>> = {
  listNamespaces: "list namespaces",
  createNamespace: "create namespace",
  getNamespace: "get namespace",
  renameNamespace: "rename namespace",
  removeNamespace: "remove namespace",
  writeMultiple: "bulk put keys",
  deleteMultiple: "bulk remove keys",
  deleteMultipleDeprecated: "bulk remove keys",
  getMultiple: "bulk get keys",
  listKeys: "list keys",
  readMetadata: "metadata",
  readValue: "get",
  writeValue: "put",
  deleteValue: "remove key",
};

/** How much memory large bodies and values take together: a bulk write of the largest size, or five values. */
const bodyBudgetBytes = limits.bulkWriteBytes + (limits.valueBytes << 1);

/** How often what has expired is dropped, in milliseconds of the server's clock. */
const sweepInterval = 10_000;

/**
 * Makes a Workers KV server.
 *
 * @example
 * const { fetch } = createKVServer();
 * const kv = createKV({ accountId, apiToken: "any", fetch });
 * @throws {TypeError} for an id that is not 32 hexadecimal digits, and a namespace without a title or account
 */
export function createKVServer(options: KVServerOptions = {}): KVServer {
  const { now = Date.now, accounts, faults, onAnswer } = options;
  checkFaults(faults);
  const { readLag = 0, keyWriteInterval = 0, seed = 1 } = faults ?? {};
  const random = createRandom(seed);
  const kept = options.store ?? memoryStore();
  const store = readLag > 0 ? withLateReads(kept, () => random() * readLag, now) : kept;
  const interval = new WriteInterval(keyWriteInterval, now);
  const mayWrite = (namespaceId: string, key: string): boolean =>
    keyWriteInterval === 0 || interval.take(namespaceId, key);
  accounts?.forEach((id) => requireId(id, "an account"));
  const tokens = options.tokens && new Set(options.tokens);
  const seeds = (options.namespaces ?? []).map((seed) => completeSeed(seed, accounts));
  const budget = new ByteBudget(bodyBudgetBytes);
  let seeding: Promise<void> | undefined;
  let sweptAt = now();

  /** Lets a request in, or refuses it. */
  async function answer(request: Request, reserve: Incoming["reserve"]): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    checkAuth(request.headers, tokens);
    const path = pathOf(pathname);
    const accountId = path.split("/")[2] ?? "";
    if (path.startsWith("/accounts/") && !isId(accountId)) throw noRoute(path, 400);
    const found = findOperation(request.method, path);
    if (!found) {
      const outside = answerForAccount(request.method, path, accounts ?? [localAccountId]);
      if (outside) return outside;
      throw unrouted(request.method, path);
    }
    if (accounts && !accounts.includes(accountId)) throw refusal("noAccess", "Authentication error");
    await (seeding ??= seedAll().catch((error: unknown) => {
      // To be tried again by the next request.
      seeding = undefined;
      throw error;
    }));
    const query = parseQuery(search);
    const call = { ...found, request, reserve, query, accountId, store, now, mayWrite };
    return handlers[found.operation](call).catch((error: unknown) => failed(error, labels[found.operation]));
  }

  async function seedAll(): Promise<void> {
    for (const namespace of seeds) {
      if (!(await store.open(namespace.accountId, namespace.id))) await store.create(namespace);
    }
  }

  /** Answers, and holds the room for what it takes until the answer is out. */
  async function answerWithRoom(request: Request, sent: Promise<unknown> | undefined): Promise<Response> {
    const held: (() => void)[] = [];
    const reserve = async (bytes: number): Promise<void> => {
      if (bytes > smallBytes) held.push(await budget.take(bytes));
    };
    try {
      return await answer(request, reserve).catch((error: unknown) => failed(error, ""));
    } finally {
      const release = (): void => held.forEach((each) => each());
      if (held.length > 0 && sent) sent.then(release, release);
      else release();
      sweep();
    }
  }

  function sweep(): void {
    if (!store.sweep || Math.abs(now() - sweptAt) < sweepInterval) return;
    sweptAt = now();
    // Where it fails, what has expired stays on the disk until the next time.
    Promise.resolve(store.sweep(Math.floor(sweptAt / 1000))).catch(() => {});
  }

  // What becomes of an answer on a bad day is not known here: its room is given back at once.
  const onBadDay = faults && withFaults((request) => answerWithRoom(request, undefined), faults);

  const fetch = async (request: Request, delivery?: Delivery): Promise<Response> => {
    request.signal.throwIfAborted();
    const start = performance.now();
    let response: Response | undefined;
    try {
      response = await (onBadDay ? onBadDay(request) : answerWithRoom(request, delivery?.sent));
      return response;
    } finally {
      onAnswer?.(answered(request, response, performance.now() - start));
    }
  };
  return { fetch: Object.assign(fetch, { isLocal: true }) };
}

/** The path behind the base, `""` where it is another. */
const pathOf = (pathname: string): string =>
  pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : "";

function answered(request: Request, response: Response | undefined, ms: number): AnsweredRequest {
  const { method, url, headers } = request;
  return {
    method,
    operation: findOperation(method, pathOf(new URL(url).pathname))?.operation,
    status: response?.status,
    ms,
    received: bodyLength(headers),
    sent: bodyLength(response?.headers),
  };
}

const bodyLength = (headers: Headers | undefined): number => Number(headers?.get("content-length") ?? 0);

function completeSeed(
  { id = newId(), title, accountId }: SeedNamespace,
  accounts: readonly string[] | undefined,
): { id: string; title: string; accountId: string } {
  const owner = accountId ?? accounts?.[0];
  if (owner === undefined) {
    throw new TypeError(`the namespace "${title}" has no accountId, and there is no account to default to`);
  }
  requireId(owner, `the account of the namespace "${title}"`);
  requireId(id, `the id of the namespace "${title}"`);
  if (title === "") throw new TypeError(`the namespace ${id} has an empty title`);
  return { id, title, accountId: owner };
}

function requireId(id: string, what: string): void {
  if (!isId(id)) throw new TypeError(`${what} is "${id}", not 32 hexadecimal digits in lower case`);
}

function failed(error: unknown, label: string): Response {
  if (error instanceof Refusal) return failure(error, label);
  // A store that fails. The code is also that of internal errors.
  return failure(refusal("unauthenticated", `internal error: ${String(error)}`, 500), label);
}

/**
 * The refusal of a path or method that no operation has. A trailing slash is another path, never the
 * namespace: it is what `DELETE …/values/..` becomes on its way.
 */
function unrouted(method: string, path: string): Refusal {
  const methods = Object.values(operations).map((operation) => operation.method);
  const isKnown = methods.some((each) => findOperation(each, path));
  const isEmptyId = path.endsWith("/namespaces/") && method !== "GET" && method !== "POST";
  if (isKnown || isEmptyId) {
    const message = `${method} method not allowed for the api_token authentication scheme`;
    return refusal("methodNotAllowed", message);
  }
  // Production answers an empty key without any error in the envelope.
  if (/\/(values|metadata)\/$/.test(path)) return new Refusal(404, []);
  return noRoute(path, 404);
}
