import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  contents,
  firstId,
  later,
  plainPairs,
  type Service,
  secondId,
  startService,
} from "../cli-helpers.ts";
import { accountId, apiToken, collect } from "../helpers.ts";
import { command, inFolder, service, startServiceForEach } from "./service.ts";

startServiceForEach();

describe("Exit codes", () => {
  it("4: what failed is in a file that `bulk put` takes", async () => {
    const file = "pairs.json";
    const pairs = [
      { key: "good", value: "1" },
      { key: "..", value: "2" },
      { key: "long", value: "3", metadata: "x".repeat(2000) },
    ];
    writeFileSync(inFolder(file), JSON.stringify(pairs));
    const put = await service.wkv(["import", "first", file]);
    expect(put.code).toBe(4);
    expect(put.stderr).toMatch(
      /not written: "\.\.": .*\n.*not written: "long": the metadata as JSON is 2002 bytes/,
    );
    const [, failed] = /wkv bulk put \S+ (\S+)\n/.exec(put.stderr)!;
    const mended = readFileSync(inFolder(failed!), "utf8")
      .replace('".."', '"two"')
      .replace("x".repeat(2000), "x");
    writeFileSync(inFolder(failed!), mended);
    expect(await service.wkv(["bulk", "put", "first", failed!])).toMatchObject({ code: 0 });
    expect(await service.first.get(["good", "two", "long"])).toEqual(
      new Map([
        ["good", "1"],
        ["two", "2"],
        ["long", "3"],
      ]),
    );
  });
});

/** How an import went, and what two keys are then. */
async function told(mode: string): Promise<unknown[]> {
  const { code, stderr } = await service.wkv(["import", "second", "pairs.ndjson", "--mode", mode]);
  return [code, await service.second.get("there"), await service.second.get("more"), stderr];
}

describe("Import", () => {
  it("refuses a file that is not what its check sum says, and one that is cut off, before it writes", async () => {
    await service.first.bulkPut(plainPairs(100));
    await service.wkv(["export", "first", "a.ndjson"]);
    await service.wkv(["export", "first", "b.json"]);
    const text = readFileSync(inFolder("a.ndjson"), "utf8");
    writeFileSync(inFolder("a.ndjson"), text.replace("value 7", "VALUE 7"));
    writeFileSync(inFolder("c.json"), readFileSync(inFolder("b.json"), "utf8").slice(0, -500));
    const changed = await service.wkv(["import", "second", "a.ndjson"]);
    expect(changed).toMatchObject({ code: 1, stderr: expect.stringContaining("a.ndjson.sum says") });
    const cut = await service.wkv(["import", "second", "c.json"]);
    expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining("it was cut off") });
    expect(await contents(service.second)).toEqual([]);
  });

  it("leaves, replaces or minds what is there, and leaves out what has expired", async () => {
    await service.second.put("there", "old");
    const pairs = [
      { key: "there", value: "new" },
      { key: "more", value: "new", expiration: later },
      { key: "past", value: "new", expiration: 1_700_000_000 },
      { key: "soon", value: "new", expiration: Math.floor(Date.now() / 1000) + 30 },
    ];
    writeFileSync(inFolder("pairs.ndjson"), pairs.map((pair) => JSON.stringify(pair)).join("\n"));
    expect(await told("fail")).toEqual([1, "old", null, expect.stringContaining('"there" among them')]);
    expect(await told("skip")).toEqual([
      0,
      "old",
      "new",
      expect.stringContaining("1 entry was there already"),
    ]);
    expect(await told("overwrite")).toEqual([
      0,
      "new",
      "new",
      expect.stringMatching(/"soon" expires within the minute\n1 entry had expired/),
    ]);
    expect((await contents(service.second)).length).toBe(2);
  });
});

/** What a command that goes well prints with --json. */
async function said(...words: string[]): Promise<unknown[]> {
  const { code, stdout, stderr } = await service.wkv([...words, "--json"]);
  expect([code, stderr.includes("wkv:")], words.join(" ")).toEqual([0, false]);
  return stdout === ""
    ? []
    : stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
}

