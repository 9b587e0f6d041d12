/** What `wkv serve` does: the server behind a port, until a signal ends it. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { basename } from "node:path";
import { isToken } from "../../server/auth.ts";
import { checkFaults } from "../../server/fault-options.ts";
import type { AnsweredRequest, Listening, ServerFaults, SQLiteStore, Store } from "../../server/index.ts";
import { createKVServer, listen, localAccountId, memoryStore, sqliteStore } from "../../server/index.ts";
import { CommandError, exitCodes, usageError } from "../exit-codes.ts";
import { withExplorer } from "../explorer.ts";
import { print, warn } from "../output.ts";
import { counted, quoted } from "../quantities.ts";

export interface ServeOptions {
  port: number;
  host: string;
  data?: string;
  token?: string;
  seed?: string;
  faults?: string;
  verbose?: boolean;
}

/** How often a server that nobody asks anything drops what has expired, in ms. */
const sweepInterval = 30_000;

export async function serve(options: ServeOptions): Promise<void> {
  const { host, data, token } = options;
  if (token === undefined && !isLoopback(host)) {
    throw usageError(`${host} can be reached by others`, "add --token, which they then have to know");
  }
  if (token !== undefined && !isToken(token)) {
    throw usageError(
      "--token has to be of letters, digits and -._~+/: no request could bring another",
      "`openssl rand -hex 16` makes a good one",
    );
  }
  const faults = options.faults === undefined ? undefined : await readFaults(options.faults);
  const disk = data === undefined ? undefined : await openFolder(data);
  const store = disk ?? memoryStore();
  const sweep = setInterval(() => void store.sweep?.(Math.floor(Date.now() / 1000)), sweepInterval);
  try {
    await serveFrom(store, options, faults);
  } finally {
    clearInterval(sweep);
    disk?.close();
  }
}

async function serveFrom(
  store: Store,
  options: ServeOptions,
  faults: ServerFaults | undefined,
): Promise<void> {
  const { host, port, token, seed, verbose } = options;
  const seeded = seed === undefined ? undefined : await plant(seed, store);
  const server = createKVServer({
    store,
    faults,
    tokens: token === undefined ? undefined : [token],
    onAnswer: verbose ? (answered) => warn(lineOf(answered)) : undefined,
  });
  const listening = await listen(withExplorer(server), { host, port }).catch((error: unknown) => {
    throw explained(error, host, port);
  });
  const ended = firstSignal();
  await print(announcement(listening, options, seeded));
  await ended;
  await listening.close();
}

async function openFolder(folder: string): Promise<SQLiteStore> {
  try {
    return await sqliteStore(folder);
  } catch (error) {
    throw new CommandError(exitCodes.failed, (error as Error).message, { cause: error });
  }
}

/** The second signal ends the process at once. */
function firstSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isSecond = false;
    const end = (): void => {
      if (isSecond) process.exit(exitCodes.interrupted);
      isSecond = true;
      resolve();
    };
    process.on("SIGINT", end).on("SIGTERM", end);
  });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function explained(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE") {
    const advice = "add --port with another one; 0 takes one that is free";
    return new CommandError(exitCodes.failed, `port ${port} of ${host} is in use`, { advice, cause: error });
  }
  if (code === "EACCES") {
    const advice = "systems keep low ports for themselves: add --port with another one";
    const message = `you may not listen on port ${port} of ${host}`;
    return new CommandError(exitCodes.failed, message, { advice, cause: error });
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    return usageError(`--host is ${host}, which is no address of this machine`);
  }
  return error;
}

async function readFaults(path: string): Promise<ServerFaults> {
  const text = await readFile(path, "utf8");
  try {
    const faults: unknown = JSON.parse(text);
    checkFaults(faults);
    return faults ?? {};
  } catch (error) {
    throw usageError(
      `${path}: ${(error as Error).message}`,
      "the guide on testing has all that can go wrong",
    );
  }
}

