/**
 * Prints how long the command takes to start, and how much memory its jobs take: `tsx bench/command.ts [entries]`.
 * It fails where that is more than it may be. The processor's time is what a start takes on a machine that is busy.
 */
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { buildCommand, firstId, startService } from "../test/cli-helpers.ts";

const entries = Number(process.argv[2] ?? 1_000_000);
const most = { megabytes: 200, milliseconds: 150 };
const starts = 30;

const command = buildCommand();
const service = await startService(command.path);
const inFolder = (name: string): string => join(service.folder, name);
writeFileSync(
  inFolder("meter.mjs"),
  // Linux counts what the parent had at the fork into maxRSS, and not into VmHWM.
  `import { readFileSync, writeFileSync } from "node:fs";
   process.on("exit", () => {
     const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
     const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
     const kilobytes = Number(/VmHWM:\\s+(\\d+)/.exec(status)?.[1] ?? maxRSS);
     writeFileSync("usage", JSON.stringify({ processor: userCPUTime + systemCPUTime, kilobytes }));
   });`,
);
const env = { NODE_OPTIONS: `--import=${pathToFileURL(inFolder("meter.mjs")).href}` };

interface Usage {
  wall: number;
  processor: number;
  megabytes: number;
}

/** Runs the command to its end, which has to be a good one. */
async function measure(words: readonly string[]): Promise<Usage> {
  const started = performance.now();
  const { code, stderr } = await service.wkv(words, { env });
  const wall = performance.now() - started;
  if (code !== 0) throw new Error(`wkv ${words.join(" ")} ended with ${code}: ${stderr}`);
  const { processor, kilobytes } = JSON.parse(readFileSync(inFolder("usage"), "utf8")) as {
    processor: number;
    kilobytes: number;
  };
  return { wall, processor: processor / 1000, megabytes: (kilobytes * 1024) / 1_000_000 };
}

function* lines(): Generator<string> {
  for (let i = 0; i < entries; i++) {
    const metadata = i % 3 === 0 ? `,"metadata":{"i":${i}}` : "";
    yield `{"key":"key:${String(i).padStart(8, "0")}","value":"value ${i} ${"x".repeat(i % 100)}"${metadata}}\n`;
  }
}

function exceeded(what: string, figure: number, limit: number): void {
  if (figure <= limit) return;
  console.error(`${what}: ${figure.toFixed(0)} is over ${limit}`);
  process.exitCode = 1;
}

try {
  await service.first.put("key", "value");
  const started: Record<string, string>[] = [];
  for (const words of [["--version"], ["key", "get", firstId, "key"]]) {
    const runs: Usage[] = [];
    for (let i = 0; i < starts; i++) runs.push(await measure(words));
    const wall = runs.map((run) => run.wall).sort((a, b) => a - b);
    const processor = runs.map((run) => run.processor).sort((a, b) => a - b);
    const name = `wkv ${words.join(" ")}`;
    started.push({
      start: name,
      least: `${wall[0]!.toFixed(0)} ms`,
      median: `${wall[starts >> 1]!.toFixed(0)} ms`,
      "processor, least": `${processor[0]!.toFixed(0)} ms`,
    });
    exceeded(name, wall[0]!, most.milliseconds);
  }
  console.table(started);
  await service.first.delete("key");

  await pipeline(Readable.from(lines()), createWriteStream(inFolder("pairs.ndjson")));
  const jobs: Record<string, string>[] = [];
  for (const words of [
    ["import", "first", "pairs.ndjson"],
    ["import", "first", "pairs.ndjson", "--mode", "skip"],
    ["export", "first", "backup.ndjson.gz"],
    ["copy", "first", "second"],
    ["diff", "backup.ndjson.gz", "second"],
    ["sync", "first", "second"],
  ]) {
    const { wall, megabytes } = await measure([...words, "-q"]);
    const job = `wkv ${words.join(" ")}`;
    jobs.push({ job, memory: `${megabytes.toFixed(0)} MB`, took: `${(wall / 1000).toFixed(1)} s` });
    exceeded(job, megabytes, most.megabytes);
  }
  console.log(`${entries} entries`);
  console.table(jobs);
} finally {
  await service.close();
  command.remove();
}
