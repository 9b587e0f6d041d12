import { describe, expect, test } from "vitest";
import { createKVServer, type KVServerOptions, memoryStore, type Store } from "../src/server/index.ts";
import { limits, type OperationId, operations } from "../src/schema.ts";
import {
  accountId,
  bulk,
  type Envelope,
  form,
  keys,
  metadata,
  multipart,
  newStore,
  namespaceId,
  otherAccountId,
  rawForm,
  startServer,
  unknownId,
  utf8,
  value,
} from "./server-helpers.ts";

describe("values", () => {
  test.each([
    ["an empty one", new Uint8Array()],
    ["every byte there is", Uint8Array.from({ length: 256 }, (_, i) => i)],
    ["a byte order mark", utf8("\uFEFFmarked")],
    ["line breaks of every kind", utf8("a\nb\rc\r\nd\0")],
    ["JSON that looks like the form", utf8('{"value":"v","metadata":{}}')],
  ])("come back byte for byte: %s", async (_, bytes) => {
    const { ask, put, read } = startServer();
    await put("raw", bytes);
    expect(await read("raw")).toEqual(bytes);
    for (const head of ['name="value"', 'name="value"; filename="blob"']) {
      const body = rawForm({ head, body: bytes }, { head: 'name="metadata"', body: utf8('"ä"') });
      await ask("PUT", value("form"), { body, headers: multipart });
      expect(await read("form")).toEqual(bytes);
      expect((await ask("GET", metadata("form"))).result).toBe("ä");
    }
  });

  test.each([
    "application/json",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/mixed",
  ])("are stored to the letter from a body of %s", async (contentType) => {
    const { ask, read } = startServer();
    await ask("PUT", value("a"), { body: "value=1&%20", headers: { "content-type": contentType } });
    expect(await read("a")).toEqual(utf8("value=1&%20"));
  });

  test("may be as large as the limit, and not a byte larger, announced or not", async () => {
    const { ask, send, put } = startServer();
    const largest = new Uint8Array(limits.valueBytes).fill(7);
    await put("large", largest);
    expect(Buffer.from(await (await send("GET", value("large"))).arrayBuffer()).equals(largest)).toBe(true);
    const larger = new Uint8Array(limits.valueBytes + 1);
    const length = String(larger.length);
    for (const init of [
      { body: larger },
      { body: new Blob([larger]).stream() },
      { body: "", headers: { "content-length": length } },
      { body: form({ value: new Blob([larger]) }) },
    ]) {
      const { status, errors } = await ask("PUT", value("large"), init);
      const message = `put: 'Value length of ${length} exceeds limit of ${limits.valueBytes}.'`;
      expect({ status, errors }).toEqual({ status: 413, errors: [{ code: 10024, message }] });
    }
  });

  test("are read no further than the limit", async () => {
    const { ask } = startServer();
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20));
      },
    });
    expect((await ask("PUT", value("endless"), { body: endless })).status).toBe(413);
    expect(sent).toBeLessThan(limits.valueBytes + (4 << 20));
  });

  test("of an upload that breaks off are not stored", async () => {
    const { ask, names } = startServer();
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(utf8("half")),
      pull: (controller) => controller.error(new Error("gone")),
    });
    expect((await ask("PUT", value("half"), { body: broken })).status).toBe(400);
    expect(await names()).toEqual([]);
  });

  test("lose metadata and expiration to a write without them", async () => {
    const { ask, put, send } = startServer();
    await put("a", form({ value: "1", metadata: "{}" }), "?expiration_ttl=60");
    await put("a", "2");
    expect((await send("GET", value("a"))).headers.get("expiration")).toBeNull();
    expect((await ask("GET", metadata("a"))).result).toBeNull();
  });

  test("are deleted, and deleting a key that is not there is success", async () => {
    const { ask, put, names } = startServer();
    await put("a", "1");
    for (let i = 0; i < 2; i++) {
      expect(await ask("DELETE", value("a"))).toMatchObject({ status: 200, success: true, result: null });
    }
    expect(await names()).toEqual([]);
    expect(await ask("GET", value("a"))).toMatchObject({
      status: 404,
      errors: [{ code: 10009, message: "get: 'key not found'" }],
    });
  });
});

const named = (i: number): string => `key-${String(i).padStart(3, "0")}`;

