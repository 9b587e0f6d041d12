import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createKV, KVAPIError, KVConnectionError, type KVEvent, type KVOptions } from "../src/index.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import {
  accountId,
  answering,
  apiToken,
  collect,
  namespaceId,
  refusal,
  rejection,
  serve,
  success,
  withoutPauses,
} from "./helpers.ts";
import { freePort, overSockets } from "./sockets.ts";

const page = (status: number, headers: Record<string, string> = {}): Response =>
  new Response("<html>bad</html>", { status, headers: { "content-type": "text/html", ...headers } });

const namespace = { id: namespaceId, title: "first" };

/** A client whose requests are answered by each of these in turn, the last one for good. */
function answeringInTurn(
  answers: (() => Response | Promise<Response>)[],
  options: Partial<KVOptions> = {},
): ReturnType<typeof answering> & { events: KVEvent[] } {
  const events: KVEvent[] = [];
  const answered = answering(() => answers[Math.min(answered.requests.length, answers.length) - 1]!(), {
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { ...answered, events };
}

/** The pauses of a call that is answered so for good, and how it ends. */
async function pausesOf(
  answer: () => Response,
  options: Partial<KVOptions> = {},
): Promise<{ pauses: number[]; error: unknown; requests: number }> {
  const { kv, requests, events } = answeringInTurn([answer], options);
  const outcome = rejection(kv.namespaces.get(namespaceId));
  await vi.runAllTimersAsync();
  const error = await outcome;
  const pauses = events.filter(({ type }) => type === "retry").map(({ delay }) => delay!);
  return { pauses, error, requests: requests.length };
}

describe("A pause", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is anything up to 500 ms, 1 s, 2 s, 4 s and 8 s, and the error tells over what time", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { pauses, error, requests } = await pausesOf(() => page(503));
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000]);
    expect(requests).toBe(6);
    expect(error).toBeInstanceOf(KVAPIError);
    expect(error).toMatchObject({ attempts: 6, status: 503 });
    expect(String(error)).toMatch(/\(6 attempts in 7\.8 s\)$/);
  });

  it("is never longer than maxDelay", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const { pauses } = await pausesOf(() => page(503), { retry: { maxDelay: 1500, limit: 4 } });
    expect(pauses).toEqual([500, 1000, 1500, 1500]);
  });

  it.each([
    ["in seconds", "7", 7000],
    ["in seconds and a part", "0.25", 250],
    ["as a date", "Tue, 01 Jul 2025 10:00:20 GMT", 20_000],
    ["as a date of the older form", "Tuesday, 01-Jul-25 10:00:20 GMT", 20_000],
    ["as a date that is past", "Tue, 01 Jul 2025 09:00:00 GMT", 0],
    ["that is nonsense", "soon", 0],
    ["that is nonsense with a year", "in 2099", 0],
    ["below zero", "-5", 0],
    ["twice", "5, 5", 0],
    ["that is empty", "", 0],
  ])("follows a Retry-After %s", async (_, header, pause) => {
    vi.setSystemTime("2025-07-01T10:00:00Z");
    withoutPauses();
    const { pauses } = await pausesOf(() => page(503, { "retry-after": header }), { retry: { limit: 1 } });
    expect(pauses).toEqual([pause]);
  });

  it("follows a date by the service's clock, where the one here is wrong", async () => {
    vi.setSystemTime("2025-07-01T03:00:00Z");
    withoutPauses();
    const headers = { "retry-after": "Tue, 01 Jul 2025 10:00:20 GMT", date: "Tue, 01 Jul 2025 10:00:00 GMT" };
    const { pauses } = await pausesOf(() => page(429, headers), { retry: { limit: 1 } });
    expect(pauses).toEqual([20_000]);
  });

  it("is the back-off's, where that is longer than the service asks", async () => {
    vi.spyOn(Math, "random").mockReturnValue(1);
    const { pauses } = await pausesOf(() => page(503, { "retry-after": "1" }));
    expect(pauses).toEqual([1000, 1000, 2000, 4000, 8000]);
  });

  it.each([
    ["without a rate limit", false],
    ["with one", {}],
  ] as const)("of hours is not made: the call fails at once and says so, %s", async (_, rateLimit) => {
    const { pauses, error, requests } = await pausesOf(() => page(429, { "retry-after": "7200" }), {
      rateLimit,
    });
    expect({ pauses, requests }).toEqual({ pauses: [], requests: 1 });
    expect(error).toMatchObject({ attempts: 1, status: 429 });
    expect(String(error)).toMatch(/the service asks to wait 7200 s, longer than the 60 s of maxDelay/);
  });

  it("may be five minutes in a list that is iterated, where a single call gives up", async () => {
    const { namespace: handle, events } = answeringInTurn([
      () => page(503, { "retry-after": "300" }),
      () => success([{ name: "a" }], { count: 1, cursor: "" }),
    ]);
    const listed = collect(handle.list());
    await vi.runAllTimersAsync();
    expect(await listed).toEqual([{ name: "a" }]);
    expect(events.find(({ type }) => type === "retry")).toMatchObject({ delay: 300_000 });
  });

  it("ends at once where the caller aborts, with the reason, and leaves nothing behind", async () => {
    const { kv, requests } = answeringInTurn([() => page(503, { "retry-after": "50" })]);
    const controller = new AbortController();
    const outcome = rejection(kv.namespaces.get(namespaceId, { signal: controller.signal }));
    await vi.advanceTimersByTimeAsync(1000);
    expect(requests).toHaveLength(1);
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
  });

  it.each([["a text"], [{ headers: {} }], [new KVConnectionError("mine")]])(
    "ends with whatever the reason is: %o",
    async (reason) => {
      const { kv } = answeringInTurn([() => page(503, { "retry-after": "50" })]);
      const controller = new AbortController();
      const outcome = rejection(kv.namespaces.get(namespaceId, { signal: controller.signal }));
      await vi.advanceTimersByTimeAsync(1000);
      controller.abort(reason);
      expect(await outcome).toBe(reason);
      const before = rejection(kv.namespaces.get(namespaceId, { signal: controller.signal }));
      expect(await before).toBe(reason);
    },
  );

  it("leaves no listener on a signal that lives on", async () => {
    const { kv } = answeringInTurn([() => page(503), () => page(502), () => success(namespace)]);
    const { signal } = new AbortController();
    const outcome = kv.namespaces.get(namespaceId, { signal });
    await vi.runAllTimersAsync();
    expect(await outcome).toEqual(namespace);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("Sent again", () => {
  beforeEach(withoutPauses);

  it.each([
    ["971, whatever the status", () => refusal(400, 971)],
    ["971 within 200", () => refusal(200, 971)],
    ["10046 outside a bulk job", () => refusal(400, 10046)],
    ["a 500 with an envelope", () => refusal(500, 10001)],
    ["a 520 of the edge", () => page(520)],
    ["a 500 with no body at all", () => new Response(null, { status: 500 })],
    [
      "a refusal whose JSON breaks off",
      () => new Response('{"success":fal', { status: 404, headers: { "content-type": "application/json" } }),
    ],
    ["an envelope without success", () => Response.json({ result: {} })],
    ["JSON that is no envelope", () => Response.json([])],
    ["nothing at all with 200", () => new Response(null, { status: 200 })],
  ])("is %s", async (_, answer) => {
    const { kv, requests } = answeringInTurn([answer, answer, () => success(namespace)]);
    expect(await kv.namespaces.get(namespaceId)).toEqual(namespace);
    expect(requests).toHaveLength(3);
  });

  it.each([
    ["an Error of fetch", new TypeError("fetch failed", { cause: new Error("read ECONNRESET") })],
    ["an error as interceptors throw it", Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })],
    ["what is no Error", "broken"],
  ])("is a connection that fails with %s", async (_, thrown) => {
    const { kv, requests } = answeringInTurn([() => Promise.reject(thrown), () => success(namespace)]);
    expect(await kv.namespaces.get(namespaceId)).toEqual(namespace);
    expect(requests).toHaveLength(2);
  });

  it("carries the same body, of text, of bytes, of a Blob, of a form and of a stream that was read", async () => {
    const values = [
      () => "text",
      () => Uint8Array.of(1, 0, 255),
      () => new Blob(["blob"]),
      () => new Blob(["stream"]).stream(),
    ];
    for (const value of values) {
      for (const options of [{}, { metadata: { a: 1 } }]) {
        const { namespace: handle, requests } = answeringInTurn([() => page(503), () => success(null)]);
        await handle.put("key", value(), options);
        const [first, second] = requests.map(({ headers, text }) => {
          const boundary = /boundary=(.*)/.exec(headers.get("content-type") ?? "")?.[1];
          return boundary ? text.replaceAll(boundary, "boundary") : text;
        });
        expect(first).not.toBe("");
        expect(second).toBe(first);
      }
    }
  });

  it("asks the token's function anew each time", async () => {
    let asked = 0;
    const { kv, requests } = answeringInTurn([() => page(503), () => page(503), () => success(namespace)], {
      apiToken: async () => `token-${++asked}`,
    });
    await kv.namespaces.get(namespaceId);
    const sent = requests.map(({ headers }) => headers.get("authorization"));
    expect(sent).toEqual(["Bearer token-1", "Bearer token-2", "Bearer token-3"]);
  });

  it("tells of it in events, in order", async () => {
    const { kv, events } = answeringInTurn([
      () => page(503),
      () => refusal(200, 971),
      () => Promise.reject(new TypeError("fetch failed")),
      () => success(namespace),
    ]);
    await kv.namespaces.get(namespaceId);
    const operation = "getNamespace";
    const ms = expect.any(Number) as number;
    expect(events).toEqual([
      { type: "request", operation, attempt: 1 },
      { type: "response", operation, attempt: 1, status: 503, ms },
      { type: "retry", operation, attempt: 1, delay: 0, reason: "status 503" },
      { type: "request", operation, attempt: 2 },
      { type: "response", operation, attempt: 2, status: 200, ms },
      { type: "retry", operation, attempt: 2, delay: 0, reason: "code 971" },
      { type: "request", operation, attempt: 3 },
      { type: "response", operation, attempt: 3, ms, reason: "KVConnectionError" },
      { type: "retry", operation, attempt: 3, delay: 0, reason: "KVConnectionError" },
      { type: "request", operation, attempt: 4 },
      { type: "response", operation, attempt: 4, status: 200, ms },
    ]);
  });

  it("puts what it has to say into the stack too, which is what a program that ends prints", async () => {
    const { kv } = answeringInTurn([() => Promise.reject(new TypeError("fetch failed"))]);
    const error = (await rejection(kv.namespaces.get(namespaceId))) as KVConnectionError;
    expect(error.stack).toMatch(/fetch failed \(6 attempts in \d+\.\d s\)/);
    expect(error.cause).toBeInstanceOf(TypeError);
  });
});