/** Writes the pairs of a file to a namespace of its name, unless there is one already; and says which. */
async function plant(path: string, store: Store): Promise<string> {
  const [{ createKV, KVBulkError }, { readFileOf }, { decodePair }] = await Promise.all([
    import("../../index.ts"),
    import("../file-input.ts"),
    import("../formats.ts"),
  ]);
  const title = basename(path).replace(/(?<=.)(\.(ndjson|jsonl|json))?(\.(gz|zst))?$/, "");
  // The same at each start, so that it can stand in a configuration.
  const id = createHash("sha256").update(title).digest("hex").slice(0, 32);
  const unfinished = { id, title: `${title} (unfinished seed)` };
  const there = (await store.namespaces(localAccountId)).find(
    (each) => each.title === title || (each.id === id && each.title !== unfinished.title),
  );
  if (there) return `not planted: the namespace ${quoted(there.title)}, ${there.id}, was there already`;
  // A start that was killed meanwhile has left a part.
  await store.remove(localAccountId, id);
  const { fetch } = createKVServer({ store, accounts: [localAccountId], namespaces: [unfinished] });
  const kv = createKV({ accountId: localAccountId, apiToken: "seed", fetch, rateLimit: false });
  try {
    const { succeeded, expired } = await kv.namespace(id).bulkPut(readFileOf(path, decodePair));
    await store.rename(localAccountId, id, title);
    const entries = `${counted(succeeded, "entry", "entries")}${expired === 0 ? "" : `, ${expired} had expired`}`;
    return `${entries} in the namespace ${quoted(title)}, ${id}`;
  } catch (error) {
    await store.remove(localAccountId, id);
    if (!(error instanceof KVBulkError)) throw error;
    if (error.rejected.length === 0) throw error.cause;
    const [{ key, error: reason }] = error.rejected as [(typeof error.rejected)[0]];
    const refused = counted(error.rejected.length, "pair");
    throw new CommandError(
      exitCodes.failed,
      `${path}: ${refused} cannot be stored, the first of them ${quoted(key)}: ${reason.message}`,
    );
  }
}

function announcement(
  listening: Listening,
  { data, token, host, faults }: ServeOptions,
  seeded: string | undefined,
): string {
  const shownToken = token ?? "local";
  // What listens on all addresses is reached by any of them.
  const url = listening.url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  const rows = {
    "base URL": url,
    "account id": `${localAccountId} (any other is taken too)`,
    token: token === undefined ? `${shownToken} (any other is taken too)` : shownToken,
    explorer: new URL(token === undefined ? "/" : `/#token=${encodeURIComponent(token)}`, url).href,
    data: data === undefined ? "in memory, until the end" : data,
    ...(seeded === undefined ? {} : { seed: seeded }),
    ...(faults === undefined ? {} : { faults }),
    ...(isLoopback(host) ? {} : { open: `to whoever reaches ${host} and knows the token; plain HTTP` }),
  };
  const variables = {
    CLOUDFLARE_API_BASE_URL: url,
    CLOUDFLARE_BASE_URL: url,
    CLOUDFLARE_API_TOKEN: shownToken,
    CLOUDFLARE_ACCOUNT_ID: localAccountId,
  };
  return [
    "Workers KV is ready.",
    "",
    ...Object.entries(rows).map(([name, value]) => `  ${name.padEnd(12)}${value}`),
    "",
    "For wrangler, Cloudflare's SDKs and workers-kv-rest:",
    "",
    ...Object.entries(variables).map(([name, value]) => `  export ${name}=${value}`),
    "",
    "",
  ].join("\n");
}

/** Without the path, which has the key in it. */
function lineOf({ method, operation, status, ms, received, sent }: AnsweredRequest): string {
  const what = operation ?? "outside of Workers KV";
  return `${method} ${what} ${status ?? "broke off"} ${ms.toFixed(1)} ms, ${received} bytes in, ${sent} bytes out`;
}