describe("keys", () => {
  test.each([
    "__proto__",
    "constructor",
    "a/b",
    "%2F",
    "%2e%2e",
    "100%",
    "a+b c",
    "\u001f\0",
    "🔑é",
    "...",
    " ",
    "'\"\\^#?&;",
    "k".repeat(512),
    "é".repeat(256),
  ])("may be any text: %j", async (key) => {
    const { ask, put, read, names } = startServer();
    await put(key, "1");
    expect(await read(key)).toEqual(utf8("1"));
    expect(await names()).toEqual([key]);
    const { result } = await ask("POST", `${bulk}/get`, { json: { keys: [key] } });
    expect(Object.entries(result.values)).toEqual([[key, "1"]]);
    await ask("POST", `${bulk}/delete`, { json: [key] });
    expect(await names()).toEqual([]);
  });

  test("are listed in the order of their UTF-8 bytes, not of UTF-16 units", async () => {
    const { put, names } = startServer();
    const ordered = ["", "z", "\u007f", "é", "\uD7FF", "\uE000", "\uFFFF", "\u{10000}", "\u{10FFFF}"].map(
      (end) => `k${end}`,
    );
    for (const key of ordered.toReversed()) await put(key, "");
    expect(await names()).toEqual(ordered);
    expect([...ordered].sort()).not.toEqual(ordered);
  });

  test("are listed by prefix, with metadata and expiration only where they have them", async () => {
    const { ask, put, clock } = startServer();
    await put("b/plain", "1");
    await put("b/false", form({ value: "2", metadata: "false" }));
    await put("b/null", form({ value: "3", metadata: "null" }));
    await put("b/ttl", "4", "?expiration_ttl=60");
    await put("a", "5");
    await put("b", "6");
    await put("c", "7");
    const { result, result_info: info } = await ask("GET", `${keys}?prefix=b%2F`);
    expect(result).toEqual([
      { name: "b/false", metadata: false },
      { name: "b/null" },
      { name: "b/plain" },
      { name: "b/ttl", expiration: clock.seconds + 60 },
    ]);
    expect(info).toEqual({ count: 4, cursor: "" });
  });

  test("come in pages, whose cursors survive writes and deletes in between", async () => {
    const { ask, put } = startServer();
    for (let i = 0; i < 30; i += 2) await put(named(i), "");
    const first = await ask("GET", `${keys}?limit=10`);
    expect(first.result.map(({ name }: { name: string }) => name)).toEqual(
      Array.from({ length: 10 }, (_, i) => named(2 * i)),
    );
    expect(first.result_info.cursor).toMatch(/^[\w-]+$/);
    await ask("DELETE", value(named(18)));
    await ask("DELETE", value(named(20)));
    await put(named(17), "behind the cursor");
    await put(named(19), "ahead of the cursor");
    const second = await ask("GET", `${keys}?limit=10&cursor=${first.result_info.cursor}`);
    expect(second.result.map(({ name }: { name: string }) => name)).toEqual([19, 22, 24, 26, 28].map(named));
    expect(second.result_info).toEqual({ count: 5, cursor: "" });
  });

  test("of a full last page come without a cursor, and an empty cursor is the start", async () => {
    const { ask, put } = startServer();
    for (let i = 0; i < 10; i++) await put(`${i}`, "");
    expect((await ask("GET", `${keys}?limit=10&prefix=&cursor=`)).result_info).toEqual({
      count: 10,
      cursor: "",
    });
  });

  test("refuse a cursor that is made up, cut, or of another list", async () => {
    const { ask, put } = startServer({
      namespaces: [
        { id: namespaceId, title: "first" },
        { id: unknownId, title: "second" },
      ],
    });
    for (let i = 0; i < 20; i++) await put(`é${i}`, "");
    const { cursor } = (await ask("GET", `${keys}?limit=10`)).result_info;
    expect((await ask("GET", `${keys}?cursor=${cursor}`)).status).toBe(200);
    for (const path of [
      `${keys}?cursor=${cursor.slice(0, -1)}`,
      `${keys}?cursor=${cursor}%3D`,
      `${keys}?cursor=a${cursor}`,
      `${keys}?cursor=%00`,
      `${keys}?cursor=AAAA`,
      `${keys}?prefix=%C3%A9&cursor=${cursor}`,
      `/namespaces/${unknownId}/keys?cursor=${cursor}`,
    ]) {
      const { status, errors } = await ask("GET", path);
      expect([path, status]).toEqual([path, 400]);
      expect(errors[0]!.message).toMatch(/^list keys: 'Invalid cursor\. /);
    }
  });
});

describe("expirations", () => {
  test("are counted from the server's clock, and end an entry everywhere at once", async () => {
    const { ask, send, put, names, clock } = startServer();
    await put("ttl", "1", "?expiration_ttl=60");
    await put("at", "2", `?expiration=${clock.seconds + 60}`);
    await put("both", "3", `?expiration_ttl=61&expiration=${clock.seconds - 5}`);
    expect((await send("GET", value("ttl"))).headers.get("expiration")).toBe(String(clock.seconds + 60));
    clock.seconds += 59;
    expect(await names()).toEqual(["at", "both", "ttl"]);
    clock.seconds += 1;
    expect(await names()).toEqual(["both"]);
    const { result } = await ask("POST", `${bulk}/get`, { json: { keys: ["ttl", "at", "both"] } });
    expect(result.values).toEqual({ ttl: null, at: null, both: "3" });
    for (const path of [value("ttl"), value("at"), metadata("ttl")]) {
      expect((await ask("GET", path)).errors[0]!.code).toBe(10009);
    }
  });

  test("leave no empty page behind: a page is filled with what has not expired", async () => {
    const { put, names, clock } = startServer();
    for (let i = 0; i < 15; i++)
      await put(`${i % 3 === 0 ? "gone" : "kept"}-${i}`, "", i % 3 === 0 ? "?expiration_ttl=60" : "");
    clock.seconds += 60;
    expect(await names("?limit=10")).toHaveLength(10);
  });
});

describe("metadata", () => {
  test.each(["0", '""', "false", "[]", "{}", '"text"', "1.5", `"${"é".repeat(511)}"`])(
    "may be any JSON: %s",
    async (json) => {
      const { ask } = startServer();
      const fields = form({ metadata: json, value: new Blob(["v"]) });
      expect((await ask("PUT", value("a"), { body: fields })).status).toBe(200);
      expect((await ask("GET", metadata("a"))).result).toEqual(JSON.parse(json));
      const pairs = [{ key: "b", value: "", metadata: JSON.parse(json) as unknown }];
      expect((await ask("PUT", bulk, { json: pairs })).status).toBe(200);
      expect((await ask("GET", metadata("b"))).result).toEqual(JSON.parse(json));
    },
  );

  test("of a key that is not there is not found", async () => {
    const { ask } = startServer();
    const message = "metadata: 'key not found'";
    expect(await ask("GET", metadata("a"))).toMatchObject({
      status: 404,
      errors: [{ code: 10009, message }],
    });
  });
});

describe("bulk operations", () => {
  test("write text and base64, with all that a pair may have; the last of two with one key stays", async () => {
    const { ask, read, clock } = startServer();
    const answer = await ask("PUT", bulk, {
      json: [
        { key: "twice", value: "first", metadata: 1 },
        { key: "bytes", value: "/wD+", base64: true },
        { key: "expires", value: "é", expiration: clock.seconds + 1000, expiration_ttl: 60, extra: 1 },
        { key: "twice", value: "last", metadata: null },
      ],
    });
    expect(answer.result).toEqual({ successful_key_count: 4, unsuccessful_keys: [] });
    expect(await read("bytes")).toEqual(Uint8Array.of(255, 0, 254));
    expect(await read("twice")).toEqual(utf8("last"));
    expect((await ask("GET", keys)).result).toEqual([
      { name: "bytes" },
      { name: "expires", expiration: clock.seconds + 60 },
      { name: "twice" },
    ]);
  });

  test("of nothing, and of keys that were never there, are success", async () => {
    const { ask } = startServer();
    const nothing = { status: 200, result: { successful_key_count: 0, unsuccessful_keys: [] } };
    expect(await ask("PUT", bulk, { json: [] })).toMatchObject(nothing);
    expect(await ask("POST", `${bulk}/delete`, { json: [] })).toMatchObject(nothing);
    expect((await ask("POST", `${bulk}/delete`, { json: ["a", "b"] })).result.successful_key_count).toBe(2);
  });

  test("delete, in both forms", async () => {
    const { ask, put, names } = startServer();
    for (const key of ["a", "b", "c"]) await put(key, "");
    await ask("POST", `${bulk}/delete`, { json: ["a"] });
    await ask("DELETE", bulk, { json: ["b"] });
    expect(await names()).toEqual(["c"]);
  });

  test("write none of the pairs where one breaks a rule, and say which", async () => {
    const { ask, names } = startServer();
    const { status, errors } = await ask("PUT", bulk, {
      json: [
        { key: "a", value: "" },
        { key: "..", value: "" },
      ],
    });
    expect(status).toBe(400);
    expect(errors[0]!.source).toEqual({ pointer: "/1" });
    expect(await names()).toEqual([]);
  });

  test("get as text or JSON, with or without what belongs to the value", async () => {
    const { ask, put, clock } = startServer();
    await put("json", form({ value: '{"a":[1]}', metadata: "0" }), "?expiration_ttl=60");
    await put("text", "\uFEFF");
    const get = async (json: object): Promise<unknown> =>
      (await ask("POST", `${bulk}/get`, { json: { keys: ["json", "missing"], ...json } })).result.values;
    const entry = { metadata: 0, expiration: clock.seconds + 60 };
    expect(await get({})).toEqual({ json: '{"a":[1]}', missing: null });
    expect(await get({ type: "json" })).toEqual({ json: { a: [1] }, missing: null });
    expect(await get({ withMetadata: true })).toEqual({
      json: { value: '{"a":[1]}', ...entry },
      missing: null,
    });
    expect(await get({ type: "json", withMetadata: true })).toEqual({
      json: { value: { a: [1] }, ...entry },
      missing: null,
    });
    expect(await get({ keys: ["text"], withMetadata: true })).toEqual({
      text: { value: "\uFEFF", metadata: null },
    });
  });

  test("get no more than the limit of bytes together", async () => {
    const { ask, put } = startServer();
    const names = ["a", "b"];
    for (const name of names) await put(name, new Uint8Array(limits.bulkGetBytes / 2).fill(0x61));
    expect((await ask("POST", `${bulk}/get`, { json: { keys: names } })).status).toBe(200);
    await put("b", new Uint8Array(limits.bulkGetBytes / 2 + 1));
    expect((await ask("POST", `${bulk}/get`, { json: { keys: names } })).status).toBe(413);
  });

  test("refuse a body over the limit in front of the service, without reading on", async () => {
    const { send } = startServer();
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 10_000_000;
        controller.enqueue(new Uint8Array(10_000_000));
      },
    });
    const response = await send("PUT", bulk, { body: endless });
    expect([response.status, await response.text()]).toEqual([413, "Payload Too Large"]);
    expect(sent).toBeLessThan(limits.bulkWriteBytes + 40_000_000);
  });
});

