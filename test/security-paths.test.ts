import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKV, type KV, KVError, KVInputError, toResult } from "../src/index.ts";
import { accountId, answering, apiToken, collect, namespaceId, rejection, success } from "./helpers.ts";

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

it("An id that the service gives is checked like the caller's own", async () => {
  const { kv, requests } = answering(() => success({ id: "../../../user/tokens", title: "title" }));
  const { id } = await kv.namespaces.ensure("title");
  expect(await rejection(kv.namespace(id).list())).toBeInstanceOf(KVError);
  expect(requests).toHaveLength(1);
});
