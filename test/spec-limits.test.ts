import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import { parseDocument } from "yaml";
import type { errorCodes, limits } from "../generated/operations.ts";
import { generateFiles } from "../scripts/generated-files.ts";
import { limitPlaces } from "../scripts/spec-tables.ts";
import type * as Client from "../src/index.ts";
import type { KV, KVNamespaceClient, KVOptions } from "../src/index.ts";
import type * as Faults from "../src/server/faults.ts";
import type * as Server from "../src/server/index.ts";
import type { KVServerOptions } from "../src/server/index.ts";
import { saveSpec, specFile, temporaryFolder } from "./spec-copy.ts";

type LimitName = keyof typeof limits;

/** Another number for each limit of the spec. */
const numbers = {
  keyBytes: 20,
  valueBytes: 1000,
  metadataBytes: 50,
  expirationTtlSeconds: 90,
  bulkWritePairs: 7,
  bulkWriteBytes: 30_000,
  bulkDeleteKeys: 6,
  bulkGetKeys: 50,
  bulkGetBytes: 2500,
  listKeysMin: 3,
  listKeysMax: 200,
  listKeysDefault: 8,
  namespacesPerPageMax: 150,
  namespacesPerPageDefault: 4,
  namespacesPerAccount: 9,
  namespaceTitleLength: 15,
  accountIdLength: 36,
  namespaceIdLength: 34,
  requestsPerWindow: 11,
  requestWindowSeconds: 77,
  requestsPerSecond: 13,
  concurrentBulkOperations: 2,
  keyWritesPerSecond: 3,
} as const satisfies Record<LimitName, number>;

const accountId = "6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8";
const namespaceId = "b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93";
const text = (length: number): string => "x".repeat(length);
const keys = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);

let client: typeof Client;
let server: typeof Server;
let faults: typeof Faults;

// The code as it is, with what is generated from a copy of the spec that has the other numbers.
beforeAll(async () => {
  const yaml = parseDocument(readFileSync(specFile, "utf8"));
  for (const [name, place] of Object.entries(limitPlaces)) {
    yaml.setIn(place.slice(1).split("/"), numbers[name as LimitName]);
  }
  const folder = temporaryFolder();
  const generated = join(folder, "generated");
  mkdirSync(generated);
  for (const [name, made] of await generateFiles(saveSpec(folder, yaml.toString()))) {
    writeFileSync(join(generated, name), made);
  }
  vi.doMock("../generated/operations.ts", () => import(join(generated, "operations.ts")));
  vi.doMock("../generated/requests.ts", () => import(join(generated, "requests.ts")));
  vi.resetModules();
  client = await import("../src/index.ts");
  server = await import("../src/server/index.ts");
  faults = await import("../src/server/faults.ts");
}, 60_000);

interface Served {
  kv: KV;
  namespace: KVNamespaceClient;
  /** Method, path and query of each request. */
  sent: string[];
  /** The largest number of requests that were under way at one time. */
  most: () => number;
  /** A request past the client's own checks: the status and the first code of the answer. */
  ask: (method: string, path: string, body?: unknown) => Promise<[status: number, code?: number]>;
}

/** A client over a server of its own. */
function serve(options: Partial<KVOptions> = {}, serverOptions: KVServerOptions = {}): Served {
  const { fetch } = server.createKVServer({
    accounts: [accountId],
    namespaces: [{ id: namespaceId, title: "first" }],
    ...serverOptions,
  });
  const sent: string[] = [];
  let [underWay, most] = [0, 0];
  const kv = client.createKV({
    accountId,
    apiToken: "token",
    rateLimit: false,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      sent.push(`${request.method} ${pathname.split("/kv/")[1]}${search}`);
      most = Math.max(most, ++underWay);
      return fetch(request).finally(() => underWay--);
    },
    ...options,
  });
  return {
    kv,
    namespace: kv.namespace(namespaceId),
    sent,
    most: () => most,
    async ask(method, path, body) {
      const url = `https://kv.test/client/v4/accounts/${accountId}/storage/kv/namespaces${path}`;
      const headers = { authorization: "Bearer token" };
      const sent = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
      const answer = await fetch(
        new Request(url, { method, headers, ...(sent !== undefined && { body: sent }) }),
      );
      const bytes = await answer.text();
      const envelope = bytes.startsWith("{")
        ? (JSON.parse(bytes) as { errors: { code: number }[] })
        : { errors: [] };
      return answer.ok ? [answer.status] : [answer.status, envelope.errors[0]?.code ?? 0];
    },
  };
}

