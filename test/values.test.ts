import { Readable } from "node:stream";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import {
  createKV,
  KVAPIError,
  KVConnectionError,
  KVInputError,
  type KVOptions,
  limits,
  type Pair,
  type Value,
} from "../src/index.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import { toWirePair } from "../src/values.ts";
import {
  accountId,
  type Answered,
  answering,
  apiToken,
  collect,
  namespaceId,
  refusal,
  rejection,
  serve,
  success,
  utf8,
  withoutPauses,
} from "./helpers.ts";
import { overSockets } from "./sockets.ts";

const big = 1024 * 1024;

/** Chunks of 1 MiB, which count how many were taken and whether it was closed. */
function source(chunks: number): { stream: AsyncIterable<Uint8Array>; taken: number; isClosed: boolean } {
  const state = { taken: 0, isClosed: false };
  const chunk = new Uint8Array(big);
  async function* generate(): AsyncGenerator<Uint8Array> {
    try {
      while (state.taken < chunks) {
        state.taken++;
        yield chunk;
      }
    } finally {
      state.isClosed = true;
    }
  }
  return Object.assign(state, { stream: generate() });
}

async function* failing(failure: Error): AsyncGenerator<Uint8Array> {
  yield utf8("a");
  throw failure;
}

async function* texts(): AsyncGenerator<string> {
  yield "secret";
}

describe("A stream", () => {
  test("over 25 MiB is read no further than that, closed, and not sent", async () => {
    const { namespace, requests } = answering(() => success(null));
    const given = source(100);
    const error = await rejection(namespace.put("a", given.stream));
    expect(error).toBeInstanceOf(KVInputError);
    expect((error as Error).message).toMatch(new RegExp(`${limits.valueBytes + big} .*${limits.valueBytes}`));
    expect(given).toMatchObject({ taken: 26, isClosed: true });
    expect(requests).toEqual([]);
  });

  test("of 25 MiB to the byte is sent", async () => {
    const { namespace, requests } = answering(() => success(null));
    await namespace.put("a", source(25).stream);
    expect(requests[0]!.bytes.length).toBe(limits.valueBytes);
  });

  test("of something else than bytes is refused", async () => {
    const { namespace, requests } = answering(() => success(null));
    for (const given of [texts(), new Response("secret").body!.pipeThrough(new TextDecoderStream())]) {
      const error = await rejection(namespace.put("a", given as AsyncIterable<never>));
      expect(error).toBeInstanceOf(KVInputError);
      expect((error as Error).message).toMatch(/chunk of type string/);
      expect((error as Error).message).not.toMatch(/secret/);
    }
    expect(requests).toEqual([]);
  });

  test("that fails rejects with its own error, and nothing is sent", async () => {
    const { namespace, requests } = answering(() => success(null));
    const failure = new Error("the disk is gone");
    expect(await rejection(namespace.put("a", failing(failure)))).toBe(failure);
    const stream = new ReadableStream({ pull: (controller) => controller.error(failure) });
    expect(await rejection(namespace.put("a", stream))).toBe(failure);
    expect(requests).toEqual([]);
  });

  test("ends at once when its call is aborted, and is closed as soon as it gives something", async () => {
    const { namespace, requests } = answering(() => success(null));
    const controller = new AbortController();
    let proceed!: () => void;
    let close!: () => void;
    const more = new Promise<void>((resolve) => (proceed = resolve));
    const closed = new Promise<void>((resolve) => (close = resolve));
    async function* stalled(): AsyncGenerator<Uint8Array> {
      try {
        await more;
        for (;;) yield utf8("a");
      } finally {
        close();
      }
    }
    const call = namespace.put("a", stalled(), { signal: controller.signal });
    controller.abort("enough");
    expect(await rejection(call)).toBe("enough");
    proceed();
    await closed;
    expect(requests).toEqual([]);
  });

  test("is sent while it is read, where nothing is sent twice", async () => {
    let release!: () => void;
    const received = new Promise<void>((resolve) => (release = resolve));
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield utf8("first ");
      await received;
      yield utf8("second");
    }
    let text = "";
    const kv = createKV({
      accountId,
      apiToken,
      retry: false,
      async fetch(request) {
        const decoder = new TextDecoder();
        for await (const chunk of request.body! as unknown as AsyncIterable<Uint8Array>) {
          text += decoder.decode(chunk);
          release();
        }
        return success(null);
      },
    });
    await kv.namespace(namespaceId).put("a", slow());
    expect(text).toBe("first second");
  });

  test.each(overSockets)(
    "that fails while %s sends it rejects with its own error too, and nothing is stored",
    async (_, over) => {
      const server = createKVServer({ accounts: [accountId], namespaces: [{ id: namespaceId, title: "a" }] });
      await using listening = await listen(server);
      const kv = createKV({ accountId, apiToken, baseUrl: listening.url, retry: false, ...over });
      const namespace = kv.namespace(namespaceId);
      const failure = new Error("the disk is gone");
      expect(await rejection(namespace.put("a", failing(failure)))).toBe(failure);
      const given = source(100);
      expect(await rejection(namespace.put("a", given.stream))).toBeInstanceOf(KVInputError);
      expect(given).toMatchObject({ taken: 26, isClosed: true });
      expect(await namespace.get("a")).toBeNull();
    },
  );
});

