/** What the site says of other clients: each task done anew with the real packages. */
import { readFileSync } from "node:fs";
import Cloudflare, { APIError } from "cloudflare";
import { afterEach, describe, expect, it } from "vitest";
import { createStorage } from "unstorage";
import driver from "unstorage/drivers/cloudflare-kv-http";
import { createKV, type KVNamespaceClient } from "../../src/index.ts";
import { type Fault, faults, withFaults } from "../../src/server/faults.ts";
import { createKVServer, listen, type Listening } from "../../src/server/index.ts";
import { type Client, comparison, type Task, versions } from "../comparison.ts";

const account_id = "6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8";
const namespace_id = "b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93";
const at = { account_id, namespace_id };
const open: Listening[] = [];
afterEach(() => Promise.all(open.splice(0).map((server) => server.close())));

interface Bench {
  handle: KVNamespaceClient;
  sdk: Cloudflare;
  storage: ReturnType<typeof createStorage>;
  /** Looks at what is stored, past all that was put in between. */
  stored: KVNamespaceClient;
  requests: () => number;
}

/** All clients on one server; `fault` stands between. */
async function bench(fault?: Fault): Promise<Bench> {
  const server = createKVServer({
    accounts: [account_id],
    namespaces: [{ id: namespace_id, title: "given" }],
  });
  let requests = 0;
  const line = fault ? withFaults(server.fetch, { rates: [{ share: 1, what: fault }] }) : server.fetch;
  const listening = await listen({
    ...server,
    fetch(request) {
      requests++;
      return line(request);
    },
  });
  open.push(listening);
  const apiToken = "a-token";
  const client = (options: { baseUrl: string } | { fetch: typeof server.fetch }): KVNamespaceClient =>
    createKV({ accountId: account_id, apiToken, rateLimit: false, ...options }).namespace(namespace_id);
  return {
    handle: client({ baseUrl: listening.url }),
    stored: client({ fetch: server.fetch }),
    sdk: new Cloudflare({ apiToken, baseURL: listening.url, maxRetries: 0 }),
    storage: createStorage({
      driver: driver({
        accountId: account_id,
        namespaceId: namespace_id,
        apiToken,
        apiURL: new URL(listening.url).origin,
      }),
    }),
    requests: () => requests,
  };
}

const said = (task: Task, client: Client): string => comparison[task].outcomes[client];
const pairs = (count: number): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, i) => ({
    key: `key:${String(i).padStart(5, "0")}`,
    value: `value ${i}`,
  }));

/** The first bulk write is done but for seven pairs, which the answer names. */
function leaveSeven(): Fault {
  let isFirst = true;
  return async (request, next) => {
    if (!isFirst || request.method !== "PUT") return next(request);
    isFirst = false;
    const all = (await request.clone().json()) as { key: string }[];
    const response = await next(new Request(request, { method: "PUT", body: JSON.stringify(all.slice(7)) }));
    const envelope = (await response.json()) as { result: object };
    Object.assign(envelope.result, { unsuccessful_keys: all.slice(0, 7).map(({ key }) => key) });
    return Response.json(envelope);
  };
}

it.each(Object.entries(versions))("the site speaks of the %s that is installed", (name, version) => {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  expect((JSON.parse(readFileSync(file, "utf8")) as { version: string }).version).toBe(version);
});

