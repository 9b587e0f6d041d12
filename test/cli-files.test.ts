import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { get, put, remove } from "../src/cli/actions/bulk.ts";
import { copyPairs } from "../src/cli/actions/copy.ts";
import { diff } from "../src/cli/actions/diff.ts";
import { exportPairs } from "../src/cli/actions/export.ts";
import { importPairs } from "../src/cli/actions/import.ts";
import { canBeReplaced, outputPath, replaceFile } from "../src/cli/whole-file.ts";
import { createKV, type KVNamespaceClient } from "../src/index.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import { rejection } from "./helpers.ts";
import { accountId, temporaryFolder } from "./server-helpers.ts";

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const textOf = (path: string): string => readFileSync(path, "utf8");

const id = "a".repeat(32);
const common = { count: false, verifyWait: 0 };

/** A service that commands in this process ask, a folder for their files, and what they say. */
async function start(): Promise<{
  namespace: KVNamespaceClient;
  file: (name: string, text?: string) => string;
  said: () => string;
}> {
  const apiToken = "token";
  const settings = { accounts: [accountId], tokens: [apiToken], namespaces: [{ id, title: "first" }] };
  const listening = await listen(createKVServer(settings));
  onTestFinished(listening.close);
  vi.stubEnv("CLOUDFLARE_API_BASE_URL", listening.url);
  vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", accountId);
  vi.stubEnv("CLOUDFLARE_API_TOKEN", apiToken);
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const folder = temporaryFolder();
  return {
    namespace: createKV({ accountId, apiToken, baseUrl: listening.url }).namespace(id),
    file(name, text) {
      if (text !== undefined) writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    said: () => said.mock.calls.map(([line]) => String(line)).join(""),
  };
}

/** A pipe with a name, into which something is written once it is read. */
function pipe(path: string, text: string): string {
  execFileSync("mkfifo", [path]);
  void writeFile(path, text);
  return path;
}

describe("A file that is replaced", () => {
  it("is the one that a link leads to, and the link stays", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "elsewhere"));
    const [link, target] = [join(folder, "link"), join(folder, "elsewhere/file")];
    writeFileSync(target, "old");
    symlinkSync("elsewhere/file", link);
    replaceFile(link, "new");
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect([textOf(target), readdirSync(join(folder, "elsewhere"))]).toEqual(["new", ["file"]]);
  });

  it("is its owner's alone, and leaves another's FILE.part as it was", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(`${file}.part`, "another's", { mode: 0o644 });
    replaceFile(file, "new");
    expect([textOf(file), modeOf(file)]).toEqual(["new", "600"]);
    expect([textOf(`${file}.part`), modeOf(`${file}.part`)]).toEqual(["another's", "644"]);
  });

  it("is its owner's alone where a killed run has left a part that is not", () => {
    const folder = temporaryFolder();
    const file = join(folder, "file");
    writeFileSync(`${file}.part`, "half", { mode: 0o644 });
    replaceFile(file, "new", { isLocked: true });
    expect([textOf(file), modeOf(file), readdirSync(folder)]).toEqual(["new", "600", ["file"]]);
  });

  it("leaves nothing behind where that fails", () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "taken"));
    expect(() => replaceFile(join(folder, "taken"), "new")).toThrow(/rename/);
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  it("is the one that a link leads to for a job too, and what lies beside it lies beside that", async () => {
    const { namespace, file } = await start();
    await namespace.put("a", "1");
    mkdirSync(file("elsewhere"));
    const linked = (name: string): { link: string; target: string } => {
      symlinkSync(`elsewhere/${name}`, file(name));
      return { link: file(name), target: file(`elsewhere/${name}`, "former") };
    };
    const [all, some] = [linked("all.ndjson"), linked("some.ndjson")];
    await exportPairs([id, all.link], { ...common, yes: true });
    await get([id, file("keys", '"a"')], { output: some.link });
    for (const { link, target } of [all, some]) {
      expect(textOf(target)).toBe('{"key":"a","value":"1"}\n');
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
    }
    const found = [".", "elsewhere"].map((folder) => readdirSync(file(folder)));
    expect(found).toEqual([
      ["all.ndjson", "elsewhere", "keys", "some.ndjson"],
      ["all.ndjson", "all.ndjson.sum", "some.ndjson"],
    ]);
  });

  it("is no folder, nor one without a name, which a job says before it begins", async () => {
    const { file } = await start();
    for (const [path, message] of [
      ["", "is empty"],
      [file(""), "is a folder"],
    ] as const) {
      const told = { exitCode: 2, message: expect.stringContaining(message) };
      expect(await rejection(exportPairs([id, path], common))).toMatchObject(told);
      expect(await rejection(get([id, file("none")], { output: path }))).toMatchObject(told);
    }
  });

  it.skipIf(!existsSync("/dev/full"))(
    "a device that takes nothing fails a job that writes to it",
    async () => {
      const { namespace, file } = await start();
      await namespace.put("a", "1");
      expect(await rejection(exportPairs([id, "/dev/full"], common))).toMatchObject({ code: "ENOSPC" });
      const some = get([id, file("keys", '"a"\n')], { output: "/dev/full" });
      expect(await rejection(some)).toMatchObject({ code: "ENOSPC" });
    },
  );

  it("standard output is no file to replace, whatever it leads to", () => {
    expect(["/dev/stdout", "/dev/fd/1", "-", "/dev/null"].map(outputPath)).toEqual([
      "-",
      "-",
      "-",
      "/dev/null",
    ]);
  });

  it("can be a file, a link to one, or nothing yet; no pipe, device or folder", () => {
    const folder = temporaryFolder();
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    writeFileSync(file, "");
    symlinkSync(file, link);
    expect([file, link, join(folder, "none")].map(canBeReplaced)).toEqual([true, true, true]);
    expect(["-", folder, "/dev/null"].map(canBeReplaced)).toEqual([false, false, false]);
  });
});