/** Makes a stream of what a function gives, which calls another when it is closed early. */
type Kind = (give: () => Promise<unknown>, close: (reason?: unknown) => void) => AsyncIterable<Uint8Array>;

const readableStream: Kind = (give, cancel) => {
  const pull = async (controller: ReadableStreamDefaultController): Promise<void> =>
    controller.enqueue(await give());
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
};

/** Those that are told at once, even while they wait. */
const kinds: [string, Kind][] = [
  ["a ReadableStream", readableStream],
  [
    "a ReadableStream that cannot be iterated",
    (...args) => Object.defineProperty(readableStream(...args), Symbol.asyncIterator, { value: undefined }),
  ],
  [
    "a Readable of Node",
    (give, close) =>
      new Readable({
        objectMode: true,
        read() {
          void give().then((chunk) => this.push(chunk));
        },
        destroy(error, done) {
          close(error);
          done(error);
        },
      }),
  ],
  [
    "an iterator",
    (give, close) => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: (await give()) as Uint8Array }),
        async return(value) {
          close();
          return { done: true, value };
        },
      }),
    }),
  ],
];

const generator: [string, Kind] = [
  "an async generator",
  async function* (give, close): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield (await give()) as Uint8Array;
    } finally {
      close();
    }
  },
];

function watched(kind: Kind, give: () => Promise<unknown>) {
  const taken = vi.fn(give);
  let close!: (reason: unknown) => void;
  const closed = new Promise<unknown>((resolve) => (close = resolve));
  const stream = kind(taken, close);
  const isLocked = (): boolean => stream instanceof ReadableStream && stream.locked;
  return { stream, taken, closed, isLocked };
}

/** Reads a body for ever, whatever becomes of its call. */
async function readOn({ body }: Request): Promise<Response> {
  const reader = body!.getReader();
  while (!(await reader.read()).done);
  return success(null);
}

const modes: [string, Partial<KVOptions>][] = [
  ["read first", {}],
  ["sent while it is read", { retry: false, fetch: readOn }],
];

describe.each([...kinds, generator])("%s, of a value that is not written, is closed", (name, kind) => {
  test.each(modes)("where it gives something else than bytes, %s", async (_, options) => {
    const { namespace } = answering(() => success(null), options);
    const { stream, closed, isLocked } = watched(kind, async () => "text");
    expect(await rejection(namespace.put("a", stream))).toBeInstanceOf(KVInputError);
    await closed;
    expect(isLocked()).toBe(false);
  });

  test("where fetch fails", async () => {
    const { namespace } = answering(() => success(null), {
      retry: false,
      async fetch({ body }) {
        await body!.getReader().read();
        throw new TypeError("fetch failed");
      },
    });
    const { stream, closed, isLocked } = watched(kind, async () => utf8("a"));
    expect(await rejection(namespace.put("a", stream))).toBeInstanceOf(KVConnectionError);
    await closed;
    expect(isLocked()).toBe(false);
  });

  test.each(modes)("untouched where its call was aborted before, %s", async (_, options) => {
    const { namespace } = answering(() => success(null), options);
    const { stream, taken, closed } = watched(kind, async () => utf8("a"));
    const signal = AbortSignal.abort("enough");
    expect(await rejection(namespace.put("a", stream, { signal }))).toBe("enough");
    // One that has not begun has nothing to close; it has ended.
    if (name === generator[0]) expect(await collect(stream)).toEqual([]);
    else await closed;
    expect(taken).not.toHaveBeenCalled();
  });
});

