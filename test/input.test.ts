import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  createKV,
  createRateLimit,
  type KV,
  KVBulkError,
  KVInputError,
  type KVNamespaceClient,
  type KVOptions,
  limits,
  type Pair,
} from "../src/index.ts";
import { accountId, answering, apiToken, collect, namespaceId, rejection, success } from "./helpers.ts";

/** Stands in the tests for what no message may repeat. */
const secret = "s3cr3t";
const longKey = "é".repeat(257);
const now = (): number => Math.floor(Date.now() / 1000);

type Call = (namespace: KVNamespaceClient, kv: KV) => unknown;

/** A wrong argument, the call, and what the message says: the limit and the actual number where there are such. */
const wrong: readonly [string, Call, ...RegExp[]][] = [
  ["an empty key", (n) => n.get(""), /key is empty/, /1 byte/],
  ["the key .", (n) => n.put(".", secret), /"\."/],
  ["the key ..", (n) => n.delete(".."), /"\.\."/],
  ["a key over 512 bytes", (n) => n.put(longKey, secret), /514 bytes/, /512/],
  ["such a key to read", (n) => n.get(longKey), /514/, /512/],
  ["such a key to delete", (n) => n.delete(longKey), /514/, /512/],
  ["such a key among many", (n) => n.get(["a", longKey]), /514/, /512/],
  ["such a key for its metadata", (n) => n.metadata(longKey), /514/, /512/],
  ["such a key with metadata", (n) => n.getWithMetadata(longKey), /514/, /512/],
  ["a key that is a number", (n) => n.get(5 as never), /^the key is 5, not a string$/],
  ["a key that is no string to write", (n) => n.put({} as never, secret), /is of type object, not a string$/],
  ["a key that is null", (n) => n.get(null as never), /^the key is null, not a string$/],
  ["a key that is missing", (n) => n.delete(undefined as never), /^the key is undefined, not a string$/],
  [
    "an expiration in the past",
    (n) => n.put("a", secret, { expiration: 1 }),
    /1 is \d+ seconds ago/,
    /60 seconds/,
  ],
  [
    "one 30 seconds ahead",
    (n) => n.put("a", secret, { expiration: now() + 30 }),
    /(29|30) seconds ahead/,
    /60/,
  ],
  ["an expiration in milliseconds that is no number", (n) => n.put("a", secret, { expiration: NaN }), /NaN/],
  [
    "one that is text",
    (n) => n.put("a", secret, { expiration: "5000000000" as never }),
    /is "5000000000", not a number/,
  ],
  [
    "a time to live that is text",
    (n) => n.put("a", secret, { expirationTtl: "60" as never }),
    /is "60", not a/,
  ],
  ["one that never comes", (n) => n.put("a", secret, { expiration: Infinity }), /Infinity/],
  ["a time to live under 60", (n) => n.put("a", secret, { expirationTtl: 59 }), /59 seconds/, /60/],
  ["a time to live of zero", (n) => n.put("a", secret, { expirationTtl: 0 }), /0 seconds/, /60/],
  ["a time to live that is none", (n) => n.put("a", secret, { expirationTtl: NaN }), /NaN/],
  [
    "text over 25 MiB in bytes, though not in characters",
    (n) => n.put("a", "é".repeat(limits.valueBytes / 2 + 1)),
    /26214402 bytes/,
    /26214400/,
  ],
  [
    "bytes over 25 MiB",
    (n) => n.put("a", new Uint8Array(limits.valueBytes + 1)),
    /26214401 bytes/,
    /26214400/,
  ],
  [
    "a Blob over 25 MiB",
    (n) => n.put("a", new Blob([new Uint8Array(limits.valueBytes + 1)])),
    /26214401/,
    /26214400/,
  ],
  ["a value that is none", (n) => n.put("a", undefined as never), /undefined/],
  ["a value that is an object", (n) => n.put("a", { secret } as never), /object/],
  [
    "metadata over 1,024 bytes",
    (n) => n.put("a", "v", { metadata: secret.padEnd(1023) }),
    /1025 bytes/,
    /1024/,
  ],
  [
    "metadata over 1,024 bytes in UTF-8",
    (n) => n.put("a", "v", { metadata: "é".repeat(512) }),
    /1026 bytes/,
    /1024/,
  ],
  ["a type that no value has", (n) => n.get("a", "blob" as never), /blob/, /text, json, arrayBuffer, stream/],
  ["such a type with metadata", (n) => n.getWithMetadata("a", { type: "blob" as never }), /blob/],
  ["many keys as bytes", (n) => n.get(["a"], "arrayBuffer" as never), /arrayBuffer/, /text or json/],
  ["many keys as streams", (n) => n.getWithMetadata(["a"], { type: "stream" as never }), /stream/],
  ["a list limit of 0", (n) => n.list({ limit: 0 }), /limit is 0/, /1 to 1000/],
  ["a list limit over 1,000", (n) => n.list({ limit: 1001 }), /limit is 1001/, /1 to 1000/],
  ["a list limit with a fraction", (n) => n.list({ limit: 10.5 }), /10\.5/],
  ["a list limit that is text", (n) => n.list({ limit: "10" as never }), /limit is "10", not a whole number/],
  ["a list limit, found when iterating", (n) => collect(n.list({ limit: 0 })), /limit is 0/],
  ["a cursor that is no text", (n) => n.list({ cursor: 5 as never }), /cursor/],
  ["a cursor cut off in the middle", (n) => n.list({ cursor: "workers-kv-rest:%E" }), /cursor/],
  ["a prefix that is no text", (n) => n.list({ prefix: 5 as never }), /prefix is 5, not a string/],
  ["a concurrency of 0", (n) => n.bulkPut([], { concurrency: 0 }), /concurrency is 0/, /1 to 5/],
  ["a concurrency of 6", (n) => n.bulkDelete([], { concurrency: 6 }), /concurrency is 6/, /1 to 5/],
  ["one key where many are meant", (n) => n.bulkDelete("key"), /string/],
  ["one key to read in bulk", (n) => collect(n.bulkGet("key")), /string/],
  ["one pair where many are meant", (n) => n.bulkPut({ key: "a", value: secret } as never), /object/],
  ["nothing where many are meant", (n) => n.bulkPut(undefined as never), /undefined/],
  ["null where many keys are meant", (n) => collect(n.bulkGet(null as never)), /null/],
  ["an empty title", (_, kv) => kv.namespaces.create(""), /title is empty/, /1 character/],
  ["a title that is missing", (_, kv) => kv.namespaces.create(undefined as never), /title is undefined, not/],
  ["a title over 512", (_, kv) => kv.namespaces.create("t".repeat(513)), /513 characters/, /512/],
  [
    "a title over 512 of two UTF-16 units each",
    (_, kv) => kv.namespaces.create("😀".repeat(513)),
    /513 char/,
  ],
  ["such a title to rename to", (_, kv) => kv.namespaces.rename(namespaceId, "t".repeat(513)), /513/, /512/],
  ["such a title to find", (_, kv) => kv.namespaces.find("t".repeat(513)), /513/, /512/],
  ["such a title to ensure", (_, kv) => kv.namespaces.ensure("t".repeat(513)), /513/, /512/],
  ["a title with a lone surrogate", (_, kv) => kv.namespaces.create("a\uD800"), /lone surrogate/],
  ["an empty namespace id", (_, kv) => kv.namespaces.get(""), /namespace id is empty/],
  [
    "a namespace id that is missing",
    (_, kv) => kv.namespaces.delete(null as never),
    /id is null, not a string/,
  ],
  [
    "a handle whose id is a number",
    (_, kv) => kv.namespace(5 as never).get("a"),
    /namespace id is 5, not a string/,
  ],
  ["a namespace id with a slash", (_, kv) => kv.namespaces.rename("a/b", "t"), /namespace id has/],
  ["a namespace id over 32", (_, kv) => kv.namespaces.get("a".repeat(33)), /33 characters/, /32/],
  ["such an id of a handle", (_, kv) => kv.namespace("a".repeat(33)).get("a"), /33 characters/, /32/],
  [
    "an order that is none",
    (_, kv) => kv.namespaces.list({ order: "name" as never }),
    /^order is "name", not id or title$/,
  ],
  [
    "an order of every object",
    (_, kv) => kv.namespaces.list({ order: "constructor" as never }),
    /not id or title/,
  ],
  [
    "a direction that is none",
    (_, kv) => collect(kv.namespaces.list({ direction: "up" as never })),
    /^direction is "up", not asc or desc$/,
  ],
  [
    "a jurisdiction that is none",
    (_, kv) => kv.namespaces.create("t", { jurisdiction: "mars" as never }),
    /^jurisdiction is "mars", not eu or fedramp or us$/,
  ],
  [
    "a jurisdiction of null",
    (_, kv) => kv.namespaces.create("t", { jurisdiction: null as never }),
    /^jurisdiction is null, not eu/,
  ],
  ["a page of 0", (_, kv) => kv.namespaces.list({ page: 0 }), /page is 0/, /from 1/],
  ["a page that is text", (_, kv) => kv.namespaces.list({ page: "2" as never }), /page is "2", not a whole/],
  ["a page with a fraction", (_, kv) => kv.namespaces.list({ page: 1.5 }), /page is 1\.5/],
  ["0 namespaces to a page", (_, kv) => kv.namespaces.list({ per_page: 0 }), /per_page is 0/, /1 to 1000/],
  [
    "1,001 namespaces to a page",
    (_, kv) => collect(kv.namespaces.list({ per_page: 1001 })),
    /1001/,
    /1 to 1000/,
  ],
];

