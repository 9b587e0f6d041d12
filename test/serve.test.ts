/** `wkv serve` in processes of its own, as its users start it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { connect, Server } from "node:net";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createKV, type KV } from "../src/index.ts";
import { fromEnv } from "../src/node.ts";
import {
  createKVServer,
  listen,
  localAccountId,
  type SQLiteStore,
  type StoredNamespace,
} from "../src/server/index.ts";
import { serve } from "../src/cli/actions/serve.ts";
import { buildCommand } from "./cli-helpers.ts";
import { diskStore, temporaryFolder } from "./server-helpers.ts";
import { head, latch } from "./server-wire.ts";

// Bundled once, rather than compiled at each start.
const command = buildCommand();
afterAll(() => command.remove());

interface Started {
  child: ChildProcess;
  /** What it has printed until it was ready. */
  output: string;
  log: () => string;
  port: number;
  kv: KV;
  /** Its exit code and signal. */
  exit: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Starts the command and waits until it is ready. Its client has all from what it prints. */
async function start(...options: readonly string[]): Promise<Started> {
  const words = [command.path, "serve", "--port", "0", ...options];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit").then(([code, signal]) => [code, signal] as const) as Started["exit"];
  let output = "";
  let log = "";
  child.stderr.on("data", (chunk) => (log += chunk));
  const ready = latch<void>();
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (output.includes("CLOUDFLARE_ACCOUNT_ID")) ready.open();
  });
  await Promise.race([
    ready.passed,
    exit.then(([code]) => Promise.reject(new Error(`it ended with ${code}: ${log}`))),
  ]);
  const variables = Object.fromEntries(
    [...output.matchAll(/export (\w+)=(.*)/g)].map(([, name, given]) => [name!, given!]),
  );
  expect(variables["CLOUDFLARE_BASE_URL"]).toBe(variables["CLOUDFLARE_API_BASE_URL"]);
  const port = Number(new URL(variables["CLOUDFLARE_BASE_URL"]!).port);
  return { child, output, log: () => log, port, exit, kv: createKV({ ...fromEnv(variables), retry: false }) };
}

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
};

