import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KV, KVError, type KVNamespaceClient } from "../src/index.ts";
import { findOperation, type OperationId } from "../src/schema.ts";
import { anyAnswers } from "./answers.ts";
import { answering, collect, withoutPauses } from "./helpers.ts";

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