describe.each(kinds)("%s that stands still is closed", (_, kind) => {
  test.each(modes)("at once when its call is aborted, %s", async (__, options) => {
    const { namespace } = answering(() => success(null), options);
    const controller = new AbortController();
    let begin!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { stream, closed, isLocked } = watched(kind, () => {
      begin();
      return new Promise(() => {});
    });
    const call = namespace.put("a", stream, { signal: controller.signal });
    await begun;
    controller.abort("enough");
    expect(await rejection(call)).toBe("enough");
    // Only a ReadableStream is told why.
    const reason = await closed;
    if (stream instanceof ReadableStream) expect(reason).toBe("enough");
    expect(isLocked()).toBe(false);
  });
});

test("A stream that is closed while it is sent fails: what was read of it is not the value", async () => {
  const controller = new AbortController();
  let send!: (request: Request) => void;
  const sent = new Promise<Request>((resolve) => (send = resolve));
  const fetch = (request: Request): Promise<never> => {
    send(request);
    return new Promise(() => {});
  };
  const { namespace } = answering(() => success(null), { retry: false, fetch });
  const chunks = [utf8("a")];
  const { stream } = watched(readableStream, async () => chunks.pop() ?? new Promise(() => {}));
  const call = namespace.put("a", stream, { signal: controller.signal });
  const reader = (await sent).body!.getReader();
  expect(await reader.read()).toEqual({ done: false, value: utf8("a") });
  const rest = reader.read();
  controller.abort("enough");
  expect(await rejection(call)).toBe("enough");
  expect(await rejection(rest)).toBe("enough");
});

test("A stream that cannot be closed is given up all the same, and no more is taken of it", async () => {
  const { namespace } = answering(() => success(null), { retry: false });
  const next = vi.fn(async () => ({ done: false, value: new Uint8Array(big) }));
  const error = await rejection(namespace.put("a", { [Symbol.asyncIterator]: () => ({ next }) }));
  expect(error).toBeInstanceOf(KVInputError);
  expect(next).toHaveBeenCalledTimes(26);
  const failing = watched(readableStream, async () => "text");
  const cancel = vi.spyOn(ReadableStreamDefaultReader.prototype, "cancel").mockRejectedValue(new Error("no"));
  expect(await rejection(namespace.put("a", failing.stream))).toBeInstanceOf(KVInputError);
  expect(cancel).toHaveBeenCalled();
});

test.each(modes)(
  "A stream that was read to its end is let go of, and not told to close, %s",
  async (_, options) => {
    const { namespace } = answering(() => success(null), options);
    const cancel = vi.fn();
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(utf8("a"));
        controller.close();
      },
      cancel,
    });
    await namespace.put("a", stream);
    expect(stream.locked).toBe(false);
    let chunks = 2;
    const iterator = {
      next: async () => ({ done: chunks === 0, value: utf8(String(chunks--)) }),
      return: cancel,
    };
    await namespace.put("a", { [Symbol.asyncIterator]: () => iterator });
    expect(cancel).not.toHaveBeenCalled();
  },
);

test("Buffers and views of another realm are bytes too", async () => {
  const { namespace } = serve();
  const [buffer, view] = runInNewContext(
    "const view = new Uint16Array([1, 256, 3]); [view.buffer, view.subarray(1)]",
  ) as [ArrayBuffer, Uint16Array];
  await namespace.put("buffer", buffer);
  await namespace.bulkPut([
    { key: "bulk", value: buffer },
    { key: "view", value: view as unknown as Uint8Array },
  ]);
  expect(await namespace.get("buffer", "arrayBuffer")).toEqual(Uint8Array.of(1, 0, 0, 1, 3, 0).buffer);
  expect(await namespace.get("bulk", "arrayBuffer")).toEqual(Uint8Array.of(1, 0, 0, 1, 3, 0).buffer);
  expect(await namespace.get("view", "arrayBuffer")).toEqual(Uint8Array.of(0, 1, 3, 0).buffer);
});

