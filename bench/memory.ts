/** Prints how much memory large jobs take, each in a process of its own: `npm run bench:memory`. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { startSink } from "./measure.ts";

const jobs = [
  "bulkPut of a generator",
  "list, every key",
  "entries, an export",
  "bulkPut of entries, a copy",
];
const rounds = 3;
/** What a job of a million may take, in MB. */
const most = 200;

// In plain Node, as users have it: the compiler in the process would take more than most jobs.
const folder = await mkdtemp(join(tmpdir(), "memory-"));
const program = join(folder, "job.mjs");
await build({
  entryPoints: [fileURLToPath(new URL("memory-job.ts", import.meta.url))],
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  outfile: program,
});
await using sink = await startSink();

/** The median of some runs. */
async function megabytesOf(job: string, keys: number): Promise<number> {
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const { stdout } = await promisify(execFile)(process.execPath, [program, job, String(keys), sink.origin]);
    all.push((Number(stdout) * 1024) / 1_000_000);
  }
  return all.sort((a, b) => a - b)[rounds >> 1]!;
}

const rows: Record<string, string>[] = [];
try {
  const least = await megabytesOf("nothing", 1);
  for (const job of jobs) {
    const few = await megabytesOf(job, 100_000);
    const many = await megabytesOf(job, 1_000_000);
    rows.push({
      job,
      "100,000": `${few.toFixed(0)} MB`,
      "1,000,000": `${many.toFixed(0)} MB`,
      growth: (many / few).toFixed(2),
      "of which Node": `${least.toFixed(0)} MB`,
    });
    if (many <= most) continue;
    console.error(`${job}: ${many.toFixed(0)} MB is over ${most}`);
    process.exitCode = 1;
  }
} finally {
  await rm(folder, { recursive: true });
}
console.table(rows);
