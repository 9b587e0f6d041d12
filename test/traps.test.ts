import { describe, expect, test } from "vitest";
import { createKV, KVAPIError, KVInputError } from "../src/index.ts";
import {
  accountId,
  answering,
  apiToken,
  binary,
  collect,
  namespaceId,
  refusal,
  rejection,
  serve,
  success,
  utf8,
  withoutPauses,
} from "./helpers.ts";

const valuePath = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}";
const metadataPath = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key_name}";
const paramsOf = (key: string) => ({
  path: { account_id: accountId, namespace_id: namespaceId, key_name: key },
});
const raw = (): Response => new Response("v", { headers: { "content-type": "application/octet-stream" } });

describe.each([".", "..", ""])("The key %j, which a URL would turn into another address", (key) => {
  test("is refused by every method before anything is sent", async () => {
    const { namespace, requests } = answering(() => success(null));
    for (const call of [
      namespace.get(key),
      namespace.get(["a", key]),
      namespace.getWithMetadata(key),
      namespace.getWithMetadata(key, "stream"),
      namespace.put(key, "v"),
      namespace.delete(key),
      namespace.metadata(key),
      collect(namespace.bulkGet(["a", key])),
    ]) {
      expect(await rejection(call)).toBeInstanceOf(KVInputError);
    }
    for (const call of [namespace.bulkPut([{ key, value: "v" }]), namespace.bulkDelete([key])]) {
      const { rejected } = (await rejection(call)) as { rejected: { key: string; error: Error }[] };
      expect(rejected).toEqual([{ key, error: expect.any(KVInputError) }]);
    }
    expect(requests).toEqual([]);
  });

  test("is refused by raw calls too", async () => {
    const { kv, requests } = answering(() => success(null));
    const params = paramsOf(key);
    for (const call of [
      kv.api.GET(valuePath, { params }),
      kv.api.PUT(valuePath, { params, body: "v" }),
      kv.api.DELETE(valuePath, { params }),
      kv.api.GET(metadataPath, { params }),
    ]) {
      expect(await rejection(call)).toBeInstanceOf(KVInputError);
    }
    expect(requests).toEqual([]);
  });
});

test("An id with a slash or dots is refused, so that it stays one segment of the path", async () => {
  const { kv, requests } = answering(() => success(null));
  for (const id of ["", ".", "..", "a/b", "a%2Fb", "a?b", "é"]) {
    expect(await rejection(kv.namespaces.delete(id))).toBeInstanceOf(KVInputError);
    expect(await rejection(kv.namespace(id).delete("a"))).toBeInstanceOf(KVInputError);
    const params = { path: { account_id: accountId, namespace_id: namespaceId, key_name: "a" } };
    for (const path of [
      { ...params.path, account_id: id },
      { ...params.path, namespace_id: id },
    ]) {
      expect(await rejection(kv.api.DELETE(valuePath, { params: { path } }))).toBeInstanceOf(KVInputError);
    }
  }
  expect(requests).toEqual([]);
});

test("A raw call to a path of its own making is no way around the checks", async () => {
  const { kv, requests } = answering(() => success(null));
  for (const key of ["..", ".", "%2e%2E", "a/b", "a#b", "a\\b", "", "a/../b"]) {
    const path =
      `/accounts/${accountId}/storage/kv/namespaces/${namespaceId}/values/${key}` as typeof valuePath;
    const error = await rejection(kv.api.DELETE(path, { params: paramsOf("a") }));
    expect(error, key).toBeInstanceOf(KVInputError);
  }
  const elsewhere = { params: paramsOf("a"), baseUrl: "https://example.com" };
  expect(await rejection(kv.api.DELETE(valuePath, elsewhere))).toBeInstanceOf(KVInputError);
  expect(requests).toEqual([]);
});

test("The value of a raw call is sent as it is, not as JSON", async () => {
  const { kv, requests } = answering(() => success(null));
  for (const body of ["v", '"v"', "", utf8("v"), new Blob(["v"])]) {
    await kv.api.PUT(valuePath, { params: paramsOf("a"), body });
  }
  expect(requests.map(({ text }) => text)).toEqual(["v", '"v"', "", "v", "v"]);
  expect(requests.map(({ headers }) => headers.get("content-type"))).toEqual(
    requests.map(() => "application/octet-stream"),
  );
});

test("The content type that the caller of a raw call gives is kept", async () => {
  const { kv, requests } = answering(() => success(null));
  await kv.api.PUT(valuePath, { params: paramsOf("a"), body: "v", headers: { "content-type": "text/html" } });
  expect(requests[0]!.headers.get("content-type")).toBe("text/html");
});

test("A value with metadata is never sent as JSON, which would be stored to the letter", async () => {
  const { kv, namespace } = serve();
  await kv.api.PUT(valuePath, { params: paramsOf("a"), body: { value: binary, metadata: [0] } });
  const { value, metadata } = await namespace.getWithMetadata("a", "arrayBuffer");
  expect([new Uint8Array(value!), metadata]).toEqual([binary, [0]]);
  await kv.api.PUT(valuePath, { params: paramsOf("a"), body: { value: '{"value":1}' } });
  expect(await namespace.getWithMetadata("a")).toMatchObject({ value: '{"value":1}', metadata: null });
});

