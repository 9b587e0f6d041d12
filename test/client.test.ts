import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createKV, type KVEvent, type KVOptions, KVRateLimitError } from "../src/index.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import {
  accountId,
  answering,
  apiToken,
  namespaceId,
  refusal,
  rejection,
  serve,
  success,
  withoutPauses,
} from "./helpers.ts";
import { overSockets } from "./sockets.ts";

const path = `/accounts/${accountId}/storage/kv/namespaces/${namespaceId}/values/a`;

async function urlOf(options: Partial<KVOptions>): Promise<string> {
  let url = "";
  const fetch = async (request: Request): Promise<Response> => {
    ({ url } = request);
    return success(null);
  };
  await createKV({ accountId, apiToken, fetch, ...options })
    .namespace(namespaceId)
    .delete("a");
  return url;
}

describe("The base URL", () => {
  test.each([
    [undefined, "https://api.cloudflare.com/client/v4"],
    ["https://api.fed.cloudflare.com/client/v4", "https://api.fed.cloudflare.com/client/v4"],
    ["https://kv.example.com", "https://kv.example.com"],
    ["https://kv.example.com/", "https://kv.example.com"],
    ["https://kv.example.com/proxy/v4//", "https://kv.example.com/proxy/v4"],
    ["http://127.0.0.1:8787/client/v4", "http://127.0.0.1:8787/client/v4"],
    ["http://[::1]:8787/client/v4", "http://[::1]:8787/client/v4"],
    ["https://KV.example.com:443/a%20b", "https://kv.example.com/a%20b"],
  ])("%s begins addresses with %s", async (baseUrl, start) => {
    expect(await urlOf({ baseUrl })).toBe(start + path);
  });
});

describe("fetch", () => {
  test("is called without a this, and given a new Request each time", async () => {
    withoutPauses();
    const seen = new Set<unknown>();
    const answers = [refusal(503, 0), success(null)];
    async function fetch(this: unknown, request: Request): Promise<Response> {
      expect(this).toBeUndefined();
      seen.add(request);
      return answers.shift()!;
    }
    await createKV({ accountId, apiToken, fetch }).namespace(namespaceId).delete("a");
    expect(seen.size).toBe(2);
  });

  test("is globalThis.fetch as it is when a call is made", async () => {
    const kv = createKV({ accountId, apiToken });
    const calls: unknown[] = [];
    vi.stubGlobal("fetch", async (url: string, { method, headers }: RequestInit) => {
      calls.push([method, url, headers]);
      return success(null);
    });
    await kv.namespace(namespaceId).delete("a");
    const url = `https://api.cloudflare.com/client/v4${path}`;
    expect(calls).toEqual([["DELETE", url, { authorization: `Bearer ${apiToken}` }]]);
  });
});

test("A handle asks nothing of the service until it is used, and two of one id are alike", async () => {
  const { kv, requests } = answering(() => new Response("v"));
  const [first, second] = [kv.namespace(namespaceId), kv.namespace(namespaceId)];
  expect(requests).toEqual([]);
  expect(first.id).toBe(namespaceId);
  expect([await first.get("a"), await second.get("a")]).toEqual(["v", "v"]);
});

test.each(overSockets)("Two accounts in one process do not mix, through %s", async (_, over) => {
  const other = "f".repeat(32);
  const tokens = { [accountId]: "first-token", [other]: "second-token" };
  const seen: string[] = [];
  const server = createKVServer();
  await using listening = await listen({
    fetch(request) {
      seen.push(`${request.headers.get("authorization")} ${new URL(request.url).pathname.split("/")[4]}`);
      return server.fetch(request);
    },
  });
  await Promise.all(
    Object.entries(tokens).map(async ([id, token]) => {
      const kv = createKV({ accountId: id, apiToken: token, baseUrl: listening.url, ...over });
      const namespace = kv.namespace((await kv.namespaces.create("same title")).id);
      await namespace.put("a", id);
      expect(await namespace.get("a")).toBe(id);
    }),
  );
  const pairs = Object.entries(tokens).map(([id, token]) => `Bearer ${token} ${id}`);
  expect(new Set(seen)).toEqual(new Set(pairs));
});

test("onEvent tells of each attempt, and never of a token, key or value", async () => {
  withoutPauses();
  const events: KVEvent[] = [];
  const answers = [refusal(503, 0), new Response("s3cr3t value")];
  const { namespace } = answering(() => answers.shift()!, { onEvent: (event) => events.push(event) });
  await namespace.get("s3cr3t key");
  expect(events).toMatchObject([
    { type: "request", operation: "readValue", attempt: 1 },
    { type: "response", operation: "readValue", attempt: 1, status: 503, ms: expect.any(Number) },
    { type: "retry", operation: "readValue", attempt: 1, delay: 0, reason: "status 503" },
    { type: "request", operation: "readValue", attempt: 2 },
    { type: "response", operation: "readValue", attempt: 2, status: 200 },
  ]);
  expect(JSON.stringify(events)).not.toMatch(new RegExp(`s3cr3t|${apiToken}`));
});

test("What a listener throws fails no call, which is done, but is an uncaught error of the program", async () => {
  withoutPauses();
  const others = process.listeners("uncaughtException");
  const uncaught: string[] = [];
  process
    .removeAllListeners("uncaughtException")
    .on("uncaughtException", ({ message }) => uncaught.push(message));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const each of others) process.on("uncaughtException", each);
  });
  const told: KVEvent["type"][] = [];
  const { namespace, operations } = serve({
    onEvent({ type }) {
      told.push(type);
      throw new TypeError(type);
    },
  });
  await namespace.put("a", "v");
  await namespace.bulkPut([{ key: "b", value: "v" }]);
  expect(await namespace.get(["a", "b"])).toEqual(
    new Map([
      ["a", "v"],
      ["b", "v"],
    ]),
  );
  expect(await namespace.get("a")).toBe("v");
  expect(operations).toEqual(["writeValue", "writeMultiple", "getMultiple", "readValue"]);
  expect(told).toHaveLength(8);
  await vi.waitFor(() => expect(uncaught).toEqual(told));
});

test("What the environment has for false does not permit plain http", () => {
  const options = { accountId, apiToken, baseUrl: "http://example.com", allowHttp: "false" as never };
  expect(() => createKV(options)).toThrow('allowHttp is "false", not true or false');
});

test("A client over the local server has no budget, unless it is given one", async () => {
  const told: string[] = [];
  const { fetch } = createKVServer({ namespaces: [{ title: "t", id: namespaceId, accountId }] });
  const onEvent = ({ type }: KVEvent): unknown => type === "wait" && told.push(type);
  const put = (options: Partial<KVOptions>): Promise<unknown> => {
    const namespace = createKV({ accountId, apiToken, fetch, onEvent, ...options }).namespace(namespaceId);
    return Promise.all(Array.from({ length: 1_300 }, (_, i) => namespace.put(`k${i}`, "v")));
  };
  await put({});
  expect(told).toEqual([]);
  expect(await rejection(put({ rateLimit: {} }))).toBeInstanceOf(KVRateLimitError);
});