test.each(overSockets)(
  "Bytes that are shared, or whose buffer can change its size, go over %s",
  async (_, over) => {
    const server = createKVServer({ accounts: [accountId], namespaces: [{ id: namespaceId, title: "a" }] });
    await using listening = await listen(server);
    const kv = createKV({ accountId, apiToken, baseUrl: listening.url, retry: false, ...over });
    const namespace = kv.namespace(namespaceId);
    const resizable = new ArrayBuffer(4, { maxByteLength: 8 });
    const views = [
      new Uint8Array(new SharedArrayBuffer(4)),
      new Uint8Array(resizable),
      new Uint8Array(resizable, 1),
    ];
    for (const view of views) {
      view.set([0xff, 0, 1]);
      await namespace.put("one", view as Uint8Array<ArrayBuffer>);
      await namespace.put("form", view as Uint8Array<ArrayBuffer>, { metadata: 1 });
      await namespace.bulkPut([{ key: "bulk", value: view }]);
      for (const key of ["one", "form", "bulk"]) {
        expect(new Uint8Array((await namespace.get(key, "arrayBuffer"))!)).toEqual(Uint8Array.from(view));
      }
    }
  },
);

test("What is written is what the bytes were when put was called, in whichever attempt", async () => {
  withoutPauses();
  const given = utf8("before");
  const { namespace, requests } = answering(() => {
    given.fill(0);
    return requests.length % 3 === 0 ? success(null) : refusal(500, 0);
  });
  for (const value of [given, given.buffer, new DataView(given.buffer)]) {
    given.set(utf8("before"));
    await namespace.put("a", value);
    given.set(utf8("before"));
    const call = namespace.put("a", value, { metadata: 1 });
    given.fill(1);
    await call;
  }
  expect(requests.map(({ text }) => text.includes("before"))).toEqual(Array(18).fill(true));
});

test.each(modes)("A stream may use its memory again for each chunk, %s", async (_, options) => {
  const chunk = new Uint8Array(1);
  async function* reusing(): AsyncGenerator<Uint8Array> {
    for (const byte of utf8("abc")) yield chunk.fill(byte);
  }
  let text = "";
  async function fetch({ body }: Request): Promise<Response> {
    text = await new Response(body).text();
    return success(null);
  }
  await answering(() => success(null), { ...options, fetch }).namespace.put("a", reusing());
  expect(text).toBe("abc");
});

test("Bytes that are gone are refused, not taken for an empty value", async () => {
  const { namespace, requests } = answering(() => success(null));
  const detached = new Uint8Array(4);
  const { buffer } = detached;
  structuredClone(buffer, { transfer: [buffer] });
  const shortened = new ArrayBuffer(8, { maxByteLength: 8 });
  const outside = [
    new Uint8Array(shortened, 4),
    new Float64Array(shortened, 0, 1),
    new DataView(shortened, 4),
  ];
  shortened.resize(2);
  for (const value of [detached, buffer, ...outside]) {
    const error = await rejection(namespace.put("a", value));
    expect(error).toBeInstanceOf(KVInputError);
    expect((error as Error).message).toMatch(/buffer is detached, or too short/);
    const pairs = [{ key: "a", value: value as Uint8Array }];
    expect(await rejection(namespace.bulkPut(pairs))).toMatchObject({
      rejected: [{ key: "a", error: expect.any(KVInputError) }],
    });
  }
  expect(requests).toEqual([]);
});

test("What a value cannot be is refused by its type", async () => {
  const { namespace, requests } = answering(() => success(null));
  for (const value of [
    undefined,
    null,
    1,
    true,
    {},
    [1],
    Symbol("a"),
    () => "a",
    new URLSearchParams("a=b"),
  ]) {
    const error = await rejection(namespace.put("a", value as Value));
    expect(error, typeof value).toBeInstanceOf(KVInputError);
    expect((error as Error).message).toMatch(/^the value is (null|of type \w+)/);
  }
  expect(requests).toEqual([]);
});

