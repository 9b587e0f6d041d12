import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { limits } from "../src/schema.ts";
import { ByteBudget } from "../src/server/budget.ts";
import { openStore } from "../src/server/sqlite-store.ts";
import {
  accountId,
  diskStore,
  form,
  keys,
  multipart,
  namespaceId,
  openDatabase,
  startServer,
  temporaryFolder,
  utf8,
  value,
} from "./server-helpers.ts";
import {
  exchange,
  head,
  latch,
  namespaces,
  oneRequest,
  seeded,
  start,
  statusOf,
  valuePath,
} from "./server-wire.ts";

const namespace = `${namespaces}/${namespaceId}`;

const withHost = (port: number, host: string): Promise<string> =>
  exchange(port, head("DELETE", namespace, `host: ${host}`, "connection: close"));

describe("a Host header", () => {
  test.each([
    "evil.example",
    "evil.example:8787",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil-localhost",
    "192.168.0.1",
    "0.0.0.0",
    "[::2]",
    "localhost@evil.example",
    "a b",
    "",
  ])("that is foreign is refused on loopback, whoever made it lead here: %j", async (host) => {
    const { port } = await start();
    expect(statusOf(await withHost(port, host))).toBe(403);
    expect(statusOf(await oneRequest(port, "GET", namespace))).toBe(200);
  });

  test.each(["localhost", "LOCALHOST:1", "kv.localhost", "127.0.0.1:8787", "127.1.2.3", "[::1]:8787"])(
    "of this machine is not: %s",
    async (host) => {
      const { port } = await start();
      expect(statusOf(await withHost(port, host))).toBe(200);
    },
  );

  test("of any name is taken where others may connect, as containers do", async () => {
    const { port } = await start(seeded(), { host: "0.0.0.0" });
    expect(statusOf(await withHost(port, "kv.internal:8787"))).toBe(200);
  });
});

describe("a connection that takes too long", () => {
  const soon = { headers: 20, request: 20, check: 10 };

  test.each([
    ["without a word", ""],
    ["within a request's line", "GET /client"],
    ["within the headers", "GET / HTTP/1.1\r\nhost: localhost\r\nx-more: "],
    ["before the body", head("PUT", valuePath("a"), "content-length: 5")],
    ["within the body", `${head("PUT", valuePath("a"), "content-length: 5")}half`],
    ["within a body without end", `${head("PUT", valuePath("a"), "transfer-encoding: chunked")}1\r\na\r\n`],
  ])("is told so and ended: %s", async (_, sent) => {
    const { port } = await start(seeded(), { waits: soon });
    expect(statusOf(await exchange(port, sent))).toBe(408);
    expect(statusOf(await oneRequest(port, "GET", valuePath("a")))).toBe(404);
  });

  test("is ended where it stands still while it is answered", async () => {
    const { port } = await start({ fetch: () => new Promise(() => {}) }, { waits: { standstill: 20 } });
    expect(await oneRequest(port, "GET", "/")).toBe("");
  });

  test("is ended where its client reads nothing of a large answer", async () => {
    const given = latch<unknown>();
    const { port } = await start(
      {
        async fetch(_, delivery) {
          given.open(delivery!.sent!);
          return new Response(new Uint8Array(limits.valueBytes));
        },
      },
      { waits: { standstill: 20 } },
    );
    const socket = connect(port, "127.0.0.1").pause();
    const ended = new Promise((resolve) => socket.on("error", () => {}).once("close", resolve));
    socket.write(head("GET", "/"));
    await given.passed;
    let received = 0;
    socket.on("data", (chunk) => (received += chunk.length)).resume();
    await ended;
    expect(received).toBeLessThan(limits.valueBytes);
  });

  test("keeps nobody else waiting, a thousand of them neither", async () => {
    const { port, listening } = await start();
    const silent: Socket[] = Array.from({ length: 1_000 }, () => connect(port, "127.0.0.1"));
    // The system resets those that the server has not taken yet when it closes.
    for (const socket of silent) socket.on("error", () => {});
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    expect(statusOf(await oneRequest(port, "GET", namespace))).toBe(200);
    const ended = Promise.all(silent.map((socket) => new Promise((r) => socket.resume().once("close", r))));
    await listening.close();
    await ended;
  });
});

