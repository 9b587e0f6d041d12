import * as fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type BulkFailure,
  type BulkProgress,
  createKV,
  KVBulkError,
  KVInputError,
  type KVNamespaceClient,
  limits,
  type Pair,
} from "../src/index.ts";
import {
  accountId,
  answering,
  apiToken,
  namespaceId,
  refusal,
  rejection,
  serve,
  success,
  unhandledRejections,
} from "./helpers.ts";

const done = (unsuccessful_keys: string[] = []): Response =>
  success({ successful_key_count: 1, unsuccessful_keys });

interface Measured {
  namespace: KVNamespaceClient;
  /** The keys of each request, in order. */
  requests: string[][];
  /** How many bytes each took. */
  sizes: number[];
  /** How many were under way at a time, at most. */
  most: number;
}

/** A service that takes all it gets, when `gate` lets it. */
function measured(gate: (request: number) => Promise<void> = async () => {}): Measured {
  const state = { requests: [] as string[][], sizes: [] as number[], most: 0 };
  let underWay = 0;
  const fetch = async (request: Request): Promise<Response> => {
    state.most = Math.max(state.most, ++underWay);
    const bytes = await request.arrayBuffer();
    const items = JSON.parse(new TextDecoder().decode(bytes)) as (string | { key: string })[];
    state.sizes.push(bytes.byteLength);
    state.requests.push(items.map((item) => (typeof item === "string" ? item : item.key)));
    await gate(state.requests.length - 1);
    underWay--;
    return done();
  };
  const kv = createKV({ accountId, apiToken, rateLimit: false, fetch });
  return Object.assign(state, { namespace: kv.namespace(namespaceId) });
}

function* numbered(count: number, value: Pair["value"] = "v"): Generator<Pair> {
  for (let i = 0; i < count; i++) yield { key: `k${i}`, value };
}

