import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, connect as connectSocket, type Socket } from "node:net";
import { promisify } from "node:util";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  createKV,
  KVConnectionError,
  KVError,
  KVInputError,
  type KVNamespaceClient,
  type KVOptions,
  KVTimeoutError,
} from "../src/index.ts";
import { nodeFetch } from "../src/node.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import { collectGarbage } from "./garbage.ts";
import { accountId, apiToken, namespaceId, rejection, utf8, withoutPauses } from "./helpers.ts";
import { freePort, listenToSockets, overSockets } from "./sockets.ts";

interface Served {
  namespace: KVNamespaceClient;
  origin: string;
  /** Each connection that was made, in order. */
  sockets: Socket[];
}

/** A client of a server that answers as a test wants. */
async function serve(listener: RequestListener, options: Partial<KVOptions>): Promise<Served> {
  const sockets: Socket[] = [];
  const server = createServer(listener)
    .on("connection", (socket) => void sockets.push(socket))
    .listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { namespace: client(`${origin}/client/v4`, options), origin, sockets };
}

function client(baseUrl: string, options: Partial<KVOptions>): KVNamespaceClient {
  const kv = createKV({ accountId, apiToken, baseUrl, rateLimit: false, retry: false, ...options });
  return kv.namespace(namespaceId);
}

const octets = { "content-type": "application/octet-stream" };
const largest = 26_214_400;

/** So many bytes, no two stretches of them alike. */
function patterned(size: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i, 2_654_435_761);
  return new Uint8Array(words.buffer, 0, size);
}

const isSame = (left: Uint8Array, right: Uint8Array): boolean => Buffer.compare(left, right) === 0;

