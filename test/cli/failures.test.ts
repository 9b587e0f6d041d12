/** What goes wrong on the machine that the command runs on. */
import type { ChildProcess } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { contents, plainPairs, run, type Run, startService } from "../cli-helpers.ts";
import { command, inFolder, service, startServiceForEach, textOf as read } from "./service.ts";

startServiceForEach();
const filesOf = (name: string): string[] =>
  readdirSync(service.folder).filter((each) => each.startsWith(name));
const fill = (count: number): Promise<unknown> => service.first.bulkPut(plainPairs(count));

/** Runs a line of the shell, in which "wkv" is the command. */
const shell = (line: string): Promise<Run> =>
  run("bash", ["-c", `wkv() { "${process.execPath}" "${command.path}" "$@"; }; ${line}`], {
    cwd: service.folder,
    env: service.env,
  });

/** Runs the command, and kills it at a request. */
async function killAt(at: number, words: readonly string[]): Promise<void> {
  let child: ChildProcess;
  service.requests = 0;
  service.onRequest = (_, number) => void (number === at && child.kill("SIGKILL"));
  expect((await service.wkv(words, { onStart: (started) => (child = started) })).signal).toBe("SIGKILL");
  service.onRequest = undefined;
}

describe("Output that is not taken", () => {
  it.each(["export first", "key list first", "key get first key:000000"])(
    "wkv %s > /dev/full says so once, and fails",
    async (words) => {
      await fill(1500);
      const { code, stderr } = await shell(`wkv ${words} > /dev/full`);
      expect(stderr).toMatch(
        /^wkv: ENOSPC: no space left on device, write\n +the disk is full: make room\n$/,
      );
      expect(code).toBe(1);
    },
  );

  it("is no error to talk about where its reader has gone, nor is it whole", async () => {
    await fill(5000);
    const { code, stdout, stderr } = await shell("set -o pipefail; wkv export first - -q | head -1");
    expect([code, stderr]).toEqual([1, ""]);
    expect(JSON.parse(stdout)).toEqual(plainPairs(1)[0]);
    const talk = await shell("wkv export first file.ndjson 2>&1 | true; wkv diff file.ndjson first");
    expect(talk.code).toBe(0);
  });
});

/** Limits what a process may write, in units of 1,024 bytes: a full disk for everybody. */
const limited = (kilobytes: number, words: string): Promise<Run> =>
  shell(`trap "" XFSZ; ulimit -f ${kilobytes}; wkv ${words}`);

describe("A disk", () => {
  it("that is full ends an export, which goes on when there is room", async () => {
    await fill(5000);
    const full = await limited(100, "export first backup.json");
    expect(full).toMatchObject({ code: 1, stderr: expect.stringMatching(/EFBIG|ENOSPC/) });
    expect(full.stderr).toContain("go on with: wkv export first backup.json --resume");
    expect(existsSync(inFolder("backup.json"))).toBe(false);
    expect(await limited(100, "export first backup.json --resume")).toMatchObject({ code: 1 });
    expect(await shell("wkv export first backup.json --resume && wkv diff backup.json first")).toMatchObject({
      code: 0,
    });
    expect(JSON.parse(read("backup.json"))).toEqual(plainPairs(5000));
  });

  it("that is full leaves what a value was to replace as it was", async () => {
    await service.first.put("key", "v".repeat(5000));
    writeFileSync(inFolder("value"), "former");
    const full = await limited(2, "key get first key -o value");
    expect(full).toMatchObject({ code: 1, stderr: expect.stringMatching(/EFBIG|ENOSPC/) });
    expect([read("value"), filesOf("value")]).toEqual(["former", ["value"]]);
    expect(await shell("wkv key get first key -o value && wc -c < value")).toMatchObject({
      stdout: "5000\n",
    });
    expect(await shell("wkv key get first key -q -o /dev/stdout | wc -c")).toMatchObject({
      stdout: "5000\n",
    });
  });

  it("that cannot be written to is found out before anything is asked or written", async () => {
    await fill(10);
    await service.wkv(["export", "first", "backup.ndjson"]);
    mkdirSync(inFolder("closed"));
    writeFileSync(inFolder("closed/backup.ndjson"), read("backup.ndjson"));
    chmodSync(inFolder("closed"), 0o555);
    // To root no folder is closed, unless it lacks the capability.
    const prefix = process.getuid?.() === 0 ? ["setpriv", "--bounding-set=-dac_override"] : [];
    const asOther = (...words: string[]): Promise<Run> => {
      const [program, ...rest] = [...prefix, process.execPath, command.path, ...words] as [
        string,
        ...string[],
      ];
      return run(program, rest, { cwd: service.folder, env: service.env });
    };
    const told = { code: 1, stderr: expect.stringContaining("cannot be written to (EACCES)") };
    service.requests = 0;
    expect(await asOther("export", "first", "closed/other.ndjson")).toMatchObject(told);
    expect(await asOther("import", "second", "closed/backup.ndjson")).toMatchObject(told);
    // To find the namespaces of these titles.
    expect(service.requests).toBe(2);
    const elsewhere = ["import", "second", "closed/backup.ndjson", "--checkpoint", "kept"];
    expect(await asOther(...elsewhere)).toMatchObject({ code: 0 });
    expect(await contents(service.second)).toEqual(await contents(service.first));
    chmodSync(inFolder("closed"), 0o777);
    const nowhere = await service.wkv(["export", "first", "none/backup.ndjson"]);
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^wkv: the folder none.*is not/),
    });
  });
});

