import { context, SpanStatusCode } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { createKV, type KV, type KVNamespaceClient } from "workers-kv-rest";
import { createKVServer, listen, type Listening } from "workers-kv-rest/server";
import { traced } from "./open-telemetry.ts";

const exporter = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
const tracer = provider.getTracer("test");
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** How many of the next requests are answered with which status. */
let failing: number[] = [];
let listening: Listening;
let kv: KV;
let namespace: KVNamespaceClient;
beforeAll(async () => {
  const server = createKVServer();
  listening = await listen({
    async fetch(request) {
      const status = failing.shift();
      return status === undefined ? server.fetch(request) : new Response("", { status });
    },
  });
  const accountId = "0123456789abcdef0123456789abcdef";
  kv = createKV({ accountId, apiToken: "a-secret-token", baseUrl: listening.url, ...traced(tracer) });
  namespace = kv.namespace((await kv.namespaces.create("traced")).id);
});
beforeEach(() => exporter.reset());
afterAll(async () => {
  await listening.close();
  context.disable();
});

const spans = (): ReadableSpan[] => exporter.getFinishedSpans();

it("An attempt is a client span by the name of its operation, with HTTP's attributes, below the caller's span", async () => {
  await tracer.startActiveSpan("caller", async (caller) => {
    await namespace.put("a-secret-key", "a-secret-value");
    caller.end();
  });
  const [attempt, caller] = spans();
  const { hostname, port } = new URL(listening.url);
  expect(attempt).toMatchObject({
    name: "writeValue",
    kind: 2,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      "http.request.method": "PUT",
      "http.response.status_code": 200,
      "server.address": hostname,
      "server.port": Number(port),
    },
  });
  expect(attempt!.parentSpanContext?.spanId).toBe(caller!.spanContext().spanId);
  expect(
    JSON.stringify(spans().map(({ attributes, events, name }) => [attributes, events, name])),
  ).not.toMatch(/secret/);
});

it("Each try is a span, and the pause before the next is an event of the caller's", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0);
  failing = [503, 429];
  await tracer.startActiveSpan("caller", async (caller) => {
    expect(await namespace.get("none")).toBe(null);
    caller.end();
  });
  vi.restoreAllMocks();
  expect(
    spans().map(({ name, status, attributes }) => [
      name,
      status.code,
      attributes["error.type"],
      attributes["http.request.resend_count"],
    ]),
  ).toEqual([
    ["readValue", SpanStatusCode.ERROR, "503", undefined],
    ["readValue", SpanStatusCode.ERROR, "429", 1],
    ["readValue", SpanStatusCode.ERROR, "404", 2],
    ["caller", SpanStatusCode.UNSET, undefined, undefined],
  ]);
  expect(
    spans()
      .at(-1)!
      .events.map(({ name, attributes }) => [name, attributes?.["kv.reason"]]),
  ).toEqual([
    ["kv.retry", "status 503"],
    ["kv.retry", "status 429"],
  ]);
});

it("A connection that fails is an error of its span", async () => {
  const unreachable = createKV({
    accountId: "0123456789abcdef0123456789abcdef",
    apiToken: "t",
    baseUrl: "http://127.0.0.1:1/client/v4",
    retry: false,
    ...traced(tracer),
  });
  await expect(unreachable.namespaces.list()).rejects.toThrow();
  expect(spans()).toMatchObject([
    {
      name: "listNamespaces",
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "TypeError" },
    },
  ]);
});

it("Among many calls at a time each span has its own operation's name", async () => {
  const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`);
  await Promise.all(
    keys.flatMap((key) => [namespace.put(key, "v"), namespace.metadata(key), namespace.list()]),
  );
  const methods = spans().map(
    ({ name, attributes }) => `${name} ${String(attributes["http.request.method"])}`,
  );
  expect([...new Set(methods)].toSorted()).toEqual(["listKeys GET", "readMetadata GET", "writeValue PUT"]);
  expect(methods.filter((each) => each === "writeValue PUT")).toHaveLength(50);
  expect(methods).toHaveLength(150);
});
