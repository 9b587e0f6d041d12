/** Clients for tests: over the embedded server, and over answers made by hand. */
import { expect, onTestFinished, vi } from "vitest";
import { createKV, type KV, type KVNamespaceClient, type KVOptions } from "../src/index.ts";
import { createKVServer, type KVServerOptions } from "../src/server/index.ts";
import { createContract } from "./contract.ts";

export const accountId = "6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8";
export const namespaceId = "b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93";
export const apiToken = "a-token-for-tests-0123456789";

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Bytes that are not UTF-8. */
export const binary: Uint8Array<ArrayBuffer> = Uint8Array.of(0xff, 0x00, 0xfe, 0x0d, 0x0a);

/** The clock of a server: the real time, and as much later as it was moved. */
export interface Clock {
  readonly now: () => number;
  readonly advance: (seconds: number) => void;
}

export function createClock(): Clock {
  let ahead = 0;
  return { now: () => Date.now() + ahead, advance: (seconds) => void (ahead += seconds * 1000) };
}

export interface Served {
  kv: KV;
  /** The one that is there from the start. */
  namespace: KVNamespaceClient;
  clock: Clock;
  /** The operations that were asked for, in order. */
  operations: string[];
}

/** A client over an embedded server of its own. All that passes between them is held to the spec, or the test fails. */
export function serve(options: Partial<KVOptions> = {}, serverOptions: KVServerOptions = {}): Served {
  const clock = createClock();
  const contract = createContract();
  onTestFinished(() => expect(contract.violations).toEqual([]));
  const server = createKVServer({
    accounts: [accountId],
    namespaces: [{ id: namespaceId, title: "first" }],
    now: clock.now,
    ...serverOptions,
  });
  const fetch = contract.guard(server.fetch);
  const kv = createKV({ accountId, apiToken, rateLimit: false, fetch, ...options });
  return { kv, namespace: kv.namespace(namespaceId), clock, operations: contract.seen };
}

/** A request as it was sent. */
export interface Sent {
  method: string;
  /** Behind the base URL, percent-encoded, without the query. */
  path: string;
  query: Record<string, string>;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
  text: string;
}

export interface Answered {
  kv: KV;
  namespace: KVNamespaceClient;
  requests: Sent[];
}

/** A client whose requests are recorded, and answered by a function. */
export function answering(
  answer: (sent: Sent, request: Request) => Response | Promise<Response>,
  options: Partial<KVOptions> = {},
): Answered {
  const requests: Sent[] = [];
  const kv = createKV({
    accountId,
    apiToken,
    rateLimit: false,
    async fetch(request) {
      const { method, headers, url } = request;
      const { pathname, searchParams } = new URL(url);
      const bytes = new Uint8Array(await request.arrayBuffer());
      const path = pathname.replace("/client/v4", "");
      const query = Object.fromEntries(searchParams);
      const sent = { method, path, query, headers, bytes, text: new TextDecoder().decode(bytes) };
      requests.push(sent);
      return answer(sent, request);
    },
    ...options,
  });
  return { kv, namespace: kv.namespace(namespaceId), requests };
}

/** An answer of success. */
export function success(result: unknown, resultInfo?: object): Response {
  const envelope = { success: true, errors: [], messages: [], result };
  return Response.json(resultInfo ? { ...envelope, result_info: resultInfo } : envelope);
}

/** An answer of refusal. */
export function refusal(
  status: number,
  code: number,
  message = "refused",
  result: object | null = null,
): Response {
  const envelope = { success: false, errors: [{ code, message }], messages: [], result };
  return Response.json(envelope, { status });
}

/** Every pause of a back-off takes no time: full jitter may do that. */
export function withoutPauses(): void {
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  onTestFinished(() => random.mockRestore());
}

/** What nobody handles that is rejected until the test ends. */
export function unhandledRejections(): readonly unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  return unhandled;
}

/** All that an iterable gives. */
export async function collect<T>(source: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

/** What a promise rejects with. */
export async function rejection(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}