describe("It is refused before anything is sent", () => {
  test.each(wrong)("%s", async (_, call, ...says) => {
    const { kv, namespace, requests } = answering(() => success(null));
    let outcome: unknown;
    expect(() => (outcome = call(namespace, kv)), "thrown at once").not.toThrow();
    const error = await rejection(outcome as Promise<unknown>);
    expect(error).toBeInstanceOf(KVInputError);
    const { message } = error as KVInputError;
    for (const part of says) expect(message).toMatch(part);
    expect(inspect(error)).not.toMatch(new RegExp(`${secret}|${apiToken}|é{9}`));
    expect(requests).toEqual([]);
  });
});

describe("A pair that breaks a rule does not stop a job, and is named with the rule", () => {
  test.each<[string, object, RegExp]>([
    ["an empty key", { key: "" }, /empty/],
    ["a long key", { key: longKey }, /514 bytes.*512/],
    ["no key", { key: undefined }, /undefined, not a string/],
    ["no value", { value: undefined }, /undefined/],
    ["a value that a pair cannot have", { value: new Blob([secret]) }, /object/],
    ["a value over 25 MiB", { value: new Uint8Array(limits.valueBytes + 1) }, /26214401 bytes.*26214400/],
    ["metadata over 1,024 bytes", { metadata: "x".repeat(1023) }, /1025 bytes.*1024/],
    ["a time to live under 60", { expirationTtl: 59.9 }, /59\.9 seconds.*60/],
    ["an expiration that is no number", { expiration: NaN }, /NaN/],
    ["one of null, as getWithMetadata gives it", { expiration: null }, /null, not a number/],
    ["one that is text", { expiration: "1" }, /not a number/],
  ])("%s", async (_, part, says) => {
    const { namespace, requests } = answering(() =>
      success({ successful_key_count: 2, unsuccessful_keys: [] }),
    );
    const broken: Pair = { key: "broken", value: secret, ...part };
    const pairs = [{ key: "before", value: "v" }, broken, { key: "after", value: "v" }];
    const error = (await rejection(namespace.bulkPut(pairs))) as KVBulkError;
    expect(error).toBeInstanceOf(KVBulkError);
    expect(error).toMatchObject({ succeeded: 2, expired: 0, unsuccessfulKeys: [] });
    expect(error.cause).toBeUndefined();
    expect(error.rejected).toEqual([{ key: broken.key ?? "", error: expect.any(KVInputError) }]);
    expect(error.rejected[0]!.error.message).toMatch(says);
    expect(error.message).toMatch(says);
    expect(JSON.stringify(error.message)).not.toContain(secret);
    expect(JSON.parse(requests[0]!.text)).toHaveLength(2);
  });
});