/** A value of the largest size; tells when its second part is asked for, and gives it when it may. */
function largeBody(goOn: Promise<void>, begun: () => void): ReadableStream<Uint8Array> {
  const first = 100_000;
  return new ReadableStream(
    {
      start: (controller) => controller.enqueue(new Uint8Array(first)),
      async pull(controller) {
        begun();
        await goOn;
        controller.enqueue(new Uint8Array(limits.valueBytes - first));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

describe("room for large bodies", () => {
  test("is given in the order of asking, never beyond what there is, and given back once", async () => {
    const budget = new ByteBudget(10);
    const order: string[] = [];
    const take = async (name: string, bytes: number): Promise<() => void> => {
      const release = await budget.take(bytes);
      order.push(name);
      return release;
    };
    const first = await take("first", 6);
    const large = take("large", 50);
    const small = take("small", 1);
    const other = await Promise.race([small, Promise.resolve("still waiting")]);
    expect(other).toBe("still waiting");
    first();
    first();
    (await large)();
    (await small)();
    expect(order).toEqual(["first", "large", "small"]);
    (await take("all", 10))();
  });

  test.each([
    ["five", "whose length is announced", { "content-length": String(limits.valueBytes) }, 5],
    ["two", "of unknown length", {}, 2],
  ])("lets %s large uploads %s be read at a time", async (_, __, headers, most) => {
    const { ask } = startServer();
    const release = latch<void>();
    let begun = 0;
    const uploads = Array.from({ length: 8 }, (___, i) =>
      ask("PUT", value(`large-${i}`), { headers, body: largeBody(release.passed, () => begun++) }),
    );
    await vi.waitFor(() => expect(begun).toBe(most));
    // Small ones need no room.
    expect((await ask("PUT", value("small"), { body: "v" })).status).toBe(200);
    expect(begun).toBe(most);
    release.open();
    expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual(Array(8).fill(200));
  });

  test("is held by a value read from the disk until its answer is out", async () => {
    const { server, put } = startServer({ store: diskStore(temporaryFolder()) });
    await put("large", new Uint8Array(limits.valueBytes));
    const url = `https://kv.test/client/v4/accounts/${accountId}/storage/kv${value("large")}`;
    const release = latch<void>();
    let answered = 0;
    const reads = Array.from({ length: 8 }, async () => {
      const request = new Request(url, { headers: { authorization: "Bearer t" } });
      const response = await server.fetch(request, { sent: release.passed });
      answered++;
      return response.status;
    });
    await Promise.all(reads.slice(0, 5));
    expect(answered).toBe(5);
    release.open();
    expect(await Promise.all(reads)).toEqual(Array(8).fill(200));
  });
});

describe("a multipart body", () => {
  const line = "a-line-between";
  const part = (disposition: string, body: string): string =>
    `--${line}\r\nContent-Disposition: ${disposition}\r\n\r\n${body}\r\n`;
  const end = `--${line}--\r\n`;

  test.each([
    ["no end", part("form-data; name=value", "v")],
    ["another line", `--other\r\n\r\nv\r\n--other--`],
    ["lines that end in LF", `--${line}\nContent-Disposition: form-data; name="value"\n\nv\n--${line}--\n`],
    ["endless headers of a part", `--${line}\r\n${"x: y\r\n".repeat(5_000)}\r\nv\r\n${end}`],
    ["metadata that is not UTF-8", part('form-data; name="metadata"', "\xff") + end],
    ["a thousand parts", part('form-data; name="a"', "").repeat(1_000) + end],
  ])("is refused that has %s", async (_, body) => {
    const { ask } = startServer();
    const bytes = Buffer.from(body, "latin1");
    const { status, errors } = await ask("PUT", value("a"), { body: bytes, headers: multipart });
    expect([status, errors[0]!.code]).toEqual([400, 10012]);
    expect((await ask("GET", keys)).result).toEqual([]);
  });

  test.each([
    "form-data; name=value",
    "form-data; name=\"value\"; filename*=UTF-8''a%20b",
    'form-data;name="value"',
  ])("is taken whose part says %s", async (disposition) => {
    const { ask, read } = startServer();
    const body = Buffer.from(part(disposition, "\xff\0\n\xef\xbb\xbf") + end, "latin1");
    expect((await ask("PUT", value("a"), { body, headers: multipart })).status).toBe(200);
    expect(await read("a")).toEqual(Uint8Array.of(0xff, 0, 0x0a, 0xef, 0xbb, 0xbf));
  });

  test("keeps the first of two fields of one name, and not the bytes of others", async () => {
    const { ask, read } = startServer();
    const body = part("form-data; name=x", "y".repeat(1_000)) + part("form-data; name=value", "first");
    const twice = body + part("form-data; name=value", "second") + end;
    expect((await ask("PUT", value("a"), { body: twice, headers: multipart })).status).toBe(200);
    const stored = await read("a");
    expect([stored, stored.buffer.byteLength]).toEqual([utf8("first"), 5]);
  });

  test("may be of the largest value with metadata", async () => {
    const { ask, read } = startServer();
    const largest = new Uint8Array(limits.valueBytes).fill(1);
    const body = form({ value: new Blob([largest]), metadata: '"m"' });
    expect((await ask("PUT", value("a"), { body })).status).toBe(200);
    expect((await read("a")).length).toBe(limits.valueBytes);
  });
});

test("metadata nested a hundred thousand deep is refused, as what it is", async () => {
  const { ask } = startServer();
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const body = `[{"key":"a","value":"","metadata":${deep}}]`;
  const { status, errors } = await ask("PUT", `/namespaces/${namespaceId}/bulk`, { body });
  expect([status, errors[0]!.code]).toEqual([413, 10030]);
});

describe("the folder of a store", () => {
  test("is all that is touched, whatever keys and titles say", async () => {
    const outside = temporaryFolder();
    const folder = join(outside, "data");
    const { ask, put } = startServer({ store: diskStore(folder) });
    for (const key of ["../up", "..\\up", "/etc/up", "a/../../up", "kv.sqlite", "up\0", "file:up?mode=rwc"]) {
      await put(key, key);
      await ask("POST", "/namespaces", { json: { title: key } });
    }
    await ask("DELETE", value("../up"));
    expect(readdirSync(outside)).toEqual(["data"]);
    expect(readdirSync(folder).toSorted()).toEqual(["kv.sqlite", "kv.sqlite-wal"]);
  });

  test("is not left through a link in the place of the database", () => {
    const outside = temporaryFolder();
    writeFileSync(join(outside, "precious"), "");
    const folder = temporaryFolder();
    symlinkSync(join(outside, "precious"), join(folder, "kv.sqlite"));
    expect(() => openStore(folder, openDatabase)).toThrow(/is not a file/);
    expect(readFileSync(join(outside, "precious"), "utf8")).toBe("");
  });

  test("that is full refuses the write alone: what was there stays, and reads and deletes go on", async () => {
    const store = openStore(temporaryFolder(), (path) => {
      const database = openDatabase(path);
      database.exec("PRAGMA max_page_count = 100");
      return database;
    });
    onTestFinished(() => store.close());
    const { ask, put, read } = startServer({ store });
    await put("kept", "v");
    await put("larger", new Uint8Array(100_000));
    const pairs = Array.from({ length: 100 }, (_, i) => ({ key: `k${i}`, value: "v".repeat(5_000) }));
    for (const [method, path, body] of [
      ["PUT", value("kept"), "w".repeat(500_000)],
      ["PUT", `/namespaces/${namespaceId}/bulk`, JSON.stringify(pairs)],
    ] as const) {
      const { status, errors } = await ask(method, path, { body });
      expect([status, errors[0]!.message]).toEqual([500, expect.stringContaining("full")]);
    }
    expect(await read("kept")).toEqual(utf8("v"));
    expect((await ask("GET", keys)).result).toHaveLength(2);
    expect((await ask("DELETE", value("larger"))).status).toBe(200);
    await put("kept", "w".repeat(50_000));
  });
});
