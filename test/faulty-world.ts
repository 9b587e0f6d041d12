/** A client, a server, and what goes wrong between them. */
import { expect } from "vitest";
import { createKV, type KV, type KVEvent, type KVNamespaceClient, type KVOptions } from "../src/index.ts";
import type { OperationId } from "../src/schema.ts";
import { type FaultOptions, withFaults } from "../src/server/faults.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import { accountId, apiToken, namespaceId } from "./helpers.ts";

/** What a value holds, to find it where it must not be. */
export const secret = "the-value-of-a-key";
export const keys: string[] = ["alpha", "beta", "gamma", "delta"];

export interface World {
  kv: KV;
  namespace: KVNamespaceClient;
  /** A client that no fault touches. */
  calm: KV;
  calmNamespace: KVNamespaceClient;
  /** The operations that arrived, each as often as it did. */
  arrived: (OperationId | "unknown")[];
  events: KVEvent[];
}

export interface WorldOptions extends Partial<KVOptions> {
  /** Whether nothing but a call is between the client and the server. */
  inProcess?: boolean;
}

/** Runs something against a server, on a real socket unless told otherwise, on whose way `options` happen. */
export async function inWorld<T>(
  options: FaultOptions,
  { inProcess, ...clientOptions }: WorldOptions,
  act: (world: World) => Promise<T>,
): Promise<T> {
  const server = createKVServer({ namespaces: [{ id: namespaceId, title: "first", accountId }] });
  const calm = createKV({ accountId, apiToken, fetch: server.fetch });
  const calmNamespace = calm.namespace(namespaceId);
  for (const key of keys) {
    await calmNamespace.put(key, `${secret} ${key}`, { metadata: { of: key } });
  }
  const arrived: World["arrived"] = [];
  const faulty = withFaults(server.fetch, options);
  const fetch = (request: Request): Promise<Response> => {
    arrived.push(operationOf(request));
    return faulty(request);
  };
  await using listening = inProcess ? undefined : await listen({ fetch });
  const events: KVEvent[] = [];
  const kv = createKV({
    accountId,
    apiToken,
    ...(listening ? { baseUrl: listening.url } : { fetch, rateLimit: false }),
    onEvent: (event) => events.push(event),
    ...clientOptions,
  });
  const world = { kv, namespace: kv.namespace(namespaceId), calm, calmNamespace, arrived, events };
  const result = await act(world);
  const told = JSON.stringify(events);
  for (const hidden of [apiToken, secret, ...keys]) expect(told).not.toContain(hidden);
  expect(events.filter(({ type }) => type === "request").length).toBe(arrived.length);
  expect(events.filter(({ type }) => type === "response").length).toBe(arrived.length);
  return result;
}

const paths: readonly [RegExp, Partial<Record<string, OperationId>>][] = [
  [/\/bulk\/get$/, { POST: "getMultiple" }],
  [/\/bulk\/delete$/, { POST: "deleteMultiple" }],
  [/\/bulk$/, { PUT: "writeMultiple", DELETE: "deleteMultipleDeprecated" }],
  [/\/keys$/, { GET: "listKeys" }],
  [/\/metadata\/[^/]+$/, { GET: "readMetadata" }],
  [/\/values\/[^/]+$/, { GET: "readValue", PUT: "writeValue", DELETE: "deleteValue" }],
  [/\/namespaces\/\w+$/, { GET: "getNamespace", PUT: "renameNamespace", DELETE: "removeNamespace" }],
  [/\/namespaces$/, { GET: "listNamespaces", POST: "createNamespace" }],
];

/** Told apart here once more, so that the table does not rest on what it tests. */
function operationOf({ method, url }: Request): OperationId | "unknown" {
  const { pathname } = new URL(url);
  return paths.find(([path]) => path.test(pathname))?.[1][method] ?? "unknown";
}
