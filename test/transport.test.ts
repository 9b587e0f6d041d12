import { spawn } from "node:child_process";
import { once, getEventListeners } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  createKV,
  type KV,
  KVAPIError,
  KVConnectionError,
  KVError,
  type KVNamespaceClient,
  type KVOptions,
  KVTimeoutError,
} from "../src/index.ts";
import {
  accountId,
  apiToken,
  binary,
  namespaceId,
  rejection,
  success,
  utf8,
  withoutPauses,
} from "./helpers.ts";
import { freePort, listenToSockets, overSockets } from "./sockets.ts";

interface Client {
  kv: KV;
  namespace: KVNamespaceClient;
}

function connect(options: Partial<KVOptions>): Client {
  const kv = createKV({ accountId, apiToken, rateLimit: false, retry: false, ...options });
  return { kv, namespace: kv.namespace(namespaceId) };
}

/** A client of a Node server that answers as a test wants. */
async function connectTo(
  listener: RequestListener,
  options: Partial<KVOptions> = {},
): Promise<Client & { server: Server }> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { server, ...connect({ baseUrl: `http://127.0.0.1:${port}/client/v4`, ...options }) };
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A body of chunks, each so many ms after the one before it; one of `undefined` never comes. */
function slowly(ms: number, chunks: readonly (string | undefined)[]): ReadableStream<Uint8Array> {
  let next = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        if (next === chunks.length) return controller.close();
        const chunk = chunks[next++];
        if (chunk === undefined) return new Promise(() => {});
        await later(ms);
        controller.enqueue(utf8(chunk));
      },
    },
    { highWaterMark: 0 },
  );
}

const value = { headers: { "content-type": "application/octet-stream" } };
const answered =
  (...body: Parameters<typeof slowly>) =>
  async (): Promise<Response> =>
    new Response(slowly(...body), value);

/** How a call ends whose answer is made by `fetch`, and when. */
async function outcomeOf(
  fetch: KVOptions["fetch"],
  act: (client: Client) => Promise<unknown>,
  options: Partial<KVOptions> = {},
): Promise<{ outcome: unknown; after: number }> {
  const started = performance.now();
  let after = NaN;
  const running = act(connect({ fetch, timeout: 1000, ...options }))
    .catch((error: unknown) => error)
    .finally(() => void (after = performance.now() - started));
  await vi.runAllTimersAsync();
  expect(vi.getTimerCount()).toBe(0);
  return { outcome: await running, after };
}

const never = (): Promise<never> => new Promise(() => {});
const get = ({ namespace }: Client): Promise<unknown> => namespace.get("a");