describe("wkv serve", { timeout: 60_000 }, () => {
  test("prints all that a client needs, logs nothing that was not asked for, and ends by SIGTERM", async () => {
    const { child, output, kv, log, exit } = await start();
    expect(output).toMatch(/base URL +http:\/\/127\.0\.0\.1:\d+\/client\/v4\n/);
    expect(output).toContain("in memory");
    const { id } = await kv.namespaces.create("first");
    await kv.namespace(id).put("key", "value");
    expect(await kv.namespace(id).get("key")).toBe("value");
    child.kill("SIGTERM");
    expect([await exit, log()]).toEqual([[0, null], ""]);
  });

  test("finishes an upload that is under way when SIGINT comes, takes no other, and ends", async () => {
    const { child, kv, port, log, exit } = await start("--verbose", "--token", "a-secret");
    const { id } = await kv.namespaces.create("first");
    const path = `/client/v4/accounts/${"0".repeat(32)}/storage/kv/namespaces/${id}/values/a-key`;
    const socket = connect(port, "127.0.0.1");
    const headers = head("PUT", path, "x-auth-key: a-secret", "x-auth-email: e", "content-length: 10");
    socket.write(`${headers.replace("authorization: Bearer t\r\n", "")}half `);
    // The server has it when it has answered what was sent after.
    await kv.namespaces.list();
    child.kill("SIGINT");
    await expect
      .poll(() =>
        kv.namespaces.list().then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
    socket.end("other");
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toContain("HTTP/1.1 200");
    expect(await exit).toEqual([0, null]);
    expect(log()).toMatch(/^PUT writeValue 200 [\d.]+ ms, 10 bytes in, \d+ bytes out$/m);
    expect(log()).not.toMatch(/a-secret|a-key|half|first/);
  });

  test("ends at once by the second signal", async () => {
    const { child, kv, port, exit } = await start();
    const { id } = await kv.namespaces.create("first");
    const path = `/client/v4/accounts/${"0".repeat(32)}/storage/kv/namespaces/${id}/values/a-key`;
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    socket.write(head("PUT", path, "content-length: 10"));
    await kv.namespaces.list();
    child.kill("SIGINT");
    await expect
      .poll(() =>
        kv.namespaces.list().then(
          () => "open",
          () => "closed",
        ),
      )
      .toBe("closed");
    child.kill("SIGINT");
    expect(await exit).toEqual([130, null]);
  });

  test("keeps a folder through its end, whatever kind of end, and refuses a second process on it", async () => {
    const folder = join(temporaryFolder(), "made", "for-it");
    const seed = file(
      "users.ndjson.gz",
      gzipSync('{"key":"seeded","value":"/w==","base64":true,"metadata":1}\n\n{"key":"gone","value":""}'),
    );
    const words = ["--data", folder, "--seed", seed];
    const first = await start(...words);
    const id = /2 entries in the namespace "users", ([0-9a-f]{32})\n/.exec(first.output)![1]!;
    const users = first.kv.namespace(id);
    expect(await users.getWithMetadata("seeded", "arrayBuffer")).toMatchObject({
      value: Uint8Array.of(0xff).buffer,
      metadata: 1,
    });
    await users.put("seeded", "changed");
    await users.put("written", "v");
    await users.delete("gone");
    await expect(start("--data", folder)).rejects.toThrow(
      /ended with 1: wkv: the folder .* is in use by another/,
    );
    first.child.kill("SIGKILL");
    await first.exit;

    const second = await start(...words);
    expect(second.output).toContain(
      `seed        not planted: the namespace "users", ${id}, was there already\n`,
    );
    expect(await second.kv.namespace(id).get(["seeded", "written", "gone"])).toEqual(
      new Map([
        ["seeded", "changed"],
        ["written", "v"],
        ["gone", null],
      ]),
    );
    second.child.kill("SIGTERM");
    expect(await second.exit).toEqual([0, null]);
    const store = diskStore(folder);
    expect((await store.namespaces("0".repeat(32))).map(({ title }) => title)).toEqual(["users"]);
  });

  test("has bad days by a file", async () => {
    const faults = { rates: [{ share: 1, what: 503, operations: ["createNamespace"] }] };
    const { kv } = await start("--faults", file("faults.json", JSON.stringify(faults)));
    await expect(kv.namespaces.create("t")).rejects.toMatchObject({ status: 503 });
    expect((await kv.namespaces.list()).result).toEqual([]);
  });
});

const common = { host: "127.0.0.1", port: 0 };

/** Plants a seed of this name in a folder: the port is taken, so that it does no more. */
async function planted(data: string, name: string): Promise<SQLiteStore> {
  await using taken = await listen(createKVServer());
  const seed = file(name, '{"key":"seeded","value":"v"}');
  const port = Number(new URL(taken.url).port);
  await expect(serve({ ...common, port, data, seed })).rejects.toThrow("is in use");
  return diskStore(data);
}
/** Of each namespace, by its title. */
async function keysOf(store: SQLiteStore): Promise<Record<string, string[]>> {
  const keys: Record<string, string[]> = {};
  for (const { id, title } of await store.namespaces(localAccountId)) {
    const { entries } = (await store.open(localAccountId, id))!;
    keys[title] = (await entries.list({ prefix: "", after: "", limit: 9 }, 0)).map(({ key }) => key);
  }
  return keys;
}

describe("A seed of wkv serve", () => {
  test.each([
    ["users.gz", "users"],
    ["users.json.zst.gz", "users.json.zst"],
    ["users.", "users."],
    [".json", ".json"],
  ])("%s becomes the namespace %s", async (name, title) => {
    // Compression is known by what a file begins with.
    expect(await keysOf(await planted(temporaryFolder(), name))).toEqual({ [title]: ["seeded"] });
  });

  test("leaves a namespace of its title as it is, whatever its id", async () => {
    const data = temporaryFolder();
    {
      using store = diskStore(data);
      store.create({ accountId: localAccountId, id: "a".repeat(32), title: "users" });
    }
    expect(await keysOf(await planted(data, "users.json"))).toEqual({ users: [] });
  });

  test.each([
    ["leaves its own namespace as it is where that was renamed", "people", { people: [] }],
    [
      "is planted anew where a start was killed before it was whole",
      "users (unfinished seed)",
      { users: ["seeded"] },
    ],
  ])("%s", async (_, title, found) => {
    const data = temporaryFolder();
    {
      using store = await planted(data, "users.json");
      const [{ id }] = (await store.namespaces(localAccountId)) as [StoredNamespace];
      await store.rename(localAccountId, id, title);
      await (await store.open(localAccountId, id))!.entries.delete(["seeded"]);
    }
    expect(await keysOf(await planted(data, "users.json"))).toEqual(found);
  });
});

describe("wkv serve refuses", () => {
  test("an address that others reach, without a token", async () => {
    for (const host of [
      "0.0.0.0",
      "::",
      "192.168.0.1",
      "example.com",
      "localhost.example.com",
      "127.example.com",
    ]) {
      await expect(serve({ ...common, host })).rejects.toMatchObject({
        exitCode: 2,
        message: `${host} can be reached by others`,
        advice: expect.stringContaining("--token"),
      });
    }
  });

  test.each(["", "p@ss", "p@ss word", "=", "a=b", "a\n"])(
    "a token that no request could bring: %j",
    async (token) => {
      // The port is taken: what is let through fails all the same.
      await using taken = await listen(createKVServer());
      const port = Number(new URL(taken.url).port);
      const error: unknown = await serve({ ...common, port, token }).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ exitCode: 2, message: expect.stringMatching(/^--token /) });
      if (token) expect((error as Error).message).not.toContain(token);
    },
  );

  test("a port that is taken, and lets go of the folder", async () => {
    await using taken = await listen(createKVServer());
    const data = temporaryFolder();
    const port = Number(new URL(taken.url).port);
    await expect(serve({ ...common, port, data })).rejects.toMatchObject({
      exitCode: 1,
      message: `port ${port} of 127.0.0.1 is in use`,
    });
    diskStore(data);
  });

  test("a port that it may not have, whoever runs the test", async () => {
    const listening = vi.spyOn(Server.prototype, "listen");
    onTestFinished(() => listening.mockRestore());
    listening.mockImplementation(function (this: Server) {
      const denied = { code: "EACCES", syscall: "listen" };
      process.nextTick(() => this.emit("error", Object.assign(new Error("listen EACCES"), denied)));
      return this;
    });
    await expect(serve({ ...common, port: 80 })).rejects.toMatchObject({
      exitCode: 1,
      message: "you may not listen on port 80 of 127.0.0.1",
      advice: expect.stringContaining("--port"),
    });
  });

  test("an address that this machine does not have", async () => {
    await expect(serve({ ...common, host: "192.0.2.1", token: "t" })).rejects.toMatchObject({ exitCode: 2 });
  });

  test("a folder that is none", async () => {
    await expect(serve({ ...common, data: file("file", "") })).rejects.toMatchObject({ exitCode: 1 });
  });

  test.each([
    ["{", /faults\.json: .*JSON/],
    ['{"rate":1}', /faults\.json: faults: rate must be left out/],
    ["[]", /faults must be an object/],
  ])("faults that are none: %s", async (content, message) => {
    await expect(serve({ ...common, faults: file("faults.json", content) })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(message),
    });
  });

  test.each([
    [
      "pairs of which one breaks a rule",
      '[{"key":"a","value":"v"},{"key":"..","value":"v"}]',
      /1 pair cannot be stored/,
    ],
    ["a file that is not there", undefined, /ENOENT/],
    ["a line that is no pair", '{"key":"a","value":"v"}\n[]\n', /seed\.json: line 2/],
    ["an array that ends too soon", '[{"key":"a","value":"v"}', /seed\.json: .*cut off/],
    ["pairs that break a rule", '{"key":"..","value":"v"}', /seed\.json: 1 pair cannot be stored.*"\.\."/],
    ["pairs that break a rule", '{"key":"a","value":"v","expiration_ttl":1}', /cannot be stored.* 60/],
  ])("as a seed %s", async (_, content, message) => {
    const seed = content === undefined ? "/no/such/file" : file("seed.json", content);
    const data = temporaryFolder();
    await expect(serve({ ...common, seed, data })).rejects.toThrow(message);
    // The folder is let go of, and the next start plants anew.
    expect(await diskStore(data).namespaces(localAccountId)).toEqual([]);
    expect(existsSync(join(data, "kv.sqlite"))).toBe(true);
  });
});
