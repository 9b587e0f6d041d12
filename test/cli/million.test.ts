import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCommand, firstId, type Service, startService } from "../cli-helpers.ts";

const entries = 1_000_000;
const megabyte = 1_000_000;

let command: ReturnType<typeof buildCommand>;
let service: Service;
/** Lets a process write down, when it ends, what it took of memory and of the processor's time. */
let metered: Record<string, string>;
beforeAll(async () => {
  command = buildCommand();
  service = await startService(command.path);
  const meter = join(service.folder, "meter.mjs");
  metered = { NODE_OPTIONS: `--import=${pathToFileURL(meter).href}` };
  writeFileSync(
    meter,
    // Linux has it. What getrusage says is at least what the parent took when it forked.
    `import { readFileSync, writeFileSync } from "node:fs";
     process.on("exit", () => {
       writeFileSync("processor", JSON.stringify(process.cpuUsage()));
       if (process.platform === "linux") writeFileSync("status", readFileSync("/proc/self/status"));
     });`,
  );
});
afterAll(async () => {
  await service.close();
  command.remove();
});

const read = (name: string): string => readFileSync(join(service.folder, name), "utf8");

/** Runs the command, and gives the bytes of memory that it took at the most. */
async function peakOf(words: readonly string[]): Promise<number> {
  expect(await service.wkv(words, { env: metered })).toMatchObject({ code: 0 });
  return Number(/VmHWM:\s+(\d+) kB/.exec(read("status"))![1]) * 1024;
}

describe.runIf(process.platform === "linux")("A million entries stay below 200 MB of memory", () => {
  it("imported, exported, copied and compared", async () => {
    function* lines(): Generator<string> {
      for (let i = 0; i < entries; i++) {
        const metadata = i % 3 === 0 ? `,"metadata":{"i":${i}}` : "";
        yield `{"key":"key:${String(i).padStart(8, "0")}","value":"value ${i} ${"x".repeat(i % 100)}"${metadata}}\n`;
      }
    }
    await pipeline(Readable.from(lines()), createWriteStream(join(service.folder, "million.ndjson")));
    const peaks = {
      import: await peakOf(["import", "first", "million.ndjson", "-q"]),
      skip: await peakOf(["import", "first", "million.ndjson", "-q", "--mode", "skip"]),
      export: await peakOf(["export", "first", "backup.ndjson.gz", "-q"]),
      copy: await peakOf(["copy", "first", "second", "-q"]),
      diff: await peakOf(["diff", "backup.ndjson.gz", "second", "-q"]),
      sync: await peakOf(["sync", "first", "second", "-q"]),
    };
    for (const [name, bytes] of Object.entries(peaks)) expect(bytes, name).toBeLessThan(200 * megabyte);
    expect(read("backup.ndjson.gz.sum")).toContain(`# ${entries} entries`);
  }, 900_000);
});

describe("It starts in under 150 ms", () => {
  it.each([[["--version"]], [["key", "get", firstId, "key:00000000"]]])("wkv %j", async (words) => {
    await service.first.put("key:00000000", "value");
    const times: number[] = [];
    for (let i = 0; i < 20; i++) {
      expect(await service.wkv(words, { env: metered })).toMatchObject({ code: 0 });
      const { user, system } = JSON.parse(read("processor")) as NodeJS.CpuUsage;
      times.push((user + system) / 1000);
    }
    // Of the processor's time, the best of many: how long it waits for the processor is not the command's.
    expect(Math.min(...times)).toBeLessThan(150);
  });
});