describe("the comparison is true", () => {
  it("of line ends and metadata", async () => {
    const { handle, sdk, stored } = await bench();
    const text = "one\ntwo";
    const metadata = { by: "ada" };
    await handle.put("ours", text, { metadata });
    await sdk.kv.namespaces.values.update("text", { ...at, value: text, metadata: JSON.stringify(metadata) });
    await sdk.kv.namespaces.values.update("object", { ...at, value: text, metadata });
    expect(await stored.getWithMetadata("ours")).toMatchObject({ value: text, metadata });
    expect(said("lineEnds", "workers-kv-rest")).toBe("as written");
    expect(said("metadata", "workers-kv-rest")).toBe("kept");
    expect(await stored.get("text")).toBe("one\r\ntwo");
    expect(said("lineEnds", "cloudflare")).toContain("CRLF");
    expect(await stored.metadata("object")).toBeNull();
    expect(said("metadata", "cloudflare")).toContain("lost");
  });

  it("of bytes", async () => {
    const { handle, sdk, storage, stored } = await bench();
    const bytes = Uint8Array.of(0xff, 0, 13, 10);
    await handle.put("ours", bytes);
    expect(new Uint8Array((await stored.get("ours", "arrayBuffer"))!)).toEqual(bytes);
    const given = bytes as unknown as string;
    await expect(sdk.kv.namespaces.values.update("sdk", { ...at, value: given })).rejects.toMatchObject({
      status: 400,
    });
    expect(said("bytes", "cloudflare")).toContain("refused");
    await storage.setItemRaw("raw", bytes);
    expect(said("bytes", "unstorage")).toContain(`\`${await stored.get("raw")}\``);
  });

  it("of keys with a question mark", async () => {
    const { handle, sdk, storage, stored } = await bench();
    const names = async (): Promise<string[]> => (await stored.list()).keys.map(({ name }) => name);
    for (const key of ["a?b", "a?c"]) await handle.put(key, "");
    expect(await names()).toEqual(["a?b", "a?c"]);
    await stored.bulkDelete(["a?b", "a?c"]);
    for (const key of ["a?b", "a?c"]) await sdk.kv.namespaces.values.update(key, { ...at, value: "v" });
    expect(await names()).toEqual(["a?b", "a?c"]);
    await stored.bulkDelete(["a?b", "a?c"]);
    for (const key of ["a?b", "a?c"]) await storage.setItem(key, "v");
    expect(await names()).toEqual(["a"]);
    expect(said("key", "unstorage")).toContain("1 key: `a`");
  });

  it("of an empty page in the midst of a list", async () => {
    let lists = 0;
    // The second request for keys of each client.
    const { handle, sdk, storage, stored } = await bench((request, next, random) =>
      /\/keys(\?|$)/.test(request.url) && ++lists === 2
        ? faults.emptyPage(request, next, random)
        : next(request),
    );
    await stored.bulkPut(pairs(2000));
    let ours = 0;
    for await (const _ of handle.list()) ours++;
    expect(ours.toLocaleString("en")).toBe(said("emptyPage", "workers-kv-rest"));

    lists = 0;
    let theirs = 0;
    for await (const _ of sdk.kv.namespaces.keys.list(namespace_id, { account_id })) theirs++;
    expect(`**${theirs.toLocaleString("en")}**`).toBe(said("emptyPage", "cloudflare"));

    lists = 0;
    expect((await storage.getKeys()).length.toLocaleString("en")).toBe(said("emptyPage", "unstorage"));
  });

  it("of pairs that the service leaves undone", async () => {
    const ours = await bench(leaveSeven());
    expect(await ours.handle.bulkPut(pairs(100))).toMatchObject({ succeeded: 100 });
    expect((await ours.stored.list()).keys).toHaveLength(100);

    const theirs = await bench(leaveSeven());
    const result = await theirs.sdk.kv.namespaces.bulkUpdate(namespace_id, { account_id, body: pairs(100) });
    expect(result?.unsuccessful_keys).toHaveLength(7);
    expect((await theirs.stored.list()).keys).toHaveLength(93);
    expect(said("leftUndone", "cloudflare")).toBe("93, and 7 named");
  });

  it("of requests to read and write much", async () => {
    const { handle, sdk, storage, requests } = await bench();
    const counted = async (work: () => Promise<unknown>): Promise<number> => {
      const before = requests();
      await work();
      return requests() - before;
    };
    expect(await counted(() => handle.bulkPut(pairs(25_000)))).toBe(Number(said("write", "workers-kv-rest")));
    const some = pairs(1000).map(({ key }) => key);
    expect(await counted(() => handle.get(some))).toBe(Number(said("read", "workers-kv-rest")));

    const bulk = sdk.kv.namespaces;
    await expect(bulk.bulkUpdate(namespace_id, { account_id, body: pairs(25_000) })).rejects.toBeInstanceOf(
      APIError,
    );
    await expect(bulk.bulkGet(namespace_id, { account_id, keys: some })).rejects.toBeInstanceOf(APIError);
    expect(await counted(() => sdk.kv.namespaces.values.get(some[0]!, at))).toBe(1);

    // As many requests as values: what 200 show holds of more.
    expect(await counted(() => storage.getItems(some.slice(0, 200)))).toBe(200);
    expect(await counted(() => storage.setItems(pairs(200)))).toBe(200);
    expect([said("read", "unstorage"), said("write", "unstorage")]).toEqual(["**1,000**", "**25,000**"]);
  });
});