describe("The time limit", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("ends what has no answer, though the fetch pays its signal no heed", async () => {
    const { outcome, after } = await outcomeOf(never, get);
    expect(outcome).toBeInstanceOf(KVTimeoutError);
    expect(outcome).toMatchObject({ operation: "readValue", attempts: 1 });
    expect(String(outcome)).toBe(
      "KVTimeoutError: readValue: the connection stood still for 1000 ms, the limit of timeout",
    );
    expect(after).toBe(1000);
  });

  it("is a minute where nothing else is said", async () => {
    expect((await outcomeOf(never, get, { timeout: undefined })).after).toBe(60_000);
  });

  it("ends the wait for a token, for good: the function for it is the caller's own", async () => {
    let [asked, sent] = [0, 0];
    const { outcome, after } = await outcomeOf(async () => (sent++, success({})), get, {
      apiToken: () => (asked++, never()),
      rateLimit: {},
      retry: {},
    });
    expect(outcome).toBeInstanceOf(KVTimeoutError);
    expect(outcome).toMatchObject({ operation: "readValue", attempts: undefined });
    expect(String(outcome)).toBe(
      "KVTimeoutError: readValue: the function apiToken gave nothing for 1000 ms, the limit of timeout",
    );
    expect({ after, asked, sent }).toEqual({ after: 1000, asked: 1, sent: 0 });
  });

  it("ends the wait for a token that a second try needs, and tells of the first", async () => {
    withoutPauses();
    let asked = 0;
    const { outcome, after } = await outcomeOf(async () => new Response("", { status: 503 }), get, {
      apiToken: () => (asked++ ? never() : Promise.resolve("a-token")),
      retry: {},
    });
    expect(String(outcome)).toMatch(/apiToken gave nothing for 1000 ms/);
    expect({ after, attempts: (outcome as KVTimeoutError).attempts }).toEqual({ after: 1000, attempts: 1 });
  });

  it("counts the wait for a token and that for an answer each by itself", async () => {
    const { outcome, after } = await outcomeOf(
      never,
      ({ namespace }) => namespace.put("a", "a".repeat(131_072)),
      {
        apiToken: () => later(900).then(() => "a-token"),
      },
    );
    expect(String(outcome)).toMatch(/no answer within 2000 ms, the limit of timeout with a second/);
    expect(after).toBe(2900);
  });

  it("leaves a second more for each 128 KiB that is sent", async () => {
    const bytes = 1024 * 1024;
    const bodies = ["a".repeat(bytes), new Uint8Array(bytes), new Blob([new Uint8Array(bytes)])];
    for (const body of bodies) {
      const { outcome, after } = await outcomeOf(never, ({ namespace }) => namespace.put("a", body));
      expect(after).toBe(9000);
      expect(String(outcome)).toMatch(/9000 ms, the limit of timeout with a second for each 128 KiB sent$/);
    }
    const form = await outcomeOf(never, ({ namespace }) => namespace.put("a", bodies[0]!, { metadata: 1 }));
    expect(form.after).toBeCloseTo(9000, -1);
  });

  it("lets an answer come however slowly, as long as it moves", async () => {
    const chunks = Array.from({ length: 50 }, (_, i) => String(i % 10));
    const { outcome, after } = await outcomeOf(answered(900, chunks), get);
    expect(outcome).toBe(chunks.join(""));
    expect(after).toBeGreaterThan(40_000);
  });

  it("lets an answer that is short and says so come as slowly", async () => {
    const headers = { ...value.headers, "content-length": "5" };
    const { outcome } = await outcomeOf(async () => {
      await later(900);
      return new Response(slowly(900, ["h", "e", "l", "l", "o"]), { headers });
    }, get);
    expect(outcome).toBe("hello");
  });

  it("ends an answer that stands still within its body, and what is left of it", async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(utf8("half")),
      cancel: () => void (isCancelled = true),
    });
    const { outcome, after } = await outcomeOf(async () => new Response(body, value), get);
    expect(outcome).toBeInstanceOf(KVTimeoutError);
    expect(after).toBe(1000);
    expect(isCancelled).toBe(true);
  });

  it("is tried again, where it ended an attempt", async () => {
    let asked = 0;
    withoutPauses();
    const fetch = async (): Promise<Response> =>
      ++asked < 3 ? new Response(slowly(0, ["half", undefined]), value) : new Response("whole", value);
    const { outcome, after } = await outcomeOf(fetch, get, { retry: {} });
    expect(outcome).toBe("whole");
    expect(after).toBe(2000);
  });

  it("counts in a stream only while its reader waits for the service", async () => {
    const { outcome } = await outcomeOf(answered(900, ["a", "b", "c"]), async ({ namespace }) => {
      const stream = await namespace.get("a", "stream");
      let text = "";
      for await (const chunk of stream!) {
        text += new TextDecoder().decode(chunk);
        await later(3_600_000);
      }
      return text;
    });
    expect(outcome).toBe("abc");
  });

  it("ends a stream whose service stands still", async () => {
    let text = "";
    const { outcome, after } = await outcomeOf(answered(10, ["a", undefined]), async ({ namespace }) => {
      for await (const chunk of (await namespace.get("a", "stream"))!)
        text += new TextDecoder().decode(chunk);
    });
    expect(text).toBe("a");
    expect(outcome).toBeInstanceOf(KVTimeoutError);
    expect(outcome).toMatchObject({ operation: "readValue" });
    expect(after).toBe(1010);
  });

  it.each([Infinity, 2 ** 31, Number.MAX_VALUE])("of %d is none", async (timeout) => {
    const outcome = await outcomeOf(answered(86_400_000, ["late"]), get, { timeout });
    expect(outcome).toEqual({ outcome: "late", after: 86_400_000 });
  });
});