describe("namespaces", () => {
  test("are created, read, renamed and removed with all that is in them", async () => {
    const { ask } = startServer();
    const { result: created } = await ask("POST", "/namespaces", {
      json: { title: "__proto__", jurisdiction: "eu" },
    });
    expect(created).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      title: "__proto__",
      supports_url_encoding: true,
      jurisdiction: "eu",
    });
    const path = `/namespaces/${created.id}`;
    expect((await ask("GET", path)).result).toEqual(created);
    await ask("PUT", `${path}/values/a`, { body: "1" });
    const renamed = { ...created, title: "second" };
    expect((await ask("PUT", path, { json: { title: "second" } })).result).toEqual(renamed);
    expect((await ask("PUT", path, { json: { title: "second" } })).result).toEqual(renamed);
    expect((await ask("GET", `${path}/keys`)).result).toEqual([{ name: "a" }]);
    expect(await ask("DELETE", path)).toMatchObject({ status: 200, result: null });
    const message = "remove namespace: 'namespace not found'";
    expect(await ask("DELETE", path)).toMatchObject({ status: 404, errors: [{ code: 10013, message }] });
    expect((await ask("GET", `${path}/values/a`)).errors[0]!.code).toBe(10013);
  });

  test("come in numbered pages, ordered as asked", async () => {
    const { ask } = startServer({
      namespaces: [3, 1, 2].map((n) => ({ id: `${n}`.repeat(32), title: `title ${4 - n}` })),
    });
    const list = async (query: string): Promise<unknown[]> => {
      const { result, result_info: info } = await ask("GET", `/namespaces${query}`);
      return [result.map(({ id }: { id: string }) => Number(id[0])), info];
    };
    expect(await list("")).toEqual([[1, 2, 3], { count: 3, page: 1, per_page: 20, total_count: 3 }]);
    expect(await list("?per_page=2")).toEqual([[1, 2], { count: 2, page: 1, per_page: 2, total_count: 3 }]);
    expect(await list("?per_page=2&page=2")).toEqual([
      [3],
      { count: 1, page: 2, per_page: 2, total_count: 3 },
    ]);
    expect(await list("?per_page=2&page=9")).toEqual([
      [],
      { count: 0, page: 9, per_page: 2, total_count: 3 },
    ]);
    expect((await list("?direction=desc"))[0]).toEqual([3, 2, 1]);
    expect((await list("?order=title&direction=asc"))[0]).toEqual([3, 2, 1]);
  });

  test("belong to one account", async () => {
    const { ask } = startServer({ accounts: [accountId, otherAccountId] });
    const other = `https://kv.test/client/v4/accounts/${otherAccountId}/storage/kv`;
    expect((await ask("GET", `${other}/namespaces`)).result).toEqual([]);
    expect((await ask("GET", `${other}/namespaces/${namespaceId}`)).errors[0]!.code).toBe(10013);
    expect((await ask("POST", `${other}/namespaces`, { json: { title: "first" } })).status).toBe(200);
  });

  test("are no more than an account may have", async () => {
    const { ask } = startServer({
      namespaces: Array.from({ length: limits.namespacesPerAccount }, (_, i) => ({ title: `n${i}` })),
    });
    expect((await ask("POST", "/namespaces", { json: { title: "one more" } })).errors[0]!.code).toBe(10018);
  });

  test("of a store that has them already are left as they are", async () => {
    const store = newStore();
    const first = startServer({ store });
    await first.put("a", "1");
    const second = startServer({ store });
    expect(await second.names()).toEqual(["a"]);
  });
});

