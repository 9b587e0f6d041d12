/** The clients that are compared, each doing the same jobs in the way that its documentation shows. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { paths } from "../generated/schema.ts";
import type * as Package from "../src/index.ts";
import type { KVNamespaceClient, Pair } from "../src/index.ts";
import type * as NodePart from "../src/node.ts";

const accountId = "0123456789abcdef0123456789abcdef";
const token = "a-token";
const keysPerBulkGet = 100;
const pairsPerBulkPut = 10_000;

/** What a subject can do; what a client has no words for is left out. */
export interface Subject {
  get(key: string): Promise<unknown>;
  put(key: string, value: string): Promise<unknown>;
  /** Counts the keys of a namespace. */
  list?(): Promise<number>;
  bulkPut?(pairs: Iterable<Pair>): Promise<unknown>;
  /** Reads values by key, and counts them. */
  bulkGet?(keys: Iterable<string>): Promise<number>;
  /** Reads keys, values, metadata and expirations, and counts them. */
  entries?(): Promise<number>;
  /** Writes all that `entries` reads, and counts it. */
  copy?(): Promise<number>;
}

export const subjects: Record<string, (origin: string, namespaceId: string) => Promise<Subject>> = {
  /** undici's request, by hand: what is left when a client costs nothing. */
  async floor(origin, id) {
    const { Agent, request } = await import("undici");
    const dispatcher = new Agent({ connections: 64 });
    const headers = { authorization: `Bearer ${token}` };
    return byHand(origin, id, async (url, method = "GET", body = null) => {
      const answer = await request(url, { dispatcher, method, headers, body });
      if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
      return answer.body;
    });
  },

  /** Node's fetch, by hand. */
  async fetch(origin, id) {
    const headers = { authorization: `Bearer ${token}` };
    return byHand(origin, id, async (url, method = "GET", body = null) => {
      const answer = await fetch(url, method === "GET" ? { headers } : { method, headers, body });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      return answer;
    });
  },

  /** This client on Node's fetch. */
  async "workers-kv-rest"(origin, id) {
    const { createKV } = await built("index.js");
    return client(createKV({ accountId, apiToken: token, baseUrl: origin }).namespace(id));
  },

  /** This client on nodeFetch. */
  async "workers-kv-rest/node"(origin, id) {
    const { createKV } = await built("index.js");
    const { nodeFetch } = (await built("node.js")) as unknown as typeof NodePart;
    return client(
      createKV({ accountId, apiToken: token, baseUrl: origin, fetch: nodeFetch() }).namespace(id),
    );
  },

  async "openapi-fetch"(origin, id) {
    const { default: createClient } = await import("openapi-fetch");
    const api = createClient<paths>({
      baseUrl: origin,
      headers: { authorization: `Bearer ${token}` },
    });
    const path = { account_id: accountId, namespace_id: id };
    const namespace = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}";
    const raw = { bodySerializer: (body: unknown) => body as string };
    return {
      get: (key) =>
        api.GET(`${namespace}/values/{key_name}`, {
          params: { path: { ...path, key_name: key } },
          parseAs: "text",
        }),
      put: (key, value) =>
        api.PUT(`${namespace}/values/{key_name}`, {
          params: { path: { ...path, key_name: key } },
          body: value,
          ...raw,
        }),
      list: () =>
        count(
          keysOf(async (cursor) => {
            const query = cursor ? { cursor } : {};
            const { data } = await api.GET(`${namespace}/keys`, { params: { path, query } });
            return data!;
          }),
        ),
      async bulkPut(pairs) {
        for (const body of chunks(pairs, pairsPerBulkPut)) {
          await api.PUT(`${namespace}/bulk`, { params: { path }, body: body.map(wire) });
        }
      },
      async bulkGet(keys) {
        let count = 0;
        for (const some of chunks(keys, keysPerBulkGet)) {
          const { data } = await api.POST(`${namespace}/bulk/get`, {
            params: { path },
            body: { keys: some },
          });
          count += Object.keys(data!.result.values).length;
        }
        return count;
      },
    };
  },

  async cloudflare(origin, id) {
    const Cloudflare = (await peer<{ default: new (options: object) => CloudflareSDK }>("cloudflare"))
      .default;
    const { kv } = new Cloudflare({ apiToken: token, baseURL: origin });
    const account = { account_id: accountId };
    return {
      get: async (key) => (await kv.namespaces.values.get(key, { ...account, namespace_id: id })).text(),
      put: (key, value) => kv.namespaces.values.update(key, { ...account, namespace_id: id, value }),
      async list() {
        let count = 0;
        for await (const _ of kv.namespaces.keys.list(id, account)) count++;
        return count;
      },
      async bulkPut(pairs) {
        for (const body of chunks(pairs, pairsPerBulkPut)) {
          await kv.namespaces.bulkUpdate(id, { ...account, body: body.map(wire) });
        }
      },
      async bulkGet(keys) {
        let count = 0;
        for (const some of chunks(keys, keysPerBulkGet)) {
          const { values } = await kv.namespaces.bulkGet(id, { ...account, keys: some });
          count += Object.keys(values).length;
        }
        return count;
      },
    };
  },

  async unstorage(origin, id) {
    const { createStorage } = await peer<{ createStorage: (options: object) => UnstorageStorage }>(
      "unstorage",
    );
    const driver = await peer<{ default: (options: object) => unknown }>(
      "unstorage/drivers/cloudflare-kv-http",
    );
    const storage = createStorage({
      driver: driver.default({
        accountId,
        namespaceId: id,
        apiToken: token,
        apiURL: origin.replace(/\/client\/v4$/, ""),
      }),
    });
    return {
      get: (key) => storage.getItemRaw(key),
      put: (key, value) => storage.setItemRaw(key, value),
      list: async () => (await storage.getKeys()).length,
    };
  },
};

