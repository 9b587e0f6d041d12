/**
 * The service in the page: the project's own server, behind a line that can be slow and bad, and what goes
 * over that line.
 */
import {
  createKV,
  createRateLimit,
  type KV,
  type KVEvent,
  type KVOptions,
  type RateLimit,
} from "../../src/index.ts";
import { withFaults } from "../../src/server/faults.ts";
import { createKVServer, type KVServer } from "../../src/server/server.ts";

export const accountId = "0123456789abcdef0123456789abcdef";

/** What the sliders say. */
export interface Conditions {
  /** How long an answer takes, in ms. */
  latency: number;
  /** The share of requests that fail with 503, 0 to 1. */
  failures: number;
  /** The share of bulk writes and deletes that the service leaves half undone, 0 to 1. */
  leftovers: number;
  /** How many requests may start within 10 s; `Infinity` for no budget. */
  budget: number;
}

/** A request that went over the line. */
export interface Exchange {
  method: string;
  /** Behind the account: `/namespaces/…`, decoded where that is possible. */
  path: string;
  sent: number;
  /** Since the page was opened, in ms. */
  start: number;
  status?: number;
  received?: number;
  ms?: number;
}

export type Recorder = {
  /** Told when a request goes out, and again when it was answered. */
  exchange(exchange: Exchange): void;
  event(event: KVEvent): void;
};

export interface Service {
  /** What user code gets in the place of the package's own. */
  createKV: (options: KVOptions) => KV;
  createKVServer: typeof createKVServer;
  fetch: (input: Request | string | URL, init?: RequestInit) => Promise<Response>;
  /** No request goes out any more; those that wait are never answered. */
  stop(): void;
}

/** The data outlives the runs. */
const server: KVServer = createKVServer({ accounts: [accountId] });

/** The explorer's own line: neither slow nor bad, and not shown. */
export const explorerClient: KV = createKV({ accountId, apiToken: "explorer", fetch: server.fetch });

const budgets = new Map<number, RateLimit>();

function budgetOf(requests: number): RateLimit | false {
  if (requests === Infinity) return false;
  const budget = budgets.get(requests) ?? createRateLimit({ requests, window: 10_000 });
  budgets.set(requests, budget);
  return budget;
}

export function createService(conditions: () => Conditions, recorder: Recorder): Service {
  let isStopped = false;
  const forever = new Promise<never>(() => {});

  /** Puts the line before a server. */
  function over(answer: KVServer["fetch"]): KVServer["fetch"] {
    let [line, drawn] = [answer, ""];
    return async (request) => {
      if (isStopped) return forever;
      const { latency, failures, leftovers } = conditions();
      const wanted = `${latency} ${failures} ${leftovers}`;
      if (wanted !== drawn) {
        drawn = wanted;
        line = withFaults(answer, {
          seed: Math.floor(Math.random() * 2 ** 32),
          latency: [latency * 0.75, latency * 1.25],
          rates: [
            { share: failures, what: 503 },
            { share: leftovers, what: "partialBulk", operations: ["writeMultiple", "deleteMultiple"] },
          ],
        });
      }
      const body = new Uint8Array(await request.clone().arrayBuffer());
      const { method, url } = request;
      const exchange: Exchange = {
        method,
        path: readable(new URL(url)),
        sent: body.length,
        start: performance.now(),
      };
      recorder.exchange(exchange);
      const response = await line(request);
      const bytes = await response.arrayBuffer();
      if (isStopped) return forever;
      exchange.status = response.status;
      exchange.received = bytes.byteLength;
      exchange.ms = performance.now() - exchange.start;
      recorder.exchange(exchange);
      return new Response(bytes, response);
    };
  }

  const fetchDefault = over(server.fetch);
  return {
    createKV: ({ onEvent, fetch, rateLimit, ...options }) =>
      createKV({
        ...options,
        rateLimit: rateLimit ?? budgetOf(conditions().budget),
        fetch: fetch ?? fetchDefault,
        onEvent(event) {
          if (!isStopped) recorder.event(event);
          onEvent?.(event);
        },
      }),
    createKVServer(options) {
      const made = createKVServer(options);
      return { ...made, fetch: over(made.fetch) };
    },
    fetch: (input, init) => fetchDefault(new Request(input, init)),
    stop: () => void (isStopped = true),
  };
}

function readable({ pathname, search }: URL): string {
  const path = pathname.replace(/^\/client\/v4\/accounts\/[^/]+\/storage\/kv/, "") + search;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