test("Metadata goes as its JSON form: a Date as text, undefined within it not at all", async () => {
  const { namespace } = serve();
  const metadata = { at: new Date(0), none: undefined, list: [undefined], toJSON: undefined };
  await namespace.put("one", "v", { metadata });
  await namespace.bulkPut([{ key: "two", value: "v", metadata }]);
  const expected = { at: "1970-01-01T00:00:00.000Z", list: [null] };
  expect(await namespace.metadata("one")).toEqual(expected);
  expect(await namespace.metadata("two")).toEqual(expected);
});

test("What JSON cannot hold is refused as metadata, without being quoted", async () => {
  const { namespace, requests } = answering(() => success(null));
  const cycle: Record<string, unknown> = { secret: 1 };
  cycle["cycle"] = cycle;
  const throwing = {
    get secret() {
      throw new Error("secret");
    },
  };
  for (const metadata of [cycle, 1n, { secret: 1n }, throwing, Symbol("secret"), () => "secret"]) {
    const error = await rejection(namespace.put("a", "v", { metadata }));
    expect(error).toBeInstanceOf(KVInputError);
    expect((error as Error).message).not.toMatch(/secret/);
    const pairs = [{ key: "a", value: "v", metadata }];
    expect(await rejection(namespace.bulkPut(pairs))).toMatchObject({ rejected: { length: 1 } });
  }
  expect(requests).toEqual([]);
});

function failingGetter(): never {
  throw new Error("secret");
}

test("A pair that cannot be read is refused as any other, without what its getters throw", async () => {
  const handler = {
    get: failingGetter,
    getPrototypeOf: failingGetter,
    ownKeys: failingGetter,
    has: failingGetter,
  };
  const proxy = new Proxy({}, handler);
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const withGetter = (name: string): object =>
    Object.defineProperty({ key: "a", value: "v" }, name, { get: failingGetter });
  const given: [unknown, RegExp][] = [
    [null, /^the pair is null or undefined, or has a getter/],
    [undefined, /^the pair is null or undefined, or has a getter/],
    [proxy, /^the pair is null or undefined, or has a getter/],
    ...["key", "value", "metadata", "expiration", "expirationTtl"].map((name): [unknown, RegExp] => [
      withGetter(name),
      /^the pair is null or undefined, or has a getter/,
    ]),
    [{ key: "a", value: proxy }, /^the pair is null or undefined, or has a getter|^the value/],
    [{ key: "a", value: revoked.proxy }, /^the pair is null or undefined, or has a getter|^the value/],
    [
      { key: "a", value: "v", expiration: proxy },
      /^the pair is null or undefined, or has a getter|^expiration is of type object/,
    ],
    [{ key: "a", value: "v", metadata: proxy }, /^the metadata cannot be written as JSON/],
    [{ key: "a", value: "v", metadata: revoked.proxy }, /^the metadata cannot be written as JSON/],
    [
      { key: "a", value: "v", metadata: { toJSON: failingGetter } },
      /^the metadata cannot be written as JSON/,
    ],
  ];
  for (const [pair, says] of given) {
    const error = await rejection((async () => toWirePair(pair as Pair))());
    expect(error).toBeInstanceOf(KVInputError);
    expect((error as Error).message).toMatch(says);
    expect(inspect(error)).not.toMatch(/secret/);
  }
  const { namespace } = serve();
  const job = namespace.bulkPut([
    { key: "a", value: "v", metadata: proxy },
    null as unknown as Pair,
    withGetter("key") as Pair,
    { key: "b", value: "v" },
  ]);
  expect(await rejection(job)).toMatchObject({
    succeeded: 1,
    unsuccessfulKeys: [],
    rejected: [{ key: "a" }, { key: "" }, { key: "" }],
  });
});

const acknowledging = (): Answered =>
  answering(({ path }) =>
    success(path.endsWith("/bulk") ? { successful_key_count: 1, unsuccessful_keys: [] } : null),
  );