test("A lone surrogate is refused in keys, values, metadata and prefixes, and stored nowhere", async () => {
  const { kv, namespace, requests } = answering(() => success(null));
  const lone = "a\uD800b";
  for (const call of [
    namespace.put(lone, "v"),
    namespace.put("a", lone),
    namespace.put("a", "v", { metadata: lone }),
    namespace.put("a", "v", { metadata: { [lone]: 1 } }),
    namespace.put("a", "v", { metadata: [[{ a: lone }]] }),
    namespace.get(lone),
    namespace.get([lone]),
    namespace.delete(lone),
    namespace.metadata(lone),
    namespace.list({ prefix: lone }),
    namespace.list({ cursor: lone }),
    kv.api.GET(valuePath, { params: paramsOf(lone) }),
  ]) {
    expect(await rejection(call)).toBeInstanceOf(KVInputError);
  }
  const pairs = [
    { key: lone, value: "v" },
    { key: "value", value: lone },
    { key: "metadata", value: "v", metadata: lone },
  ];
  expect(await rejection(namespace.bulkPut(pairs))).toMatchObject({ rejected: { length: 3 } });
  expect(await rejection(namespace.bulkDelete([lone]))).toMatchObject({ rejected: { length: 1 } });
  expect(requests).toEqual([]);
});

test("The text \\ud800, escaped as in JSON, is no lone surrogate", async () => {
  const { namespace } = serve();
  const metadata = { "\\ud800": "\\uDFFF", pair: "\uD83D\uDE00" };
  await namespace.put("a", "\\ud800", { metadata });
  expect(await namespace.getWithMetadata("a")).toMatchObject({ value: "\\ud800", metadata });
});

test("Line ends stay as they are, though a form would rewrite those of its text parts", async () => {
  const { kv, namespace } = serve();
  const value = "a\nb\rc\r\nd";
  await namespace.put("facade", value, { metadata: value });
  await kv.api.PUT(valuePath, { params: paramsOf("raw"), body: { value, metadata: value } });
  for (const key of ["facade", "raw"]) {
    expect(await namespace.getWithMetadata(key)).toMatchObject({ value, metadata: value });
  }
});

test("A byte order mark is part of a text", async () => {
  const { namespace } = answering(() => new Response(utf8("\uFEFFa")));
  expect(await namespace.get("a")).toBe("\uFEFFa");
});

test("A value of no bytes is the empty text, also where the answer says Content-Length: 0", async () => {
  const { namespace } = answering(() => new Response("", { headers: { "content-length": "0" } }));
  expect(await namespace.get("a")).toBe("");
  expect(await namespace.get("a", "arrayBuffer")).toEqual(new ArrayBuffer(0));
  expect(await new Response(await namespace.get("a", "stream")).text()).toBe("");
});

test.each(["null", "{}", '{"success":false,"errors":[]}', "[1,", "<!DOCTYPE html>"])(
  "The value %s is not taken for an answer of the service",
  async (text) => {
    const { namespace } = serve();
    await namespace.put("a", text);
    expect(await namespace.get("a")).toBe(text);
    expect(await namespace.getWithMetadata("a")).toMatchObject({ value: text });
    expect(await new Response(await namespace.get("a", "stream")).text()).toBe(text);
  },
);

test("A page without keys is not the end of a list, a cursor that is missing, null or empty is", async () => {
  for (const end of [{ cursor: "" }, { cursor: null }, {}, undefined]) {
    const pages = [
      success([], { count: 0, cursor: "1" }),
      success([{ name: "a" }], { count: 1, cursor: "2" }),
      success([], { count: 0, cursor: "3" }),
      success([{ name: "b" }], end),
    ];
    const { namespace, requests } = answering(() => pages.shift()!);
    expect(await collect(namespace.list())).toEqual([{ name: "a" }, { name: "b" }]);
    expect(requests.map(({ query }) => query["cursor"])).toEqual([undefined, "1", "2", "3"]);
  }
});

test("A page alone says whether there is more by its cursor, not by its keys", async () => {
  const { namespace } = answering(() => success([], { count: 0, cursor: "more" }));
  expect(await namespace.list()).toEqual({
    list_complete: false,
    keys: [],
    cursor: "more",
    cacheStatus: null,
  });
});

test("A cursor that repeats with the same keys is an error, not a loop without end", async () => {
  const { namespace, requests } = answering(() => success([{ name: "a" }], { count: 1, cursor: "same" }));
  const error = await rejection(collect(namespace.list()));
  expect(error).toBeInstanceOf(KVAPIError);
  expect((error as Error).message).toMatch(/same cursor/);
  expect(requests.length).toBeLessThan(4);
});

test("Cursors that go round in a circle are an error too", async () => {
  let count = 0;
  const { namespace, requests } = answering(() => {
    const at = count++ % 3;
    return success([{ name: `key ${at}` }], { count: 1, cursor: `cursor ${at}` });
  });
  expect(await rejection(collect(namespace.list()))).toBeInstanceOf(KVAPIError);
  expect(requests.length).toBeLessThan(7);
});

