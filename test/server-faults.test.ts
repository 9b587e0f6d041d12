import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createKV } from "../src/index.ts";
import { createKVServer, type KVServerOptions } from "../src/server/index.ts";
import {
  accountId,
  bulk,
  keys,
  namespaceId,
  startServer,
  storeKinds,
  stores,
  type TestServer,
  utf8,
  value,
} from "./server-helpers.ts";

type Faults = NonNullable<KVServerOptions["faults"]>;

describe.each(storeKinds)("reads that lag, of a store %s,", (kind) => {
  function late(faults: Faults = { readLag: 60_000 }): TestServer {
    return startServer({ faults, store: stores[kind]() });
  }

  test("give what was there before, also nothing, and in time what was written", async () => {
    const { put, send, read, names, clock } = late();
    await put("a", "1");
    expect([(await send("GET", value("a"))).status, await names()]).toEqual([404, []]);
    clock.seconds += 60;
    await put("a", "2");
    expect([await read("a"), await names()]).toEqual([utf8("1"), ["a"]]);
    clock.seconds += 60;
    expect(await read("a")).toEqual(utf8("2"));
    await send("DELETE", value("a"));
    expect([await read("a"), await names()]).toEqual([utf8("2"), ["a"]]);
    clock.seconds += 60;
    expect([(await send("GET", value("a"))).status, await names()]).toEqual([404, []]);
  });

  test("do not bring back what has expired meanwhile, or a namespace that was removed", async () => {
    const { ask, put, send, names, clock } = late({ readLag: 600_000 });
    await put("a", "1", "?expiration_ttl=60");
    clock.seconds += 600;
    await put("a", "2");
    expect([(await send("GET", value("a"))).status, await names()]).toEqual([404, []]);
    await ask("DELETE", `/namespaces/${namespaceId}`);
    expect((await send("GET", value("a"))).status).toBe(404);
  });

  test("list page by page as if nothing had been written yet", async () => {
    const { put, ask, names, clock } = late();
    const before = Array.from({ length: 30 }, (_, i) => `k${String(i).padStart(2, "0")}`);
    for (const key of before) await put(key, "v");
    clock.seconds += 60;
    await ask("POST", `${bulk}/delete`, { json: before.filter((_, i) => i % 2 === 0) });
    for (let i = 0; i < 30; i++) await put(`j${i}`, "v");
    const first = await ask("GET", `${keys}?limit=10`);
    const { cursor } = first.result_info;
    const second = await ask("GET", `${keys}?limit=10&cursor=${cursor}`);
    const listed = [...first.result, ...second.result].map(({ name }: { name: string }) => name);
    expect(listed).toEqual(before.slice(0, 20));
    clock.seconds += 60;
    expect(await names("?prefix=k")).toEqual(before.filter((_, i) => i % 2 === 1));
  });

  /** The keys that a list has, second by second. */
  async function seenWith(seed: number): Promise<string[][]> {
    const { put, names, clock } = late({ readLag: 60_000, seed });
    for (const key of ["a", "b", "c", "d", "e"]) await put(key, "v");
    const seen: string[][] = [];
    for (; clock.seconds % 60 < 59; clock.seconds++) seen.push(await names());
    return seen;
  }

  test("lag each write on its own, the same way for the same seed", async () => {
    const first = await seenWith(1);
    expect(await seenWith(1)).toEqual(first);
    expect(await seenWith(2)).not.toEqual(first);
    expect(new Set(first.map((each) => each.join(""))).size).toBeGreaterThan(3);
  });
});

describe("a key that was written within the interval", () => {
  test("is refused another write, and a delete, which leave it as it was", async () => {
    const { put, send, read, clock } = startServer({ faults: { keyWriteInterval: 2_000 } });
    await put("a", "1");
    await put("b", "1");
    clock.seconds++;
    expect((await send("PUT", value("a"), { body: "2" })).status).toBe(429);
    expect((await send("DELETE", value("a"))).status).toBe(429);
    expect(await read("a")).toEqual(utf8("1"));
    // What was refused does not count as a write.
    clock.seconds++;
    await put("a", "2");
    expect(await read("a")).toEqual(utf8("2"));
  });

  test("is named by a bulk operation, which does the rest", async () => {
    const { put, ask, names } = startServer({ faults: { keyWriteInterval: 2_000 } });
    await put("a", "1");
    const pairs = ["a", "b", "b"].map((key) => ({ key, value: "2" }));
    expect((await ask("PUT", bulk, { json: pairs })).result).toEqual({
      successful_key_count: 2,
      unsuccessful_keys: ["a"],
    });
    expect((await ask("POST", `${bulk}/delete`, { json: ["b", "c"] })).result).toEqual({
      successful_key_count: 1,
      unsuccessful_keys: ["b"],
    });
    expect(await names()).toEqual(["a", "b"]);
  });

  test("is written all the same by a client that sends again what was unsuccessful", async () => {
    const faults = { keyWriteInterval: 20 };
    const { fetch } = createKVServer({ faults, namespaces: [{ id: namespaceId, title: "t", accountId }] });
    const namespace = createKV({ accountId, apiToken: "t", fetch, rateLimit: false }).namespace(namespaceId);
    await namespace.put("a", "1");
    expect(await namespace.bulkPut([{ key: "a", value: "2" }])).toMatchObject({ succeeded: 1 });
    await namespace.put("a", "3");
    expect(await namespace.get("a")).toBe("3");
  });
});