const keysOf = (count: number, from = 0): string[] => Array.from({ length: count }, (_, i) => `k${from + i}`);
const sleep = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What can be waited for, and let go. */
function latch(): { opened: Promise<void>; open: () => void } {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe("A bulk write is split", () => {
  test("at 10,000 pairs", async () => {
    const { namespace, requests } = measured();
    const report = await namespace.bulkPut(numbered(25_001));
    expect(report).toEqual({ succeeded: 25_001, expired: 0, requests: 3 });
    expect(requests).toEqual([keysOf(10_000), keysOf(10_000, 10_000), keysOf(5001, 20_000)]);
  });

  test("not at all, where the pairs end with a full request", async () => {
    const { namespace, requests } = measured();
    expect(await namespace.bulkPut(numbered(10_000))).toMatchObject({ requests: 1 });
    expect(requests.map(({ length }) => length)).toEqual([10_000]);
  });

  test("at some 10 MB", async () => {
    const { namespace, requests, sizes } = measured();
    await namespace.bulkPut(numbered(25, "v".repeat(1_000_000)));
    expect(requests.map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(Math.max(...sizes)).toBeLessThan(11_000_000);
  });

  test("by bytes of UTF-8 and of base64, not by characters", async () => {
    const { namespace, requests } = measured();
    await namespace.bulkPut(numbered(20, "é".repeat(500_000)));
    await namespace.bulkPut(numbered(20, new Uint8Array(750_000).fill(0xff)));
    expect(requests.map(({ length }) => length)).toEqual([10, 10, 10, 10]);
  });

  test("so that it never takes 100 MB, though JSON escapes what it holds", async () => {
    const { namespace, sizes } = measured();
    const control = "\u0001".repeat(1_100_000);
    // A third of it escaped: nearly three times as long in JSON, not quite.
    const large = "\u0001aa".repeat(8_700_000);
    await namespace.bulkPut([...numbered(9, control), { key: "large", value: large }]);
    // Four of 6.6 MB each, twice; then the last one with the large one as base64.
    expect(sizes).toHaveLength(3);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(limits.bulkWriteBytes);
  });

  test("with values of 25 MiB in requests of their own", async () => {
    const { namespace, requests, sizes } = measured();
    const value = new Uint8Array(limits.valueBytes).fill(0xff);
    await namespace.bulkPut([{ key: "small", value: "v" }, ...numbered(2, value)]);
    expect(requests).toEqual([["small", "k0"], ["k1"]]);
    expect(Math.max(...sizes)).toBeLessThan(36_000_000);
  });
});

async function* later(count: number): AsyncGenerator<string> {
  yield* keysOf(count);
}

describe("A bulk delete", () => {
  test("is split at 10,000 keys, whatever gives them", async () => {
    for (const source of [keysOf(10_001), new Set(keysOf(10_001)), later(10_001)]) {
      const { namespace, requests } = measured();
      const report = await namespace.bulkDelete(source);
      expect(report).toEqual({ succeeded: 10_001, expired: 0, requests: 2 });
      expect(requests.map(({ length }) => length)).toEqual([10_000, 1]);
    }
  });

  test("sends a key that is given often only once in a request, and counts each", async () => {
    const { namespace, requests } = measured();
    const keys = Array.from({ length: 1000 }, (_, i) => `k${i % 3}`);
    expect(await namespace.bulkDelete(keys)).toEqual({ succeeded: 1000, expired: 0, requests: 1 });
    expect(requests.map((request) => request.toSorted())).toEqual([["k0", "k1", "k2"]]);
  });
});

describe("Of pairs with the same key the last one wins", () => {
  test("within a request", async () => {
    const { namespace } = serve();
    const report = await namespace.bulkPut([
      { key: "a", value: "first", metadata: 1 },
      { key: "b", value: "b" },
      { key: "a", value: "second", expirationTtl: 60 },
      { key: "a", value: "last" },
    ]);
    expect(report).toEqual({ succeeded: 4, expired: 0, requests: 1 });
    expect(await namespace.getWithMetadata("a")).toMatchObject({
      value: "last",
      metadata: null,
      expiration: null,
    });
  });

  // k9999 is the last of the first request in the order of keys, and k0 the first.
  test.each(["k5", "k0", "k9999"])(
    "across requests, of which the second waits for the first: %s",
    async (again) => {
      const first = latch();
      const { namespace, requests } = measured((request) =>
        request === 0 ? first.opened : Promise.resolve(),
      );
      const pairs = [...numbered(10_000), { key: again, value: "last" }];
      const job = namespace.bulkPut(pairs);
      while (requests.length === 0) await sleep();
      await sleep();
      expect(requests).toHaveLength(1);
      first.open();
      expect((await job).succeeded).toBe(10_001);
      expect(requests[1]).toEqual([again]);
    },
  );

  test("while others go on", async () => {
    const first = latch();
    const { namespace, requests } = measured((request) => (request === 0 ? first.opened : Promise.resolve()));
    const job = namespace.bulkPut(numbered(30_000));
    while (requests.length < 3) await sleep();
    first.open();
    expect((await job).requests).toBe(3);
  });
});

describe("A bulk job has under way", () => {
  test.each([
    [undefined, 5],
    [1, 1],
    [3, 3],
  ])("with the concurrency %s, %d requests at most", async (concurrency, most) => {
    const state = measured(sleep);
    await state.namespace.bulkPut(numbered(80_000), { concurrency });
    expect(state.most).toBe(most);
    expect(state.requests).toHaveLength(8);
  });

  test("no more of its input than the requests that it may send, and one", async () => {
    const gate = latch();
    const { namespace, requests } = measured(() => gate.opened);
    let taken = 0;
    function* endless(): Generator<Pair> {
      for (;;) yield { key: `k${taken++}`, value: "v" };
    }
    const controller = new AbortController();
    const job = namespace.bulkPut(endless(), { concurrency: 2, signal: controller.signal });
    while (requests.length < 2) await sleep();
    for (let i = 0; i < 20; i++) await sleep();
    expect(taken).toBeLessThanOrEqual(30_000);
    controller.abort("enough");
    expect(await rejection(job)).toBe("enough");
    gate.open();
  });
});

describe("onProgress", () => {
  test("tells how far the input is done with from its first on, though requests end out of order", async () => {
    const first = latch();
    const { namespace } = measured((request) => (request === 0 ? first.opened : Promise.resolve()));
    const seen: BulkProgress[] = [];
    const job = namespace.bulkPut(numbered(30_000), {
      onProgress(progress) {
        seen.push(progress);
        if (seen.length === 2) first.open();
      },
    });
    await job;
    expect(seen).toEqual([
      { succeeded: 10_000, settled: 0 },
      { succeeded: 20_000, settled: 0 },
      { succeeded: 30_000, settled: 30_000 },
    ]);
  });

  test("counts as settled what was refused or expired too: a job begun again there goes on", async () => {
    const { namespace } = measured();
    const seen: BulkProgress[] = [];
    const pairs = [
      { key: "", value: "v" },
      { key: "a", value: "v", expiration: 1 },
      { key: "b", value: "v" },
    ];
    await rejection(namespace.bulkPut(pairs, { onProgress: (progress) => seen.push(progress) }));
    expect(seen).toEqual([{ succeeded: 1, settled: 3 }]);
  });

  test("that throws ends the job, with its error as the cause", async () => {
    const { namespace } = measured();
    const failure = new Error("a bug of the caller");
    const error = await rejection(
      namespace.bulkPut(numbered(30_000), {
        concurrency: 1,
        onProgress() {
          throw failure;
        },
      }),
    );
    expect(error).toBeInstanceOf(KVBulkError);
    expect(error).toMatchObject({ cause: failure, succeeded: 10_000 });
  });
});

describe("An input that throws", () => {
  test("ends the job: what was taken and not acknowledged is named, and nothing more is taken", async () => {
    const { namespace, requests } = measured();
    const failure = new Error("the disk is gone");
    async function* broken(): AsyncGenerator<Pair> {
      yield* numbered(10_000);
      yield { key: "taken", value: "v" };
      throw failure;
    }
    const error = (await rejection(namespace.bulkPut(broken()))) as KVBulkError;
    expect(error).toBeInstanceOf(KVBulkError);
    expect(error).toMatchObject({
      succeeded: 10_000,
      unsuccessfulKeys: ["taken"],
      rejected: [],
      cause: failure,
    });
    expect(error.message).toContain("the disk is gone");
    expect(requests).toHaveLength(1);
  });

  test("at once leaves nothing sent", async () => {
    const { namespace, requests } = measured();
    const failure = new Error("no disk");
    const source: Iterable<Pair> = {
      [Symbol.iterator]() {
        throw failure;
      },
    };
    const error = await rejection(namespace.bulkPut(source));
    expect(error).toBeInstanceOf(KVBulkError);
    expect(error).toMatchObject({ succeeded: 0, unsuccessfulKeys: [], rejected: [], cause: failure });
    expect(requests).toEqual([]);
  });
});

describe("An abort ends a job at once with its reason", () => {
  test("while the service does not answer", async () => {
    const { namespace, requests } = measured(() => new Promise(() => {}));
    const controller = new AbortController();
    const job = namespace.bulkPut(numbered(1), { signal: controller.signal });
    while (requests.length === 0) await sleep();
    controller.abort("enough");
    expect(await rejection(job)).toBe("enough");
  });

  test("while the input gives nothing, which is closed once it gives something", async () => {
    const { namespace } = measured();
    const controller = new AbortController();
    const more = latch();
    const closed = latch();
    async function* stalled(): AsyncGenerator<Pair> {
      try {
        await more.opened;
        yield { key: "late", value: "v" };
      } finally {
        closed.open();
      }
    }
    const job = namespace.bulkPut(stalled(), { signal: controller.signal });
    controller.abort("enough");
    expect(await rejection(job)).toBe("enough");
    more.open();
    await closed.opened;
  });

  test("and closes an input that has more", async () => {
    const { namespace } = measured();
    const controller = new AbortController();
    const closed = latch();
    async function* endless(): AsyncGenerator<Pair> {
      try {
        for (let i = 0; ; i++) {
          if (i === 25_000) controller.abort("enough");
          yield { key: `k${i}`, value: "v" };
        }
      } finally {
        closed.open();
      }
    }
    expect(await rejection(namespace.bulkPut(endless(), { signal: controller.signal }))).toBe("enough");
    await closed.opened;
  });
});

test("Every input ends as exactly one of succeeded, expired, rejected and unsuccessful (a property)", async () => {
  const input = fc.record({
    key: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"),
    kind: fc.constantFrom("right", "right", "right", "expired", "rejected"),
  });
  const failing = fc.subarray(["a", "b", "c", "d", "e", "f", "g", "h"]);
  await fc.assert(
    fc.asyncProperty(fc.array(input, { maxLength: 40 }), failing, async (inputs, broken) => {
      const { namespace } = answering(
        ({ text }) => {
          const keys = (JSON.parse(text) as Pair[]).map(({ key }) => key);
          return done(keys.filter((key) => broken.includes(key)));
        },
        { retry: false },
      );
      const pairs = inputs.map(({ key, kind }): Pair => {
        if (kind === "expired") return { key, value: "v", expiration: 1 };
        return kind === "rejected" ? { key, value: "v", metadata: 1n } : { key, value: "v" };
      });
      const count = (kind: string): number => inputs.filter((each) => each.kind === kind).length;
      const right = inputs.filter(({ kind }) => kind === "right").map(({ key }) => key);
      const unsuccessful = [...new Set(right)].filter((key) => broken.includes(key));
      const isWhole = unsuccessful.length === 0 && count("rejected") === 0;
      const outcome = isWhole ? await namespace.bulkPut(pairs) : await rejection(namespace.bulkPut(pairs));
      expect(outcome).toMatchObject({
        succeeded: right.filter((key) => !broken.includes(key)).length,
        expired: count("expired"),
      });
      if (isWhole) return;
      const { unsuccessfulKeys, rejected } = outcome as KVBulkError;
      expect(unsuccessfulKeys.toSorted()).toEqual(unsuccessful.toSorted());
      expect(rejected).toHaveLength(count("rejected"));
      for (const { error } of rejected) expect(error).toBeInstanceOf(KVInputError);
    }),
  );
});

describe("onFailure", () => {
  const told: string[] = [];
  const options = {
    onFailure: ({ key, error }: BulkFailure) => told.push(`${key}: ${error?.name ?? "unsaid"}`),
    onProgress: ({ settled }: BulkProgress) => told.push(`settled ${settled}`),
  };

  test("tells of what was refused and given up, before it counts as settled", async () => {
    told.length = 0;
    const { namespace } = answering(() => done(["b"]), { retry: false });
    const pairs = ["a", "b", "..", "c"].map((key) => ({ key, value: "v" }));
    await rejection(namespace.bulkPut(pairs, options));
    expect(told).toEqual(["..: KVInputError", "b: unsaid", "settled 4"]);
  });

  test("names the answer to a pair that is too large by itself", async () => {
    told.length = 0;
    const { namespace } = answering(
      ({ text }) => (text.includes('"b"') ? new Response("too large", { status: 413 }) : done()),
      { retry: false },
    );
    await rejection(
      namespace.bulkPut(
        ["a", "b", "c"].map((key) => ({ key, value: "v" })),
        options,
      ),
    );
    expect(told).toEqual(["b: KVAPIError", "settled 3"]);
  });

  test("tells nothing of what is left over when the job ends early", async () => {
    told.length = 0;
    const { namespace } = answering(() => refusal(403, 10000), { retry: false });
    const error = await rejection(
      namespace.bulkPut(
        ["a", "b"].map((key) => ({ key, value: "v" })),
        options,
      ),
    );
    expect((error as KVBulkError).unsuccessfulKeys).toEqual(["a", "b"]);
    expect(told).toEqual([]);
  });
});

test("Large values under keys in no order are written as JSON once, and each key goes out once", async () => {
  const { namespace, requests, sizes } = measured();
  const value = "v".repeat(5000);
  const inputs = Array.from({ length: 6000 }, (_, i) => ({ key: `k${(i * 7919) % 5003}`, value }));
  const stringify = vi.spyOn(JSON, "stringify");
  const report = await namespace.bulkPut(inputs);
  const written = stringify.mock.results.reduce((sum, { value: json }) => sum + String(json).length, 0);
  stringify.mockRestore();
  expect(report.succeeded).toBe(6000);
  for (const keys of requests) expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(requests.flat()).size).toBe(5003);
  expect(Math.max(...sizes)).toBeLessThan(limits.bulkWriteBytes / 5);
  // Once more where a request had a key twice, and the earlier one is taken out.
  expect(written).toBeLessThan(2.1 * sizes.reduce((sum, size) => sum + size));
});

test("What is given up is named, though the listener that is told of it throws", async () => {
  const failure = new Error("mine");
  const answers: readonly ((keys: string[]) => Response)[] = [
    done,
    () => new Response("too large", { status: 413 }),
  ];
  for (const answer of answers) {
    const { namespace } = answering(
      ({ text }) => answer((JSON.parse(text) as { key: string }[]).map(({ key }) => key)),
      { retry: { limit: 1, maxDelay: 0 } },
    );
    const options = {
      onFailure: () => {
        throw failure;
      },
    };
    const error = (await rejection(namespace.bulkPut(numbered(8), options))) as KVBulkError;
    expect(error).toMatchObject({ succeeded: 0, rejected: [], cause: failure });
    expect(error.unsuccessfulKeys.toSorted()).toEqual(keysOf(8));
  }
});

test("A job pauses for maxDelay at the most before what was not done is sent again", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  const answers: readonly [
    (keys: string[]) => Response,
    (namespace: KVNamespaceClient) => Promise<unknown>,
  ][] = [
    [done, (namespace) => namespace.bulkDelete(["a"])],
    [() => new Response("slow", { status: 504 }), (namespace) => namespace.bulkDelete(["a"])],
    [() => new Response("slow", { status: 504 }), (namespace) => namespace.get(["a"])],
  ];
  for (const [answer, call] of answers) {
    const { namespace, requests } = answering(() => answer(["a"]), { retry: { limit: 6, maxDelay: 10 } });
    const began = performance.now();
    const failed = rejection(call(namespace));
    await vi.runAllTimersAsync();
    await failed;
    expect(requests).toHaveLength(7);
    expect(performance.now() - began).toBeLessThanOrEqual(60);
  }
});