test("The prefix goes along with every cursor", async () => {
  const { namespace, requests } = answering(({ query }) => {
    const cursor = { undefined: "1", 1: "2", 2: "" }[String(query["cursor"])];
    return success([], { count: 0, cursor });
  });
  await collect(namespace.list({ prefix: "a b/" }));
  expect(requests.map(({ query }) => query)).toEqual([
    { limit: "1000", prefix: "a b/" },
    { limit: "1000", prefix: "a b/", cursor: "1" },
    { limit: "1000", prefix: "a b/", cursor: "2" },
  ]);
});

test("__proto__ is a key like any other", async () => {
  const { namespace } = serve();
  const keys = ["__proto__", "constructor", "hasOwnProperty"];
  expect([...(await namespace.get(keys)).values()]).toEqual([null, null, null]);
  await namespace.bulkPut([{ key: "__proto__", value: "v", metadata: JSON.parse('{"__proto__":1}') }]);
  expect([...(await namespace.get(keys)).values()]).toEqual(["v", null, null]);
  const { metadata } = (await namespace.getWithMetadata(keys)).get("__proto__")!;
  expect(Object.entries(metadata as object)).toEqual([["__proto__", 1]]);
  expect(await collect(namespace.entries())).toMatchObject([{ key: "__proto__", value: "v" }]);
});

test("A stream is read once, and goes out whole each time that it is sent", async () => {
  withoutPauses();
  for (const metadata of [undefined, 1]) {
    const answers = [refusal(503, 0), refusal(503, 0), success(null)];
    const { namespace, requests } = answering(() => answers.shift()!);
    const stream = new Blob(["a", binary, "b"]).stream();
    await namespace.put("a", stream, { metadata });
    const sent = requests.map(({ bytes }) => Buffer.from(bytes).includes(Buffer.from(binary)));
    expect(sent).toEqual([true, true, true]);
  }
});

test("A redirect is not followed: it would take the credentials along", async () => {
  const seen: RequestRedirect[] = [];
  const location = `https://elsewhere.example/${apiToken}?a=${apiToken}`;
  const { namespace, requests } = answering((_, request) => {
    seen.push(request.redirect);
    return new Response(null, { status: 302, headers: { location } });
  });
  const error = (await rejection(namespace.get("a"))) as KVAPIError;
  expect(error).toBeInstanceOf(KVAPIError);
  expect(error).toMatchObject({ status: 302, attempts: 1 });
  expect(error.message).toContain("https://elsewhere.example");
  expect(error.message).not.toContain(apiToken);
  expect([seen, requests.length]).toEqual([["manual"], 1]);
});

/** What has the parts of a Response, and is none of this realm. */
function foreign(response: Response): Response {
  const { headers, ok, status, statusText, url, body } = response;
  return {
    headers,
    ok,
    status,
    statusText,
    url,
    body,
    arrayBuffer: () => response.arrayBuffer(),
  } as Response;
}

test("A Response of another implementation of fetch will do", async () => {
  const { namespace } = answering(({ path }) =>
    foreign(path.includes("/metadata/") ? success({ a: 1 }) : raw()),
  );
  expect(await namespace.get("a")).toBe("v");
  expect(await new Response(await namespace.get("a", "stream")).text()).toBe("v");
  expect(await namespace.metadata("a")).toEqual({ a: 1 });
});

test("A fetch of another realm gets a Request that says all of it", async () => {
  const calls: unknown[] = [];
  const kv = createKV({
    accountId,
    apiToken,
    fetch: async (request) => {
      calls.push([request.method, request.url, request.headers.get("authorization"), await request.text()]);
      return success(null);
    },
  });
  await kv.namespace(namespaceId).put("a", "v");
  const url = `https://api.cloudflare.com/client/v4/accounts/${accountId}/storage/kv/namespaces/${namespaceId}/values/a`;
  expect(calls).toEqual([["PUT", url, `Bearer ${apiToken}`, "v"]]);
});

test("Pages smaller than REST's least are cut by the bytes of the keys, not by their UTF-16 units", async () => {
  const { namespace } = serve();
  const keys = ["\uE000", "\uFFFD", "\u{10000}", "😀", "\u{10FFFF}"];
  await namespace.bulkPut(keys.map((key) => ({ key, value: "v" })));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await namespace.list({ limit: 1, cursor });
    seen.push(...page.keys.map(({ name }) => name));
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(keys);
});

test("The stream of a value whose metadata cannot be read is let go, with its connection", async () => {
  let isCancelled = false;
  const endless = new ReadableStream({ cancel: () => void (isCancelled = true) });
  const { namespace } = answering(({ path }) =>
    path.includes("/metadata/") ? refusal(403, 10000) : new Response(endless),
  );
  expect(await rejection(namespace.getWithMetadata("a", "stream"))).toBeInstanceOf(KVAPIError);
  await expect.poll(() => isCancelled).toBe(true);
});
