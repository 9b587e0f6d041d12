import { describe, expect, test } from "vitest";
import { limits } from "../src/schema.ts";
import {
  accountId,
  bulk,
  type Envelope,
  form,
  keys,
  metadata,
  multipart,
  namespaceId,
  otherAccountId,
  pair,
  startServer,
  unknownId,
  value,
} from "./server-helpers.ts";

describe("refusals", () => {
  const clock = 1_800_000_000;
  const put = value("a");
  /** Far deeper than JSON.stringify goes. */
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

  type Case = [
    what: string,
    request: [string, string, (RequestInit & { json?: unknown })?],
    status: number,
    code: number,
    message: RegExp,
  ];
  test.each<Case>([
    [
      "empty credentials",
      ["GET", keys, { headers: { authorization: "" } }],
      400,
      6003,
      /^Invalid request headers$/,
    ],
    [
      "a key without an email",
      ["GET", keys, { headers: { "x-auth-key": "k" } }],
      400,
      9106,
      /^Missing X-Auth-Key/,
    ],
    [
      "a token of another form",
      ["GET", keys, { headers: { authorization: "Bearer a b" } }],
      400,
      6003,
      /headers/,
    ],
    [
      "a scheme that is not bearer",
      ["GET", keys, { headers: { authorization: "Basic YTpi" } }],
      400,
      6003,
      /headers/,
    ],
    [
      "a key of another form",
      ["GET", keys, { headers: { "x-auth-key": "a b", "x-auth-email": "e" } }],
      400,
      6003,
      /headers/,
    ],
    [
      "a malformed account",
      ["GET", "https://h/client/v4/accounts/x/storage/kv/namespaces"],
      400,
      7003,
      /Could not route/,
    ],
    [
      "an account without access",
      ["GET", `https://h/client/v4/accounts/${otherAccountId}/storage/kv/namespaces`],
      403,
      10000,
      /^Authentication error$/,
    ],
    [
      "another base path",
      ["GET", `https://h/accounts/${accountId}/storage/kv/namespaces`],
      404,
      7003,
      /Could not route/,
    ],
    ["an unknown path", ["GET", "/buckets"], 404, 7003, /Could not route/],
    [
      "a namespace with a trailing slash",
      ["DELETE", `/namespaces/${namespaceId}/`],
      404,
      7003,
      /Could not route/,
    ],
    [
      "a namespace with a trailing slash, read",
      ["GET", `/namespaces/${namespaceId}/`],
      404,
      7003,
      /Could not route/,
    ],
    ["a key with a slash that is not encoded", ["GET", `${put}/b`], 404, 7003, /Could not route/],
    ["a method that the path does not take", ["POST", keys], 405, 10405, /^POST method not allowed/],
    ["an empty namespace id", ["DELETE", "/namespaces/"], 405, 10405, /^DELETE method not allowed/],
    ["a malformed namespace id", ["GET", "/namespaces/x/keys"], 400, 10011, /'invalid namespace format: x'/],
    [
      "a namespace id in capitals",
      ["GET", `/namespaces/${"A".repeat(32)}`],
      400,
      10011,
      /could not parse UUID/,
    ],
    [
      "an unknown namespace",
      ["GET", `/namespaces/${unknownId}/keys`],
      404,
      10013,
      /^list keys: 'namespace not found'$/,
    ],
    [
      "an unknown namespace of a value",
      ["PUT", `/namespaces/${unknownId}/values/a`],
      404,
      10013,
      /^put: 'namespace not found'$/,
    ],
    [
      "an unknown namespace in bulk",
      ["POST", `/namespaces/${unknownId}/bulk/delete`, { json: [] }],
      404,
      10013,
      /^bulk remove keys: /,
    ],
    [
      "a key that is no UTF-8",
      ["GET", `/namespaces/${namespaceId}/values/%ff`],
      400,
      10012,
      /^get: 'Could not URL-decode key name'$/,
    ],
    [
      "a key that is too long",
      ["GET", value("é".repeat(257))],
      414,
      10022,
      /^get: 'UTF-8 encoded length of 514 exceeds key length limit of 512\.'$/,
    ],
    [
      "a key that is too long in bulk",
      ["PUT", bulk, pair({ key: "k".repeat(513) })],
      414,
      10022,
      /length of 513/,
    ],
    ["an empty key in bulk", ["PUT", bulk, pair({ key: "" })], 400, 10012, /Key names must not be empty/],
    ["the key . in bulk", ["POST", `${bulk}/delete`, { json: ["."] }], 400, 10012, /Illegal key name "\."/],
    [
      "the key .. in a bulk get",
      ["POST", `${bulk}/get`, { json: { keys: [".."] } }],
      400,
      10012,
      /Illegal key name "\.\."/,
    ],
    [
      "a lone surrogate in a key",
      ["POST", `${bulk}/delete`, { json: ["\ud800"] }],
      400,
      10012,
      /not valid UTF-8/,
    ],
    ["a lone surrogate in a value", ["PUT", bulk, pair({ value: "\udfff" })], 400, 10012, /not valid UTF-8/],
    [
      "a lone surrogate in metadata",
      ["PUT", bulk, pair({ metadata: { a: "\udfff" } })],
      400,
      10147,
      /valid UTF-8/,
    ],
    [
      "a value too large in bulk",
      ["PUT", bulk, pair({ value: "é".repeat(limits.valueBytes / 2 + 1) })],
      413,
      10024,
      /Value length of 26214402 exceeds limit/,
    ],
    [
      "a value too large in bulk, as base64",
      ["PUT", bulk, pair({ value: "AAAA".repeat(limits.valueBytes / 3 + 1), base64: true })],
      413,
      10024,
      /Value length of 26214402 exceeds limit/,
    ],
    [
      "metadata that is too large",
      ["PUT", put, { body: form({ value: "", metadata: `"${"é".repeat(512)}"` }) }],
      413,
      10030,
      /^put: 'Metadata length of 1026 exceeds limit of 1024\.'$/,
    ],
    [
      "metadata that is too large in bulk",
      ["PUT", bulk, pair({ metadata: "m".repeat(1023) })],
      413,
      10030,
      /length of 1025/,
    ],
    [
      "empty metadata",
      ["PUT", put, { body: form({ value: "", metadata: "" }) }],
      400,
      10147,
      /^metadata must be valid json$/,
    ],
    [
      "metadata that is no JSON",
      ["PUT", put, { body: form({ value: "", metadata: "{" }) }],
      400,
      10147,
      /^metadata must be valid json$/,
    ],
    [
      "a form without a value",
      ["PUT", put, { body: form({ metadata: "{}" }) }],
      400,
      10047,
      /required form field 'value'/,
    ],
    ["a form that is none", ["PUT", put, { body: "x", headers: multipart }], 400, 10012, /multipart/],
    [
      "a form without a boundary",
      ["PUT", put, { body: "x", headers: { "content-type": "multipart/form-data" } }],
      400,
      10012,
      /multipart/,
    ],
    [
      "a time to live under the least",
      ["PUT", `${put}?expiration_ttl=59`],
      400,
      10034,
      /^put: 'Invalid expiration_ttl of 59\. Expiration TTL must be at least 60\.'$/,
    ],
    ["a time to live of 0", ["PUT", `${put}?expiration_ttl=0`], 400, 10034, /integer greater than 0/],
    [
      "a time to live that is no number",
      ["PUT", `${put}?expiration_ttl=1m`],
      400,
      10034,
      /integer greater than 0/,
    ],
    [
      "a time to live that is no whole number",
      ["PUT", `${put}?expiration_ttl=60.5`],
      400,
      10034,
      /of 60\.5\. Please specify integer/,
    ],
    [
      "an expiration that is past",
      ["PUT", `${put}?expiration=${clock}`],
      400,
      10033,
      /^put: 'Invalid expiration of 1800000000\. Please specify integer greater than the current/,
    ],
    [
      "an expiration within the minute",
      ["PUT", `${put}?expiration=${clock + 59}`],
      400,
      10033,
      /at least 60 seconds in the future/,
    ],
    ["an expiration that is empty", ["PUT", `${put}?expiration=`], 400, 10033, /Please specify integer/],
    [
      "an expiration as text in bulk",
      ["PUT", bulk, pair({ expiration: "1900000000" })],
      400,
      10033,
      /Please specify integer/,
    ],
    [
      "a time to live that is null in bulk",
      ["PUT", bulk, pair({ expiration_ttl: null })],
      400,
      10034,
      /Please specify integer/,
    ],
    ["a bulk body that is no JSON", ["PUT", bulk, { body: "[" }], 400, 10012, /could not decode/],
    [
      "a bulk body that is no UTF-8",
      ["PUT", bulk, { body: Uint8Array.of(0x22, 0xff, 0x22) }],
      400,
      10012,
      /could not decode/,
    ],
    [
      "a bulk body that is no array",
      ["PUT", bulk, { json: { body: [] } }],
      400,
      10012,
      /could not decode.*not an array/,
    ],
    ["a bulk item that is no object", ["PUT", bulk, { json: [["a", "b"]] }], 400, 10012, /not an object/],
    ["a bulk value that is no text", ["PUT", bulk, pair({ value: 1 })], 400, 10012, /not a string/],
    [
      "a bulk item without a key",
      ["PUT", bulk, { json: [{ value: "" }] }],
      400,
      10012,
      /key is not a string/,
    ],
    ["base64 that is none", ["PUT", bulk, pair({ value: "a", base64: true })], 400, 10012, /base64/],
    [
      "too many pairs",
      ["PUT", bulk, { json: Array.from({ length: 10_001 }, () => ({ key: "a", value: "" })) }],
      400,
      10012,
      /10001 items exceeds limit of 10000/,
    ],
    [
      "too many keys to delete",
      ["DELETE", bulk, { json: Array(10_001).fill("a") }],
      400,
      10012,
      /10001 items exceeds limit of 10000/,
    ],
    [
      "no keys to get",
      ["POST", `${bulk}/get`, { json: { keys: [] } }],
      400,
      10029,
      /^You must request a minimum of 1 key$/,
    ],
    [
      "too many keys to get",
      ["POST", `${bulk}/get`, { json: { keys: Array(101).fill("a") } }],
      400,
      10029,
      /^You can request a maximum of 100 keys$/,
    ],
    [
      "keys to get that are no array",
      ["POST", `${bulk}/get`, { json: { keys: "a" } }],
      400,
      10012,
      /not an array/,
    ],
    ["an array to get", ["POST", `${bulk}/get`, { json: ["a"] }], 400, 10012, /not an object/],
    [
      "an unknown type to get",
      ["POST", `${bulk}/get`, { json: { keys: ["a"], type: "bytes" } }],
      400,
      10029,
      /"bytes" is not a valid type/,
    ],
    [
      "a deep type to get",
      ["POST", `${bulk}/get`, { body: `{"keys":["a"],"type":${deep}}` }],
      400,
      10029,
      /^an array is not a valid type/,
    ],
    [
      "a deep expiration",
      ["PUT", bulk, { body: `[{"key":"a","value":"","expiration":{"a":${deep}}}]` }],
      400,
      10033,
      /Invalid expiration of an object\./,
    ],
    [
      "a deep time to live",
      ["PUT", bulk, { body: `[{"key":"a","value":"","expiration_ttl":${deep}}]` }],
      400,
      10034,
      /Invalid expiration_ttl of an array\./,
    ],
    [
      "a deep jurisdiction",
      ["POST", "/namespaces", { body: `{"title":"t","jurisdiction":${deep}}` }],
      400,
      10012,
      /^Invalid jurisdiction of an array\./,
    ],
    ["a long cursor", ["GET", `${keys}?cursor=${"A".repeat(400_000)}`], 400, 10012, /Invalid cursor\./],
    ...["-1", "abc", "1e7", "1, 1"].map((length): Case => [
      `a content length of ${length}`,
      ["PUT", put, { body: "v", headers: { "content-length": length } }],
      400,
      10012,
      /^Content-Length is not a number of bytes$/,
    ]),
    [
      "a limit below the least",
      ["GET", `${keys}?limit=9`],
      400,
      10012,
      /^Invalid limit of 9\. .* from 10 to 1000\.$/,
    ],
    ["a limit above the most", ["GET", `${keys}?limit=1001`], 400, 10012, /^Invalid limit of 1001\./],
    ["a limit that is no number", ["GET", `${keys}?limit=1e2`], 400, 10012, /^Invalid limit of 1e2\./],
    ["an empty limit", ["GET", `${keys}?limit=`], 400, 10012, /^Invalid limit of \./],
    ["page 0", ["GET", "/namespaces?page=0"], 400, 10012, /^Invalid page of 0\. .* of at least 1\.$/],
    [
      "too many namespaces on a page",
      ["GET", "/namespaces?per_page=1001"],
      400,
      10012,
      /^Invalid per_page of 1001\./,
    ],
    ["a prefix that is no UTF-8", ["GET", `${keys}?prefix=%ff`], 400, 10012, /^could not decode the query$/],
    ["a query with a bare %", ["GET", `${keys}?prefix=100%`], 400, 10012, /^could not decode the query$/],
    [
      "an unknown order",
      ["GET", "/namespaces?order=name"],
      400,
      10012,
      /^Invalid order of "name"\. .*id, title\.$/,
    ],
    ["an unknown direction", ["GET", "/namespaces?direction=up"], 400, 10012, /^Invalid direction of "up"\./],
    [
      "no title",
      ["POST", "/namespaces", { json: {} }],
      400,
      10019,
      /^request is missing a title definition$/,
    ],
    [
      "an empty title",
      ["PUT", `/namespaces/${namespaceId}`, { json: { title: "" } }],
      400,
      10019,
      /^request is missing a title/,
    ],
    [
      "a title that is no text",
      ["POST", "/namespaces", { json: { title: 1 } }],
      400,
      10012,
      /title is not valid text/,
    ],
    [
      "a title that is too long",
      ["POST", "/namespaces", { json: { title: "t".repeat(513) } }],
      400,
      10012,
      /title length of 513 exceeds limit of 512/,
    ],
    [
      "a title that is taken",
      ["POST", "/namespaces", { json: { title: "first" } }],
      400,
      10014,
      /^create namespace: 'a namespace with this account ID and title already exists'$/,
    ],
    [
      "a namespace that is no object",
      ["POST", "/namespaces", { json: "first" }],
      400,
      10012,
      /not an object/,
    ],
    [
      "an unknown jurisdiction",
      ["POST", "/namespaces", { json: { title: "t", jurisdiction: "moon" } }],
      400,
      10012,
      /Invalid jurisdiction/,
    ],
  ])("%s", async (_, request, status, code, message) => {
    const { ask, send } = startServer();
    const answer = await ask(...request);
    expect(answer).toMatchObject({ status, success: false, messages: [], result: null });
    expect(answer.errors[0]).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((await send("GET", `/namespaces/${namespaceId}`)).status).toBe(200);
    expect((await ask("GET", keys)).result).toEqual([]);
  });

  test("of a malformed header say which in the chain", async () => {
    const { ask } = startServer();
    const chain = async (headers: HeadersInit): Promise<unknown> =>
      (await ask("GET", keys, { headers })).errors[0]!.error_chain?.map(({ code }) => code);
    expect(await chain({ authorization: "Bearer" })).toEqual([6111]);
    expect(await chain({ "x-auth-key": "a,b", "x-auth-email": "e" })).toEqual([6103]);
  });

  test("of a request without any credentials come before any other", async () => {
    const { server } = startServer();
    const response = await server.fetch(new Request("https://h/client/v4/nowhere"));
    expect(response.status).toBe(400);
    expect(((await response.json()) as Envelope).errors.map(({ code }) => code)).toEqual([9106]);
  });

  test("of a token or key that is not among the known ones", async () => {
    const { ask } = startServer({ tokens: ["right"] });
    const code = async (headers: HeadersInit): Promise<unknown> => {
      const { status, errors } = await ask("GET", keys, { headers });
      return [status, errors[0]?.code];
    };
    expect(await code({ authorization: "Bearer right" })).toEqual([200, undefined]);
    expect(await code({ "x-auth-key": "right", "x-auth-email": "e" })).toEqual([200, undefined]);
    expect(await code({ authorization: "Bearer wrong" })).toEqual([403, 10001]);
    expect(await code({ "x-auth-key": "wrong", "x-auth-email": "e" })).toEqual([403, 9103]);
  });

  test("of an unknown route and a malformed account have both codes of routing", async () => {
    const { ask } = startServer();
    expect((await ask("GET", "/nowhere")).errors.map(({ code }) => code)).toEqual([7003, 7000]);
  });

  test("of an empty key have no error in the envelope", async () => {
    const { ask } = startServer();
    for (const path of [value(""), metadata("")]) {
      expect(await ask("GET", path)).toMatchObject({ status: 404, success: false, errors: [] });
    }
  });

  test("of a bulk get name the kind of value that is asked for", async () => {
    const { ask, put: store } = startServer();
    await store("bytes", Uint8Array.of(0xff));
    await store("text", "{");
    await store("deep", deep);
    const get = async (json: object): Promise<unknown> => (await ask("POST", `${bulk}/get`, { json })).errors;
    expect(await get({ keys: ["text", "bytes"] })).toEqual([
      { code: 10029, message: expect.stringMatching(/ a non-text value$/) },
    ]);
    expect(await get({ keys: ["text"], type: "json" })).toEqual([
      { code: 10029, message: expect.stringMatching(/ a non-json value$/) },
    ]);
    expect(await get({ keys: ["deep"], type: "json" })).toEqual([
      { code: 10029, message: expect.stringMatching(/ a value that is too deep$/) },
    ]);
  });

  test("of a rename to a title that is taken leave both as they were", async () => {
    const { ask } = startServer();
    const { result } = await ask("POST", "/namespaces", { json: { title: "second" } });
    const { errors } = await ask("PUT", `/namespaces/${result.id}`, { json: { title: "first" } });
    expect(errors[0]).toMatchObject({ code: 10014, message: expect.stringMatching(/^rename namespace: '/) });
    expect((await ask("GET", `/namespaces/${result.id}`)).result.title).toBe("second");
  });
});