describe.each(overSockets)("An answer through %s", (_, over) => {
  const text = "value ".repeat(1000);
  const half = Buffer.from(text.slice(0, 3000));

  it.each<[string, string, Uint8Array]>([
    ["gzip", "gzip", gzipSync(text)],
    ["GZIP in capitals", "GZIP", gzipSync(text)],
    ["gzip in two members", "gzip", Buffer.concat([gzipSync(half), gzipSync(half)])],
    ["gzip by its old name", "x-gzip", gzipSync(text)],
    ["deflate", "deflate", deflateSync(text)],
    ["deflate without its wrapper", "deflate", deflateRawSync(text)],
    ["br", "br", brotliCompressSync(text)],
    ["gzip, then br", "gzip, br", brotliCompressSync(gzipSync(text))],
    ["a coding that nobody asked for", "rot13", Buffer.from(text)],
  ])("in %s is read", async (_name, coding, bytes) => {
    const { namespace } = await serve((_request, response) => {
      response.writeHead(200, { ...octets, "content-encoding": coding });
      // A byte by itself comes first: what the coding is shows there.
      response.write(bytes.subarray(0, 1), () => response.end(bytes.subarray(1)));
    }, over);
    expect(await namespace.get("a")).toBe(text);
    const stream = (await namespace.get("a", "stream")) as ReadableStream;
    expect(await new Response(stream).text()).toBe(text);
  });

  it.each(["gzip", "deflate", "br"])("that is empty and said to be %s is empty", async (coding) => {
    const { namespace } = await serve((_request, response) => {
      response.writeHead(200, { ...octets, "content-encoding": coding }).end();
    }, over);
    expect(await namespace.get("a")).toBe("");
  });

  it.each(["gzip", "deflate", "br"])(
    "in broken %s is an error, and closes the connection",
    async (coding) => {
      const { namespace, sockets } = await serve((_request, response) => {
        response.writeHead(200, { ...octets, "content-encoding": coding });
        // Without an end: the decoder finds it broken, not the connection.
        response.write(Buffer.alloc(10_000, 7));
      }, over);
      expect(await rejection(namespace.get("a"))).toBeInstanceOf(KVConnectionError);
      if (!sockets[0]!.destroyed) await once(sockets[0]!, "close");
    },
  );

  it("of 200 without a body is an empty value", async () => {
    const { namespace } = await serve((_request, response) => void response.writeHead(200).end(), over);
    expect(await namespace.get("a")).toBe("");
  });

  it.each([204, 205])("of %d, which has no body, is one", async (status) => {
    const { namespace } = await serve((_request, response) => void response.writeHead(status).end(), over);
    expect(await namespace.delete("a")).toBeUndefined();
  });

  it("comes behind those of 103", async () => {
    const { namespace } = await serve((_request, response) => {
      response.writeEarlyHints({ link: "</a>; rel=preload" });
      response.writeEarlyHints({ link: "</b>; rel=preload" });
      response.writeHead(200, octets).end("v");
    }, over);
    expect(await namespace.get("a")).toBe("v");
  });

  it("has its headers, those that come several times too", async () => {
    const { origin } = await serve((_request, response) => {
      response.setHeader("set-cookie", ["a=1", "b=2"]);
      response.setHeader("X-Several", ["one", "two"]);
      response.setHeader("x-latin", "\u00e9");
      response.writeHead(418, "Short and Stout").end();
    }, over);
    const fetch = over.fetch ?? globalThis.fetch;
    const { headers, status, statusText, ok, url } = await fetch(new Request(`${origin}/x?y=%2F`));
    expect({ status, statusText, ok, url }).toEqual({
      status: 418,
      statusText: "Short and Stout",
      ok: false,
      url: `${origin}/x?y=%2F`,
    });
    const read = (): unknown[] => [
      headers.get("x-SEVERAL"),
      headers.get("set-cookie"),
      headers.get("x-latin"),
      headers.has("X-Several"),
      headers.get("x-none"),
      headers.get("constructor"),
      headers.has("constructor"),
    ];
    const expected = ["one, two", "a=1, b=2", "\u00e9", true, null, null, false];
    expect(read()).toEqual(expected);
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(new Headers([...headers]).get("x-several")).toBe("one, two");
    expect(read()).toEqual(expected);
  });

  it("that leads elsewhere is not followed; the error names the origin", async () => {
    const followed: string[] = [];
    const { namespace } = await serve((request, response) => {
      followed.push(request.url!);
      response.writeHead(302, { location: "https://elsewhere.test/path?secret" }).end();
    }, over);
    const error = String(await rejection(namespace.get("a")));
    expect(error).toMatch(/https:\/\/elsewhere\.test\b/);
    expect(error).not.toMatch(/secret/);
    expect(followed).toHaveLength(1);
  });

  it("of chunks that its reader may do with as it likes", async () => {
    const { namespace } = await serve((_request, response) => {
      response.writeHead(200, octets);
      for (const chunk of ["one ", "two ", "three"]) response.write(chunk);
      response.end();
    }, over);
    let read = "";
    for await (const chunk of (await namespace.get("a", "stream")) as unknown as AsyncIterable<Uint8Array>) {
      expect(Object.getPrototypeOf(chunk)).toBe(Uint8Array.prototype);
      // Moving one away takes nothing from those that follow.
      read += new TextDecoder().decode(structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] }));
    }
    expect(read).toBe("one two three");
  });
});