describe("createKVServer", () => {
  test("answers every operation of the spec", async () => {
    const { ask, put, send } = startServer();
    await put("key_name", "1");
    const bodies: Partial<Record<OperationId, unknown>> = {
      createNamespace: { title: "new" },
      renameNamespace: { title: "renamed" },
      writeMultiple: [{ key: "a", value: "1" }],
      deleteMultiple: ["a"],
      deleteMultipleDeprecated: ["a"],
      getMultiple: { keys: ["key_name"] },
    };
    const last: OperationId[] = ["deleteValue", "removeNamespace"];
    const ids = Object.keys(operations) as OperationId[];
    for (const id of [...ids.filter((each) => !last.includes(each)), ...last]) {
      const { method, path } = operations[id];
      const url = path
        .replace("{account_id}", accountId)
        .replace("{namespace_id}", namespaceId)
        .replace(/[{}]/g, "");
      const init = id in bodies ? { json: bodies[id] } : {};
      const request = [method, `https://h/client/v4${url}`, init] as const;
      if (id === "readValue") expect(await (await send(...request)).text()).toBe("1");
      else expect([id, (await ask(...request)).success]).toEqual([id, true]);
    }
  });

  test("gives every answer a ray, a content type, a length and what is left of the budget", async () => {
    const { send, put } = startServer();
    await put("a", "12");
    for (const [path, type] of [
      [value("a"), "application/octet-stream"],
      [keys, "application/json"],
      ["/nowhere", "application/json"],
    ] as const) {
      const response = await send("GET", path);
      expect(response.headers.get("cf-ray")).toMatch(/^[0-9a-f]{16}-[A-Z]{3}$/);
      expect(response.headers.get("content-type")).toBe(type);
      expect(response.headers.get("ratelimit")).toMatch(/^"default";r=\d+;t=\d+$/);
      expect(response.headers.get("ratelimit-policy")).toMatch(/^"default";q=\d+;w=\d+$/);
      const { byteLength } = await response.arrayBuffer();
      expect(response.headers.get("content-length")).toBe(String(byteLength));
    }
  });

  test("is asked who asks, and of the accounts, by whoever has a token", async () => {
    const base = "https://kv.test/client/v4";
    const { ask, send } = startServer({ accounts: [accountId, otherAccountId] });
    const result = async (path: string): Promise<unknown> => (await ask("GET", base + path)).result;
    expect(await result("/user/tokens/verify")).toMatchObject({ status: "active" });
    expect(await result(`/accounts/${otherAccountId}/tokens/verify`)).toMatchObject({ status: "active" });
    expect(await result("/user")).toMatchObject({ email: expect.stringContaining("@") });
    expect(await result("/accounts")).toMatchObject([{ id: accountId }, { id: otherAccountId }]);
    expect(await result(`/accounts/${accountId}`)).toMatchObject({ id: accountId });
    expect(await result("/memberships?page=1")).toMatchObject([
      { status: "accepted", account: { id: accountId } },
      { account: { id: otherAccountId } },
    ]);
    expect((await ask("GET", `${base}/accounts/${unknownId}`)).status).toBe(404);
    expect((await ask("POST", `${base}/accounts`)).status).toBe(404);
    const { server } = startServer();
    expect((await server.fetch(new Request(`${base}/user`))).status).toBe(400);
    expect((await send("GET", `${base}/user/`)).status).toBe(404);
  });

  test("has its store drop what has expired now and then, and answers also where that fails", async () => {
    const swept: number[] = [];
    const store: Store = {
      ...memoryStore(),
      sweep(now) {
        swept.push(now);
        return Promise.reject(new Error("disk full"));
      },
    };
    const { ask, clock } = startServer({ store });
    for (const seconds of [0, 5, 5, 1, 9, 1]) {
      clock.seconds += seconds;
      expect((await ask("GET", keys)).status).toBe(200);
    }
    expect(swept).toEqual([1_800_000_010, 1_800_000_020]);
  });

  test("keeps no more of what expires unread than until then", async () => {
    const store = newStore();
    const { put, clock, ask } = startServer({ store });
    for (let i = 0; i < 10; i++) await put(`k${i}`, "v", "?expiration_ttl=60");
    await put("kept", "v");
    clock.seconds += 60;
    await ask("GET", `/namespaces/${namespaceId}`);
    const { entries } = (await store.open(accountId, namespaceId))!;
    // By a clock that is behind, all that is still there is listed.
    await expect
      .poll(async () => (await entries.list({ prefix: "", after: "", limit: 20 }, 0)).map(({ key }) => key))
      .toEqual(["kept"]);
  });

  test("takes any well-formed account and token where none are named", async () => {
    const { fetch } = createKVServer();
    const response = await fetch(
      new Request(`https://h/client/v4/accounts/${otherAccountId}/storage/kv/namespaces`, {
        headers: { authorization: "Bearer a" },
      }),
    );
    expect(((await response.json()) as Envelope).result).toEqual([]);
  });

  test("rejects with the reason of a signal that is aborted", async () => {
    const { send } = startServer();
    const reason = new Error("enough");
    await expect(send("GET", keys, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("answers 500 where its store fails", async () => {
    const store = { ...memoryStore(), open: () => Promise.reject(new Error("disk full")) };
    const { ask } = startServer({ store, namespaces: [] });
    expect(await ask("GET", keys)).toMatchObject({ status: 500, success: false, errors: [{ code: 10001 }] });
  });

  test("makes its first namespaces with the next request, where its store failed before", async () => {
    const real = memoryStore();
    let failures = 1;
    const open: Store["open"] = (...words) =>
      failures-- > 0 ? Promise.reject(new Error("busy")) : real.open(...words);
    const { ask } = startServer({ store: { ...real, open } });
    expect(await ask("GET", keys)).toMatchObject({ status: 500 });
    expect(await ask("GET", keys)).toMatchObject({ status: 200, result: [] });
  });

  test.each<[string, KVServerOptions]>([
    ["account", { accounts: ["me"] }],
    ["no accountId", { namespaces: [{ title: "t" }] }],
    ["id of the namespace", { accounts: [accountId], namespaces: [{ title: "t", id: "x" }] }],
    ["empty title", { accounts: [accountId], namespaces: [{ title: "" }] }],
  ])("throws a TypeError at once for wrong options: %s", (message, options) => {
    expect(() => createKVServer(options)).toThrow(TypeError);
    expect(() => createKVServer(options)).toThrow(message);
  });
});