it("a copy within a namespace is refused where it would copy its own copies", async () => {
  const { namespace, file } = await start();
  const checkpoint = file("checkpoint");
  await namespace.put("user:a", "1");
  for (const mapping of [{}, { addPrefix: "z" }, { stripPrefix: "user:" }]) {
    const refused = rejection(copyPairs([id, id], { ...common, ...mapping, checkpoint }));
    expect(await refused).toMatchObject({ exitCode: 2, message: expect.stringContaining("same namespace") });
  }
  await copyPairs([id, id], { ...common, prefix: "user:", addPrefix: "old:", checkpoint });
  expect(await namespace.get("old:user:a")).toBe("1");
});

it.skipIf(process.platform === "win32")("a pipe with a name is read once, as one without is", async () => {
  const { namespace, file } = await start();
  const keys = async (): Promise<string[]> => (await namespace.list()).keys.map(({ name }) => name);
  const [a, b] = ['{"key":"a","value":"1"}\n', '{"key":"b","value":"2"}\n'];
  await importPairs([id, pipe(file("pairs"), a)], { ...common, mode: "overwrite" });
  await put([id, pipe(file("more"), b)], {});
  expect(await keys()).toEqual(["a", "b"]);
  await diff([pipe(file("both.ndjson"), a + b), id], { values: true });
  expect(process.exitCode).toBeUndefined();
  await remove([id, pipe(file("keys"), '"a"\n')], { yes: true });
  expect(await keys()).toEqual(["b"]);
});

it.skipIf(process.platform === "win32")(
  "an interruption ends a job whose pipe stays open and silent",
  async () => {
    const { namespace, file } = await start();
    await namespace.put("a", "0");
    const pairs = '{"key":"a","value":"1"}\n{"key":"cut off';
    const jobs: [name: string, text: string, job: (path: string) => Promise<void>][] = [
      ["pairs", pairs, (path) => importPairs([id, path], { ...common, mode: "overwrite" })],
      ["some.ndjson", pairs, (path) => diff([path, id], { values: true })],
      ["keys", '"a"\n"cut off', (path) => remove([id, path], { yes: true })],
    ];
    for (const [name, text, job] of jobs) {
      const path = file(name);
      execFileSync("mkfifo", [path]);
      const ended = rejection(job(path));
      const held = await open(path, "w");
      await held.write(text);
      process.listeners("SIGINT").at(-1)!("SIGINT");
      expect(await ended).toMatchObject({ exitCode: 130 });
      await held.close();
    }
  },
);

it("pairs that were not written, and cannot be written down either, are no success", async () => {
  const { file, said } = await start();
  // No name is left for the file beside it.
  const pairs = file("p".repeat(250), '{"key":"a","value":"1"}\n{"key":"..","value":"2"}\n');
  const unnamed = { message: expect.stringMatching(/ENAMETOOLONG.*failed\.ndjson/) };
  expect(await rejection(put([id, pairs], {}))).toMatchObject(unnamed);
  const words = { ...common, mode: "overwrite", checkpoint: file("far.checkpoint") } as const;
  mkdirSync(file("far.failed.ndjson"));
  const taken = { message: expect.stringMatching(/EISDIR.*failed\.ndjson.*0 entries/) };
  expect(await rejection(importPairs([id, pairs], words))).toMatchObject(taken);
  expect(said()).toContain("not written");
});