/** It works up to the limit, and is refused before sending above it, with the number. */
async function refuses(name: LimitName, at: () => Promise<unknown>, over: () => unknown): Promise<void> {
  await at();
  await expect((async () => over())()).rejects.toThrow(
    expect.objectContaining({
      name: "KVInputError",
      message: expect.stringContaining(String(numbers[name])),
    }),
  );
}

/** Reads metadata of null, in an answer that has so many bytes besides. */
async function readPadded(bytes: number): Promise<unknown> {
  const envelope = { success: true, errors: [], messages: [], result: null };
  const fetch = async (): Promise<Response> => Response.json({ ...envelope, padding: text(bytes) });
  return serve({ fetch, retry: false }).namespace.metadata("a");
}

const pair = (key: string, value = "", more: object = {}): object => ({ key, value, ...more });
const here = `/${namespaceId}`;
const code = (name: keyof typeof errorCodes): number => client.KVErrorCode[name];

interface Case {
  client?: () => Promise<void>;
  server?: () => Promise<void>;
}

/** Who heeds each limit, and how that is seen. One that is added to the spec has to be added here. */
const cases: Readonly<Record<LimitName, Case>> = {
  keyBytes: {
    async client() {
      const { namespace } = serve();
      const key = "é".repeat(10);
      await refuses(
        "keyBytes",
        () => namespace.put(key, ""),
        () => namespace.put(`${key}x`, ""),
      );
    },
    async server() {
      const { ask } = serve();
      expect(await ask("PUT", `${here}/values/${text(20)}`, "v")).toEqual([200]);
      expect(await ask("PUT", `${here}/values/${text(21)}`, "v")).toEqual([414, code("keyTooLong")]);
    },
  },
  valueBytes: {
    async client() {
      const { namespace } = serve();
      await refuses(
        "valueBytes",
        () => namespace.put("a", text(1000)),
        () => namespace.put("a", text(1001)),
      );
      await refuses(
        "valueBytes",
        () => namespace.get("a"),
        () => namespace.put("a", new Uint8Array(1001)),
      );
    },
    async server() {
      const { ask } = serve();
      expect(await ask("PUT", `${here}/values/a`, text(1000))).toEqual([200]);
      expect(await ask("PUT", `${here}/values/a`, text(1001))).toEqual([413, code("valueTooLarge")]);
    },
  },
  metadataBytes: {
    async client() {
      const { namespace } = serve();
      const put = (metadata: string): Promise<void> => namespace.put("a", "", { metadata });
      await refuses(
        "metadataBytes",
        () => put(text(48)),
        () => put(text(49)),
      );
    },
    async server() {
      const { ask } = serve();
      const put = (metadata: string) => ask("PUT", `${here}/bulk`, [pair("a", "", { metadata })]);
      expect(await put(text(48))).toEqual([200]);
      expect(await put(text(49))).toEqual([413, code("metadataTooLarge")]);
    },
  },
  expirationTtlSeconds: {
    async client() {
      const { namespace } = serve();
      const put = (expirationTtl: number): Promise<void> => namespace.put("a", "", { expirationTtl });
      await refuses(
        "expirationTtlSeconds",
        () => put(90),
        () => put(89),
      );
    },
    async server() {
      const { ask } = serve({}, { now: () => 1e12 });
      const put = (query: string) => ask("PUT", `${here}/values/a?${query}`, "v");
      expect(await put("expiration_ttl=90")).toEqual([200]);
      expect(await put("expiration_ttl=89")).toEqual([400, code("invalidExpirationTtl")]);
      expect(await put(`expiration=${1e9 + 89}`)).toEqual([400, code("invalidExpiration")]);
    },
  },
  bulkWritePairs: {
    async client() {
      const { namespace } = serve();
      const pairs = keys(15).map((key) => ({ key, value: "" }));
      expect(await namespace.bulkPut(pairs)).toMatchObject({ succeeded: 15, requests: 3 });
    },
    async server() {
      const { ask } = serve();
      expect(
        await ask(
          "PUT",
          `${here}/bulk`,
          keys(7).map((key) => pair(key)),
        ),
      ).toEqual([200]);
      expect(
        await ask(
          "PUT",
          `${here}/bulk`,
          keys(8).map((key) => pair(key)),
        ),
      ).toEqual([400, code("invalidBody")]);
    },
  },
  bulkWriteBytes: {
    // A tenth of the limit to a request.
    async client() {
      const { namespace } = serve();
      const pairs = keys(6).map((key) => ({ key, value: text(900) }));
      expect(await namespace.bulkPut(pairs)).toMatchObject({ succeeded: 6, requests: 2 });
    },
    async server() {
      const { ask } = serve();
      const body = JSON.stringify([pair("a")]);
      expect(await ask("PUT", `${here}/bulk`, body.padEnd(30_000))).toEqual([200]);
      // What stands in front of the service refuses it, with a page.
      expect(await ask("PUT", `${here}/bulk`, body.padEnd(30_001))).toEqual([413, 0]);
    },
  },
  bulkDeleteKeys: {
    async client() {
      const { namespace } = serve();
      expect(await namespace.bulkDelete(keys(13))).toMatchObject({ succeeded: 13, requests: 3 });
    },
    async server() {
      const { ask } = serve();
      expect(await ask("POST", `${here}/bulk/delete`, keys(6))).toEqual([200]);
      expect(await ask("POST", `${here}/bulk/delete`, keys(7))).toEqual([400, code("invalidBody")]);
    },
  },
  bulkGetKeys: {
    async client() {
      const { namespace, sent } = serve();
      expect((await namespace.get(keys(110))).size).toBe(110);
      expect(sent).toHaveLength(3);
    },
    async server() {
      const { ask } = serve();
      expect(await ask("POST", `${here}/bulk/get`, { keys: keys(50) })).toEqual([200]);
      expect(await ask("POST", `${here}/bulk/get`, { keys: keys(51) })).toEqual([
        400,
        code("bulkGetRefused"),
      ]);
    },
  },
  bulkGetBytes: {
    // An answer is read up to what such values can take in JSON, and a mebibyte.
    async client() {
      const most = 2500 * 6 + 1024 * 1024;
      await expect(readPadded(most - 100)).resolves.toBeNull();
      await expect(readPadded(most)).rejects.toThrow(`${most}`);
    },
    async server() {
      const { ask, namespace } = serve();
      await namespace.bulkPut(keys(3).map((key) => ({ key, value: text(900) })));
      expect(await ask("POST", `${here}/bulk/get`, { keys: keys(2) })).toEqual([200]);
      expect(await ask("POST", `${here}/bulk/get`, { keys: keys(3) })).toEqual([413, code("valueTooLarge")]);
    },
  },
  listKeysMin: {
    // A shorter page is cut from the shortest that there is.
    async client() {
      const { namespace, sent } = serve();
      await namespace.bulkPut(keys(3).map((key) => ({ key, value: "" })));
      expect((await namespace.list({ limit: 2 })).keys).toHaveLength(2);
      expect(sent.at(-1)).toMatch(/keys\?limit=3$/);
    },
    async server() {
      const { ask } = serve();
      expect(await ask("GET", `${here}/keys?limit=3`)).toEqual([200]);
      expect(await ask("GET", `${here}/keys?limit=2`)).toEqual([400, code("invalidBody")]);
    },
  },
  listKeysMax: {
    async client() {
      const { namespace, sent } = serve();
      await refuses(
        "listKeysMax",
        async () => namespace.list(),
        () => namespace.list({ limit: 201 }),
      );
      expect(sent).toEqual([`GET namespaces${here}/keys?limit=200`]);
    },
    async server() {
      const { ask } = serve();
      expect(await ask("GET", `${here}/keys?limit=200`)).toEqual([200]);
      expect(await ask("GET", `${here}/keys?limit=201`)).toEqual([400, code("invalidBody")]);
    },
  },
  listKeysDefault: {
    async server() {
      const { kv, namespace } = serve();
      await namespace.bulkPut(keys(9).map((key) => ({ key, value: "" })));
      const path = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys";
      const params = { path: { account_id: accountId, namespace_id: namespaceId } };
      expect((await kv.api.GET(path, { params })).data?.result_info.count).toBe(8);
    },
  },
  namespacesPerPageMax: {
    async client() {
      const { kv, sent } = serve();
      const list = (per_page: number): Promise<unknown> => kv.namespaces.list({ per_page });
      await refuses(
        "namespacesPerPageMax",
        () => list(150),
        () => list(151),
      );
      await kv.namespaces.find("first");
      expect(sent.at(-1)).toContain("per_page=150");
    },
    async server() {
      const { ask } = serve();
      expect(await ask("GET", "?per_page=150")).toEqual([200]);
      expect(await ask("GET", "?per_page=151")).toEqual([400, code("invalidBody")]);
    },
  },
  namespacesPerPageDefault: {
    // An answer without a count ends with a page that is not full.
    async client() {
      let requests = 0;
      const fetch = async (): Promise<Response> => {
        const result = requests++ === 0 ? keys(4).map((id) => ({ id, title: id })) : [];
        return Response.json({ success: true, errors: [], messages: [], result });
      };
      for await (const _ of serve({ fetch }).kv.namespaces.list());
      expect(requests).toBe(2);
    },
    async server() {
      const namespaces = keys(6).map((title) => ({ title }));
      const { kv } = serve({}, { namespaces });
      expect((await kv.namespaces.list()).result).toHaveLength(4);
    },
  },
  namespacesPerAccount: {
    async server() {
      const { ask } = serve({}, { namespaces: keys(8).map((title) => ({ title })) });
      expect(await ask("POST", "", { title: "ninth" })).toEqual([200]);
      expect(await ask("POST", "", { title: "tenth" })).toEqual([400, code("tooManyNamespaces")]);
    },
  },
  namespaceTitleLength: {
    async client() {
      const { kv } = serve();
      const create = (title: string): Promise<unknown> => kv.namespaces.create(title);
      await refuses(
        "namespaceTitleLength",
        () => create(text(15)),
        () => create(text(16)),
      );
    },
    async server() {
      const { ask } = serve();
      expect(await ask("POST", "", { title: text(15) })).toEqual([200]);
      expect(await ask("POST", "", { title: text(16) })).toEqual([400, code("invalidBody")]);
    },
  },
  accountIdLength: {
    async client() {
      await refuses(
        "accountIdLength",
        async () => serve({ accountId: text(36) }),
        () => serve({ accountId: text(37) }),
      );
    },
  },
  namespaceIdLength: {
    async client() {
      const { kv } = serve();
      const get = (length: number): Promise<unknown> => kv.namespaces.get(text(length));
      const refused = expect.objectContaining({ name: "KVAPIError" });
      await refuses(
        "namespaceIdLength",
        () => expect(get(34)).rejects.toThrow(refused),
        () => get(35),
      );
    },
  },
  requestsPerWindow: {
    async client() {
      expect(client.createRateLimit().requests).toBe(11);
      expect(client.createRateLimit().remaining).toBe(11);
    },
    async server() {
      const limited = faults.withRequestLimit(async () => new Response(), {});
      const statuses: number[] = [];
      for (let i = 0; i < 12; i++) statuses.push((await limited(new Request("https://kv.test"))).status);
      expect(statuses).toEqual([...Array.from({ length: 11 }, () => 200), 429]);
    },
  },
  requestWindowSeconds: {
    async client() {
      expect(client.createRateLimit().window).toBe(77_000);
    },
    async server() {
      const { fetch } = server.createKVServer();
      const url = `https://kv.test/client/v4/accounts/${accountId}/storage/kv/namespaces`;
      const { headers } = await fetch(new Request(url, { headers: { authorization: "Bearer token" } }));
      expect(headers.get("ratelimit-policy")).toContain(";q=11;w=77");
    },
  },
  requestsPerSecond: {
    async client() {
      vi.useFakeTimers();
      try {
        let sent = 0;
        const fetch = async (): Promise<Response> => {
          sent++;
          return Response.json({ success: true, errors: [], messages: [], result: null });
        };
        const { namespace } = serve({ rateLimit: { requests: 1000, window: 300_000 }, fetch });
        const calls = Promise.all(keys(14).map((key) => namespace.metadata(key)));
        await vi.advanceTimersByTimeAsync(900);
        expect(sent).toBe(13);
        await vi.advanceTimersByTimeAsync(200);
        expect(sent).toBe(14);
        await calls;
      } finally {
        vi.useRealTimers();
      }
    },
  },
  concurrentBulkOperations: {
    async client() {
      const { namespace, most } = serve();
      await refuses(
        "concurrentBulkOperations",
        () => namespace.bulkDelete(keys(60)),
        () => namespace.bulkDelete([], { concurrency: 3 }),
      );
      expect(most()).toBe(2);
    },
  },
  // Nobody can heed it: a client does not know who else writes to a key, and the server answers at once.
  keyWritesPerSecond: {
    async client() {
      expect(client.limits.keyWritesPerSecond).toBe(3);
    },
  },
};

for (const [name, { client, server }] of Object.entries(cases)) {
  if (client) test(`the client acts at another ${name} of the spec`, client);
  if (server) test(`the server acts at another ${name} of the spec`, server);
}