test("A list that is handed to a job which is refused is no unhandled rejection", async () => {
  const unhandled = unhandledRejections();
  const { kv, namespace } = answering(() => refusal(403, 10000));
  const signal = AbortSignal.abort(new Error("before"));
  const bad = kv.namespace("no id!");
  expect(await rejection(namespace.bulkDelete(namespace.list({ signal }), { signal }))).toBe(signal.reason);
  expect(await rejection(bad.bulkDelete(bad.list()))).toBeInstanceOf(KVInputError);
  const options = { concurrency: 9 };
  expect(await rejection(namespace.bulkDelete(namespace.list(), options))).toBeInstanceOf(KVInputError);
  await sleep();
  expect(unhandled).toEqual([]);
});

test("An answer whose list of what was not done is null is one without", async () => {
  const { namespace } = answering(() => success({ successful_key_count: 2, unsuccessful_keys: null }));
  expect((await namespace.bulkPut(numbered(2))).succeeded).toBe(2);
});

test("A job whose listener or input throws closes its input", async () => {
  const { namespace } = answering(() => done());
  const failure = new Error("mine");
  for (const [pair, options] of [
    [
      { key: "..", value: "v" },
      {
        onFailure: () => {
          throw failure;
        },
      },
    ],
    [
      {
        get key() {
          return "k";
        },
        get value(): string {
          throw failure;
        },
      },
      {},
    ],
  ] as const) {
    let isClosed = false;
    function* source(): Generator<Pair> {
      try {
        yield pair;
        yield pair;
      } finally {
        isClosed = true;
      }
    }
    await rejection(namespace.bulkPut(source(), options));
    expect(isClosed).toBe(true);
  }
});

