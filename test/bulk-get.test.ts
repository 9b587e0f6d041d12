import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Entry,
  KVAPIError,
  KVErrorCode,
  type KVNamespaceClient,
  limits,
  type ListKey,
} from "../src/index.ts";
import { answering, binary, collect, refusal, rejection, serve, success } from "./helpers.ts";

type Kind = "text" | "binary" | "missing" | "large";

interface Counted {
  namespace: KVNamespaceClient;
  /** The keys of each bulk read, in order. */
  many: string[][];
  /** The keys that were read singly. */
  single: string[];
  /** The keys whose metadata was read. */
  metadata: string[];
}

const large = "x".repeat(2_000_000);
const valueOf = (key: string, kind: Kind): string | Uint8Array<ArrayBuffer> =>
  kind === "text" ? `value of ${key}` : kind === "large" ? large : binary;

/** A service whose keys are of the kinds given. It holds each answer back as long as `gate` wants. */
function service(
  kindOf: (key: string) => Kind,
  gate: (keys: string[]) => Promise<void> = async () => {},
): Counted {
  const counted = { many: [] as string[][], single: [] as string[], metadata: [] as string[] };
  const { namespace } = answering(async ({ path, text }) => {
    const key = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
    if (path.includes("/metadata/")) {
      counted.metadata.push(key);
      return success({ of: key });
    }
    if (path.includes("/values/")) {
      counted.single.push(key);
      await gate([key]);
      const kind = kindOf(key);
      return kind === "missing" ? refusal(404, KVErrorCode.keyNotFound) : new Response(valueOf(key, kind));
    }
    const { keys, withMetadata } = JSON.parse(text) as { keys: string[]; withMetadata: boolean };
    counted.many.push(keys);
    await gate(keys);
    const kinds = keys.map(kindOf);
    if (kinds.includes("binary")) return refusal(400, KVErrorCode.bulkGetRefused);
    if (kinds.filter((kind) => kind === "large").length > 12)
      return new Response("too large", { status: 413 });
    const found = keys.map((each, i): [string, unknown] => {
      if (kinds[i] === "missing") return [each, null];
      const value = valueOf(each, kinds[i]!);
      return [each, withMetadata ? { value, metadata: { of: each } } : value];
    });
    return success({ values: Object.fromEntries(found) });
  });
  return Object.assign(counted, { namespace });
}

const keysOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}`);
const asListed = (keys: string[]): ListKey[] => keys.map((name) => ({ name, metadata: name.length }));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function* later<T>(items: T[], taken: T[] = []): AsyncGenerator<T> {
  for (const item of items) {
    taken.push(item);
    yield item;
  }
}

describe("A bulk read", () => {
  test("asks for 100 keys at a time, with their metadata", async () => {
    const { namespace, many, single } = service(() => "text");
    const items = await collect(namespace.bulkGet(keysOf(250)));
    expect(items[249]).toEqual({ key: "k249", value: "value of k249", metadata: { of: "k249" } });
    expect(many.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(single).toEqual([]);
  });

  test("gives one item for each input in its order: missing, repeated and odd ones among them", async () => {
    const { namespace, many } = service((key) => (key === "none" ? "missing" : "text"));
    const keys = ["b", "none", "a", "b", "__proto__", "a"];
    const items = await collect(namespace.bulkGet(later(keys)));
    expect(items.map(({ key }) => key)).toEqual(keys);
    expect(items[1]).toEqual({ key: "none", value: null });
    expect(items[3]).toEqual(items[0]);
    expect(many).toEqual([["b", "none", "a", "__proto__"]]);
  });

  test("of nothing asks nothing", async () => {
    const { namespace, many } = service(() => "text");
    expect(await collect(namespace.bulkGet([]))).toEqual([]);
    expect(await namespace.get([])).toEqual(new Map());
    expect(many).toEqual([]);
  });

  test("takes metadata and expiration from listed keys, and does not ask for them", async () => {
    const { namespace, many, single, metadata } = service((key) => (key === "k3" ? "binary" : "text"));
    const listed: ListKey[] = keysOf(5).map((name) => ({ name, metadata: [name], expiration: 4e9 }));
    const items = await collect(namespace.bulkGet([...listed, { name: "k9" }]));
    expect(items[3]).toEqual({ key: "k3", value: binary, metadata: ["k3"], expiration: 4e9 });
    expect(items[5]).toEqual({ key: "k9", value: "value of k9", metadata: null });
    expect(many[0]).toEqual(["k0", "k1", "k2", "k3", "k4", "k9"]);
    expect(single).toContain("k3");
    expect(metadata).toEqual([]);
  });

  test("asks for the metadata of a binary value whose key alone is given", async () => {
    const { namespace, metadata } = service((key) => (key === "k1" ? "binary" : "text"));
    const items = await collect(namespace.bulkGet(["k0", "k1"]));
    expect(items[1]).toEqual({ key: "k1", value: binary, metadata: { of: "k1" } });
    expect(metadata).toContain("k1");
  });

  test("leaves the metadata where it is, where values alone are wanted", async () => {
    const { namespace, metadata } = service((key) => (key === "k1" ? "binary" : "text"));
    const found = await namespace.get(["k0", "k1"]);
    expect(found.get("k1")).toBe("\uFFFD\0\uFFFD\r\n");
    expect(metadata).toEqual([]);
  });

  test("is halved where its answer would be too large, and read singly where one value is", async () => {
    const { namespace, many, single } = service((key) => (/^k[16]/.test(key) ? "large" : "text"));
    const items = (await collect(namespace.bulkGet(asListed(keysOf(100))))) as Entry[];
    expect(items.map(({ value }) => value.length)).toEqual(
      keysOf(100).map((key) => (/^k[16]/.test(key) ? large.length : `value of ${key}`.length)),
    );
    expect(many.map(({ length }) => length)).toEqual([100, 50, 50]);
    expect(single).toEqual([]);
    const lone = answering(({ path }) =>
      path.endsWith("/bulk/get") ? new Response("no", { status: 413 }) : new Response("v"),
    );
    expect(await collect(lone.namespace.bulkGet([{ name: "a" }]))).toMatchObject([{ value: "v" }]);
    expect(lone.requests).toHaveLength(2);
  });

  test("gives the values of a real namespace over 25 MB, in order", async () => {
    const { namespace } = serve();
    const pairs = keysOf(30).map((key) => ({ key, value: `${key} ${large}` }));
    await namespace.bulkPut(pairs);
    const items = (await collect(namespace.bulkGet(keysOf(30)))) as Entry[];
    expect(items.map(({ key, value }) => String(value).startsWith(`${key} x`))).toEqual(
      keysOf(30).map(() => true),
    );
  });

  test("gives items in their order, though answers come out of order", async () => {
    let release!: () => void;
    const others = new Promise<void>((resolve) => (release = resolve));
    const { namespace, many } = service(
      () => "text",
      async (keys) => {
        if (keys[0] === "k200") release();
        else if (keys[0] === "k0") await others;
      },
    );
    const items = await collect(namespace.bulkGet(keysOf(300)));
    expect(items.map(({ key }) => key)).toEqual(keysOf(300));
    expect(many).toHaveLength(3);
  });

  test("passes over what went away meanwhile, in entries", async () => {
    const { namespace } = answering(({ path }) =>
      path.endsWith("/keys")
        ? success([{ name: "a" }, { name: "gone" }, { name: "z", metadata: 0 }], { count: 3 })
        : success({ values: { a: "1", gone: null, z: "2" } }),
    );
    expect(await collect(namespace.entries())).toEqual([
      { key: "a", value: "1", metadata: null },
      { key: "z", value: "2", metadata: 0 },
    ]);
  });
});

/** So many, each `step`-th of them binary. */
const every = (count: number, step: number): Kind[] =>
  Array.from({ length: count }, (_, i) => (i % step === step - 1 ? "binary" : "text"));

describe("However text and bytes are mixed, a bulk read costs at most 1.1 requests a key", () => {
  async function cost(kinds: Kind[], isListed: boolean): Promise<void> {
    const keys = keysOf(kinds.length);
    const { namespace, many, single } = service((key) => kinds[Number(key.slice(1))]!);
    const items = await collect(namespace.bulkGet(isListed ? asListed(keys) : keys));
    expect(items.map(({ key }) => key)).toEqual(keys);
    for (const [i, { key, value }] of items.entries()) {
      const expected = kinds[i] === "missing" ? null : valueOf(key, kinds[i]!);
      if (value !== expected) expect(value).toEqual(expected);
    }
    // One read that fails is allowed where there are so few keys that a tenth of them is none.
    expect(many.length + single.length).toBeLessThanOrEqual(Math.max(keys.length + 1, keys.length * 1.1));
  }

  test.each<[string, Kind[]]>([
    ["one key, binary", ["binary"]],
    ["two keys, one of them binary", ["text", "binary"]],
    ["nothing but bytes", every(600, 1)],
    ["every second one binary", every(600, 2)],
    ["every eighth", every(600, 8)],
    ["every ninth", every(600, 9)],
    ["one in each hundred", every(2000, 100)],
    ["the last of all", every(1000, 1000)],
    ["text first, then bytes", [...every(500, 501), ...every(500, 1)]],
    ["bytes first, then text", [...every(500, 1), ...every(500, 501)]],
    ["hundreds by turns", Array.from({ length: 2000 }, (_, i) => ((i / 100) & 1 ? "binary" : "text"))],
  ])("%s", (_, kinds) => cost(kinds, true));

  test("reads text at a hundred keys a request again, once the bytes are over", async () => {
    const kinds: Kind[] = [...every(300, 1), ...every(2000, 2001)];
    const { namespace, many, single } = service((key) => kinds[Number(key.slice(1))]!);
    await collect(namespace.bulkGet(asListed(keysOf(kinds.length))));
    expect(many.length + single.length).toBeLessThan(700);
  });

  test("asks for single values at once, as long as most of them are bytes", async () => {
    const { namespace, many, single } = service(() => "binary");
    await collect(namespace.bulkGet(asListed(keysOf(1000))));
    expect(single).toHaveLength(1000);
    expect(many.length).toBeLessThan(75);
  });

  test("whatever the mix (a property)", async () => {
    const run = fc.record({
      kind: fc.constantFrom<Kind>("text", "binary", "binary", "missing"),
      length: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 150 })),
    });
    const mix = fc
      .array(run, { maxLength: 40 })
      .map((runs) => runs.flatMap(({ kind, length }) => Array.from({ length }, () => kind)));
    await fc.assert(fc.asyncProperty(mix, fc.boolean(), cost), { numRuns: 40 });
  });
});

describe("A bulk read takes its input as it is wanted", () => {
  test("so that a reader who waits holds it up", async () => {
    const taken: string[] = [];
    const { namespace, many } = service(() => "text");
    const iterator = namespace.bulkGet(later(keysOf(5000), taken))[Symbol.asyncIterator]();
    await iterator.next();
    for (let i = 0; i < 20; i++) await turn();
    expect(taken.length).toBeLessThanOrEqual(500);
    expect(many.length).toBeLessThanOrEqual(5);
    for (let i = 0; i < 1000; i++) await iterator.next();
    for (let i = 0; i < 20; i++) await turn();
    expect(taken.length).toBeLessThanOrEqual(1500);
    await iterator.return?.();
  });

  test("and closes it, asking nothing more, where the reader stops", async () => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (let i = 0; ; i++) yield `k${i}`;
      } finally {
        isClosed = true;
      }
    }
    const { namespace, many } = service(() => "text");
    for await (const { key } of namespace.bulkGet(endless())) if (key === "k250") break;
    expect(isClosed).toBe(true);
    const asked = many.length;
    for (let i = 0; i < 20; i++) await turn();
    expect(many).toHaveLength(asked);
    expect(asked).toBeLessThanOrEqual(7);
  });

  test("and closes it where the service refuses", async () => {
    let isClosed = false;
    async function* source(): AsyncGenerator<string> {
      try {
        yield* keysOf(1000);
      } finally {
        isClosed = true;
      }
    }
    const { namespace } = answering(() => refusal(404, KVErrorCode.namespaceNotFound));
    const error = await rejection(collect(namespace.bulkGet(source())));
    expect(error).toMatchObject({ code: KVErrorCode.namespaceNotFound });
    expect(isClosed).toBe(true);
  });
});

describe("A bulk read that fails", () => {
  test("gives all that comes before", async () => {
    const { namespace } = answering(({ text }) => {
      const { keys } = JSON.parse(text) as { keys: string[] };
      if (keys.includes("k150")) return refusal(403, KVErrorCode.noAccess);
      return success({
        values: Object.fromEntries(keys.map((key) => [key, { value: "v", metadata: null }])),
      });
    });
    const seen: string[] = [];
    const error = await rejection(
      (async () => {
        for await (const { key } of namespace.bulkGet(keysOf(400))) seen.push(key);
      })(),
    );
    expect(error).toBeInstanceOf(KVAPIError);
    expect(seen).toEqual(keysOf(100));
  });

  test("by its input rejects with the input's own error, after what was found for all that it gave", async () => {
    const failure = new Error("the disk is gone");
    async function* broken(): AsyncGenerator<string> {
      yield* keysOf(150);
      throw failure;
    }
    const { namespace } = service(() => "text");
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { key } of namespace.bulkGet(broken())) seen.push(key);
    })();
    expect(await rejection(reading)).toBe(failure);
    expect(seen).toEqual(keysOf(150));
  });

  test("by a key that is none rejects with what it is", async () => {
    const { namespace } = service(() => "text");
    const error = await rejection(collect(namespace.bulkGet(["a", null as never])));
    expect(error).toMatchObject({ name: "KVInputError", message: "the key is null, not a string" });
  });

  test("ends at once with the reason of an abort", async () => {
    const controller = new AbortController();
    const { namespace, many } = service(
      () => "text",
      () => new Promise(() => {}),
    );
    const items = collect(namespace.bulkGet(keysOf(1000), { signal: controller.signal }));
    while (many.length === 0) await turn();
    controller.abort("enough");
    expect(await rejection(items)).toBe("enough");
  });
});

test("What a source says of being closed, or owes, does not stand before why the read has ended", async () => {
  const sources: readonly (() => Promise<never>)[] = [
    () => Promise.reject(new Error("cannot close")),
    () => new Promise(() => {}),
  ];
  for (const close of sources) {
    let at = 0;
    const source: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: `k${at++}` }),
        return: close,
      }),
    };
    const { namespace } = answering(() => refusal(403, 10000));
    expect(await rejection(collect(namespace.bulkGet(source)))).toMatchObject({ status: 403 });
    const controller = new AbortController();
    const reading = rejection(
      collect(service(() => "text").namespace.bulkGet(source, { signal: controller.signal })),
    );
    controller.abort("enough");
    expect(await reading).toBe("enough");
  }
});

async function* stalled(): AsyncGenerator<string> {
  yield* keysOf(150);
  await new Promise(() => {});
}

test("An abort ends a bulk read whose input gives nothing", async () => {
  const controller = new AbortController();
  const { namespace } = service(() => "text");
  const items = collect(namespace.bulkGet(stalled(), { signal: controller.signal }));
  await turn();
  controller.abort("enough");
  expect(await rejection(items)).toBe("enough");
});

test("An input that takes its time over further keys holds back nothing that was found, and may be left", async () => {
  const { namespace, many } = service(() => "text");
  const seen: string[] = [];
  for await (const { key } of namespace.bulkGet(stalled())) if (seen.push(key) === 100) break;
  expect(seen).toEqual(keysOf(100));
  expect(many).toEqual([keysOf(100)]);
});

test("An input that gives nothing is closed where the reader leaves", async () => {
  const { namespace } = service(() => "text");
  let closed = 0;
  const keys = keysOf(150)[Symbol.iterator]();
  const input: AsyncIterable<string> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const next = keys.next();
        return next.done ? new Promise<never>(() => {}) : next;
      },
      return: async () => ({ done: true, value: closed++ }),
    }),
  };
  for await (const _ of namespace.bulkGet(input)) break;
  expect(closed).toBe(1);
});

test("An input that cannot be closed is told of, and nothing is read on for it", async () => {
  const failure = new Error("the disk is gone");
  let asked = 0;
  let ended = 0;
  const { namespace } = answering((_, { signal }) => {
    if (asked++ === 0) return success({ values: { k0: { value: "v", metadata: null } } });
    signal.addEventListener("abort", () => ended++);
    return new Promise<Response>(() => {});
  });
  const source = Object.assign(later(keysOf(1000)), { return: () => Promise.reject(failure) });
  const left = (async () => {
    for await (const { value } of namespace.bulkGet(source)) if (value !== null) break;
  })();
  expect(await rejection(left)).toBe(failure);
  expect(ended).toBe(asked - 1);
});

test("No bulk read asks for more than its limit, nor for a key twice", async () => {
  const { namespace, many } = service((key) => (Number(key.slice(1)) % 10 === 0 ? "binary" : "text"));
  const keys = Array.from({ length: 1000 }, (_, i) => `k${i % 130}`);
  expect(await collect(namespace.bulkGet(keys))).toHaveLength(1000);
  for (const asked of many) {
    expect(asked.length).toBeLessThanOrEqual(limits.bulkGetKeys);
    expect(new Set(asked).size).toBe(asked.length);
  }
});