describe.each(overSockets)("A body of %s arrives byte for byte:", (_, over) => {
  const bytes = patterned(largest);
  const metadata = { of: "a" };
  const bodies: [string, () => Parameters<KVNamespaceClient["put"]>[1], Uint8Array, object?][] = [
    ["no byte", () => "", new Uint8Array()],
    ["text", () => "k\u00e4se \u{1f9c0}", utf8("k\u00e4se \u{1f9c0}")],
    ["a part of a buffer", () => bytes.subarray(5, 10_005), bytes.subarray(5, 10_005)],
    ["a Blob", () => new Blob([bytes.subarray(0, 100_000)]), bytes.subarray(0, 100_000)],
    ["a form", () => bytes.subarray(0, 100_000), bytes.subarray(0, 100_000), { metadata }],
    ["a stream", () => new Blob([bytes.subarray(0, 1_000_000)]).stream(), bytes.subarray(0, 1_000_000)],
    ["25 MiB", () => bytes, bytes],
    ["25 MiB as a stream", () => new Blob([bytes]).stream(), bytes],
  ];

  it.each(bodies)("%s", async (_name, make, expected, options) => {
    const server = createKVServer({ namespaces: [{ id: namespaceId, title: "first", accountId }] });
    await using listening = await listen(server);
    const namespace = client(listening.url, over);
    await namespace.put("a", make(), options);
    const { value, metadata: stored } = await namespace.getWithMetadata("a", "arrayBuffer");
    expect(isSame(new Uint8Array(value!), expected)).toBe(true);
    expect(stored).toEqual(options ? metadata : null);
  });

  it("not all of it, where the answer comes before its end", async () => {
    const { namespace } = await serve((_request, response) => {
      response.writeHead(413, { "content-type": "text/plain", connection: "close" }).end("too large");
    }, over);
    const error = await rejection(namespace.put("a", bytes));
    // The connection may be gone before the answer was read.
    if (!(error instanceof KVConnectionError)) expect(error).toMatchObject({ status: 413 });
  });
});

