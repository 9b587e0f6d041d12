import { inspect } from "node:util";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createKV,
  createRateLimit,
  type KV,
  KVError,
  type KVEvent,
  KVInputError,
  toResult,
} from "../src/index.ts";
import {
  accountId,
  answering,
  apiToken,
  collect,
  namespaceId,
  rejection,
  success,
  withoutPauses,
} from "./helpers.ts";

/** All texts that can be reached from a value: by any property, in any collection, down every prototype. */
function reachable(root: unknown, found = new Set<string>(), seen = new Set<object>()): Set<string> {
  if (typeof root === "string") found.add(root);
  if ((typeof root !== "object" && typeof root !== "function") || root === null || seen.has(root))
    return found;
  seen.add(root);
  for (const name of Reflect.ownKeys(root)) {
    found.add(String(name));
    reachable(valueOf(root, name), found, seen);
  }
  if (root instanceof Map || root instanceof Set || root instanceof Headers) {
    for (const entry of root) reachable(entry, found, seen);
  }
  if (!builtIn.has(Object.getPrototypeOf(root) as object))
    reachable(Object.getPrototypeOf(root), found, seen);
  return found;
}

const builtIn = new Set<object | null>([
  null,
  ...[Object, Function, Array, Promise, Error, TypeError, Map, Set].map(
    ({ prototype }) => prototype as object,
  ),
]);

/** What a property or getter gives, which may be an error. */
function valueOf(root: object, name: PropertyKey): unknown {
  try {
    return Reflect.get(root, name);
  } catch (error) {
    return error;
  }
}

/** What is written to the console or to a standard stream. */
function watchOutput(): string[] {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => written.push(String(chunk)) > 0);
  }
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...parameters) => void written.push(inspect(parameters)));
  }
  return written;
}

