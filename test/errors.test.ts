import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  createKV,
  KVAPIError,
  KVBulkError,
  KVConnectionError,
  KVError,
  KVErrorCode,
  KVInputError,
  KVRateLimitError,
  KVTimeoutError,
  toResult,
} from "../src/index.ts";
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
} from "./helpers.ts";

const json = (body: unknown, status = 200): Response => Response.json(body, { status });
const page = (text: string, status = 200): Response =>
  new Response(text, { status, headers: { "content-type": "text/html" } });

/** The error of a call that is sent once and answered so. */
async function errorOf(answer: Response): Promise<KVAPIError> {
  const { kv } = answering(() => answer, { retry: false });
  const error = await rejection(kv.namespaces.get(namespaceId));
  expect(error).toBeInstanceOf(KVAPIError);
  return error as KVAPIError;
}

describe("The family of errors", () => {
  const about = { status: 404, problems: [{ code: 10009, message: "no" }], ray: "ray" };
  const counts = { succeeded: 1, expired: 2, requests: 3, unsuccessfulKeys: ["a"], rejected: [] };
  const all = [
    new KVInputError("m"),
    new KVRateLimitError("m"),
    new KVConnectionError("m", { cause: new TypeError("fetch failed") }),
    new KVTimeoutError("m"),
    new KVAPIError("m", about),
    new KVBulkError("m", counts),
  ];

  test.each(all.map((error) => [error.name, error] as const))(
    "%s is a KVError, and says its name",
    (name, error) => {
      expect(error).toBeInstanceOf(KVError);
      expect(error).toBeInstanceOf(Error);
      expect(error.constructor.name).toBe(name);
      expect(String(error)).toBe(`${name}: m`);
      expect(inspect(error)).toMatch(new RegExp(`^${name}: m`));
      expect(Object.keys(error)).not.toContain("name");
    },
  );

  test("a time-out is a failed connection, and no other error is", () => {
    const connections = all.filter((error) => error instanceof KVConnectionError).map(({ name }) => name);
    expect(connections).toEqual(["KVConnectionError", "KVTimeoutError"]);
  });

  test("cause is there where something caused it, and nowhere else", () => {
    const withCause = all.filter((error) => "cause" in error).map(({ name }) => name);
    expect(withCause).toEqual(["KVConnectionError"]);
  });
});

describe("toResult", () => {
  test("gives data that is null, undefined or false as data", async () => {
    for (const value of [null, undefined, false, 0, ""]) {
      expect(await toResult(Promise.resolve(value))).toEqual({ data: value, error: null });
    }
  });

  test("gives each of the package's errors, of whatever call", async () => {
    const { kv, namespace } = serve({ retry: false });
    for (const call of [
      namespace.get(""),
      kv.namespace("0".repeat(32)).list(),
      kv.namespaces.get("0".repeat(32)),
      namespace.bulkPut([{ key: "", value: "v" }]),
      kv.api.GET("/accounts/{account_id}/storage/kv/namespaces", { params: { path: { account_id: "" } } }),
    ]) {
      const { data, error } = await toResult<unknown>(call);
      expect(data).toBeNull();
      expect(error).toBeInstanceOf(KVError);
    }
  });

  test("takes a list, and any thenable", async () => {
    const { namespace } = serve();
    expect((await toResult(namespace.list())).data).toMatchObject({ keys: [], list_complete: true });
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    const thenable = { then: (resolve: (value: number) => void) => resolve(1) } as PromiseLike<number>;
    expect(await toResult(thenable)).toEqual({ data: 1, error: null });
  });

  test("rejects with what is not the package's: the reason of an abort, the caller's own errors", async () => {
    const { namespace } = serve();
    const reason = new Error("enough");
    const call = namespace.get("a", { type: "text", signal: AbortSignal.abort(reason) });
    expect(await rejection(toResult(call))).toBe(reason);
    expect(await rejection(toResult(Promise.reject(new TypeError("a bug"))))).toBeInstanceOf(TypeError);
  });
});

