import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import {
  createKV,
  KVConnectionError,
  KVError,
  type KVNamespaceClient,
  type KVOptions,
  KVRateLimitError,
  KVTimeoutError,
} from "../src/index.ts";
import { limits } from "../src/schema.ts";
import { accountId, answering, apiToken, namespaceId, rejection, success } from "./helpers.ts";
import { overSockets } from "./sockets.ts";

const mebibyte = 1024 * 1024;
/** What lies in sockets and streams between the server and the client. */
const inBetween = 16 * mebibyte;

interface Hostile {
  namespace: KVNamespaceClient;
  /** How many requests came. */
  requests: number;
  /** How many bytes of answers left. */
  sent: number;
  /** Settles when no connection is left. */
  closed: () => Promise<void>;
}

let server: Server | undefined;
afterEach(() => server?.close());

/** A server of raw bytes: each request is answered by `answer`, which writes what it likes. */
async function hostile(answer: (socket: Socket) => void, options: Partial<KVOptions>): Promise<Hostile> {
  const sockets = new Set<Socket>();
  const connections: Promise<unknown>[] = [];
  const started = createServer((socket) => {
    sockets.add(socket);
    connections.push(new Promise((resolve) => socket.once("close", resolve)));
    socket.on("error", () => {});
    socket.on("data", (data) => {
      if (!String(data).includes(" HTTP/1.1\r\n")) return;
      result.requests++;
      answer(socket);
    });
  });
  server = started.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const kv = createKV({
    accountId,
    apiToken,
    baseUrl: `http://127.0.0.1:${port}/client/v4`,
    retry: false,
    timeout: 5000,
    ...options,
  });
  const result: Hostile = {
    namespace: kv.namespace(namespaceId),
    requests: 0,
    get sent() {
      return [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
    },
    closed: async () => void (await Promise.all(connections)),
  };
  return result;
}

/** Writes the same for as long as somebody takes it. */
function pour(socket: Socket, chunk: Uint8Array | string): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", write);
  write();
}

const head = (status: string, ...headers: string[]): string =>
  [`HTTP/1.1 ${status}`, ...headers, "", ""].join("\r\n");

const zeros = new Uint8Array(mebibyte);

describe.each(overSockets)("An answer without end is cut off, through %s:", (_, over) => {
  const kinds: [string, string[], bound: number, message: RegExp][] = [
    [
      "a value",
      ["200 OK", "content-type: application/octet-stream"],
      limits.valueBytes,
      /over 26214400 bytes/,
    ],
    ["a value that claims to be short", ["200 OK", "content-length: 9"], 0, /./],
    ["an error page", ["403 Forbidden", "content-type: text/html"], 64 * 1024, /answered 403/],
    ["a line of text", ["502 Bad Gateway"], 64 * 1024, /answered 502/],
    ["an error in JSON", ["500 Oops", "content-type: application/json"], 8 * mebibyte, /answered 500/],
    ["a page with status 200", ["200 OK", "content-type: text/html"], 64 * 1024, /./],
  ];

  it.each(kinds)("%s", async (_, [status, ...headers], bound, message) => {
    const service = await hostile((socket) => {
      socket.write(head(status!, ...headers));
      pour(socket, zeros);
    }, over);
    const outcome = await service.namespace.get("a", "arrayBuffer").catch((error: unknown) => error);
    if (outcome instanceof ArrayBuffer) expect(outcome.byteLength).toBe(9);
    else expect(String(outcome)).toMatch(message);
    await service.closed();
    expect(service.sent).toBeLessThan(bound + inBetween);
  });

  it("a body that grows when it is unpacked", async () => {
    const packed = gzipSync(new Uint8Array(32 * mebibyte));
    const service = await hostile((socket) => {
      socket.write(head("200 OK", "content-encoding: gzip", `content-length: ${packed.length}`));
      socket.write(packed);
    }, over);
    expect(String(await rejection(service.namespace.get("a")))).toMatch(/over 26214400 bytes/);
  });

  it("headers", async () => {
    const service = await hostile((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      pour(socket, `x-${"a".repeat(100)}: ${"b".repeat(1000)}\r\n`);
    }, over);
    expect(await rejection(service.namespace.get("a"))).toBeInstanceOf(KVConnectionError);
    await service.closed();
    expect(service.sent).toBeLessThan(inBetween);
  });

  it("one header", async () => {
    const service = await hostile((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nx: ");
      pour(socket, "a".repeat(10_000));
    }, over);
    expect(await rejection(service.namespace.get("a"))).toBeInstanceOf(KVConnectionError);
    await service.closed();
  });
});

