import type { ChildProcess } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import type { Pair } from "../../src/index.ts";
import type { Fault } from "../../src/server/index.ts";
import { contents, type Run, seeded } from "../cli-helpers.ts";
import { binary } from "../helpers.ts";
import { bytesOf as read, service, startServiceForEach } from "./service.ts";

const pairCount = 4000;
/** Larger requests are refused, so that there are enough of them to be killed at. */
const mostPairs = 500;
const refuseLarge: Fault = async (request, next) => {
  const body = await request.clone().text();
  const pairs = JSON.parse(body) as unknown[];
  return pairs.length > mostPairs ? new Response("too large", { status: 413 }) : next(request);
};

startServiceForEach({ faults: { rates: [{ share: 1, what: refuseLarge, operations: ["writeMultiple"] }] } });
beforeEach(() => service.first.bulkPut(pairs()));

function* pairs(): Generator<Pair> {
  for (let i = 0; i < pairCount; i++) {
    const isBinary = i > 3000 && i < 3200 && i % 50 === 0;
    const key = `${i % 7 === 0 ? "é" : "key"}:${String(i).padStart(6, "0")}`;
    yield { key, value: isBinary ? binary : `value ${i}`, metadata: i % 3 === 0 ? { i } : null };
  }
}

interface Kill {
  /** At which request. */
  at: number;
  /** Whether the service has done what it was asked for by then. */
  isAnswered: boolean;
}

/** Runs the command and kills it at a request. */
async function killAt(words: readonly string[], { at, isAnswered }: Kill): Promise<Run> {
  let child: ChildProcess;
  service.requests = 0;
  const kill = (number: number): void => void (number === at && child.kill("SIGKILL"));
  if (isAnswered) service.onAnswer = kill;
  else service.onRequest = (_, number) => kill(number);
  const result = await service.wkv(words, { onStart: (started) => (child = started) });
  service.onAnswer = service.onRequest = undefined;
  return result;
}

/** How many requests the command takes where nobody kills it. */
async function requestsOf(words: readonly string[]): Promise<number> {
  service.requests = 0;
  expect(await service.wkv(words)).toMatchObject({ code: 0 });
  return service.requests;
}

let killed = 0;
/** Kills a run at a seeded request, and goes on. Gives how many requests that took beside those before the kill. */
async function killAndResume(words: readonly string[], seed: number, total: number): Promise<number> {
  const random = seeded(seed);
  const at = 1 + Math.floor(random() * (total - 1));
  const first = await killAt(words, { at, isAnswered: random() < 0.5 });
  expect(first, `seed ${seed}, request ${at}`).toMatchObject({ signal: "SIGKILL" });
  killed++;
  service.requests = 0;
  const second = await service.wkv([...words, "--resume"]);
  expect(second, `seed ${seed}, request ${at} of ${total}`).toMatchObject({ code: 0 });
  return at + service.requests - total;
}

const mean = (numbers: readonly number[]): number =>
  numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Makes the second namespace differ from the first in all ways. */
async function differ(): Promise<void> {
  const all = Array.from(pairs());
  await service.second.bulkPut(all);
  await service.second.bulkDelete(all.filter((_, i) => i % 9 === 0).map(({ key }) => key));
  await service.second.bulkPut(all.filter((_, i) => i % 5 === 0).map(({ key }) => ({ key, value: "old" })));
  await service.second.bulkPut(Array.from({ length: 300 }, (_, i) => ({ key: `other:${i}`, value: "" })));
}