describe("bulk get into a file", () => {
  const words = ["bulk", "get", "first", "keys.json", "-o", "some.json.gz"];

  it.each(["there was none", "there was one"])("makes it at the end as a whole, where %s", async (before) => {
    const former = before === "there was one" ? "former" : undefined;
    if (former !== undefined) writeFileSync(inFolder("some.json.gz"), former);
    const check = (leaves: string[] = []): void => {
      expect(filesOf("some")).toEqual(former === undefined ? leaves : ["some.json.gz", ...leaves]);
      if (former !== undefined) expect(read("some.json.gz")).toBe(former);
    };
    await fill(3000);
    const keys = plainPairs(3000).map(({ key }) => key);
    writeFileSync(inFolder("keys.json"), `${JSON.stringify(keys).slice(0, -1)},7]`);
    const failed = await service.wkv(words);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("element 3001 is no key") });
    check();
    writeFileSync(inFolder("keys.json"), JSON.stringify(keys));
    let child: ChildProcess;
    service.requests = 0;
    service.onRequest = (_, number) => void (number === 10 && child.kill("SIGINT"));
    expect(await service.wkv(words, { onStart: (started) => (child = started) })).toMatchObject({
      code: 130,
    });
    check();
    await killAt(10, words);
    check(["some.json.gz.part"]);
    expect(await service.wkv(words)).toMatchObject({ code: 0 });
    expect(filesOf("some")).toEqual(["some.json.gz"]);
    expect(JSON.parse(gunzipSync(readFileSync(inFolder("some.json.gz"))).toString())).toEqual(
      plainPairs(3000),
    );
  });

  it("goes into a pipe too", async () => {
    await fill(3);
    writeFileSync(inFolder("keys.json"), JSON.stringify(plainPairs(3)));
    const { code, stdout } = await shell("wkv bulk get first keys.json -q -o /dev/stdout | cat");
    expect([code, stdout.split("\n").length]).toEqual([0, 4]);
  });
});

describe("doctor says what is wrong at once", () => {
  it.each([
    ["an address that takes no connection", "reset", "address"],
    ["a service that is down", 503, "reading"],
  ] as const)("%s is tried once", async (_, what, name) => {
    const broken = await startService(command.path, { faults: { rates: [{ share: 1, what }] } });
    onTestFinished(broken.close);
    const { code, stdout } = await broken.wkv(["doctor", "first", "--json"]);
    expect([code, broken.requests]).toEqual([1, 1]);
    const findings = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(findings).toContainEqual(expect.objectContaining({ what: name, state: "wrong" }));
  });

  it("a base URL that is not that of the API", async () => {
    const { origin } = new URL(service.env["CLOUDFLARE_API_BASE_URL"]!);
    const { code, stdout } = await service.wkv(["doctor"], { env: { CLOUDFLARE_API_BASE_URL: origin } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^wrong +address +this is not where the API is.*\n.*ends in \/client\/v4$/m);
  });

  it("an answer that is no TLS, in one line", async () => {
    const address = service.env["CLOUDFLARE_API_BASE_URL"]!.replace("http:", "https:");
    const { code, stdout } = await service.wkv(["doctor"], { env: { CLOUDFLARE_API_BASE_URL: address } });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^wrong +address .*EPROTO.*\n.*is the network up/m);
  });

  it.each(["http://127.0.0.1:1", "https://no-such-host.invalid"])("%s is tried once", async (address) => {
    const { code, stdout } = await service.wkv(["doctor"], { env: { CLOUDFLARE_API_BASE_URL: address } });
    expect(code).toBe(1);
    // One that was sent again says how often.
    expect(stdout).toMatch(/^wrong +address +(?!.*attempts).*\n.*is the network up/m);
  });
});