describe("A client is not made", () => {
  const options = { accountId, apiToken };
  test.each<[string, Partial<Record<keyof KVOptions, unknown>>, ...RegExp[]]>([
    ["without an account id", { accountId: undefined }, /account id is undefined, not a string; it is/],
    ["with an empty account id", { accountId: "" }, /account id is empty/],
    ["with an account id that holds a slash", { accountId: "a/b" }, /account id has/],
    ["with an account id over 32", { accountId: "a".repeat(33) }, /33 characters/, /32/],
    ["without a token", { apiToken: undefined }, /no credentials/, /apiToken/],
    ["with an empty token", { apiToken: "" }, /apiToken is empty/],
    ["with a token that holds a line end", { apiToken: `${secret}\n` }, /apiToken has .* at 6/],
    ["with a token that holds a space", { apiToken: `Bearer ${secret}` }, /apiToken has .* at 6/],
    ["with a token that is no text", { apiToken: 5 }, /apiToken/],
    ["with a key but no email", { apiToken: undefined, apiKey: secret }, /apiEmail is empty/],
    ["with an email but no key", { apiToken: undefined, apiEmail: "a@b.c" }, /apiKey is empty/],
    ["with a token and a key", { apiEmail: "a@b.c", apiKey: secret }, /not both/],
    ["with a base URL that is none", { baseUrl: "api.cloudflare.com" }, /baseUrl is not a URL/],
    [
      "with plain http to another host",
      { baseUrl: "http://kv.example.com" },
      /http:\/\/kv.example.com/,
      /allowHttp/,
    ],
    ["with plain http to what looks like loopback", { baseUrl: "http://127.0.0.1.example.com" }, /allowHttp/],
    ["with another protocol", { baseUrl: "ftp://127.0.0.1" }, /ftp/],
    ["with a password in the base URL", { baseUrl: `https://a:${secret}@example.com` }, /credentials/],
    ["with a query in the base URL", { baseUrl: `https://example.com/?${secret}` }, /query/],
    ["with a time limit of 0", { timeout: 0 }, /timeout is 0/],
    ["with a time limit that is none", { timeout: NaN }, /timeout is NaN/],
    ["with half a retry", { retry: { limit: 0.5 } }, /retry.limit is 0.5/],
    ["with less than no retry", { retry: { limit: -1 } }, /retry.limit is -1/],
    ["with less than no pause", { retry: { maxDelay: -1 } }, /retry.maxDelay is -1/],
    ["with a fetch that is text", { fetch: "node" }, /fetch is "node", not a function/],
    ["with a fetch that is an object", { fetch: {} }, /fetch is of type object, not a function/],
    ["with a fetch of null", { fetch: null }, /fetch is null, not a function/],
    ["with a listener that is none", { onEvent: true }, /onEvent is true, not a function/],
    ["with a time limit that is text", { timeout: "300" }, /timeout is "300", not a positive number of ms/],
    ["with a time limit of null", { timeout: null }, /timeout is null/],
    ["with a retry that is none", { retry: true }, /retry is true, not an object of options or false/],
    ["with a retry of null", { retry: null }, /retry is null/],
    ["with a retry whose limit is text", { retry: { limit: "2" } }, /retry.limit is "2", not a whole number/],
    [
      "with a pause that is text",
      { retry: { maxDelay: "10" } },
      /retry.maxDelay is "10", not a number of ms/,
    ],
    ["with a pause of null", { retry: { maxDelay: null } }, /retry.maxDelay is null/],
    [
      "with a budget that is none",
      { rateLimit: true },
      /rateLimit is true, not an object of options or false/,
    ],
    ["with a budget of null", { rateLimit: null }, /rateLimit is null/],
    ["with a budget that is text", { rateLimit: "1200" }, /rateLimit is "1200"/],
    [
      "with a budget whose requests are text",
      { rateLimit: { requests: "5" } },
      /requests is "5", not a whole/,
    ],
    [
      "with a budget whose time is text",
      { rateLimit: { window: "5" } },
      /window is "5", not a positive number/,
    ],
    ["with a budget of no requests", { rateLimit: { requests: 0 } }, /requests/, /0/],
    ["with a budget of no time", { rateLimit: { window: 0 } }, /window/, /0/],
  ])("%s", (_, part, ...says) => {
    let error: unknown;
    try {
      createKV({ ...options, ...part } as KVOptions);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(KVInputError);
    for (const each of says) expect((error as Error).message).toMatch(each);
    expect(inspect(error)).not.toMatch(new RegExp(`${secret}|${apiToken}`));
  });

  test("with plain http, save to a loopback address or where it is allowed", () => {
    for (const host of ["localhost:1", "kv.localhost", "127.0.0.1:8787", "127.1.2.3", "[::1]:1"]) {
      expect(createKV({ ...options, baseUrl: `http://${host}/client/v4/` })).toBeDefined();
    }
    expect(createKV({ ...options, baseUrl: "http://kv.example.com", allowHttp: true })).toBeDefined();
  });
});

test("A budget of nothing is refused by itself too", () => {
  expect(() => createRateLimit({ requests: 0 })).toThrow(KVInputError);
});

test("A token that a function gives is checked before each request", async () => {
  for (const given of ["", `${secret}\n`, undefined]) {
    const { namespace, requests } = answering(() => success(null), { apiToken: async () => given as string });
    const error = await rejection(namespace.get("a"));
    expect(error).toBeInstanceOf(KVInputError);
    expect(inspect(error)).not.toContain(secret);
    expect(requests).toEqual([]);
  }
});

test("What is not given at all stands for the default, also as undefined", async () => {
  const { kv, namespace, requests } = answering(({ path }) =>
    path.endsWith("/keys") ? success([], { count: 0 }) : success([], { total_count: 0 }),
  );
  await namespace.list({ limit: undefined, prefix: undefined, cursor: undefined, signal: undefined });
  await namespace.list({ prefix: null, cursor: null });
  await kv.namespaces.list({ page: undefined, per_page: undefined, order: undefined, direction: undefined });
  expect(requests.map(({ query }) => query)).toEqual([{ limit: "1000" }, { limit: "1000" }, {}]);
});
