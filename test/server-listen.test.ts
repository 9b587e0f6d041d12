import { Agent, request as httpRequest } from "node:http";
import { connect, Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { listen } from "../src/server/index.ts";
import { limits } from "../src/schema.ts";
import { accountId, namespaceId } from "./server-helpers.ts";
import {
  exchange,
  head,
  latch,
  namespaces,
  oneRequest,
  otherId,
  seeded,
  start,
  statusOf,
  valuePath,
} from "./server-wire.ts";

/** One request over an agent that has one connection. */
function throughAgent(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  body?: Uint8Array,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      agent,
      port,
      host: "127.0.0.1",
      method,
      path,
      headers: { authorization: "Bearer t" },
    });
    request.on("error", reject);
    request.on("response", (response) => response.resume().on("end", () => resolve(response.statusCode!)));
    // No length: the body goes in chunks, so that the server learns only on the way that it is too large.
    request.flushHeaders();
    request.end(body);
  });
}

const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.resume().once("close", resolve);
  });

describe("listen", () => {
  test.each([
    valuePath(".."),
    valuePath("%2e%2e"),
    valuePath("%2E."),
    valuePath("."),
    valuePath("x/../.."),
    `${valuePath("..")}/../${otherId}`,
    valuePath("..\\..\\" + otherId),
    valuePath("a\\b"),
    valuePath("a#b"),
    `http://localhost${valuePath("..")}`,
  ])("refuses a path that URL parsing would change, and touches nothing: DELETE %s", async (target) => {
    const { port } = await start();
    expect(statusOf(await oneRequest(port, "DELETE", target))).toBe(400);
    for (const id of [namespaceId, otherId]) {
      expect(statusOf(await oneRequest(port, "GET", `${namespaces}/${id}`))).toBe(200);
    }
  });

  test.each([
    [valuePath(""), 404],
    [valuePath("/"), 404],
    [`${namespaces}/${namespaceId}/`, 404],
    [`${namespaces}//${namespaceId}`, 404],
    [`/${namespaces}/${namespaceId}`, 404],
    [valuePath("a/b"), 404],
    [`${namespaces}/`, 405],
    [valuePath("%"), 400],
    [valuePath("%ff"), 400],
    ["*", 404],
  ])("routes exactly: DELETE %s is %d", async (target, status) => {
    const { port } = await start();
    expect(statusOf(await oneRequest(port, "DELETE", target))).toBe(status);
    expect(statusOf(await oneRequest(port, "GET", `${namespaces}/${namespaceId}`))).toBe(200);
  });

  test.each([
    ["a%2Fb", "a/b"],
    ["..%2f..", "../.."],
    ["%2Fa%2F%2F", "/a//"],
    ["%252e%252e", "%2e%2e"],
    ["a+b;c=d'e\"^`{|}", "a+b;c=d'e\"^`{|}"],
    ["a%00b", "a\0b"],
    ["...", "..."],
  ])("decodes a key once, from the path as it was sent: %s", async (segment, key) => {
    const server = seeded();
    const { port } = await start(server);
    const put = head("PUT", valuePath(segment), "content-length: 1", "connection: close");
    expect(statusOf(await exchange(port, put, "v"))).toBe(200);
    const list = new Request(`http://h${namespaces}/${namespaceId}/keys`, {
      headers: { authorization: "Bearer t" },
    });
    const { result } = (await (await server.fetch(list)).json()) as { result: { name: string }[] };
    expect(result).toEqual([{ name: key }]);
  });

  test("answers HEAD, unknown methods and repeated headers", async () => {
    const { port } = await start();
    const answer = await oneRequest(port, "HEAD", `${namespaces}/${namespaceId}`);
    expect(statusOf(answer)).toBe(405);
    expect(answer.endsWith("\r\n\r\n")).toBe(true);
    expect(statusOf(await oneRequest(port, "PATCH", valuePath("a")))).toBe(405);
    const twice = head("GET", valuePath("a"), "authorization: Bearer u", "connection: close");
    expect(await exchange(port, twice)).toContain('"code":6111');
  });

  test("carries a value of the largest size both ways", async () => {
    const { listening } = await start();
    const url = `${new URL(listening.url).origin}${valuePath("large")}`;
    const headers = { authorization: "Bearer t" };
    const largest = new Uint8Array(limits.valueBytes).fill(7);
    expect((await fetch(url, { method: "PUT", headers, body: largest })).status).toBe(200);
    const received = Buffer.from(await (await fetch(url, { headers })).arrayBuffer());
    expect(received.equals(largest)).toBe(true);
  });

  test("goes on with a connection whose upload was refused on the way", async () => {
    const { port } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const tooLarge = new Uint8Array(limits.valueBytes + 1_000_000);
    expect(await throughAgent(agent, port, "PUT", valuePath("a"), tooLarge)).toBe(413);
    expect(await throughAgent(agent, port, "GET", valuePath("a"))).toBe(404);
    expect(await throughAgent(agent, port, "PUT", valuePath("a"), new Uint8Array(10))).toBe(200);
    agent.destroy();
  });

  test("refuses an announced length over the limit before the body comes", async () => {
    const { port } = await start();
    const socket = connect(port, "127.0.0.1");
    socket.write(head("PUT", valuePath("a"), "content-length: 1000000000"));
    const answer = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
    expect(statusOf(answer.toString())).toBe(413);
    socket.destroy();
  });

  test("stores nothing of an upload that breaks off", async () => {
    const inner = seeded();
    const socket = new Socket();
    const answered = latch<Response>();
    const { port } = await start({
      fetch(request) {
        const answer = inner.fetch(request);
        if (request.method === "PUT") {
          answered.open(answer);
          socket.destroy();
        }
        return answer;
      },
    });
    socket.connect(port, "127.0.0.1");
    socket.write(head("PUT", valuePath("a"), "content-length: 100"));
    socket.write("half");
    expect((await answered.passed).status).toBe(400);
    expect(statusOf(await oneRequest(port, "GET", valuePath("a")))).toBe(404);
  });

  test("breaks the connection off where fetch rejects, and goes on with others", async () => {
    const inner = seeded();
    const { port } = await start({
      fetch: (request) =>
        request.url.endsWith("/x") ? Promise.reject(new Error("reset")) : inner.fetch(request),
    });
    expect(await oneRequest(port, "GET", "/x")).toBe("");
    expect(statusOf(await oneRequest(port, "GET", valuePath("a")))).toBe(404);
  });

  test("rejects where the port is taken", async () => {
    const { port } = await start();
    await expect(listen(seeded(), { port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("takes an address of either family", async () => {
    const { listening } = await start(seeded(), { host: "::1" });
    expect(listening.url).toMatch(/^http:\/\/\[::1\]:\d+\/client\/v4$/);
    const response = await fetch(`${listening.url}/accounts/${accountId}/storage/kv/namespaces`);
    expect(response.status).toBe(400);
  });

  test("is disposed of with its scope", async () => {
    let url: string;
    {
      await using listening = await listen(seeded());
      url = listening.url;
      expect((await fetch(url)).status).toBe(400);
    }
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe("close", () => {
  test("ends idle connections, those that never asked anything among them, and may be called again", async () => {
    const { listening, port } = await start();
    const silent = connect(port, "127.0.0.1");
    const idle = connect(port, "127.0.0.1");
    idle.write(head("GET", valuePath("a")));
    await new Promise((resolve) => idle.once("data", resolve));
    const both = Promise.all([ended(silent), ended(idle)]);
    await Promise.all([listening.close(), listening.close()]);
    await both;
    await listening.close();
  });

  test("waits for the requests in flight, whose connections then end", async () => {
    const inner = seeded();
    const release = latch<void>();
    const arrival = latch<void>();
    const { listening, port } = await start({
      fetch: async (request) => {
        arrival.open();
        await release.passed;
        return inner.fetch(request);
      },
    });
    // Without `connection: close`: it is the server that ends it.
    const answer = exchange(port, head("GET", valuePath("a")));
    await arrival.passed;
    const closed = listening.close();
    await expect(fetch(listening.url)).rejects.toThrow();
    release.open();
    expect(statusOf(await answer)).toBe(404);
    await closed;
  });
});