it.each(['{"key":"a","value":"1"}\n', '{"key":"a","value":"1"}\n{"key":"b","value":"2"}\n', "", "null"])(
  "--checkpoint that names a file of something else (%j) never replaces it",
  async (text) => {
    const { file } = await start();
    const pairs = file("pairs.ndjson", '{"key":"a","value":"1"}');
    for (const [name, how] of Object.entries({
      none: {},
      resume: { resume: true },
      restart: { restart: true },
    })) {
      const checkpoint = file(name, text);
      const told = { exitCode: 2, advice: expect.stringContaining("another file") };
      const options = { ...common, ...how, checkpoint, mode: "overwrite" } as const;
      expect(await rejection(importPairs([id, pairs], options))).toMatchObject(told);
      expect(textOf(checkpoint)).toBe(text);
    }
  },
);

it("what expires after a time, or within a second, is found as it was imported", async () => {
  const { namespace, file } = await start();
  const expiration = Math.floor(Date.now() / 1000) + 1000;
  const lines = [
    { key: "a", value: "1", expiration_ttl: 3600 },
    { key: "b", value: "2", expiration: expiration + 0.9 },
    { key: "c", value: "3", expiration: 1, expiration_ttl: 3600 },
  ].map((pair) => `${JSON.stringify(pair)}\n`);
  const pairs = file("pairs.ndjson", lines.join(""));
  await importPairs([id, pairs], { ...common, mode: "overwrite", verify: true });
  await diff([pairs, id], { values: true });
  expect(process.exitCode).toBeUndefined();
  expect((await namespace.list()).keys.map(({ expiration: at }) => at)).toContain(expiration);
});

it("diff says which other reading of a name there is, a namespace or a file", async () => {
  const { file } = await start();
  const values = { values: true };
  const missing = { exitCode: 1, advice: expect.stringContaining("named by its id") };
  expect(await rejection(diff([file("none.ndjson"), id], values))).toMatchObject(missing);
  // A file where the tests run.
  const other = { exitCode: 3, advice: "the file of that name is ./LICENSE" };
  expect(await rejection(diff([id, "LICENSE"], values))).toMatchObject(other);
  await diff([file("dump", ""), id], values);
});

it("a dry run says what would be refused, and what it counts as written would be", async () => {
  const { namespace, file, said } = await start();
  const lines = [
    { key: "..", value: "1" },
    { key: "a", value: "2", metadata: "m".repeat(1024) },
    { key: "k".repeat(511), value: "3" },
    { key: "b", value: "4" },
    { key: "c", value: "5", expiration: 1 },
  ].map((pair) => `${JSON.stringify(pair)}\n`);
  const pairs = file("pairs.ndjson", lines.join(""));
  const options = { ...common, mode: "overwrite", addPrefix: "p:" } as const;
  const refused = { exitCode: 4, message: "2 entries would not be written" };
  expect(await rejection(importPairs([id, pairs], { ...options, dryRun: true }))).toMatchObject(refused);
  expect(said()).toContain("would import 2 entries");
  expect(said()).toMatch(/would not be written: "p:k+…": .*513/);
  expect((await namespace.list()).keys).toEqual([]);
  const written = rejection(importPairs([id, pairs], options));
  expect(await written).toMatchObject({
    exitCode: 4,
    message: expect.stringContaining("2 entries were not"),
  });
  expect(said()).toContain("imported 2 entries");
});

it("an import with --mode skip that is gone on with says that it cannot verify what was written before", async () => {
  const { namespace, file, said } = await start();
  const text = '{"key":"a","value":"1"}\n{"key":"b","value":"1"}\n';
  const pairs = file("pairs.ndjson", text);
  const sha256 = createHash("sha256").update(text).digest("hex");
  const job = { command: "import", account: accountId, namespace: id, sha256, mode: "skip" };
  const tally = { written: 1, left: 0, expired: 0, expiring: 0 };
  const state = { read: 1, tally, failed: { length: 0, count: 0 } };
  const kept = JSON.stringify({ version: 1, job: { ...job, prefix: "", renamed: "" }, state });
  const options = { ...common, mode: "skip", verify: true, resume: true } as const;
  await namespace.put("a", "spoilt since");
  await importPairs([id, pairs], { ...options, checkpoint: file("kept", kept) });
  expect(said()).toMatch(/going on behind 1 entry\n(.*\n)*not verified: what the interrupted run wrote/);
  await importPairs([id, pairs], { ...options, checkpoint: file("none") });
  expect(said().split("not verified")).toHaveLength(2);
  expect(await namespace.get("b")).toBe("1");
});
