/** Files that wrangler's bulk commands and `wkv` write and read for each other. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createKV } from "../../src/index.ts";
import { contents, nastyPairs } from "../cli-helpers.ts";
import { newerNode } from "../newer-node.ts";
import { bytes, serve, temporaryFolder } from "./service.ts";

const { accountId, baseUrl, token, variables } = await serve("in memory");
const folder = temporaryFolder();
const modules = join(import.meta.dirname, "node_modules");
const kv = createKV({ accountId, apiToken: token, baseUrl, rateLimit: false });

interface Outcome {
  stdout: string;
  output: string;
}

function run(program: string, words: readonly string[]): Promise<Outcome> {
  const environment = { PATH: process.env["PATH"], HOME: folder, WRANGLER_SEND_METRICS: "false", CI: "true" };
  const options = { cwd: folder, env: { ...environment, ...variables }, maxBuffer: 100_000_000 };
  return new Promise((resolve, reject) => {
    execFile(newerNode, [join(modules, program), ...words], options, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error) reject(new Error(`${words.join(" ")}: ${output}`));
      else resolve({ stdout, output });
    });
  });
}

const wkv = (...words: string[]): Promise<Outcome> => run("workers-kv-rest/dist/src/cli/index.js", words);
const wranglerBulk = (command: string, file: string, id: string, ...more: string[]): Promise<Outcome> =>
  run("wrangler/bin/wrangler.js", [
    ...["kv", "bulk", command, file, `--namespace-id=${id}`, "--remote"],
    ...more,
  ]);

let number = 0;
async function create(): Promise<{ id: string; handle: ReturnType<typeof kv.namespace> }> {
  const { id } = await kv.namespaces.create(`namespace ${++number}`);
  return { id, handle: kv.namespace(id) };
}

const write = (name: string, json: unknown): void =>
  writeFileSync(join(folder, name), JSON.stringify(json, null, 2));
const read = (name: string): any => JSON.parse(readFileSync(join(folder, name), "utf8"));

test("what wrangler's bulk put takes, import and bulk put read: all that a pair can have", async () => {
  const [theirs, imported, put] = [await create(), await create(), await create()];
  const expiration = Math.floor(Date.now() / 1000) + 86_400;
  write("pairs.json", [
    { key: "text", value: "line one\r\nline two", metadata: { a: [1, null] } },
    { key: "bytes", value: Buffer.from(bytes).toString("base64"), base64: true },
    { key: "expires", value: "", expiration },
    { key: "a/b c%2F?#ü🔑\u001f", value: "ü", base64: false, metadata: {} },
    { key: "twice", value: "first" },
    { key: "twice", value: "second" },
  ]);
  await wranglerBulk("put", "pairs.json", theirs.id);
  await wkv("import", imported.id, "pairs.json", "--verify");
  await wkv("bulk", "put", put.id, "pairs.json");
  const wanted = await contents(theirs.handle);
  expect(wanted).toHaveLength(5);
  expect(await contents(imported.handle)).toEqual(wanted);
  expect(await contents(put.handle)).toEqual(wanted);
  await wkv("diff", "pairs.json", theirs.id);

  write("pairs.json", [{ key: "ttl", value: "v", expiration_ttl: 3600 }]);
  await wranglerBulk("put", "pairs.json", theirs.id);
  await wkv("import", imported.id, "pairs.json");
  const [a, b] = await Promise.all(
    [theirs, imported].map(async ({ handle }) => (await handle.list({ prefix: "ttl" })).keys[0]!.expiration!),
  );
  expect(Math.abs(a! - b!)).toBeLessThan(60);
});

test("what export writes as a JSON array, wrangler's bulk put takes: a nasty namespace", async () => {
  const [from, to] = [await create(), await create()];
  // wrangler refuses a file with metadata that are no object, which the service takes.
  const pairs = nastyPairs().map((pair) =>
    pair.metadata === undefined
      ? pair
      : {
          ...pair,
          metadata: Object(pair.metadata) === pair.metadata ? pair.metadata : { was: typeof pair.metadata },
        },
  );
  await from.handle.bulkPut(pairs);
  await wkv("export", from.id, "backup.json");
  await wranglerBulk("put", "backup.json", to.id);
  expect(await contents(to.handle)).toEqual(await contents(from.handle));
  expect((await wkv("diff", from.id, to.id)).stdout).toBe("");
});

test("what bulk get writes as a JSON array, wrangler's bulk put takes, and both read the same lists of keys", async () => {
  const [from, to] = [await create(), await create()];
  await from.handle.bulkPut([
    { key: "a", value: "1", metadata: { m: 1 } },
    { key: "b", value: bytes },
    { key: "c", value: "not asked for" },
  ]);
  write("keys.json", ["a", "b"]);
  await wkv("bulk", "get", from.id, "keys.json", "-o", "some.json");
  await wranglerBulk("put", "some.json", to.id);
  expect(await contents(to.handle)).toEqual((await contents(from.handle)).slice(0, 2));

  write("keys.json", ["a", "c"]);
  const theirs = JSON.parse((await wranglerBulk("get", "keys.json", from.id)).stdout) as object;
  expect(Object.keys(theirs)).toEqual(["a", "c"]);
  const ours = (await wkv("bulk", "get", from.id, "keys.json", "--format", "json", "-q")).stdout;
  expect((JSON.parse(ours) as { key: string }[]).map(({ key }) => key)).toEqual(["a", "c"]);

  const list = ["kv", "key", "list", `--namespace-id=${from.id}`, "--remote"];
  write("listed.json", JSON.parse((await run("wrangler/bin/wrangler.js", list)).stdout));
  expect(read("listed.json")).toHaveLength(3);
  await wkv("bulk", "delete", from.id, "listed.json", "--yes");
  await wranglerBulk("delete", "keys.json", to.id, "--force");
  expect((await from.handle.list()).keys).toEqual([]);
  expect((await to.handle.list()).keys.map(({ name }) => name)).toEqual(["b"]);
});