describe("A refusal tells", () => {
  test("the operation, the status, every code and message, the ray, and how often it was sent", async () => {
    const errors = [
      { code: 7003, message: "Could not route" },
      { code: 7000, message: "No route", error_chain: [{ code: 6111, message: "inner" }] },
    ];
    const headers = { "cf-ray": "9a3c1f0b2d4e5f67-FRA" };
    const body = { success: false, errors, messages: [], result: null };
    const error = await errorOf(Response.json(body, { status: 400, headers }));
    expect(error).toMatchObject({
      operation: "getNamespace",
      status: 400,
      code: KVErrorCode.couldNotRoute,
      problems: [
        { code: 7003, message: "Could not route" },
        { code: 7000, message: "No route" },
      ],
      ray: "9a3c1f0b2d4e5f67-FRA",
      attempts: 1,
    });
    expect(error.message).toBe(
      "getNamespace: the service answered 400: Could not route (7003); No route (7000)",
    );
  });

  test.each<[string, Response, Partial<KVAPIError>, RegExp]>([
    [
      "200 with success: false",
      json({ success: false, errors: [{ code: 971, message: "Please wait" }] }),
      { status: 200, code: 971 },
      /200: Please wait \(971\)/,
    ],
    [
      "200 with success: false and no errors",
      json({ success: false, errors: [] }),
      { status: 200, code: undefined },
      /what its spec does not say/,
    ],
    [
      "no errors at all",
      json({ success: false }, 404),
      { status: 404, code: undefined, problems: [] },
      /answered 404/,
    ],
    [
      "messages that are bare strings",
      json({ success: false, errors: ["first", "second"] }, 403),
      { code: 0 },
      /403: first; second$/,
    ],
    [
      "a lone code and error",
      json({ code: 1015, error: "Too many requests" }, 403),
      { code: 1015 },
      /Too many requests \(1015\)/,
    ],
    [
      "an error without a code",
      json({ success: false, errors: [{ message: "no code" }] }, 400),
      { code: 0 },
      /400: no code$/,
    ],
    [
      "an error without a message",
      json({ success: false, errors: [{ code: 10012 }] }, 400),
      { code: 10012 },
      /no message \(10012\)/,
    ],
    ["an error that is null", json({ success: false, errors: [null] }, 400), { code: 0 }, /no message/],
    [
      "errors that are no list",
      json({ success: false, errors: { code: 1 } }, 400),
      { problems: [] },
      /answered 400/,
    ],
    [
      "a code that is text",
      json({ success: false, errors: [{ code: "10009", message: "m" }] }, 400),
      { code: 0 },
      /400: m$/,
    ],
    ["JSON that is no object", json(["no"], 400), { problems: [] }, /\["no"\]/],
    ["JSON that breaks off", new Response('{"success":', { status: 400 }), { problems: [] }, /"success":/],
    ["no body", new Response(null, { status: 405 }), { problems: [] }, /405: no text/],
    [
      "a line of text",
      new Response("error code: 1015", { status: 403 }),
      { code: undefined },
      /403: error code: 1015$/,
    ],
    [
      "an HTML page",
      page("<!DOCTYPE html><style>b{}</style><title>Attention\n Required!</title><p>Blocked</p>", 403),
      { status: 403 },
      /403: Attention Required! Blocked$/,
    ],
  ])("of %s", async (_, answer, expected, message) => {
    const error = await errorOf(answer);
    expect(error).toMatchObject(expected);
    expect(error.message).toMatch(message);
  });

  test("no more than an excerpt of a long page, and no more than 20 of its errors", async () => {
    expect((await errorOf(page(`<p>${"long ".repeat(10_000)}`, 403))).message.length).toBeLessThan(300);
    const errors = Array.from({ length: 100 }, (_, code) => ({ code, message: "m".repeat(5000) }));
    const error = await errorOf(json({ success: false, errors }, 400));
    expect(error.problems).toHaveLength(20);
    expect(error.problems[0]!.message).toHaveLength(1000);
  });

  test("when a daily quota ends", async () => {
    const error = await errorOf(refusal(429, KVErrorCode.dailyQuota));
    const [, midnight] = /resets at (\S+)$/.exec(error.message)!;
    expect(midnight).toMatch(/T00:00:00\.000Z$/);
    const ahead = Date.parse(midnight!) - Date.now();
    expect(ahead > 0 && ahead <= 86_400_000).toBe(true);
  });
});

type Call = (made: ReturnType<typeof answering>) => PromiseLike<unknown>;
const list: Call = ({ namespace }) => namespace.list();
const many: Call = ({ namespace }) => namespace.get(["a"]);
const one: Call = ({ kv }) => kv.namespaces.get(namespaceId);
const namespaces: Call = ({ kv }) => kv.namespaces.list();