describe("The token, keys and values are shown by nothing that a program can get hold of", () => {
  const secretKey = "a-secret-key-3141592653";
  const secretValue = "a-secret-value-2718281828";
  const apiKey = "0123456789abcdef0123456789abcdef01234";
  const base64 = btoa(apiToken).slice(0, 16);

  afterEach(() => vi.restoreAllMocks());

  /** Every kind of call, and what came of each. */
  async function useAll(kv: KV): Promise<unknown[]> {
    const namespace = kv.namespace(namespaceId);
    const pairs = [{ key: secretKey, value: secretValue }];
    return Promise.allSettled([
      kv.namespaces.list(),
      kv.namespaces.ensure("title"),
      namespace.get(secretKey),
      namespace.getWithMetadata(secretKey, "json"),
      namespace.put(secretKey, secretValue, { metadata: 1 }),
      namespace.delete(secretKey),
      namespace.list({ limit: 1 }),
      namespace.bulkPut(pairs),
      collect(namespace.entries()),
      toResult(namespace.metadata(secretKey)),
    ]);
  }

  it("the search finds a token wherever it is", () => {
    const hide = [
      { deep: [new Map([["a", new Set([{ apiToken }])]])] },
      Object.defineProperty(new Error("m"), "hidden", { value: apiToken }),
      Object.assign(() => {}, { apiToken }),
      {
        get token() {
          return apiToken;
        },
      },
      new (class {
        inherited = 1;
        get token() {
          return apiToken;
        }
      })(),
      { [Symbol("token")]: { cause: new Error(apiToken) } },
      new Headers({ authorization: `Bearer ${apiToken}` }),
    ];
    for (const each of hide) expect([...reachable(each)].join("\n")).toContain(apiToken);
  });

  const echoes: [string, (request: Request) => Response | Promise<Response>][] = [
    [
      "repeats what it was sent",
      async (request) =>
        new Response(`<pre>${inspect([...request.headers])} ${await request.text()}</pre>`, { status: 403 }),
    ],
    [
      "repeats it as its errors",
      (request) =>
        Response.json(
          {
            success: false,
            errors: [
              {
                code: 6003,
                message: request.headers.get("authorization") ?? request.headers.get("x-auth-key"),
              },
            ],
          },
          { status: 400 },
        ),
    ],
    [
      "repeats it in its headers",
      (request) =>
        new Response("no", {
          status: 502,
          headers: {
            "cf-ray": request.headers.get("authorization") ?? "",
            location: `https://${request.headers.get("x-auth-key") ?? apiToken}.test/`,
          },
        }),
    ],
    [
      "fails",
      () => Promise.reject(new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") })),
    ],
    ["answers well", () => success({ id: namespaceId, title: "title", values: {}, unsuccessful_keys: [] })],
  ];

  it.each(echoes)("where the service %s", async (_, answer) => {
    withoutPauses();
    const written = watchOutput();
    for (const credentials of [
      { apiToken },
      { apiToken: async () => apiToken },
      { apiEmail: "ada@example.com", apiKey },
    ]) {
      const events: KVEvent[] = [];
      const budget = createRateLimit();
      const kv = createKV({
        accountId,
        rateLimit: budget,
        retry: { limit: 1 },
        fetch: async (request) => answer(request),
        onEvent: (event) => void events.push(event),
        ...credentials,
      });
      const outcomes = await useAll(kv);
      const shown = [kv, kv.namespaces, kv.api, kv.namespace(namespaceId), budget, events, outcomes];
      const texts = [
        ...shown.flatMap((each) => [...reachable(each)]),
        inspect(shown, { depth: 20, showHidden: true }),
        JSON.stringify(shown),
      ].join("\n");
      for (const secret of [apiToken, apiKey, base64]) expect(texts).not.toContain(secret);
      expect(events.length).toBeGreaterThan(0);
      expect([...reachable(events)].join("\n")).not.toMatch(/a-secret/);
    }
    expect(written).toEqual([]);
  });

  it("where nothing listens, by what the runtime says of it", async () => {
    const kv = createKV({ accountId, apiToken, baseUrl: "http://127.0.0.1:9", retry: false });
    const outcomes = await useAll(kv);
    expect([...reachable(outcomes)].join("\n")).not.toContain(apiToken);
  });
});

describe("The address that the token goes to", () => {
  const options = { accountId, apiToken };

  it.each([
    "http://example.com/client/v4",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://127.0.0.1@example.com",
    "http://[::ffff:127.0.0.1]",
    "http://10.0.0.1",
    "http://0.0.0.0",
    "ftp://127.0.0.1",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://user:password@example.com",
    "https://example.com/?a",
    "https://example.com/#a",
    "//example.com",
    "example.com",
    "",
  ])("%s is refused", (baseUrl) => {
    expect(() => createKV({ ...options, baseUrl })).toThrow(KVInputError);
  });

  it.each([
    "http://127.0.0.1:8787/client/v4",
    "http://127.1",
    "http://[::1]:8787",
    "http://localhost",
    "http://kv.localhost",
    "https://example.com/a/b/",
  ])("%s is taken", (baseUrl) => {
    expect(createKV({ ...options, baseUrl }).namespace("id").id).toBe("id");
  });

  it("is plain http to another host only where that is allowed", () => {
    expect(createKV({ ...options, baseUrl: "http://example.com", allowHttp: true })).toBeDefined();
    expect(() => createKV({ ...options, baseUrl: "ftp://example.com", allowHttp: true })).toThrow(
      KVInputError,
    );
  });
});

describe("Ids and keys cannot change the path", () => {
  const nasty = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom(
      "..",
      ".",
      "../..",
      "%2e%2e",
      "%2F",
      "a/../b",
      "\\..\\",
      "?a=b",
      "#a",
      "a;b",
      "//host",
      "\0",
      "",
      "{key_name}",
      "$&",
    ),
  );
  const base = `/accounts/${accountId}/storage/kv/namespaces`;

  it("a key is one segment of the path, and comes out of it as it was", async () => {
    await fc.assert(
      fc.asyncProperty(nasty, async (key) => {
        const { kv, namespace, requests } = answering(() => success(null));
        const params = { path: { account_id: accountId, namespace_id: namespaceId, key_name: key } };
        const value = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}";
        for (const call of [
          () => namespace.get(key),
          () => namespace.put(key, "v"),
          () => namespace.delete(key),
          () => namespace.metadata(key),
          () => kv.api.GET(value, { params, parseAs: "text" }),
        ]) {
          const before = requests.length;
          const { error } = await toResult(Promise.resolve().then(call));
          if (requests.length === before) expect(error).toBeInstanceOf(KVInputError);
        }
        for (const { path, query } of requests) {
          const [area, encoded, ...rest] = path.slice(`${base}/${namespaceId}/`.length).split("/");
          expect(path.startsWith(`${base}/${namespaceId}/`)).toBe(true);
          expect(["values", "metadata"]).toContain(area);
          expect(decodeURIComponent(encoded!)).toBe(key);
          expect(rest).toEqual([]);
          expect(query).toEqual({});
        }
      }),
    );
  });

  it("an id is one segment of the path, or refused", async () => {
    await fc.assert(
      fc.asyncProperty(nasty, async (id) => {
        const { kv, requests } = answering(() => success(null));
        await Promise.allSettled([
          kv.namespaces.get(id),
          kv.namespaces.delete(id),
          kv.namespace(id).get("key"),
          kv.namespace(id).list(),
          kv.api.DELETE("/accounts/{account_id}/storage/kv/namespaces/{namespace_id}", {
            params: { path: { account_id: id, namespace_id: namespaceId } },
          }),
        ]);
        for (const { path } of requests) expect(path.split("/")).toContain(id);
        if (requests.length > 0) expect(id).toMatch(/^[\w-]+$/);
        const create = (): KV => createKV({ accountId: id, apiToken });
        if (!/^[\w-]{1,32}$/.test(id)) expect(create).toThrow(KVInputError);
      }),
    );
  });

  it("what a list is asked with stays in the query, and so does a cursor of the service's", async () => {
    await fc.assert(
      fc.asyncProperty(nasty, async (text) => {
        const { namespace, requests } = answering(({ query }) =>
          success([{ name: "a" }], { cursor: query["cursor"] === undefined ? text : "" }),
        );
        await Promise.allSettled([
          collect(namespace.list({ prefix: text })),
          namespace.list({ cursor: text }),
        ]);
        for (const { path } of requests) expect(path).toBe(`${base}/${namespaceId}/keys`);
      }),
    );
  });
});