describe("With --json", () => {
  const [namespace, dryRun] = [firstId, true];

  it("a key that is written or deleted is told with its namespace, and a dry run says that it is one", async () => {
    const put = { namespace, key: 'a "key"\n', written: 1 };
    expect(await said("key", "put", "first", put.key, "value", "--dry-run")).toEqual([{ ...put, dryRun }]);
    expect(await service.first.get(put.key)).toBeNull();
    expect(await said("key", "put", "first", put.key, "value", "-q")).toEqual([put]);
    expect(await service.first.get(put.key)).toBe("value");
    const deleted = { namespace, key: put.key, deleted: 1 };
    expect(await said("key", "delete", "first", put.key, "-n")).toEqual([{ ...deleted, dryRun }]);
    expect(await service.first.get(put.key)).toBe("value");
    expect(await said("key", "delete", "first", put.key, "--yes")).toEqual([deleted]);
    expect(await service.first.get(put.key)).toBeNull();
  });

  it("a list that is not at its end says on stderr where it goes on", async () => {
    await service.first.bulkPut(plainPairs(3));
    const first = await service.wkv(["key", "list", "first", "--limit", "2", "--json", "-q"]);
    expect(first.stdout.trimEnd().split("\n")).toHaveLength(2);
    const { cursor } = JSON.parse(first.stderr) as { cursor: string };
    const rest = await service.wkv(["key", "list", "first", "--cursor", cursor, "--json"]);
    expect([JSON.parse(rest.stdout), rest.stderr]).toEqual([{ name: plainPairs(3)[2]!.key }, ""]);
  });

  it("a namespace that is made, renamed or deleted is told, and what would be", async () => {
    const [title, other] = ["third", "fourth"];
    expect(await said("namespace", "create", title, "-n")).toEqual([{ title, created: 1, dryRun }]);
    const [made] = (await said("namespace", "create", title)) as [{ id: string }];
    expect(made).toMatchObject({ title });
    const there = [{ ...made, created: 0, dryRun }];
    expect(await said("namespace", "create", title, "-n", "--if-missing")).toEqual(there);
    const { id } = made;
    expect(await said("namespace", "rename", title, other, "-n")).toEqual([{ id, title: other, dryRun }]);
    expect(await said("namespace", "rename", title, other)).toEqual([{ ...made, title: other }]);
    const deleted = { id, title: other, deleted: 1 };
    expect(await said("namespace", "delete", other, "-n")).toEqual([{ ...deleted, dryRun }]);
    expect(await said("namespace", "delete", other, "--yes")).toEqual([deleted]);
    expect(await said("namespace", "list")).toMatchObject([{ title: "first" }, { title: "second" }]);
  });

  it("a dry run of a job is told as one", async () => {
    await service.first.bulkPut(plainPairs(3));
    writeFileSync(inFolder("pairs.json"), JSON.stringify(plainPairs(3)));
    const jobs: [words: string[], facts: object][] = [
      [["bulk", "put", "first", "pairs.json"], { namespace, written: 3 }],
      [["bulk", "delete", "first", "pairs.json"], { namespace, deleted: 3 }],
      [["export", "first", "backup.json"], { namespace, entries: 3 }],
      [["import", "first", "pairs.json"], { namespace, written: 3 }],
      [["copy", "first", "second"], { from: namespace, written: 3 }],
      [["sync", "first", "second"], { from: namespace, written: 3 }],
    ];
    for (const [words, facts] of jobs) {
      expect(await said(...words, "-n"), words.join(" ")).toMatchObject([{ ...facts, dryRun }]);
      // To be quiet, and not to count, spare a job a listing; a dry run has no other purpose.
      expect(await said(...words, "-n", "-q"), words.join(" ")).toMatchObject([{ ...facts, dryRun }]);
    }
    expect(await said("copy", "first", "second", "-n", "--no-count")).toMatchObject([{ written: 3 }]);
    expect([(await contents(service.first)).length, await contents(service.second)]).toEqual([3, []]);
    const [copied] = await said("copy", "first", "second");
    expect(copied).not.toHaveProperty("dryRun");
  });
});