describe("An expiration", () => {
  test.each([
    ["without its fraction of a second, as the binding does", { expiration: 4e9 + 0.9 }, { expiration: 4e9 }],
    ["up to the largest exact number", { expiration: 2 ** 53 - 1 }, { expiration: 2 ** 53 - 1 }],
    ["not at all beside a TTL, which wins", { expiration: 4e9, expirationTtl: 60.9 }, { expiration_ttl: 60 }],
    [
      "not at all beside a TTL, where it is past",
      { expiration: 5, expirationTtl: 60 },
      { expiration_ttl: 60 },
    ],
  ])("is sent %s", async (_, times, sent) => {
    const { namespace, requests } = acknowledging();
    await namespace.put("a", "v", times);
    await namespace.bulkPut([{ key: "a", value: "v", ...times }]);
    const query = Object.entries(sent).map(([name, value]) => [name, String(value)]);
    expect(requests[0]!.query).toEqual(Object.fromEntries(query));
    expect(JSON.parse(requests[1]!.text)).toEqual([{ key: "a", value: "v", ...sent }]);
  });

  test.each([
    ["expiration", 2 ** 53],
    ["expiration", 1e21],
    ["expirationTtl", 1e21],
  ])("is refused over the exact numbers: %s %d", async (name, seconds) => {
    const { namespace, requests } = acknowledging();
    const error = await rejection(namespace.put("a", "v", { [name]: seconds }));
    expect(error).toBeInstanceOf(KVInputError);
    expect((error as Error).message).toContain(
      `${name} is ${seconds}, not a number of seconds up to ${2 ** 53 - 1}`,
    );
    const job = namespace.bulkPut([{ key: "a", value: "v", [name]: seconds }]);
    expect(await rejection(job)).toMatchObject({ rejected: [{ key: "a" }] });
    expect(requests).toEqual([]);
  });
});

test("A bulk write carries as base64 what JSON would make three times as long, and text as text", async () => {
  const { namespace, requests } = answering(() =>
    success({ successful_key_count: 1, unsuccessful_keys: [] }),
  );
  const text = "\0".repeat(5 * big);
  await namespace.bulkPut([
    { key: "text", value: "é\n" },
    { key: "text as bytes", value: utf8("é\n") },
    { key: "bytes", value: Uint8Array.of(0xff) },
    { key: "control characters", value: text },
  ]);
  const sent = requests.flatMap(
    (request) => JSON.parse(request.text) as { value: string; base64?: boolean }[],
  );
  expect(sent.map(({ base64 = false }) => base64)).toEqual([false, false, true, true]);
  expect(sent.slice(0, 3).map(({ value }) => value)).toEqual(["é\n", "é\n", "/w=="]);
  expect(atob(sent[3]!.value) === text).toBe(true);
});

test.each([
  ["204, which has none", () => new Response(null, { status: 204 })],
  ["206, which has a part of it", () => new Response("par", { status: 206 })],
])("A value that comes with %s is refused, as a stream too", async (_, answer) => {
  const { namespace } = answering(answer);
  for (const read of [() => namespace.get("k"), () => namespace.get("k", "stream")]) {
    const error = await rejection(read());
    expect(error).toBeInstanceOf(KVAPIError);
    expect(String(error)).toMatch(/a value comes with 200/);
  }
});

test.each<[string, () => Promise<ReadableStream | Readable>]>([
  [
    "somebody else reads",
    async () => {
      const stream = new ReadableStream<Uint8Array>();
      stream.getReader();
      return stream;
    },
  ],
  [
    "was read to its end",
    async () => {
      const stream = new Blob(["precious"]).stream();
      await new Response(stream).text();
      return stream;
    },
  ],
  [
    "was read in part",
    async () => {
      const stream = new ReadableStream({
        start(controller) {
          for (const part of ["pre", "cious"]) controller.enqueue(new TextEncoder().encode(part));
          controller.close();
        },
      });
      const reader = stream.getReader();
      await reader.read();
      reader.releaseLock();
      return stream;
    },
  ],
  [
    "was cancelled",
    async () => {
      const stream = new Blob(["precious"]).stream();
      await stream.cancel();
      return stream;
    },
  ],
  [
    "of Node's was read",
    async () => {
      const stream = Readable.from([Buffer.from("precious")]);
      await stream.toArray();
      return stream;
    },
  ],
])("A stream that %s is no value, and refused, sent at once or twice", async (_, make) => {
  for (const retry of [{}, false] as const) {
    const { namespace, requests } = answering(() => success(null), { retry });
    const error = await rejection(namespace.put("k", await make()));
    expect(String(error)).toBe(
      "KVInputError: the value is a stream that is locked, or was read or cancelled before",
    );
    expect(requests).toEqual([]);
  }
});