describe("An answer that is not what the spec says is a KVAPIError that says so", () => {
  test.each<[string, Response]>([
    ["HTML", page("<title>Welcome</title>")],
    ["nothing", new Response(null)],
    ["text", new Response("ok")],
    ["a list", json([])],
    ["no envelope", json({ id: namespaceId, title: "t" })],
    ["success that is text", json({ success: "true", result: { id: namespaceId, title: "t" } })],
  ])("where it is %s", async (_, answer) => {
    const error = await errorOf(answer);
    expect(error.status).toBe(200);
    expect(error.message).toMatch(/200 with what its spec does not say/);
  });

  test.each<[string, Call, unknown, object?]>([
    ["a namespace is null", one, null],
    ["a namespace has no title", one, { id: namespaceId }],
    ["a namespace's id is a number", one, { id: 1, title: "t" }],
    ["a created namespace is null", ({ kv }) => kv.namespaces.create("t"), null],
    ["a renamed namespace is text", ({ kv }) => kv.namespaces.rename(namespaceId, "t"), "t"],
    ["namespaces are no list", namespaces, {}],
    ["a namespace in a list is null", namespaces, [null]],
    ["keys are no list", list, { keys: [] }],
    ["a key has no name", list, [{ expiration: 1 }]],
    ["a key's name is a number", list, [{ name: 1 }]],
    ["a key's expiration is text", list, [{ name: "a", expiration: "1" }]],
    ["a cursor is a number", list, [], { count: 0, cursor: 1 }],
    ["values are missing", many, {}],
    ["values are a list", many, { values: ["v"] }],
    ["a value is a number", many, { values: { a: 1 } }],
    [
      "a value with metadata is text",
      ({ namespace }) => namespace.getWithMetadata("a"),
      { values: { a: { metadata: 1 } } },
    ],
  ])("where %s", async (_, call, result, info) => {
    const error = await rejection(call(answering(() => success(result, info))));
    expect(error).toBeInstanceOf(KVAPIError);
    expect((error as Error).message).toMatch(/200 with what its spec does not say/);
  });

  test.each([null, { successful_key_count: 1, unsuccessful_keys: "a" }, { unsuccessful_keys: [1] }])(
    "where a bulk write did %j: then nothing counts as written",
    async (result) => {
      const { namespace } = answering(() => success(result));
      const error = (await rejection(namespace.bulkPut([{ key: "a", value: "v" }]))) as KVBulkError;
      expect(error).toMatchObject({ succeeded: 0, unsuccessfulKeys: ["a"], cause: expect.any(KVAPIError) });
      expect(error.message).toMatch(/what its spec does not say/);
    },
  );

  test("save for what is only missing: no result_info ends a list, no unsuccessful_keys are none", async () => {
    const answers = [
      success([{ name: "a" }]),
      success({ successful_key_count: 1 }),
      new Response(null, { status: 204 }),
    ];
    const { namespace } = answering(() => answers.shift()!);
    expect(await collect(namespace.list())).toEqual([{ name: "a" }]);
    expect(await namespace.bulkDelete(["a"])).toMatchObject({ succeeded: 1 });
    await namespace.delete("a");
    expect(answers).toEqual([]);
  });
});

describe("No token is shown", () => {
  const apiKey = "0123456789abcdef0123456789abcdef01234";
  const deep = { depth: 20, showHidden: true, getters: true } as const;

  test.each([{ apiToken }, { apiToken: () => apiToken }, { apiEmail: "a@example.com", apiKey }])(
    "by inspecting a client or a handle",
    async (credentials) => {
      const kv = createKV({ accountId, fetch: async () => refusal(404, 10013), ...credentials });
      const namespace = kv.namespace(namespaceId);
      for (const part of [kv, kv.namespaces, namespace, kv.api, await rejection(namespace.get("a"))]) {
        expect(inspect(part, deep)).not.toMatch(new RegExp(`${apiToken}|${apiKey}`));
        expect(JSON.stringify(part)).not.toMatch(new RegExp(`${apiToken}|${apiKey}`));
      }
    },
  );

  test.each<[string, (token: string) => Response]>([
    ["an error page", (token) => page(`<h1>You sent</h1><pre>Authorization: Bearer ${token}</pre>`, 403)],
    ["a page with status 200", (token) => page(`<p>${token}</p>`)],
    ["a message", (token) => refusal(400, 6003, `bad token ${token}, ${token}`)],
    ["the end of a long message", (token) => refusal(400, 6003, `${"m".repeat(990)}${token}`)],
    ["a lone error", (token) => json({ error: token }, 403)],
    ["a bare string", (token) => json({ success: false, errors: [token] }, 403)],
    ["a line of text", (token) => new Response(token, { status: 502 })],
    ["text between tags", (token) => page(`<!-- ${"-".repeat(100)} --><p>${token}</p>`, 502)],
    ["a page whose excerpt ends within it", (token) => page(`${"<br/>".repeat(638)}${token}`, 403)],
    ["the ray", (token) => new Response(null, { status: 403, headers: { "cf-ray": token } })],
    [
      "a redirect",
      (token) => new Response(null, { status: 302, headers: { location: `https://${token}.example/` } }),
    ],
  ])("by an error, though the service repeats it in %s", async (_, answer) => {
    const error = await errorOf(answer(apiToken));
    // A beginning of it would be too much already.
    expect(inspect(error, deep)).not.toContain(apiToken.slice(0, 10));
  });

  test("by the error of a lost connection, nor by what caused it", async () => {
    const kv = createKV({ accountId, apiToken, baseUrl: "http://127.0.0.1:9", retry: false });
    const error = await rejection(kv.namespace(namespaceId).get("a"));
    expect(error).toBeInstanceOf(KVConnectionError);
    expect(inspect(error, deep)).not.toContain(apiToken);
  });

  test("and no value either, by any error that a value leads to", async () => {
    const secret = "s3cr3t";
    const { namespace } = answering(({ path }) =>
      path.includes("/values/") ? new Response(`{${secret}`) : success({ values: { a: `{${secret}` } }),
    );
    for (const call of [
      namespace.get("a", "json"),
      namespace.get(["a"], "json"),
      namespace.getWithMetadata("a", "json"),
      namespace.put("a", { secret } as never),
      namespace.put("a", `${secret}\uD800`),
      namespace.put("a", "v", { metadata: secret.repeat(200) }),
      namespace.bulkPut([{ key: "a", value: `${secret}\uD800` }]),
    ]) {
      const error = await rejection(call);
      expect(error).toBeInstanceOf(KVError);
      expect(inspect(error, deep)).not.toContain(secret);
    }
  });
});
