import { getEventListeners, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createKV } from "../../src/index.ts";
import { nodeFetch } from "../../src/node.ts";
import { collectGarbage } from "../garbage.ts";
import { accountId, apiToken, namespaceId } from "../helpers.ts";

it("nodeFetch leaves no listener behind, and keeps no memory", async () => {
  const octets = { "content-type": "application/octet-stream" };
  const server = createServer((_request, response) => void response.writeHead(200, octets).end("v"));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
  const settings = {
    accountId,
    apiToken,
    baseUrl,
    fetch: nodeFetch(),
    rateLimit: false,
    retry: false,
  } as const;
  const namespace = createKV(settings).namespace(namespaceId);
  const { signal } = new AbortController();
  const warnings: string[] = [];
  const note = ({ stack }: Error): void => void warnings.push(stack!);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const many = async (times: number): Promise<number> => {
    // No more at a time than Node lets listen to a signal without a warning.
    for (let i = 0; i < times; i += 10) {
      await Promise.all(Array.from({ length: 10 }, () => namespace.get("a", { type: "text", signal })));
    }
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await collectGarbage(3);
    return process.memoryUsage().heapUsed;
  };
  const before = await many(1000);
  const after = await many(10_000);
  expect(after - before).toBeLessThan(2_000_000);
  expect(warnings).toEqual([]);
});

it("A stream that is forgotten gives its connection back, though its signal lives on", async () => {
  const big = Buffer.alloc(8 * 1024 * 1024);
  const server = createServer(
    ({ url }, response) => void response.end(url!.endsWith("/big") ? big : "small"),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
  const fetch = nodeFetch({ connections: 1 });
  const namespace = createKV({ accountId, apiToken, baseUrl, fetch, rateLimit: false }).namespace(
    namespaceId,
  );
  const controller = new AbortController();
  const { signal } = controller;
  // In a function of its own, whose variables do not hold the stream.
  await (async () => expect(await namespace.get("big", { type: "stream", signal })).not.toBeNull())();
  let small: string | null = null;
  const waiting = namespace.get("small").then((value) => (small = value));
  await collectGarbage(100, () => small !== null);
  expect(small).toBe("small");
  await waiting;
  controller.abort();
});
