/** createKVServer: lets requests in and hands them to their handlers. */
import { findOperation, type OperationId, operations } from "../schema.ts";
import { failure, noRoute, Refusal, refusal } from "./answers.ts";
import { checkAuth } from "./auth.ts";
import { handlers } from "./handlers.ts";
import { memoryStore } from "./memory-store.ts";
import { isId, newId, parseQuery } from "./rules.ts";
import type { Store } from "./store.ts";

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
}

export interface KVServer {
  /**
   * Answers a request to `<any origin>/client/v4/…`. It rejects with the reason of the request's signal
   * where that is aborted before, and never otherwise. Needs no `this`.
   */
  readonly fetch: (request: Request) => Promise<Response>;
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

/**
 * Makes a Workers KV server.
 *
 * @example
 * const { fetch } = createKVServer();
 * const kv = createKV({ accountId, apiToken: "any", fetch });
 * @throws {TypeError} for an id that is not 32 hexadecimal digits, and a namespace without a title or account
 */
export function createKVServer(options: KVServerOptions = {}): KVServer {
  const { store = memoryStore(), now = Date.now, accounts } = options;
  accounts?.forEach((id) => requireId(id, "an account"));
  const tokens = options.tokens && new Set(options.tokens);
  const seeds = (options.namespaces ?? []).map((seed) => completeSeed(seed, accounts));
  let seeding: Promise<void> | undefined;

  /** Lets a request in, or refuses it. */
  async function answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    checkAuth(request.headers, tokens);
    const path = pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : "";
    const accountId = path.split("/")[2] ?? "";
    if (path.startsWith("/accounts/") && !isId(accountId)) throw noRoute(path, 400);
    const found = findOperation(request.method, path);
    if (!found) throw unrouted(request.method, path);
    if (accounts && !accounts.includes(accountId)) throw refusal("noAccess", "Authentication error");
    await (seeding ??= seed());
    const call = { ...found, request, query: parseQuery(search), accountId, store, now };
    return handlers[found.operation](call).catch((error: unknown) => failed(error, labels[found.operation]));
  }

  async function seed(): Promise<void> {
    for (const namespace of seeds) {
      if (!(await store.open(namespace.accountId, namespace.id))) await store.create(namespace);
    }
  }

  return {
    async fetch(request) {
      request.signal.throwIfAborted();
      return answer(request).catch((error: unknown) => failed(error, ""));
    },
  };
}

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