describe("Never sent again", () => {
  beforeEach(withoutPauses);

  it("is a refusal with any other status from 300 to 499", async () => {
    const statuses = fc
      .integer({ min: 300, max: 499 })
      .filter((status) => ![304, 408, 425, 429].includes(status));
    await fc.assert(
      fc.asyncProperty(statuses, fc.boolean(), async (status, isPage) => {
        const { kv, requests } = answeringInTurn([() => (isPage ? page(status) : refusal(status, 10001))]);
        expect(await rejection(kv.namespaces.get(namespaceId))).toMatchObject({ status, attempts: 1 });
        expect(requests).toHaveLength(1);
      }),
    );
  });

  it("is the quota of the day, though it is a 429: the error says when it ends", async () => {
    vi.useFakeTimers({ now: new Date("2025-07-01T15:30:00Z"), toFake: ["Date"] });
    const { namespace: handle, requests } = answeringInTurn([() => refusal(429, 10048)]);
    expect(String(await rejection(handle.put("a", "b")))).toMatch(
      /the daily quota resets at 2025-07-02T00:00:00\.000Z$/,
    );
    expect(requests).toHaveLength(1);
    vi.useRealTimers();
  });

  it("is anything with retry: false, nor with a limit of 0", async () => {
    for (const retry of [false, { limit: 0 }] as const) {
      const { kv, requests } = answeringInTurn([() => page(503)], { retry });
      expect(await rejection(kv.namespaces.get(namespaceId))).toMatchObject({ status: 503, attempts: 1 });
      expect(requests).toHaveLength(1);
    }
  });

  it("is a value that reads like a refusal: it is the value", async () => {
    const text = JSON.stringify({ success: false, errors: [{ code: 971, message: "wait" }], result: null });
    const { namespace: handle, operations } = serve();
    await handle.put("a", text);
    expect(await handle.get("a")).toBe(text);
    expect(operations).toEqual(["writeValue", "readValue"]);
  });

  it("is a raw call whose body is a stream: it is read once, and the error says so", async () => {
    const { kv, requests } = answering(() => Promise.reject(new TypeError("fetch failed")));
    const path = { account_id: accountId, namespace_id: namespaceId, key_name: "a" };
    const body = new Blob(["value"]).stream() as unknown as string;
    const outcome = kv.api.PUT(
      "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
      { params: { path }, body },
    );
    expect(String(await rejection(outcome))).toMatch(
      /not sent again: its body is a stream, which is read once/,
    );
    expect(requests.map(({ text }) => text)).toEqual(["value"]);
  });

  it("is a call whose token function fails: its error is the caller's own", async () => {
    const mine = new TypeError("no vault");
    for (const apiToken of [
      () => Promise.reject(mine),
      () => {
        throw mine;
      },
    ]) {
      const { kv, requests } = answeringInTurn([() => success(namespace)], { apiToken });
      expect(await rejection(kv.namespaces.create("a"))).toBe(mine);
      expect(mine.message).toBe("no vault");
      expect(requests).toEqual([]);
    }
  });
});

