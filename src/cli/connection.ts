/** Credentials and options → a client. */
import { readFileSync } from "node:fs";
import { createKV, createRateLimit, type KV, type KVEvent, KVInputError, type RateLimit } from "../index.ts";
import { fromEnv, type NodeFetch, nodeFetch } from "../node.ts";
import { usageError } from "./exit-codes.ts";
import { hasProxy, httpFetch } from "./http-fetch.ts";
import { readWranglerConfig, type WranglerConfig, type WranglerOptions } from "./wrangler-config.ts";

/** The options of every command that asks the service. */
export interface ConnectionOptions extends WranglerOptions {
  account?: string | undefined;
  tokenFile?: string | undefined;
  /** For a gateway in a private network. @default plain http to loopback addresses only */
  allowHttp?: boolean | undefined;
  budget?: string | undefined;
}

export interface Connection {
  readonly kv: KV;
  readonly accountId: string;
  readonly baseUrl: string;
  /** `undefined` where nothing limits the requests. */
  readonly budget: RateLimit | undefined;
  readonly config: WranglerConfig | undefined;
  /** Told of every request, retry and wait. */
  listener: ((event: KVEvent) => void) | undefined;
}

/** In ms; what is tried is answered in one. */
const trialTimeout = 10_000;
const whoAsks =
  "CLOUDFLARE_ACCOUNT_ID (or --account) and CLOUDFLARE_API_TOKEN (or --token-file) say who asks; " +
  "make a token at https://dash.cloudflare.com/profile/api-tokens";
const cloudflare = "https://api.cloudflare.com/client/v4";

/**
 * `isJob`: many requests will follow, so that undici, where it is installed, is worth the time that it takes to load.
 * `shared`: another connection under the same token, whose budget this one shares.
 * `isTrial`: what goes wrong is what is asked for, so that nothing is sent again, and nobody waits long.
 */
export async function connect(
  options: ConnectionOptions,
  {
    isJob = false,
    isTrial = false,
    shared,
  }: { isJob?: boolean; isTrial?: boolean; shared?: Connection } = {},
): Promise<Connection> {
  const config = await readWranglerConfig(options);
  const environment = { ...process.env };
  if (options.account) environment["CLOUDFLARE_ACCOUNT_ID"] = options.account;
  environment["CLOUDFLARE_ACCOUNT_ID"] ||= config?.accountId ?? "";
  if (options.tokenFile !== undefined) {
    environment["CLOUDFLARE_API_TOKEN"] = readToken(options.tokenFile);
    environment["CLOUDFLARE_EMAIL"] = environment["CLOUDFLARE_API_KEY"] = "";
  }
  let settings: ReturnType<typeof fromEnv>;
  try {
    settings = fromEnv(environment);
  } catch (error) {
    throw usageError((error as Error).message, whoAsks);
  }
  const { accountId, baseUrl = cloudflare } = settings;
  if (!/^[0-9a-f]{32}$/.test(accountId)) {
    const likeness = "32 hexadecimal digits in lower case, which are in the dashboard's address";
    throw usageError(`the account id is not what one looks like: ${likeness}`, whoAsks);
  }
  const budget = shared?.budget ?? readBudget(options.budget, baseUrl);
  let kv: KV;
  try {
    kv = createKV({
      ...settings,
      allowHttp: options.allowHttp,
      rateLimit: budget ?? false,
      onEvent: (event) => connection.listener?.(event),
      ...(isTrial ? { retry: false, timeout: trialTimeout } : {}),
      ...chooseFetch(isJob),
    });
  } catch (error) {
    if (!(error instanceof KVInputError)) throw error;
    const isAddress = error.message.startsWith("baseUrl");
    throw usageError(
      error.message.replace("allowHttp", "--allow-http"),
      isAddress ? "the base URL is CLOUDFLARE_API_BASE_URL, else CLOUDFLARE_BASE_URL" : whoAsks,
    );
  }
  const connection: Connection = {
    kv,
    accountId,
    baseUrl,
    budget,
    config,
    listener: undefined,
  };
  return connection;
}

function readToken(path: string): string {
  const token = readFileSync(path, "utf8").trim();
  if (token === "") throw usageError(`${path} is empty; --token-file names a file with an API token`);
  return token;
}

function readBudget(option: string | undefined, baseUrl: string): RateLimit | undefined {
  if (option === undefined) {
    const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : "";
    return /(^|\.)cloudflare\.com$/.test(host) ? createRateLimit() : undefined;
  }
  if (option === "none") return undefined;
  const [, requests, seconds = "300"] = /^([1-9]\d*)(?:\/([1-9]\d*))?$/.exec(option) ?? [];
  if (requests === undefined) {
    throw usageError(`--budget is "${option}", not a number of requests such as 600 or 600/300, nor none`);
  }
  return createRateLimit({ requests: Number(requests), window: Number(seconds) * 1000 });
}

/** Node's own fetch is the fallback: it starts more slowly than `node:http` and takes more time than undici. */
function chooseFetch(isJob: boolean): { fetch?: NodeFetch } {
  if (!isJob && !hasProxy()) return { fetch: httpFetch() };
  return hasUndici() ? { fetch: nodeFetch() } : {};
}

/** An optional peer: the command is complete without it, and faster with it. */
export function hasUndici(): boolean {
  try {
    return import.meta.resolve("undici") !== "";
  } catch {
    return false;
  }
}