describe.each(overSockets)("An answer that does not come is given up, through %s:", (_, over) => {
  const stalls: [string, (socket: Socket) => void][] = [
    ["without a byte", () => {}],
    ["within the headers", (socket) => void socket.write("HTTP/1.1 200 OK\r\nx: ")],
    ["before the body", (socket) => void socket.write(head("200 OK", "content-length: 10"))],
    ["within the body", (socket) => void socket.write(`${head("200 OK", "content-length: 10")}abc`)],
    ["within an error", (socket) => void socket.write(`${head("500 Oops", "content-length: 10")}abc`)],
    [
      "behind informational answers",
      (socket) => void socket.write(head("103 Early Hints", "link: <a>").repeat(5)),
    ],
  ];

  it.each(stalls)("%s", async (_, answer) => {
    const service = await hostile(answer, { ...over, timeout: 100 });
    expect(await rejection(service.namespace.get("a"))).toBeInstanceOf(KVTimeoutError);
    await service.closed();
  });
});

describe.each(overSockets)("What is no answer is an error, through %s:", (_, over) => {
  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH\r\n\r\n"],
    ["HTTP of another kind", "HTTP/9.9 200 OK\r\n\r\n"],
    ["a status that is none", head("20 OK")],
    ["two lengths", head("200 OK", "content-length: 1", "content-length: 2")],
    ["chunks that are none", `${head("200 OK", "transfer-encoding: chunked")}zz\r\n`],
    ["a body that is cut off", `${head("200 OK", "content-length: 10")}abc`],
    ["gzip that is none", `${head("200 OK", "content-encoding: gzip", "content-length: 3")}abc`],
    ["nothing", ""],
  ])("%s", async (_, bytes) => {
    const service = await hostile((socket) => socket.end(bytes), over);
    const error = await rejection(service.namespace.get("a"));
    expect(error).toBeInstanceOf(KVError);
    expect(String(error)).not.toContain(apiToken);
  });
});

it.each(
  ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"].flatMap((status) =>
    overSockets.map(([name, over]) => [status, name, over] as const),
  ),
)("A redirect is not followed, even to the same place: %s, through %s", async (status, _, over) => {
  const service = await hostile((socket) => {
    socket.write(
      head(status, `location: http://127.0.0.1:${socket.localPort}/client/v4/accounts`, "content-length: 0"),
    );
  }, over);
  expect(String(await rejection(service.namespace.get("a")))).toMatch(/redirect.*not followed/);
  expect(service.requests).toBe(1);
});

it("An envelope without end is cut off at what its spec allows", async () => {
  let sent = 0;
  const { namespace } = answering(
    () => {
      const body = new ReadableStream({
        pull(controller) {
          sent += zeros.length;
          controller.enqueue(zeros);
        },
      });
      return new Response(body, { headers: { "content-type": "application/json" } });
    },
    { retry: false },
  );
  expect(String(await rejection(namespace.metadata("a")))).toMatch(
    /over \d+ bytes, more than its spec allows/,
  );
  expect(sent).toBeLessThan(limits.bulkGetBytes * 6 + inBetween);
});

it("A service that says to wait for a year ends the next call, and does not hold it", async () => {
  const year = 365 * 86_400;
  const headers = { ratelimit: `"default";r=0;t=${year}`, "ratelimit-policy": `"default";q=1;w=${year}` };
  const { namespace } = answering(() => new Response(success(null).body, { headers }), { rateLimit: {} });
  await namespace.delete("a");
  expect(await rejection(namespace.delete("a"))).toBeInstanceOf(KVRateLimitError);
});