describe("namespaces.create", () => {
  beforeEach(withoutPauses);

  it.each(overSockets)(
    "is sent again where the connection was refused through %s, and made once the service is there",
    async (_, over) => {
      const port = await freePort();
      const server = createKVServer();
      const opened: Awaited<ReturnType<typeof listen>>[] = [];
      let refused = 0;
      const kv = createKV({
        accountId,
        apiToken,
        baseUrl: `http://127.0.0.1:${port}/client/v4`,
        async fetch(request) {
          // The service comes up after two refusals of the system.
          if (refused === 2 && opened.length === 0) opened.push(await listen(server, { port }));
          return (over.fetch ?? globalThis.fetch)(request).catch((error: unknown) => {
            refused++;
            throw error;
          });
        },
      });
      expect(await kv.namespaces.create("new")).toMatchObject({ title: "new" });
      expect(refused).toBe(2);
      expect((await kv.namespaces.list()).result).toHaveLength(1);
      await opened[0]!.close();
    },
  );

  it.each([
    ["a name that is not found", { code: "ENOTFOUND", syscall: "getaddrinfo" }],
    ["a host without a route", { code: "EHOSTUNREACH", syscall: "connect" }],
    ["a connection that is not made in time", { code: "UND_ERR_CONNECT_TIMEOUT" }],
    ["Bun's refusal", { code: "ConnectionRefused" }],
  ])("is sent again after %s", async (_, details) => {
    const shapes = [
      Object.assign(new Error("raw"), details),
      new TypeError("fetch failed", { cause: Object.assign(new Error("inner"), details) }),
    ];
    for (const shape of shapes) {
      const { kv, requests } = answeringInTurn([() => Promise.reject(shape), () => success(namespace)]);
      expect(await kv.namespaces.create("first")).toEqual(namespace);
      expect(requests).toHaveLength(2);
    }
  });

  it("is sent again after what Deno says, which has no codes", async () => {
    const error = new TypeError(
      "error sending request for url: client error (Connect): tcp connect error: Connection refused (os error 111)",
    );
    const { kv, requests } = answeringInTurn([() => Promise.reject(error), () => success(namespace)]);
    expect(await kv.namespaces.create("first")).toEqual(namespace);
    expect(requests).toHaveLength(2);
  });

  it.each([
    ["a connection that was reset", { code: "ECONNRESET", syscall: "read" }],
    ["a route that was lost on the way", { code: "EHOSTUNREACH", syscall: "read" }],
    ["a socket that closed", { code: "UND_ERR_SOCKET" }],
  ])("fails after %s, and says that it may exist", async (_, details) => {
    const error = new TypeError("fetch failed", { cause: Object.assign(new Error("inner"), details) });
    const { kv, requests } = answeringInTurn([() => Promise.reject(error)]);
    expect(String(await rejection(kv.namespaces.create("first")))).toMatch(/what it creates may exist/);
    expect(requests).toHaveLength(1);
  });

  it("tells how often it was refused before it may have been received", async () => {
    const { kv } = answeringInTurn([() => page(429), () => page(429), () => page(500)]);
    const error = await rejection(kv.namespaces.create("first"));
    expect(String(error)).toMatch(/\(3 attempts in \d+\.\d s; not sent again: what it creates may exist\)$/);
  });
});