/** Calls back at the first request about what is in a namespace, which is answered when that has resolved. */
function holdFirst(hold: () => Promise<unknown>): void {
  service.onRequest = async ({ url }) => {
    if (!/\/namespaces\/[0-9a-f]{32}\//.test(url)) return;
    service.onRequest = undefined;
    await hold();
  };
}

describe("Two runs at once", () => {
  const exported = ["export", "first", "backup.ndjson"];
  it.each([
    ["export", exported, exported],
    ["export --checkpoint", exported, [...exported, "--checkpoint", "other"]],
    ["import", ["import", "second", "source.ndjson"], ["import", "second", "source.ndjson", "--resume"]],
    ["copy", ["copy", "first", "second"], ["copy", "first", "second", "--restart"]],
    ["sync", ["sync", "first", "second"], ["sync", "first", "second"]],
  ])("%s: the second does nothing, and the first is not disturbed", async (name, words, more) => {
    await fill(3000);
    await service.wkv(["export", "first", "source.ndjson", "-q"]);
    let second: Run | undefined;
    holdFirst(async () => (second = await service.wkv(more)));
    expect(await service.wkv(words)).toMatchObject({ code: 0 });
    expect(second).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("another run of wkv is at work with"),
    });
    if (words === exported) expect(read("backup.ndjson")).toBe(read("source.ndjson"));
    else expect(await contents(service.second)).toEqual(await contents(service.first));
  });

  it("a pipe and a file of pairs leave the failed pairs of other runs alone", async () => {
    const input = '{"key":"..","value":"1"}\n';
    writeFileSync(inFolder("pairs.ndjson"), input);
    for (const words of [
      ["import", "first", "-"],
      ["bulk", "put", "first", "pairs.ndjson"],
    ]) {
      const files: string[] = [];
      for (let i = 0; i < 3; i++) {
        const { code, stderr } = await service.wkv(words, { input });
        expect(code).toBe(4);
        files.push(/they are in (\S+)\n/.exec(stderr)![1]!);
      }
      expect(new Set(files).size).toBe(3);
      expect(files.map(read)).toEqual([input, input, input]);
    }
  });
});

describe("A job that is gone on with", () => {
  it.each<[what: string, change: () => void, told: RegExp]>([
    ["is gone", () => rmSync(inFolder("backup.ndjson.part")), /has 0 bytes of the \d+ .*--restart/s],
    ["is shorter", () => truncateSync(inFolder("backup.ndjson.part"), 10), /has 10 bytes of the \d+/],
    [
      "has a checkpoint of another version",
      () => writeFileSync(inFolder("backup.ndjson.checkpoint"), '{"version":0,"job":{}}'),
      /--restart/,
    ],
  ])("is refused where its file %s", async (_, change, told) => {
    await fill(3000);
    const words = ["export", "first", "backup.ndjson", "--no-count"];
    await killAt(25, words);
    change();
    const resumed = await service.wkv([...words, "--resume"]);
    expect(resumed).toMatchObject({ code: 1, stderr: expect.stringMatching(told) });
    expect(await service.wkv([...words, "--restart"])).toMatchObject({ code: 0 });
    expect(read("backup.ndjson.sum")).toContain("# 3000 entries");
    // It is finished: nothing is left to go on with, and it is not replaced unasked.
    const again = await service.wkv([...words, "--resume"]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining("No interrupted run is left") });
    expect(await service.wkv([...words, "--resume", "--yes"])).toMatchObject({ code: 0 });
  });

  it("is not offered where nothing was kept", async () => {
    await fill(10);
    await service.wkv(["export", "first", "backup.ndjson"]);
    const { code, stderr } = await service.wkv(["import", "f".repeat(32), "backup.ndjson"]);
    expect([code, stderr.includes("--resume")]).toEqual([3, false]);
  });
});

it("SIGINT twice ends it at once, though an answer is outstanding, and it can be gone on with", async () => {
  await fill(5000);
  await service.wkv(["export", "first", "whole.ndjson"]);
  const words = ["export", "first", "backup.ndjson", "--no-count"];
  let child: ChildProcess;
  service.requests = 0;
  const running = service.wkv(words, {
    onStart(started) {
      child = started;
      started.stderr!.once("data", () => started.kill("SIGINT"));
    },
  });
  service.onRequest = async (_, number) => {
    if (number < 30) return;
    child.kill("SIGINT");
    await running;
  };
  const stopped = await running;
  service.onRequest = undefined;
  expect(stopped).toMatchObject({ code: 130, signal: null });
  expect(stopped.stderr).toMatch(
    /^finishing what is in flight; once more to stop at once\nstopped: go on with: wkv export .* --resume\n$/,
  );
  expect(await service.wkv([...words, "--resume"])).toMatchObject({ code: 0 });
  expect(read("backup.ndjson")).toBe(read("whole.ndjson"));
});