test("A key to delete that is none is refused by itself", async () => {
  const { namespace, requests } = measured();
  const keys = ["a", null, 5, "b"] as string[];
  const error = (await rejection(namespace.bulkDelete(keys))) as KVBulkError;
  expect(error.rejected.map(({ key, error: { message } }) => [key, message])).toEqual([
    ["", "the key is null, not a string"],
    ["", "the key is 5, not a string"],
  ]);
  expect(requests).toEqual([["a", "b"]]);
});

test("A namespace's id that cannot be one is refused before anything is taken", async () => {
  const { kv } = answering(() => done());
  let taken = 0;
  function* source(): Generator<Pair> {
    for (; ; taken++) yield { key: `k${taken}`, value: "v" };
  }
  expect(await rejection(kv.namespace("no id!").bulkPut(source()))).toBeInstanceOf(KVInputError);
  expect(taken).toBe(0);
});

test("What a list gives can be deleted as it is", async () => {
  const { namespace } = serve();
  await namespace.bulkPut(numbered(1200));
  expect((await namespace.bulkDelete(namespace.list({ prefix: "k1" }))).succeeded).toBe(311);
  expect((await namespace.list()).keys.some(({ name }) => name.startsWith("k1"))).toBe(false);
});

test("A request that takes long is not left far behind: what came since would have to be kept", async () => {
  let letGo!: () => void;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const { namespace, requests } = measured((request) => (request === 0 ? held : Promise.resolve()));
  const job = namespace.bulkPut(numbered(150_000), { concurrency: 2 });
  while (requests.length < 4) await sleep();
  for (let i = 0; i < 20; i++) await sleep();
  expect(requests).toHaveLength(4);
  letGo();
  expect((await job).succeeded).toBe(150_000);
});
