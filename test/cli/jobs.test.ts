import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Pair } from "../../src/index.ts";
import { contents, nastyPairs, plainPairs, run } from "../cli-helpers.ts";
import { command, inFolder, service, startServiceForEach } from "./service.ts";

startServiceForEach();
const modeOf = (name: string): string => (statSync(inFolder(name)).mode & 0o777).toString(8);
const lines = (text: string): unknown[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
const fill = (count: number): Promise<unknown> => service.first.bulkPut(plainPairs(count));

describe("A nasty namespace", () => {
  it("comes back as it was through a file, which is whole and its owner's alone", async () => {
    await service.first.bulkPut(nastyPairs());
    const file = "backup.json.gz";
    const exported = await service.wkv(["export", "first", file, "--json"]);
    expect(exported.stderr).toContain(`${nastyPairs().length} keys to export`);
    expect(exported).toMatchObject({ code: 0 });
    expect(JSON.parse(exported.stdout)).toMatchObject({ entries: nastyPairs().length, file });
    expect([modeOf(file), modeOf(`${file}.sum`)]).toEqual(["600", "600"]);
    expect(existsSync(inFolder(`${file}.part`)) || existsSync(inFolder(`${file}.checkpoint`))).toBe(false);

    expect(await service.wkv(["import", "second", file, "-q"])).toMatchObject({ code: 0, stderr: "" });
    expect(await contents(service.second)).toEqual(await contents(service.first));
    expect(await service.wkv(["diff", "first", "second", "-q"])).toMatchObject({ code: 0, stdout: "" });
    expect(await service.wkv(["diff", file, "second", "-q"])).toMatchObject({ code: 0, stdout: "" });
  });

  it("comes through pipes, and through a copy, which names the keys that become too long", async () => {
    await service.first.bulkPut(nastyPairs());
    const { stdout } = await service.wkv(["export", "first"]);
    await service.wkv(["import", "second", "-"], { input: stdout });
    expect(await contents(service.second)).toEqual(await contents(service.first));

    const copied = await service.wkv(["copy", "first", "second", "--add-prefix", "copy:", "-q"]);
    expect(copied.code).toBe(4);
    const [, file] = /they are in (\S+)\n/.exec(copied.stderr)!;
    const failed = lines(readFileSync(inFolder(file!), "utf8")) as { key: string }[];
    expect(failed.map(({ key }) => Buffer.byteLength(key))).toEqual([517, 517]);
    expect(modeOf(file!)).toBe("600");
    const back = await service.wkv(["export", "second", "-", "--strip-prefix", "copy:", "-q"]);
    const isCopied = (pair: unknown): boolean =>
      !failed.some(({ key }) => key === `copy:${(pair as Pair).key}`);
    expect(lines(back.stdout)).toEqual(lines(stdout).filter(isCopied));
  });
});

describe("A job that is stopped", () => {
  const exported = ["export", "first", "backup.ndjson.gz", "--no-count"];

  it("by SIGINT says how to go on, and going on gives the same file", async () => {
    await fill(5000);
    await service.wkv(["export", "first", "whole.ndjson.gz"]);
    let child: ChildProcess;
    service.requests = 0;
    service.onRequest = (_, number) => void (number === 30 && child.kill("SIGINT"));
    const stopped = await service.wkv(exported, { onStart: (started) => (child = started) });
    expect(stopped).toMatchObject({ code: 130, signal: null });
    expect(stopped.stderr).toMatch(/finishing what is in flight/);
    expect(stopped.stderr).toMatch(/wkv: interrupted: [\d,]+ entries written/);
    const [, advice] = /go on with: wkv (.*)\n/.exec(stopped.stderr)!;
    expect(advice).toBe("export first backup.ndjson.gz --no-count --resume");
    expect(existsSync(inFolder("backup.ndjson.gz"))).toBe(false);
    expect([modeOf("backup.ndjson.gz.part"), modeOf("backup.ndjson.gz.checkpoint")]).toEqual(["600", "600"]);

    service.onRequest = undefined;
    expect(await service.wkv(exported)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--resume"),
    });
    const other = await service.wkv([...exported, "--resume", "--prefix", "key:"]);
    expect(other).toMatchObject({ code: 2, stderr: expect.stringContaining('prefix was "" and is "key:"') });
    const before = service.requests;
    expect(await service.wkv(advice!.split(" "))).toMatchObject({ code: 0 });
    // Not all over again: 5 lists and 50 reads.
    expect(service.requests - before).toBeLessThan(50);
    expect(readFileSync(inFolder("backup.ndjson.gz"))).toEqual(readFileSync(inFolder("whole.ndjson.gz")));
  });

  it("by SIGKILL again and again gives the same file", async () => {
    await fill(5000);
    await service.wkv(["export", "first", "whole.ndjson.gz"]);
    for (const at of [7, 25, 20]) {
      let child: ChildProcess;
      service.requests = 0;
      service.onRequest = (_, number) => void (number === at && child.kill("SIGKILL"));
      const killed = await service.wkv([...exported, "--resume"], {
        onStart: (started) => (child = started),
      });
      expect(killed.signal).toBe("SIGKILL");
    }
    service.onRequest = undefined;
    const cursor = /"cursor":"[^"]*"/;
    const checkpoint = inFolder("backup.ndjson.gz.checkpoint");
    const kept = readFileSync(checkpoint, "utf8");
    expect(kept).toMatch(cursor);
    // A cursor that the service does not take any more: list again and pass over.
    writeFileSync(checkpoint, kept.replace(cursor, '"cursor":"of-yesterday"'));
    expect(await service.wkv([...exported, "--resume"])).toMatchObject({ code: 0 });
    expect(readFileSync(inFolder("backup.ndjson.gz"))).toEqual(readFileSync(inFolder("whole.ndjson.gz")));
  });
});

it("on a terminal there is a bar, which leaves no trace behind", async () => {
  await fill(3000);
  service.onRequest = undefined;
  const words = [process.execPath, command.path, "export", "first", "backup.ndjson"].join(" ");
  const { code, stdout } = await run("script", ["-qec", `stty cols 100; ${words}`, "/dev/null"], {
    cwd: service.folder,
    env: { ...service.env, NO_COLOR: "" },
  });
  expect(code).toBe(0);
  const screens = stdout.split("\u001b[1G");
  expect(screens.filter((text) => /exporting \d+%  [\d,]+ of 3,000 entries .*\/s/.test(text))).not.toEqual(
    [],
  );
  expect(screens.every((text) => text.split("\u001b[0K")[0]!.length <= 120)).toBe(true);
  // The cursor is back, and the line of the bar is empty.
  expect(stdout).toContain("\u001b[?25h");
  const [clear, last] = [screens.at(-1)!.slice(0, 4), screens.at(-1)!.slice(4)];
  expect(clear).toBe("\u001b[2K");
  expect(last).toMatch(/^exported 3,000 entries .*\r?\n$/);
});