it("sync writes what differs, deletes within its prefix alone, and a dry run changes nothing", async () => {
  await service.first.bulkPut([
    { key: "a:1", value: "1" },
    { key: "a:2", value: "2", metadata: { x: 1, y: 2 } },
  ]);
  await service.second.bulkPut([
    { key: "a:2", value: "2", metadata: { y: 2, x: 1 } },
    { key: "a:3", value: "3" },
    { key: "b", value: "stays" },
  ]);
  const words = ["sync", "first", "second", "--delete", "--prefix", "a:", "--json", "--yes"];
  const facts = { written: 1, left: 1, deleted: 1 };
  const before = await contents(service.second);
  expect(JSON.parse((await service.wkv([...words, "--dry-run"])).stdout)).toMatchObject(facts);
  expect(await contents(service.second)).toEqual(before);
  expect(JSON.parse((await service.wkv(words)).stdout)).toMatchObject(facts);
  const keys = await collect(service.second.list());
  expect(keys.map(({ name }) => name)).toEqual(["a:1", "a:2", "b"]);
});

it("a namespace is found by its binding in wrangler's configuration, of an environment or not", async () => {
  await service.first.put("key", "first");
  await service.second.put("key", "second");
  const jsonc = `{ // comments, and
    "account_id": "${accountId}",
    "kv_namespaces": [{ "binding": "CACHE", "id": "${firstId}" }],
    "env": { "staging": { "kv_namespaces": [{ "binding": "CACHE", "id": "${secondId}" }] } }, // commas
  }`;
  mkdirSync(inFolder("below"));
  writeFileSync(inFolder("wrangler.jsonc"), `\ufeff${jsonc}`);
  const get = ["key", "get", "--binding", "CACHE", "key"];
  const options = { cwd: inFolder("below"), env: { CLOUDFLARE_ACCOUNT_ID: "" } };
  expect((await service.wkv(get, options)).stdout).toBe("first");
  expect((await service.wkv([...get, "--env", "staging"], options)).stdout).toBe("second");
  writeFileSync(
    inFolder("below/wrangler.toml"),
    `[[kv_namespaces]]\nbinding = "CACHE"\nid = "${secondId}"\n`,
  );
  expect((await service.wkv(get, { cwd: inFolder("below") })).stdout).toBe("second");
  const put = ["key", "put", "--binding", "CACHE", "first", "key", "third"];
  const tooMany = { code: 2, stdout: "", stderr: expect.stringMatching(/too many words\n.*--binding/) };
  for (const words of [["key", "get", "-b", "CACHE", "first", "key"], put]) {
    expect(await service.wkv(words)).toMatchObject(tooMany);
  }
  const none = await service.wkv(["key", "get", "--binding", "NONE", "key"]);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/NONE.*\n.*it has: CACHE/) });
});

describe("Secrets", () => {
  it("no token is ever printed, and no value that was not asked for", async () => {
    const secret = "VALUE-THAT-IS-SECRET";
    await service.first.put("key", secret);
    writeFileSync(inFolder("broken.ndjson"), `{"key":"key","value":"${secret}}\n`);
    writeFileSync(inFolder("token"), `${apiToken}\n`, { mode: 0o600 });
    const runs = await Promise.all([
      service.wkv(["key", "put", "first", "key", secret]),
      service.wkv(["import", "first", "broken.ndjson"]),
      service.wkv(["key", "list", "first"]),
      service.wkv(["diff", "first", "second"]),
      service.wkv(["copy", "first", "second", "--to-token-file", "token", "--add-prefix", "x"]),
      service.wkv(["doctor", "first"]),
      service.wkv(["namespace", "list"], { env: { CLOUDFLARE_API_TOKEN: `${apiToken}-wrong` } }),
      service.wkv(["export", "first", "backup.json", "--verify"]),
    ]);
    const told = runs.map(({ stdout, stderr }) => stdout + stderr).join("\n");
    expect(told).not.toContain(apiToken);
    expect(told).not.toContain(secret);
    expect(runs.map(({ code }) => code)).toEqual([0, 1, 0, 1, 0, 0, 1, 0]);
  });
});

