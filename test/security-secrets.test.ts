import { inspect } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createKV, createRateLimit, type KV, type KVEvent, toResult } from "../src/index.ts";
import {
  accountId,
  answering,
  apiToken,
  collect,
  namespaceId,
  refusal,
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
    [
      "is reached by a fetch whose errors repeat the headers, in the message, the stack and the cause",
      (request) => {
        const cause = new Error(`sent ${inspect([...request.headers])}`);
        return Promise.reject(new TypeError(`could not send ${inspect([...request.headers])}`, { cause }));
      },
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

it("A token too short to be one, as a local server takes, is not looked for in other words", async () => {
  const kv = createKV({
    accountId,
    apiToken: "local",
    rateLimit: false,
    fetch: async () => refusal(400, 10012, "no such thing on localhost"),
  });
  expect(String(await rejection(kv.namespace(namespaceId).list()))).toMatch(/no such thing on localhost/);
});

it("keeps the token out of the message of a fetch that failed with it", async () => {
  const { namespace } = answering(
    (_, { headers }) => {
      throw new Error(`bad header: ${headers.get("authorization")}`);
    },
    { retry: false },
  );
  expect(String(await rejection(namespace.get("k")))).toContain("bad header: Bearer ***");
});
