/** wrangler: every sub-command of `wrangler kv`, in the order in which a namespace lives. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { newerNode } from "../newer-node.ts";
import { bytes, serve, temporaryFolder } from "./service.ts";

const { accountId, variables, log } = await serve("on disk");
const folder = temporaryFolder();
const script = join(import.meta.dirname, "node_modules/wrangler/bin/wrangler.js");

interface Outcome {
  code: number;
  stdout: Buffer;
  output: string;
}

/** Only what `wkv serve` prints tells it where to go. */
function run(environment: Readonly<Record<string, string>>, words: readonly string[]): Promise<Outcome> {
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    WRANGLER_SEND_METRICS: "false",
    CI: "true",
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(
      newerNode,
      [script, ...words],
      { cwd: folder, env, encoding: "buffer" },
      (error, stdout, stderr) =>
        resolve({
          code: error === null ? 0 : Number(error.code),
          stdout,
          output: `${stdout.toString()}${stderr.toString()}`,
        }),
    );
  });
}

async function wrangler(...words: readonly string[]): Promise<Outcome> {
  const outcome = await run(variables, words);
  expect(outcome.code, outcome.output).toBe(0);
  return outcome;
}

const kv = (group: string, command: string, ...words: readonly string[]): Promise<Outcome> =>
  wrangler(
    "kv",
    group,
    command,
    ...words,
    ...(group === "namespace" ? [] : [`--namespace-id=${id}`, "--remote"]),
  );

const json = async (...words: Parameters<typeof kv>): Promise<any> =>
  JSON.parse((await kv(...words)).stdout.toString());

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return name;
};

let id = "";

test("whoami knows the account", async () => {
  expect((await wrangler("whoami")).output).toContain(accountId);
});

test("namespace create, list and rename", async () => {
  id = /"id": "([0-9a-f]{32})"/.exec((await kv("namespace", "create", "first")).output)![1]!;
  const other = /"id": "([0-9a-f]{32})"/.exec((await kv("namespace", "create", "other")).output)![1]!;
  await kv("namespace", "rename", "--namespace-id", other, "--new-name", "renamed");
  await kv("namespace", "rename", "renamed", "--new-name", "renamed again");
  expect(await json("namespace", "list")).toEqual([
    { id, title: "first", supports_url_encoding: true },
    { id: other, title: "renamed again", supports_url_encoding: true },
  ]);
  await kv("namespace", "delete", "--namespace-id", other, "-y");
  expect(await json("namespace", "list")).toHaveLength(1);
});

test("namespace create of a title that is taken says so", async () => {
  const { code, output } = await run(variables, ["kv", "namespace", "create", "first"]);
  expect(code).toBe(1);
  expect(output).toMatch(/already exists|10014/);
});

test("key put, get, list and delete", async () => {
  const key = "a/b c%2F?#ü🔑";
  await kv("key", "put", key, "line one\nline two");
  expect((await kv("key", "get", key)).stdout.toString()).toBe("line one\nline two");

  await kv(
    "key",
    "put",
    "bytes",
    "--path",
    file("bytes.bin", bytes),
    "--metadata",
    '{"a":[1]}',
    "--ttl",
    "3600",
  );
  expect(new Uint8Array((await kv("key", "get", "bytes")).stdout)).toEqual(bytes);

  const expiration = Math.floor(Date.now() / 1000) + 1_000;
  await kv("key", "put", "text", "v", "--metadata", '{"m":1}', "--expiration", String(expiration));
  expect(await json("key", "list", "--prefix", "t")).toEqual([
    { name: "text", expiration, metadata: { m: 1 } },
  ]);
  expect((await json("key", "list")).map(({ name }: { name: string }) => name)).toEqual([
    key,
    "bytes",
    "text",
  ]);

  for (const each of [key, "bytes", "text"]) await kv("key", "delete", each);
  expect(await json("key", "list")).toEqual([]);
});

test("key get of a key that is not there says so", async () => {
  const { code, output } = await run(variables, [
    "kv",
    "key",
    "get",
    "none",
    `--namespace-id=${id}`,
    "--remote",
  ]);
  expect(code).toBe(1);
  expect(output).toMatch(/404|not found/i);
});

test("key delete of the key that a URL folds away deletes no namespace", async () => {
  const outcome = await run(variables, ["kv", "key", "delete", "..", `--namespace-id=${id}`, "--remote"]);
  expect(outcome.code).not.toBe(0);
  expect(await json("namespace", "list")).toHaveLength(1);
});

test("bulk put, key list over several pages, bulk get and bulk delete", async () => {
  const pairs = Array.from({ length: 2_500 }, (_, i) => ({
    key: `k${String(i).padStart(4, "0")}`,
    value: `${i}`,
  }));
  const more = [
    { key: "binary", value: Buffer.from(bytes).toString("base64"), base64: true },
    { key: "meta", value: "v", metadata: { m: 1 }, expiration_ttl: 3_600 },
  ];
  await kv("bulk", "put", file("pairs.json", JSON.stringify([...pairs, ...more])));
  const names = (await json("key", "list")).map(({ name }: { name: string }) => name);
  expect(names).toEqual(["binary", ...pairs.map(({ key }) => key), "meta"]);
  expect(new Uint8Array((await kv("key", "get", "binary")).stdout)).toEqual(bytes);

  const found = await json("bulk", "get", file("keys.json", JSON.stringify(["k0007", "meta", "none"])));
  expect(found).toMatchObject({ k0007: expect.anything(), meta: expect.anything() });
  expect(JSON.stringify(found)).toContain("7");

  await kv("bulk", "delete", file("keys.json", JSON.stringify(names)), "--force");
  expect(await json("key", "list")).toEqual([]);
});

test("another token is refused", async () => {
  const { code, output } = await run({ ...variables, CLOUDFLARE_API_TOKEN: "another" }, [
    "kv",
    "namespace",
    "list",
  ]);
  expect(code).not.toBe(0);
  expect(output).toMatch(/authenticat/i);
});

test("namespace delete", async () => {
  await kv("namespace", "delete", "first", "-y");
  expect(await json("namespace", "list")).toEqual([]);
});

test("the log has each request, and no token, key or value", () => {
  expect(log.filter((line) => /^PUT writeMultiple 200 /.test(line))).toHaveLength(3);
  expect(log.join("\n")).not.toMatch(/a-secret|line one|bytes\.bin|k0007|first/);
});