describe("Exit codes of commands that fail, and of some that do not", () => {
  let shared: Service;
  beforeAll(async () => {
    shared = await startService(command.path);
    await shared.first.put("key", "value");
  });
  afterAll(() => shared.close());
  const nobody = { CLOUDFLARE_API_TOKEN: "", CLOUDFLARE_EMAIL: "" };
  it.concurrent.each<[code: number, words: string[], told: RegExp, env?: Record<string, string>]>([
    [0, ["--version"], /^\d+\.\d+\.\d+\n$/],
    [0, ["export", "--help"], /wkv export sessions/],
    [0, ["key", "get", "first", "key"], /^value$/],
    [0, ["key", "delete", "first", "nothing", "--yes"], /deleted/],
    [1, ["namespace", "list"], /doctor/, { CLOUDFLARE_API_TOKEN: "another" }],
    [1, ["import", "first", "no-such-file"], /no-such-file.*\n.*there is no such file/],
    [1, ["diff", "first", "second"], /^- key\n.*1 only in "first"/s],
    [2, [], /Usage: wkv/],
    [2, ["destroy"], /unknown command/],
    [2, ["key", "get", "first"], /KEY is missing/],
    [2, ["key", "put", "first", "..", "x"], /the key is "\.\."/],
    [2, ["key", "put", "first", ".", "x", "-n"], /the key is "\."/],
    [2, ["key", "put", "first", "key", "x", "--ttl", "1", "-n"], /expirationTtl is 1/],
    [
      1,
      ["key", "put", "first", "key", "--path", "no-such-file", "-n"],
      /^wkv: .*\n.*there is no such file or folder\n$/,
    ],
    [2, ["key", "get", "first", "key"], /CLOUDFLARE_API_TOKEN/, nobody],
    [
      2,
      ["key", "get", "first", "key"],
      /not a URL.*\n.*CLOUDFLARE_API_BASE_URL/,
      { CLOUDFLARE_API_BASE_URL: "x" },
    ],
    [
      2,
      ["key", "get", "first", "key"],
      /http:\/\/192\.0\.2\.1: .*; --allow-http permits plain http\n/,
      { CLOUDFLARE_API_BASE_URL: "http://192.0.2.1/client/v4" },
    ],
    [
      1,
      ["doctor", "--allow-http"],
      /ok +settings .*http:\/\/0\.0\.0\.0:1\/.*\n.*ECONNREFUSED/,
      { CLOUDFLARE_API_BASE_URL: "http://0.0.0.0:1/client/v4" },
    ],
    [2, ["key", "get", "first", "key", "-e", "staging"], /no wrangler configuration.* "staging"\n.*--config/],
    [2, ["key", "list", "first", "--budget", "0"], /--budget is "0", not a number/],
    [2, ["key", "list", "first", "--budget", "9/0"], /--budget is "9\/0", not a number/],
    [1, ["doctor"], /wrong +settings .*32 hexadecimal digits/, { CLOUDFLARE_ACCOUNT_ID: "short" }],
    [
      2,
      ["key", "list", "first", "--account", accountId.toUpperCase()],
      /32 hexadecimal .* lower case.*\n.*--account/,
    ],
    [2, ["key", "list", "first"], /apiToken has a space.*\n.*--token-file/, { CLOUDFLARE_API_TOKEN: "a b" }],
    [0, ["doctor", "first"], /"first" .* has 1 key\n.*All is well/s],
    [0, ["namespace", "delete", "first", "--dry-run"], /would delete "first" .* with 1 key\n/],
    [
      1,
      ["namespace", "create", "first", "-n"],
      /has a namespace of the title "first" already\n.*--if-missing/,
    ],
    [1, ["namespace", "rename", "first", "second", "-n"], /title "second" already\n.* it is b{32}\n/],
    [0, ["namespace", "rename", "first", "first", "-n"], /would rename "first"/],
    [2, ["namespace", "rename", "first", "", "-n"], /title is empty/],
    [2, ["key", "delete", "first", "key"], /--yes/],
    [2, ["export", "first", "--limit", "0"], /whole number from 1/],
    [2, ["copy", "first", "first"], /same namespace/],
    [3, ["key", "get", "first", "nothing"], /has no key "nothing"/],
    [3, ["key", "metadata", "first", "nothing"], /has no key/],
    [3, ["key", "get", "nowhere", "key"], /no namespace of the title "nowhere"/],
    [3, ["export", "f".repeat(32)], /wkv namespace list/],
  ])("%i: wkv %j", async (code, words, told, env = {}) => {
    const { stdout, stderr, ...result } = await shared.wkv(words, { env });
    expect(stdout + stderr).toMatch(told);
    expect(result.code).toBe(code);
  });
});