/** The parts of the peers that are used here; their own types would come with their install. */
interface CloudflareSDK {
  kv: {
    namespaces: {
      values: {
        get(key: string, options: object): Promise<Response>;
        update(key: string, options: object): Promise<unknown>;
      };
      keys: { list(id: string, options: object): AsyncIterable<unknown> };
      bulkUpdate(id: string, options: object): Promise<unknown>;
      bulkGet(id: string, options: object): Promise<{ values: object }>;
    };
  };
}
interface UnstorageStorage {
  getItemRaw(key: string): Promise<unknown>;
  setItemRaw(key: string, value: string): Promise<void>;
  getKeys(): Promise<string[]>;
}

function client(namespace: KVNamespaceClient): Subject {
  return {
    get: (key) => namespace.get(key),
    put: (key, value) => namespace.put(key, value),
    list: () => count(namespace.list()),
    bulkPut: (pairs) => namespace.bulkPut(pairs),
    bulkGet: (keys) => count(namespace.bulkGet(keys)),
    entries: () => count(namespace.entries()),
    copy: async () => (await namespace.bulkPut(namespace.entries())).succeeded,
  };
}

type Send = (
  url: string,
  method?: "GET" | "PUT" | "POST",
  body?: string | null,
) => Promise<{ text(): Promise<string>; json(): Promise<unknown> }>;

function byHand(origin: string, id: string, send: Send): Subject {
  const base = `${origin}/accounts/${accountId}/storage/kv/namespaces/${id}`;
  const result = async (answer: Awaited<ReturnType<Send>>): Promise<Envelope> => {
    const envelope = (await answer.json()) as Envelope;
    if (!envelope.success) throw new Error("success is not true");
    return envelope;
  };
  const bulkGet = async (keys: Iterable<string>): Promise<number> => {
    let count = 0;
    for (const some of chunks(keys, keysPerBulkGet)) {
      const envelope = await result(await send(`${base}/bulk/get`, "POST", JSON.stringify({ keys: some })));
      for (const key of some) if (envelope.result.values![key] !== null) count++;
    }
    return count;
  };
  const list = (): AsyncGenerator<string, void, undefined> =>
    keysOf(async (cursor) => {
      const answer = await send(`${base}/keys?limit=1000${cursor && `&cursor=${cursor}`}`);
      return (await result(answer)) as unknown as Page;
    });
  return {
    get: async (key) => (await send(`${base}/values/${encodeURIComponent(key)}`)).text(),
    put: async (key, value) => result(await send(`${base}/values/${encodeURIComponent(key)}`, "PUT", value)),
    list: () => count(list()),
    async bulkPut(pairs) {
      for (const body of chunks(pairs, pairsPerBulkPut)) {
        await result(await send(`${base}/bulk`, "PUT", JSON.stringify(body.map(wire))));
      }
    },
    bulkGet,
    async entries() {
      const keys: string[] = [];
      let count = 0;
      for await (const key of list()) {
        if (keys.push(key) === keysPerBulkGet) count += await bulkGet(keys.splice(0));
      }
      return count + (keys.length > 0 ? await bulkGet(keys) : 0);
    },
  };
}

interface Envelope {
  success: boolean;
  result: { values?: Record<string, unknown> };
}
interface Page {
  result: { name: string }[];
  result_info: { cursor?: string | null };
}

/** Keys one at a time, which is what all others hand over. */
async function* keysOf(page: (cursor: string) => Promise<Page>): AsyncGenerator<string, void, undefined> {
  for (let cursor = ""; ;) {
    const { result, result_info: info } = await page(cursor);
    for (const { name } of result) yield name;
    cursor = info.cursor ?? "";
    if (!cursor) return;
  }
}

const wire = ({ key, value, metadata }: Pair): { key: string; value: string; metadata: unknown } => ({
  key,
  value: value as string,
  metadata,
});

function* chunks<T>(items: Iterable<T>, size: number): Generator<T[], void, undefined> {
  let chunk: T[] = [];
  for (const item of items) {
    if (chunk.push(item) < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let result = 0;
  for await (const _ of items) result++;
  return result;
}

/** What users run: the built package, which lies beside the bundle of this. */
function built(path: string): Promise<typeof Package> {
  return import(new URL(`package/dist/src/${path}`, import.meta.url).href) as Promise<typeof Package>;
}

/** From the folder that the process runs in: peers have a lock of their own. */
async function peer<T>(name: string): Promise<T> {
  const require = createRequire(join(process.cwd(), "package.json"));
  return import(pathToFileURL(require.resolve(name)).href) as Promise<T>;
}
