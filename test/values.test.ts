import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { createKV, KVAPIError, KVInputError, limits, type Value } from "../src/index.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import { accountId, answering, apiToken, namespaceId, rejection, serve, success, utf8 } from "./helpers.ts";
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

test("Fractions of a second are dropped from expirations, as the binding does", async () => {
  const { namespace, requests } = answering(({ path }) =>
    success(path.endsWith("/bulk") ? { successful_key_count: 1, unsuccessful_keys: [] } : null),
  );
  const times = { expiration: 4e9 + 0.9, expirationTtl: 60.9 };
  await namespace.put("a", "v", times);
  await namespace.bulkPut([{ key: "a", value: "v", ...times }]);
  expect(requests[0]!.query).toEqual({ expiration: "4000000000", expiration_ttl: "60" });
  expect(JSON.parse(requests[1]!.text)).toMatchObject([{ expiration: 4e9, expiration_ttl: 60 }]);
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
