import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCommand, type Service, startService } from "../cli-helpers.ts";

/** More than fits into the memory that is left beside Node's own, were all held; bench/command.ts takes a million. */
const entries = 200_000;
const megabyte = 1_000_000;

let command: ReturnType<typeof buildCommand>;
let service: Service;
/** Lets a process write down, when it ends, what it took of memory. */
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
     process.on("exit", () => writeFileSync("status", readFileSync("/proc/self/status")));`,
  );
});
afterAll(async () => {
  await service.close();
  command.remove();
});

const read = (name: string): string => readFileSync(join(service.folder, name), "utf8");

/** Runs the command, and gives the bytes of memory that it took at the most. */
async function peakOf(words: readonly string[]): Promise<number> {
  expect(await service.wkv([...words, "-q"], { env: metered })).toMatchObject({ code: 0 });
  return Number(/VmHWM:\s+(\d+) kB/.exec(read("status"))![1]) * 1024;
}

describe.runIf(process.platform === "linux")("Many entries stay below 200 MB of memory", () => {
  it("imported, exported and compared", async () => {
    function* lines(): Generator<string> {
      for (let i = 0; i < entries; i++) {
        const metadata = i % 3 === 0 ? `,"metadata":{"i":${i}}` : "";
        yield `{"key":"key:${String(i).padStart(8, "0")}","value":"${"v".repeat(300)}"${metadata}}\n`;
      }
    }
    await pipeline(Readable.from(lines()), createWriteStream(join(service.folder, "pairs.ndjson")));
    const peaks = {
      import: await peakOf(["import", "first", "pairs.ndjson"]),
      export: await peakOf(["export", "first", "backup.ndjson.gz"]),
      diff: await peakOf(["diff", "backup.ndjson.gz", "first"]),
    };
    for (const [name, bytes] of Object.entries(peaks)) expect(bytes, name).toBeLessThan(200 * megabyte);
    expect(read("backup.ndjson.gz.sum")).toContain(`# ${entries} entries`);
  });
});