/** What becomes of the same requests. */
async function outcomes(origin: string, seed: number): Promise<number[]> {
  const { send } = startServer({ faults: { seed, rates: [{ share: 0.5, what: 503 }] } });
  const url = `${origin}/client/v4/accounts/${accountId}/storage/kv${keys}`;
  return Promise.all(Array.from({ length: 20 }, async () => (await send("GET", url)).status));
}

describe("faults of a server", () => {
  test("reach its clients as they are asked for", async () => {
    const { send } = startServer({ faults: { rates: [{ share: 1, what: 503, operations: ["listKeys"] }] } });
    expect((await send("GET", keys)).status).toBe(503);
    expect((await send("GET", value("a"))).status).toBe(404);
  });

  test("may be refusals by the names of their codes", async () => {
    const { ask } = startServer({ faults: { rates: [{ share: 1, what: "dailyQuota" }] } });
    expect(await ask("PUT", value("a"), { body: "v" })).toMatchObject({
      status: 429,
      success: false,
      errors: [{ code: 10048 }],
    });
  });

  test("read no more of a body than the server takes", async () => {
    const { send } = startServer({ faults: { rates: [{ share: 0, what: 500 }] } });
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20));
      },
    });
    expect((await send("PUT", value("a"), { body })).status).toBe(413);
    expect(sent).toBeLessThan(110 << 20);
  });

  test("are the same at another address, and others by another seed", async () => {
    const first = await outcomes("http://127.0.0.1:1", 1);
    expect(await outcomes("http://127.0.0.1:2", 1)).toEqual(first);
    expect(await outcomes("http://127.0.0.1:1", 2)).not.toEqual(first);
  });

  test("are told of to whoever watches, also where no answer comes", async () => {
    const seen: object[] = [];
    const { send } = startServer({
      faults: { rates: [{ share: 1, what: "reset", operations: ["readValue"] }] },
      onAnswer: (answered) => seen.push(answered),
    });
    await expect(send("GET", value("a secret"))).rejects.toThrow();
    const body = "a value";
    await send("PUT", value("a secret"), { body, headers: { "content-length": String(body.length) } });
    await send("GET", "https://kv.test/client/v4/user");
    const told = { ms: expect.any(Number) };
    expect(seen).toEqual([
      { ...told, method: "GET", operation: "readValue", status: undefined, received: 0, sent: 0 },
      { ...told, method: "PUT", operation: "writeValue", status: 200, received: 7, sent: expect.any(Number) },
      { ...told, method: "GET", operation: undefined, status: 200, received: 0, sent: expect.any(Number) },
    ]);
    expect(JSON.stringify(seen)).not.toMatch(/secret|value"|token/);
  });

  test("can stand in a JSON file, all of them", () => {
    const faults: Faults = {
      seed: 7,
      latency: [1, 20],
      rates: [
        { share: 0.1, what: 503, headers: { "retry-after": "1" } },
        { share: 0.1, what: "partialBulk", operations: ["writeMultiple"] },
      ],
      mostInARow: 3,
      requestLimit: { requests: 10, window: 1_000, block: 1_000 },
      readLag: 60_000,
      keyWriteInterval: 1_000,
    };
    expect(() => createKVServer({ faults: JSON.parse(JSON.stringify(faults)) as Faults })).not.toThrow();
  });

  test.each([
    [[], "faults must be an object"],
    [{ seeds: 1 }, "faults: seeds must be left out: there are seed, latency, rates"],
    [{ seed: "1" }, "faults: seed must be a number from 0"],
    [{ latency: [2, 1] }, "faults: latency must be a number, or the least and the most in a list"],
    [{ latency: [1] }, "faults: latency must be a number, or the least and the most in a list"],
    [{ rates: {} }, "faults: rates must be a list"],
    [{ rates: [1] }, "faults: rates[0] must be an object"],
    [{ rates: [{ what: 500 }] }, "faults: rates[0].share must be given"],
    [{ rates: [{ share: 2, what: 500 }] }, "faults: rates[0].share must be a number from 0 to 1"],
    [{ rates: [{ share: 1, what: "rest" }] }, "faults: rates[0].what must be one of reset, lostAnswer"],
    [{ rates: [{ share: 1, what: 99 }] }, "faults: rates[0].what must be a number from 200 to 599"],
    [
      { rates: [{ share: 1, what: 500, operations: ["get"] }] },
      "faults: rates[0].operations[0] must be one of",
    ],
    [
      { rates: [{ share: 1, what: 500, headers: { "a b": "" } }] },
      "rates[0].headers must be an object of headers",
    ],
    [{ requestLimit: { requests: 0 } }, "faults: requestLimit.requests must be a number from 1"],
    [{ readLag: -1 }, "faults: readLag must be a number from 0"],
    [{ constructor: 1 }, "faults: constructor must be left out"],
  ])("that are not what they must be are refused by their name: %j", (faults, message) => {
    expect(() => createKVServer({ faults: faults as Faults })).toThrow(message);
  });

  test("of no kind take down the server, whatever JSON they are made from", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        try {
          createKVServer({ faults: json as Faults });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          expect((error as Error).message).toMatch(/^faults(: .+)? must be /);
        }
      }),
    );
  });
});