describe.each(overSockets)("An abort, through %s,", (_, over) => {
  const reason = new Error("enough");

  it("ends a call that waits for its answer, at once and with its reason", async () => {
    const { server, namespace } = await connectTo(() => {}, over);
    const controller = new AbortController();
    const outcome = rejection(namespace.get("a", { type: "text", signal: controller.signal }));
    const [, response] = (await once(server, "request")) as [unknown, NodeJS.EventEmitter];
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    await once(response, "close");
  });

  it("ends a call within its answer, and closes the connection", async () => {
    const { server, namespace } = await connectTo((_, response) => void response.write("half"), over);
    const controller = new AbortController();
    const outcome = rejection(namespace.get("a", { type: "text", signal: controller.signal }));
    const [, response] = (await once(server, "request")) as [unknown, NodeJS.EventEmitter];
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    await once(response, "close");
  });

  it("ends a stream that is being read", async () => {
    const { namespace } = await connectTo((_, response) => void response.write("half"), over);
    const controller = new AbortController();
    const stream = await namespace.get("a", { type: "stream", signal: controller.signal });
    const reader = stream!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value as Uint8Array)).toBe("half");
    const rest = rejection(reader.read());
    controller.abort(reason);
    expect(await rest).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("ends an upload of 100 MB, and closes the connection", async () => {
    const { server, namespace } = await connectTo(
      (request) => void request.once("data", () => request.pause()),
      over,
    );
    const controller = new AbortController();
    const pairs = Array.from({ length: 5 }, (_, i) => ({ key: `k${i}`, value: "v".repeat(20_000_000) }));
    const outcome = rejection(namespace.bulkPut(pairs, { signal: controller.signal }));
    const [request] = (await once(server, "request")) as [IncomingMessage];
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    // Whoever does not read does not see that a connection ends.
    request.resume();
    expect(await rejection(once(request, "close"))).toMatchObject({ message: "aborted" });
  });
});

describe("An abort", () => {
  const reason = new Error("enough");

  it("ends the wait for a token", async () => {
    const { kv } = connect({ apiToken: () => new Promise(() => {}), fetch: async () => success({}) });
    const controller = new AbortController();
    const outcome = rejection(kv.namespaces.get(namespaceId, { signal: controller.signal }));
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it("ends a call whose fetch pays its signal no heed", async () => {
    const { kv } = connect({ fetch: () => new Promise(() => {}) });
    const controller = new AbortController();
    const outcome = rejection(kv.namespaces.get(namespaceId, { signal: controller.signal }));
    controller.abort(reason);
    expect(await outcome).toBe(reason);
  });
});

it("An answer that comes after the call was given up starts no timer, which would keep a process alive", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let answer!: (response: Response) => void;
  const { namespace } = connect({ fetch: () => new Promise((resolve) => (answer = resolve)) });
  const controller = new AbortController();
  // Large enough to be given more time than the answer after it.
  const { signal } = controller;
  const outcome = rejection(namespace.put("a", new Uint8Array(1024 * 1024), { signal }));
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1));
  controller.abort("enough");
  expect(await outcome).toBe("enough");
  answer(success(null));
  await new Promise((resolve) => setImmediate(resolve));
  expect(vi.getTimerCount()).toBe(0);
});

