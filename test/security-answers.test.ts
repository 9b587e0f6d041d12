import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KV, KVError, type KVNamespaceClient } from "../src/index.ts";
import { findOperation, type OperationId } from "../src/schema.ts";
import { anyAnswers } from "./answers.ts";
import { accountId, answering, collect, rejection, success, withoutPauses } from "./helpers.ts";

/** A call, and whether what it gives is what its type says. */
type Call = readonly [
  name: string,
  operations: OperationId[],
  call: (kv: KV, namespace: KVNamespaceClient) => PromiseLike<unknown>,
  isTyped: (result: never) => boolean,
];

const isText = (value: unknown): boolean => typeof value === "string";
const isTextOrNull = (value: unknown): boolean => value === null || isText(value);
const isOptionalNumber = (value: unknown): boolean => value === undefined || typeof value === "number";
const isNothing = (value: unknown): boolean => value === undefined;
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

interface Named {
  id: unknown;
  title: unknown;
}
const isNamespace = ({ id, title }: Named): boolean => isText(id) && isText(title);

interface Listed {
  name: unknown;
  expiration?: unknown;
}
const isListed = ({ name, expiration }: Listed): boolean => isText(name) && isOptionalNumber(expiration);

interface Whole {
  value: unknown;
  metadata: unknown;
  expiration: unknown;
  cacheStatus: unknown;
}
const isWhole = ({ value, metadata, expiration, cacheStatus }: Whole): boolean =>
  isTextOrNull(value) &&
  metadata !== undefined &&
  (expiration === null || typeof expiration === "number") &&
  cacheStatus === null;

interface Read {
  key: unknown;
  value: unknown;
  expiration?: unknown;
}
const isRead = ({ key, value, expiration }: Read): boolean =>
  isText(key) && (isTextOrNull(value) || value instanceof Uint8Array) && isOptionalNumber(expiration);

interface Report {
  succeeded: unknown;
  expired: unknown;
  requests: unknown;
}
const isReport = ({ succeeded, expired, requests }: Report): boolean =>
  isCount(succeeded) && isCount(expired) && isCount(requests);

const calls: readonly Call[] = [
  [
    "namespaces.list, a page",
    ["listNamespaces"],
    (kv) => kv.namespaces.list(),
    ({ result }: { result: Named[] }) => result.every(isNamespace),
  ],
  [
    "namespaces.list, all",
    ["listNamespaces"],
    (kv) => collect(kv.namespaces.list()),
    (all: Named[]) => all.every(isNamespace),
  ],
  ["namespaces.create", ["createNamespace"], (kv) => kv.namespaces.create("title"), isNamespace],
  ["namespaces.get", ["getNamespace"], (kv) => kv.namespaces.get("id"), isNamespace],
  [
    "namespaces.rename",
    ["renameNamespace", "getNamespace"],
    (kv) => kv.namespaces.rename("id", "title"),
    isNamespace,
  ],
  ["namespaces.delete", ["removeNamespace"], (kv) => kv.namespaces.delete("id"), isNothing],
  [
    "namespaces.find",
    ["listNamespaces"],
    (kv) => kv.namespaces.find("a"),
    (found: Named | null) => found === null || isNamespace(found),
  ],
  [
    "namespaces.ensure",
    ["createNamespace", "listNamespaces"],
    (kv) => kv.namespaces.ensure("a"),
    isNamespace,
  ],
  ["get", ["readValue"], (_, n) => n.get("a"), isTextOrNull],
  ["get, JSON", ["readValue"], (_, n) => n.get("a", "json"), (value) => value !== undefined],
  [
    "get, bytes",
    ["readValue"],
    (_, n) => n.get("a", "arrayBuffer"),
    (value) => value === null || (value as object) instanceof ArrayBuffer,
  ],
  [
    "get, many",
    ["getMultiple", "readValue"],
    (_, n) => n.get(["a", "b", "__proto__"]),
    (map: Map<string, unknown>) => map.size === 3 && [...map.values()].every(isTextOrNull),
  ],
  [
    "getWithMetadata",
    ["getMultiple", "readValue", "readMetadata"],
    (_, n) => n.getWithMetadata("a"),
    isWhole,
  ],
  [
    "getWithMetadata, many",
    ["getMultiple", "readValue", "readMetadata"],
    (_, n) => n.getWithMetadata(["a", "b"]),
    (map: Map<string, Whole>) => map.size === 2 && [...map.values()].every(isWhole),
  ],
  ["metadata", ["readMetadata"], (_, n) => n.metadata("a"), (value) => value !== undefined],
  ["put", ["writeValue"], (_, n) => n.put("a", "value", { metadata: 1 }), isNothing],
  ["delete", ["deleteValue"], (_, n) => n.delete("a"), isNothing],
  ["list, a page", ["listKeys"], (_, n) => n.list(), ({ keys }: { keys: Listed[] }) => keys.every(isListed)],
  [
    "list, all",
    ["listKeys"],
    (_, n) => collect(n.list({ limit: 2 })),
    (keys: Listed[]) => keys.every(isListed),
  ],
  [
    "bulkPut",
    ["writeMultiple"],
    (_, n) =>
      n.bulkPut([
        { key: "a", value: "v" },
        { key: "b", value: "v" },
      ]),
    isReport,
  ],
  ["bulkDelete", ["deleteMultiple"], (_, n) => n.bulkDelete(["a", "b"]), isReport],
  [
    "bulkGet",
    ["getMultiple", "readValue", "readMetadata"],
    (_, n) => collect(n.bulkGet(["a", "b", "a"])),
    (all: Read[]) => all.length === 3 && all.every(isRead),
  ],
  [
    "entries",
    ["listKeys", "getMultiple", "readValue", "readMetadata"],
    (_, n) => collect(n.entries()),
    (all: Read[]) => all.every(isRead),
  ],
];

describe("Whatever the service answers, it is a typed result or an error of this package, after few requests", () => {
  it.each(calls)("%s", async (_, operations, call, isTyped) => {
    withoutPauses();
    await fc.assert(
      fc.asyncProperty(anyAnswers(...operations), fc.nat(1), async (answers, limit) => {
        const { kv, namespace, requests } = answering(
          ({ method, path }) => {
            if (requests.length > 20) throw new Error("this goes on and on");
            const { status, headers, body } = answers[findOperation(method, path)!.operation]!;
            return new Response(body, { status, headers });
          },
          { retry: { limit, maxDelay: 0 }, rateLimit: {} },
        );
        try {
          const result = await call(kv, namespace);
          expect(isTyped(result as never), JSON.stringify(result)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(KVError);
        }
        expect(requests.length).toBeLessThan(20);
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      }),
      { numRuns: 50 },
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

it.each([
  ["a message", (text: string) => Response.json({ success: false, errors: [{ code: 1, message: text }] })],
  ["a bare error", (text: string) => Response.json({ success: false, errors: [text] }, { status: 400 })],
  ["a page", (text: string) => new Response(text, { status: 502 })],
])(
  "A terminal that an error is logged to obeys nothing that %s of the service has in it",
  async (_, answer) => {
    const { namespace } = answering(() => answer("\u001B[2Jgone\u009B31m\r\n\u0007\0end"), { retry: false });
    const error = (await rejection(namespace.delete("a"))) as Error;
    expect(error.message).toMatch(/ \[2Jgone 31m end/);
    expect(error.message).not.toMatch(/\p{Cc}/u);
  },
);