describe("Killed at a request, and gone on with", () => {
  it("an export gives the same file", async () => {
    const words = ["export", "first", "backup.ndjson", "--no-count", "--yes"];
    const total = await requestsOf(["export", "first", "whole.ndjson", "--no-count"]);
    const repeated: number[] = [];
    for (const seed of seeds(100, 12)) {
      repeated.push(await killAndResume(words, seed, total));
      expect(read("backup.ndjson").equals(read("whole.ndjson")), `seed ${seed}`).toBe(true);
      expect(read("backup.ndjson.sum").toString()).toContain(`# ${pairCount} entries`);
    }
    // What came behind the last checkpoint, on an average; from the start it would be half of all.
    expect(mean(repeated)).toBeLessThan(total / 3);
  });

  it("an export that is compressed gives the same file", async () => {
    const words = ["export", "first", "backup.json.gz", "--no-count", "--yes"];
    const total = await requestsOf(["export", "first", "whole.json.gz", "--no-count"]);
    for (const seed of seeds(200, 4)) {
      await killAndResume(words, seed, total);
      expect(read("backup.json.gz").equals(read("whole.json.gz")), `seed ${seed}`).toBe(true);
    }
  });

  it("an import gives the same namespace", async () => {
    await service.wkv(["export", "first", "backup.ndjson.gz"]);
    const words = ["import", "second", "backup.ndjson.gz"];
    const total = await requestsOf(words);
    const wanted = await contents(service.first);
    for (const seed of seeds(300, 10)) {
      await service.second.bulkDelete(Array.from(pairs(), ({ key }) => key));
      await killAndResume(words, seed, total);
      expect(await contents(service.second), `seed ${seed}`).toEqual(wanted);
    }
  });

  it("a copy gives the same namespace", async () => {
    const words = ["copy", "first", "second", "--no-count"];
    const total = await requestsOf(words);
    const wanted = await contents(service.first);
    for (const seed of seeds(400, 8)) {
      await service.second.bulkDelete(Array.from(pairs(), ({ key }) => key));
      await killAndResume(words, seed, total);
      expect(await contents(service.second), `seed ${seed}`).toEqual(wanted);
    }
  });

  it("a sync gives the same namespace, without what was too much", async () => {
    const words = ["sync", "first", "second", "--no-count", "--delete", "--yes"];
    const wanted = await contents(service.first);
    await differ();
    const total = await requestsOf(words);
    for (const seed of seeds(500, 6)) {
      await differ();
      await killAndResume(words, seed, total);
      expect(await contents(service.second), `seed ${seed}`).toEqual(wanted);
    }
  });

  it("and all of these kills came before the end", () => {
    expect(killed).toBe(40);
  });
});

/** Loaded before the command: kills it in the place of the n-th thing that it does to a file. */
const killer = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  let left = Number(process.env.KILL_AT);
  const handle = await fs.promises.open(process.execPath);
  const changes = {
    sync: [fs, ["openSync", "writeSync", "writeFileSync", "fsyncSync", "ftruncateSync", "renameSync", "rmSync"]],
    callback: [fs, ["open", "write", "fsync"]],
    promise: [fs.promises, ["open", "rename", "rm"]],
    handle: [Object.getPrototypeOf(handle), ["write", "datasync", "truncate"]],
  };
  await handle.close();
  for (const [target, names] of Object.values(changes)) {
    for (const name of names) {
      const original = target[name];
      target[name] = function (...words) {
        if (--left === 0) process.kill(process.pid, "SIGKILL");
        return original.apply(this, words);
      };
    }
  }
  syncBuiltinESMExports();`;

it("Killed before any of the things that it does to files, an export gives the same file", async () => {
  const file = "backup.json.gz";
  await service.first.bulkDelete(Array.from(pairs(), ({ key }) => key).slice(1500));
  writeFileSync(join(service.folder, "killer.mjs"), killer);
  await service.wkv(["export", "first", `whole-${file}`]);
  const words = ["export", "first", file, "--no-count", "--yes"];
  const killed = (number: number): Promise<Run> => {
    const preload = pathToFileURL(join(service.folder, "killer.mjs")).href;
    return service.wkv(words, { env: { NODE_OPTIONS: `--import=${preload}`, KILL_AT: String(number) } });
  };
  let number = 1;
  for (; (await killed(number)).signal === "SIGKILL"; number++) {
    expect(await service.wkv([...words, "--resume"]), `before ${number}`).toMatchObject({ code: 0 });
    expect(read(file).equals(read(`whole-${file}`)), `before ${number}`).toBe(true);
    expect(read(`${file}.sum`).toString()).toContain("# 1500 entries");
    expect(readdirSync(service.folder).filter((name) => /part|checkpoint/.test(name))).toEqual([]);
  }
  // Checkpoints, the end of the text, compressing, renaming, the sum.
  expect(number).toBeGreaterThan(12);
});