describe("A signal that lives on keeps no listener", () => {
  const { signal } = new AbortController();
  const fetches: [string, KVOptions["fetch"], (client: Client) => Promise<unknown>][] = [
    [
      "after success",
      async () => new Response("v", value),
      ({ namespace }) => namespace.get("a", { type: "text", signal }),
    ],
    [
      "after a refusal",
      async () => new Response("no", { status: 403 }),
      ({ namespace }) => namespace.get("a", { type: "text", signal }),
    ],
    [
      "after a lost connection",
      async () => Promise.reject(new TypeError("lost")),
      ({ namespace }) => namespace.get("a", { type: "text", signal }),
    ],
    [
      "after a time-out",
      () => new Promise(() => {}),
      ({ namespace }) => namespace.get("a", { type: "text", signal }),
    ],
    [
      "after a stream was read",
      async () => new Response("v", value),
      async ({ namespace }) =>
        new Response((await namespace.get("a", { type: "stream", signal })) as ReadableStream).text(),
    ],
    [
      "after a stream was left",
      async () => new Response("v", value),
      async ({ namespace }) => (await namespace.get("a", { type: "stream", signal }))!.cancel(),
    ],
    [
      "after a stream broke off",
      async () =>
        new Response(
          new ReadableStream({
            pull() {
              throw new Error("lost");
            },
          }),
          value,
        ),
      async ({ namespace }) =>
        new Response((await namespace.get("a", { type: "stream", signal })) as ReadableStream).text(),
    ],
    [
      "after a bulk job",
      async () => success({ successful_key_count: 1, unsuccessful_keys: [] }),
      ({ namespace }) => namespace.bulkPut([{ key: "a", value: "v" }], { signal }),
    ],
    [
      "after a bulk read that was left",
      async () => success({ values: { a: "v", b: "v" } }),
      async ({ namespace }) => {
        for await (const _ of namespace.bulkGet(["a", "b"], { signal })) break;
      },
    ],
  ];

  it.each(fetches)("%s", async (_, fetch, act) => {
    await act(connect({ fetch, timeout: 20 })).catch(() => {});
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

/** Spaces that take little on the line, and more than the largest value where they are unpacked. */
const bomb = gzipSync(Buffer.alloc(60_000_000, " "));

describe.each(overSockets)("A body, through %s,", (_, over) => {
  it.each([
    [403, 1],
    [503, 3],
  ])("of hundreds of megabytes is cut, where it is a refusal: %d", async (status, times) => {
    withoutPauses();
    const written: number[] = [];
    const chunk = Buffer.alloc(64 * 1024, "x");
    const { namespace } = await connectTo(
      (_, response) => {
        const index = written.push(0) - 1;
        response.writeHead(status, { "content-type": "text/plain", "content-length": 300_000_000 });
        const go = (): void => {
          while (written[index]! < 300_000_000 && !response.destroyed) {
            written[index]! += chunk.length;
            if (!response.write(chunk)) return void response.once("drain", go);
          }
        };
        go();
      },
      { ...over, retry: { limit: 2 } },
    );
    const error = await rejection(namespace.get("a"));
    expect(error).toMatchObject({ status, attempts: times });
    expect(String(error).length).toBeLessThan(400);
    expect(written).toHaveLength(times);
    // What the system's buffers of a connection hold, and no more.
    for (const bytes of written) expect(bytes).toBeLessThan(30_000_000);
  });

  it("that unpacks to more than the largest value is refused, whatever it takes on the line", async () => {
    expect(bomb.length).toBeLessThan(100_000);
    const { namespace } = await connectTo((_, response) => {
      const headers = {
        "content-type": "application/octet-stream",
        "content-encoding": "gzip",
        "content-length": bomb.length,
      };
      response.writeHead(200, headers).end(bomb);
    }, over);
    const error = await rejection(namespace.get("a"));
    expect(error).toBeInstanceOf(KVAPIError);
    expect(String(error)).toMatch(
      /readValue: the service answered with over 26214400 bytes, more than its spec allows/,
    );
  });

  it("that unpacks to a page is read as far as a page is", async () => {
    const { kv } = await connectTo((_, response) => {
      response.writeHead(403, { "content-type": "text/html", "content-encoding": "gzip" }).end(bomb);
    }, over);
    expect(await rejection(kv.namespaces.list())).toMatchObject({
      status: 403,
      message: expect.stringMatching(/no text$/) as string,
    });
  });

  it("of the largest value, not one byte more, is read", async () => {
    const largest = 26_214_400;
    const sizes = [largest, largest + 1];
    const { namespace } = await connectTo((_, response) => {
      response.writeHead(200, value.headers).end(Buffer.alloc(sizes.shift()!));
    }, over);
    expect((await namespace.get("a", "arrayBuffer"))!.byteLength).toBe(largest);
    expect(String(await rejection(namespace.get("a", "arrayBuffer")))).toMatch(/over 26214400 bytes/);
  });

  it("of a stream is sent as it comes, once, where nothing is sent again", async () => {
    let chunks = 0;
    const { namespace } = await connectTo((request, response) => {
      request.on("data", () => chunks++);
      request.on("end", () =>
        response.end(JSON.stringify({ success: true, errors: [], messages: [], result: null })),
      );
    }, over);
    async function* source(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 5; i++) {
        yield binary;
        // Sent before the next one is there.
        // oxlint-disable-next-line no-unmodified-loop-condition -- the server counts
        while (chunks <= i) await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await namespace.put("a", source());
    expect(chunks).toBe(5);
  });
});

describe("fetch", () => {
  it("is looked up at each call, so that what is installed later is used", async () => {
    const { namespace } = connect({});
    vi.stubGlobal("fetch", async () => new Response("first", value));
    expect(await namespace.get("a")).toBe("first");
    vi.stubGlobal("fetch", async () => new Response("second", value));
    expect(await namespace.get("a")).toBe("second");
  });

  it("gets a URL and an init, and no Request that would have to be built", async () => {
    const given: unknown[][] = [];
    vi.stubGlobal("fetch", async (...args: unknown[]) => {
      given.push(args);
      return new Response("v", value);
    });
    await connect({}).namespace.get("a");
    expect(given).toEqual([
      [
        expect.stringMatching(/^https:\/\/api\.cloudflare\.com\/client\/v4\//),
        expect.objectContaining({ redirect: "manual" }),
      ],
    ]);
  });

  it("of the caller's own gets a real Request, anew for each attempt", async () => {
    withoutPauses();
    const requests: Request[] = [];
    const bodies: string[] = [];
    const { namespace } = connect({
      retry: { limit: 2 },
      async fetch(request) {
        requests.push(request);
        bodies.push(await request.text());
        return requests.length < 3 ? new Response("", { status: 503 }) : success(null);
      },
    });
    await namespace.put("a", "value");
    expect(requests.every((request) => request instanceof Request)).toBe(true);
    expect(new Set(requests).size).toBe(3);
    expect(bodies).toEqual(["value", "value", "value"]);
    expect(requests[0]!.redirect).toBe("manual");
    expect(requests[0]!.headers.get("authorization")).toBe(`Bearer ${apiToken}`);
  });

  it.each([
    [
      "throws at once",
      () => {
        throw new TypeError("no");
      },
    ],
    [
      "throws what is no Error",
      () => {
        throw "no";
      },
    ],
  ])("of the caller's own that %s is a lost connection", async (_, fetch) => {
    const error = await rejection(connect({ fetch }).namespace.get("a"));
    expect(error).toBeInstanceOf(KVConnectionError);
    expect(error).toMatchObject({ operation: "readValue", attempts: 1, cause: expect.anything() as unknown });
  });
});

describe("A fetch that gives what is no Response", () => {
  const made: [string, unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["a text", "answer"],
    ["an object", {}],
    ["one without headers", { status: 200, ok: true, body: null }],
    ["one whose headers are no Headers", { status: 200, ok: true, headers: {}, body: null }],
    [
      "one whose body is a stream of Node's",
      { status: 200, headers: new Headers(), body: Readable.from(["v"]) },
    ],
  ];
  it.each(made)("is asked once, and named: %s", async (_, given) => {
    let asked = 0;
    const fetch = async (): Promise<unknown> => (asked++, given);
    const error = await rejection(
      connect({ fetch: fetch as KVOptions["fetch"], retry: {} }).namespace.get("a"),
    );
    expect(error).toBeInstanceOf(KVError);
    expect(error).not.toBeInstanceOf(KVConnectionError);
    expect(error).toMatchObject({ message: "readValue: fetch gave what is no Response", attempts: 1 });
    expect(asked).toBe(1);
  });

  it("is none where it only is of another class", async () => {
    const { status, ok, headers } = new Response("", value);
    const fetch = async (): Promise<unknown> => ({ status, ok, headers, body: slowly(0, ["v"]) });
    expect(await connect({ fetch: fetch as KVOptions["fetch"] }).namespace.get("a")).toBe("v");
  });
});

describe.each(overSockets)("A connection, through %s,", (_, over) => {
  beforeEach(withoutPauses);

  const whole =
    "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello";
  const broken: [string, (socket: Socket) => void][] = [
    ["is reset before the request is read", (socket) => socket.resetAndDestroy()],
    ["is reset when the request is there", (socket) => socket.once("data", () => socket.resetAndDestroy())],
    ["ends without an answer", (socket) => socket.once("data", () => socket.end())],
    [
      "ends within the headers",
      (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-ty")),
    ],
    ["ends within the body", (socket) => socket.once("data", () => socket.end(whole.slice(0, -2)))],
    [
      "is reset within the body",
      (socket) =>
        socket.once("data", () =>
          socket.write(whole.slice(0, -2), () => setImmediate(() => socket.resetAndDestroy())),
        ),
    ],
    [
      "ends within a chunked body",
      (socket) =>
        socket.once("data", () =>
          socket.end("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n"),
        ),
    ],
    ["speaks no HTTP", (socket) => socket.once("data", () => socket.end("220 smtp ready\r\n"))],
  ];

  it.each(broken)("that %s is tried again", async (_, breakOff) => {
    const baseUrl = await listenToSockets((socket, index) => {
      if (index < 2) breakOff(socket);
      else socket.once("data", () => socket.end(whole));
    });
    const { namespace } = connect({ ...over, baseUrl, retry: { limit: 3 } });
    expect(await namespace.get("a")).toBe("hello");
  });

  it.each(broken)("that %s for good is an error of the connection, with its cause", async (_, breakOff) => {
    const baseUrl = await listenToSockets((socket) => breakOff(socket));
    const { namespace } = connect({ ...over, baseUrl, retry: { limit: 3 } });
    const error = await rejection(namespace.get("a"));
    expect(error).toBeInstanceOf(KVConnectionError);
    expect(error).toMatchObject({ operation: "readValue", attempts: 4 });
    expect((error as Error).cause).toBeInstanceOf(Error);
    expect(String(error)).not.toContain(apiToken);
  });

  it("that is refused tells what the system said", async () => {
    const { namespace } = connect({ ...over, baseUrl: `http://127.0.0.1:${await freePort()}/client/v4` });
    expect(String(await rejection(namespace.get("a")))).toMatch(
      /^KVConnectionError: readValue: no answer, or one that broke off: fetch failed \(.*ECONNREFUSED/,
    );
  });
});

it("A connection that fails in the shape of interceptors, which throw the error as it is, is tried again", async () => {
  onTestFinished(() => {
    nock.cleanAll();
    nock.restore();
  });
  if (!nock.isActive()) nock.activate();
  const failure = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  nock("https://api.cloudflare.com")
    .get(/values/)
    .replyWithError(failure)
    .get(/values/)
    .reply(200, "v");
  expect(await connect({ retry: { limit: 1 } }).namespace.get("a")).toBe("v");
});

it("Nothing keeps a process alive once all is done", async () => {
  const program = `
    import { createKV } from "./src/index.ts";
    import { createKVServer } from "./src/server/index.ts";
    const accountId = "${accountId}", id = "${namespaceId}";
    const { fetch } = createKVServer({ namespaces: [{ id, title: "first", accountId }] });
    const kv = createKV({ accountId, apiToken: "t", fetch, rateLimit: { requests: 3, window: 600_000 }, retry: { maxDelay: 900_000 } });
    const namespace = kv.namespace(id);
    await namespace.put("a", "b");
    await namespace.get("a");
    const stream = await namespace.get("a", "stream");
    await new Response(stream).text();
    const controller = new AbortController();
    const held = namespace.get("a", { signal: controller.signal }).catch((error) => error);
    controller.abort("enough");
    console.log(await held);
  `;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    cwd: new URL("..", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  const output: string[] = [];
  child.stdout.on("data", (data) => output.push(String(data)));
  // It is the test's own limit that fails where the process goes on.
  const [code] = (await once(child, "close")) as [number];
  expect([code, output.join("").trim()]).toEqual([0, "enough"]);
});