describe("namespaces.delete", () => {
  beforeEach(withoutPauses);

  it("is done where a second try finds nothing: the first one did it", async () => {
    const { kv, requests } = answeringInTurn([() => page(502), () => refusal(404, 10013)]);
    await kv.namespaces.delete(namespaceId);
    expect(requests).toHaveLength(2);
  });

  it.each([
    ["429", () => page(429)],
    ["971", () => refusal(400, 971)],
    ["408", () => page(408)],
    ["a refused connection", () => Promise.reject(Object.assign(new Error("no"), { code: "ECONNREFUSED" }))],
  ])(
    "fails where the first try certainly did nothing, for %s, and the second finds nothing",
    async (_, first) => {
      const { kv, requests } = answeringInTurn([first, () => refusal(404, 10013)]);
      expect(await rejection(kv.namespaces.delete(namespaceId))).toMatchObject({ code: 10013, attempts: 2 });
      expect(requests).toHaveLength(2);
    },
  );

  it("is done where any try before may have done it", async () => {
    for (const lost of [() => page(500), () => Promise.reject(new TypeError("fetch failed"))]) {
      const { kv } = answeringInTurn([lost, () => page(429), () => refusal(404, 10013)]);
      expect(await kv.namespaces.delete(namespaceId)).toBeUndefined();
    }
  });

  it("fails where the first try finds nothing", async () => {
    const { kv } = answeringInTurn([() => refusal(404, 10013)]);
    expect(await rejection(kv.namespaces.delete(namespaceId))).toMatchObject({ code: 10013, attempts: 1 });
  });
});