describe.each(overSockets)("A reader through %s", (_, over) => {
  /** A server that writes for as long as somebody takes it. */
  async function pouring(): Promise<Served & { written: () => number; left: Promise<void> }> {
    let written = 0;
    let leave!: () => void;
    const left = new Promise<void>((resolve) => (leave = resolve));
    const chunk = Buffer.alloc(64 * 1024, "x");
    const served = await serve((_request, response) => {
      response.writeHead(200, { ...octets, "content-length": 100 * largest });
      const go = (): void => {
        while (!response.destroyed && response.write(chunk)) written += chunk.length;
        written += chunk.length;
      };
      response.on("drain", go).on("close", leave);
      go();
    }, over);
    return { ...served, written: () => written, left };
  }

  it("that is slow holds the service back", async () => {
    const { namespace, written } = await pouring();
    const reader = ((await namespace.get("a", "stream")) as ReadableStream<Uint8Array>).getReader();
    let read = 0;
    // Until a while passes in which nothing more is written: what lies on the way is full.
    for (let before = -1, same = 0; same < 200;) {
      const now = written();
      same = now === before ? same + 1 : 0;
      before = now;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // The buffers of the system on both sides.
    expect(written()).toBeLessThan(16 * 1024 * 1024);
    while (read < 2 * largest) read += (await reader.read()).value!.byteLength;
    expect(written() - read).toBeLessThan(16 * 1024 * 1024);
    await reader.cancel();
  });

  it("that has enough closes the connection, and the next call gets another", async () => {
    const { namespace, left } = await pouring();
    const reader = ((await namespace.get("a", "stream")) as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await left;
    const again = ((await namespace.get("a", "stream")) as ReadableStream<Uint8Array>).getReader();
    expect((await again.read()).done).toBe(false);
    await again.cancel();
  });

  it("that is stopped after half of it gets the reason, and the service sees it", async () => {
    const { namespace, left } = await pouring();
    const controller = new AbortController();
    const stream = await namespace.get("a", { type: "stream", signal: controller.signal });
    const reader = (stream as ReadableStream<Uint8Array>).getReader();
    for (let read = 0; read < largest / 2;) read += (await reader.read()).value!.byteLength;
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await rejection(reader.read())).toBe(reason);
    await left;
  });

  it.each(["before its headers", "between two chunks"])("gives up what stands still %s", async (where) => {
    const { namespace, sockets } = await serve(
      (_request, response) => {
        if (where === "between two chunks") response.writeHead(200, octets).write("half");
      },
      // A busy machine takes its time to connect.
      { ...over, timeout: 250 },
    );
    expect(await rejection(namespace.get("a"))).toBeInstanceOf(KVTimeoutError);
    if (!sockets[0]!.destroyed) await once(sockets[0]!, "close");
  });
});

describe.each(overSockets)("What fails on the way of %s", (_, over) => {
  beforeEach(withoutPauses);
  const whole = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

  it("an idle connection that the service closes as a request goes out: it is sent again, done once", async () => {
    let answered = 0;
    const baseUrl = await listenToSockets((socket, index) => {
      let requests = 0;
      socket.on("data", () => {
        // The first two connections die with their second request unread.
        if (++requests > 1 && index < 2) return socket.resetAndDestroy();
        answered++;
        return socket.write(whole);
      });
    });
    const namespace = client(baseUrl, { ...over, retry: { limit: 1 } });
    for (let i = 0; i < 5; i++) expect(await namespace.get("a")).toBe("hello");
    expect(answered).toBe(5);
  });

  it("an idle connection that the service has closed is not used", async () => {
    const baseUrl = await listenToSockets((socket) => socket.on("data", () => void socket.end(whole)));
    const namespace = client(baseUrl, over);
    for (let i = 0; i < 20; i++) expect(await namespace.get("a")).toBe("hello");
  });

  it("all connections at once, while others wait for one: each is sent again", async () => {
    let requests = 0;
    const { namespace, sockets } = await serve(
      (_request, response) => {
        if (++requests === 20) for (const socket of sockets) socket.resetAndDestroy();
        else setImmediate(() => response.writeHead(200, octets).end("v"));
      },
      { ...over, ...(over.fetch ? { fetch: nodeFetch({ connections: 8 }) } : {}), retry: { limit: 5 } },
    );
    const values = await Promise.all(Array.from({ length: 100 }, (_item, i) => namespace.get(`k${i}`)));
    expect(values).toEqual(Array(100).fill("v"));
  });

  it.each([
    ["nobody listens", async () => `http://127.0.0.1:${await freePort()}`, /fetch failed \(.*ECONNREFUSED/],
    [
      "the name is not known",
      async () => "https://nowhere.invalid",
      /fetch failed \(.*(ENOTFOUND|EAI_AGAIN)/,
    ],
    [
      "the other side speaks no TLS",
      async () => {
        const plain = new URL(await listenToSockets((socket) => void socket.end("220 smtp ready\r\n")));
        return `https://${plain.host}`;
      },
      /fetch failed \(.*(SSL|wrong version|ECONNRESET|socket)/i,
    ],
  ])("%s: the error says so", async (_name, find, message) => {
    const error = await rejection(client(await find(), over).get("a"));
    expect(error).toBeInstanceOf(KVConnectionError);
    expect(String(error)).toMatch(message);
  });

  it.each([
    ["nobody listens", async () => `http://127.0.0.1:${await freePort()}`],
    ["the name is not known", async () => "https://nowhere.invalid"],
  ])("%s: what must not be sent twice is, as nothing was received", async (_name, find) => {
    const options = { accountId, apiToken, baseUrl: await find(), ...over, retry: { limit: 2 } };
    expect(await rejection(createKV(options).namespaces.create("new"))).toMatchObject({ attempts: 3 });
  });

  it.each([
    ["a length that is not kept", "content-length: 10\r\n\r\nhalf"],
    ["chunks that break off", "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
    ["gzip that breaks off at its start", "content-encoding: gzip\r\ncontent-length: 10\r\n\r\n\x1f"],
  ])("%s: a stream fails where it ends", async (_name, bytes) => {
    const baseUrl = await listenToSockets((socket) =>
      socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${bytes}`, "latin1")),
    );
    const stream = (await client(baseUrl, over).get("a", "stream")) as ReadableStream;
    expect(await rejection(new Response(stream).text())).toBeInstanceOf(KVConnectionError);
  });
});

/** A listener that answers nothing by itself, and what waits there. */
function held(): [RequestListener, ServerResponse[]] {
  const waiting: ServerResponse[] = [];
  return [(_request, response) => void waiting.push(response), waiting];
}

/** Leads whatever it is asked for to one place. */
async function proxyTo(origin: string): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer().listen(0, "127.0.0.1");
  server.on("connect", ({ url, headers }, socket: Socket) => {
    asked.push(`${url} ${headers["proxy-authorization"] ?? ""}`.trim());
    const target = connectSocket(Number(new URL(origin).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(socket).pipe(target);
    });
    for (const each of [socket, target]) each.on("error", () => target.destroy());
    socket.on("close", () => target.destroy());
  });
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const answer: RequestListener = (_request, response) => void response.writeHead(200, octets).end("v");

describe("nodeFetch", () => {
  it.each([0, -1, 1.5, NaN, "8" as unknown as number])("refuses %j connections", (connections) => {
    expect(() => nodeFetch({ connections })).toThrow(KVInputError);
  });

  it("opens no more connections than it is told", async () => {
    const [listener, waiting] = held();
    const { namespace, sockets } = await serve(listener, { fetch: nodeFetch({ connections: 2 }) });
    const calls = Array.from({ length: 10 }, () => namespace.get("a"));
    for (let answered = 0; answered < 10; await new Promise((resolve) => setImmediate(resolve))) {
      for (const response of waiting.splice(0)) {
        response.writeHead(200, octets).end("v");
        answered++;
      }
    }
    expect(await Promise.all(calls)).toEqual(Array(10).fill("v"));
    expect(sockets).toHaveLength(2);
  });

  it("lets go of what waits for a connection, and leaves the connection alone", async () => {
    const [listener, waiting] = held();
    const { namespace, sockets } = await serve(listener, { fetch: nodeFetch({ connections: 1 }) });
    const first = namespace.get("first");
    const controller = new AbortController();
    const { signal } = controller;
    let isCancelled = false;
    const source = new ReadableStream<Uint8Array>({
      pull: (stream) => stream.enqueue(utf8("x")),
      cancel: () => void (isCancelled = true),
    });
    const outcomes = [
      rejection(namespace.get("a", { type: "text", signal })),
      rejection(namespace.put("a", source, { signal })),
    ];
    const last = namespace.get("last");
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await Promise.all(outcomes)).toEqual([reason, reason]);
    waiting.shift()!.writeHead(200, octets).end("1");
    expect(await first).toBe("1");
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(waiting[0]!.req.url).toMatch(/last$/);
    waiting.shift()!.writeHead(200, octets).end("2");
    expect(await last).toBe("2");
    expect(sockets).toHaveLength(1);
    expect(isCancelled).toBe(true);
  });

  it("sends nothing where it is stopped before", async () => {
    const { origin, sockets } = await serve(() => {}, {});
    const reason = new Error("enough");
    expect(await rejection(nodeFetch()(origin, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(sockets).toEqual([]);
  });

  it("takes back the connections of answers that nobody reads", async () => {
    let closed = 0;
    const { namespace } = await serve(
      (request, response) => {
        response.writeHead(200, octets).on("close", () => closed++);
        if (request.url!.endsWith("small")) response.end("v");
        else response.write(Buffer.alloc(1_000_000));
      },
      { fetch: nodeFetch({ connections: 2 }) },
    );
    for (let i = 0; i < 2; i++) await namespace.get("large", "stream");
    await collectGarbage(100, () => closed === 2);
    expect(await namespace.get("small")).toBe("v");
  });

  it("takes headers in every form that fetch does", async () => {
    const { origin } = await serve((request, response) => void response.end(request.headers["x-a"]), {});
    for (const headers of [
      { "x-a": "1" },
      new Headers({ "x-a": "1" }),
      [["x-a", "1"]] as [string, string][],
    ]) {
      const response = await nodeFetch()(origin, { headers });
      const { value } = await response.body!.getReader().read();
      expect(new TextDecoder().decode(value)).toBe("1");
    }
  });

  it("lets a process end when all is done", async () => {
    const { origin } = await serve((_request, response) => void response.writeHead(200, octets).end("v"), {});
    const program = `
      import { nodeFetch } from "./src/node.ts";
      const { body } = await nodeFetch()("${origin}");
      console.log(new TextDecoder().decode((await body.getReader().read()).value));
    `;
    const options = { cwd: new URL("..", import.meta.url) };
    const args = ["--import", "tsx", "--input-type=module", "-e", program];
    expect((await promisify(execFile)(process.execPath, args, options)).stdout).toBe("v\n");
  });

  it.each([
    [
      "is not installed",
      () => Promise.reject(new Error("Cannot find package 'undici'")),
      /needs the package undici: npm install undici@7/,
    ],
    [
      "is version 6",
      () => ({ Agent: vi.fn(), EnvHttpProxyAgent: vi.fn() }),
      /needs version 7 of the package undici/,
    ],
  ])("says so, once, where undici %s", async (_, make, message) => {
    vi.doMock("undici", make as () => object);
    onTestFinished(() => vi.doUnmock("undici"));
    vi.resetModules();
    const { nodeFetch: fresh } = await import("../src/node.ts");
    const { KVError: FreshError } = await import("../src/errors.ts");
    const error = await rejection(fresh()("http://127.0.0.1:1"));
    expect(error).toBeInstanceOf(FreshError);
    expect(String(error)).toMatch(message);
  });
});

describe("A proxy of the environment", () => {
  const far = { allowHttp: true };
  beforeEach(() => {
    for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
      vi.stubEnv(name, undefined);
      vi.stubEnv(name.toUpperCase(), undefined);
    }
  });

  it.each(["HTTP_PROXY", "http_proxy"])("%s is used", async (name) => {
    const { origin } = await serve(answer, {});
    const { url, asked } = await proxyTo(origin);
    vi.stubEnv(name, url.replace("//", "//ada:secret@"));
    const namespace = client("http://kv.invalid/client/v4", { ...far, fetch: nodeFetch() });
    expect(await namespace.get("a")).toBe("v");
    expect(asked).toEqual([`kv.invalid:80 Basic ${Buffer.from("ada:secret").toString("base64")}`]);
  });

  it("is not used for what NO_PROXY names", async () => {
    const { origin } = await serve(answer, {});
    const { url, asked } = await proxyTo(origin);
    vi.stubEnv("HTTP_PROXY", url);
    vi.stubEnv("NO_PROXY", "example.com,.invalid");
    const namespace = client("http://kv.invalid/client/v4", { ...far, fetch: nodeFetch() });
    expect(String(await rejection(namespace.get("a")))).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(asked).toEqual([]);
  });

  it("gets nothing that is meant for this machine", async () => {
    const { origin } = await serve(answer, {});
    const { url, asked } = await proxyTo(origin);
    vi.stubEnv("HTTP_PROXY", url);
    for (const host of ["127.0.0.1", "localhost"]) {
      const baseUrl = origin.replace("127.0.0.1", host);
      expect(await client(baseUrl, { fetch: nodeFetch() }).get("a")).toBe("v");
    }
    expect(asked).toEqual([]);
  });

  it("that does not answer is an error that a call of any kind is sent again after", async () => {
    vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${await freePort()}`);
    withoutPauses();
    const options = { accountId, apiToken, fetch: nodeFetch(), retry: { limit: 1 } };
    const error = await rejection(createKV(options).namespaces.create("new"));
    expect(error).toBeInstanceOf(KVError);
    expect(error).toMatchObject({ attempts: 2 });
    expect(String(error)).toMatch(/ECONNREFUSED/);
  });
});