describe("An answer cannot pollute a prototype", () => {
  const hostile = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  ) as object;

  it("by any of its objects, wherever they go", async () => {
    const { kv, namespace, requests } = answering(({ path, method, text }) => {
      if (path.includes("/keys"))
        return success([{ name: "__proto__", metadata: hostile, ...hostile }], { cursor: "" });
      if (path.includes("/bulk/get")) {
        const entry = '{"value":"v","metadata":{"__proto__":{"polluted":1}}}';
        const isWhole = text.includes('"withMetadata":true');
        const values = JSON.parse(`{"__proto__":${isWhole ? entry : '"v"'}}`) as object;
        return success({ values, ...hostile }, hostile);
      }
      if (path.endsWith("/bulk"))
        return success({ successful_key_count: 1, unsuccessful_keys: [], ...hostile });
      if (path.includes("/metadata/")) return success(hostile);
      if (path.includes("/values/")) return new Response(JSON.stringify(hostile));
      return success(
        method === "GET" && path.endsWith("/namespaces")
          ? [{ id: "a", title: "b", ...hostile }]
          : { id: "a", title: "b", ...hostile },
        { total_count: 1, ...hostile },
      );
    });
    const results = [
      await kv.namespaces.list(),
      await kv.namespaces.get("a"),
      await namespace.metadata("a"),
      await namespace.get("a", "json"),
      await namespace.get(["__proto__"]),
      await namespace.getWithMetadata(["__proto__"]),
      await namespace.getWithMetadata("__proto__"),
      await namespace.list(),
      ...(await collect(namespace.entries())),
      await namespace.bulkPut(namespace.entries()),
      await kv.api.GET("/accounts/{account_id}/storage/kv/namespaces", {
        params: { path: { account_id: accountId } },
      }),
    ];
    for (const result of results) {
      expect((result as { polluted?: unknown }).polluted).toBeUndefined();
      const prototype: unknown = Object.getPrototypeOf(result);
      expect(prototype === Object.prototype || result instanceof Map).toBe(true);
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Function.prototype)).toEqual([]);
    // What was read is written as it was, prototype's name and all.
    const written = requests.find(({ path }) => path.endsWith("/bulk"))!;
    expect(written.text).toContain('"__proto__":{"polluted":1}');
  });
});

it("An id that the service gives is checked like the caller's own", async () => {
  const { kv, requests } = answering(() => success({ id: "../../../user/tokens", title: "title" }));
  const { id } = await kv.namespaces.ensure("title");
  expect(await rejection(kv.namespace(id).list())).toBeInstanceOf(KVError);
  expect(requests).toHaveLength(1);
});
