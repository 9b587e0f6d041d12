/**
 * How long large jobs take under Cloudflare's limit. Prints it, and fails where a job was throttled, or took more
 * than 1.05 of the least time.
 *
 *     npm run simulate [-- KEYS]
 */
import { fileURLToPath } from "node:url";
import { count, table } from "./markdown.ts";
import { exportAll, exportTwice, importAll, type Outcome, readSingly } from "./scenarios.ts";
import { VirtualClock } from "./virtual-clock.ts";

interface Scenario {
  title: string;
  run: () => Promise<Outcome>;
  /** What it may take of the least time. */
  most?: number;
}

/** The jobs that are held to the least time. */
export const held = (keys: number): Scenario[] => [
  { title: `import of ${count(keys)} pairs`, run: () => importAll(keys), most: 1.05 },
  { title: `export of ${count(keys)} keys`, run: () => exportAll(keys), most: 1.05 },
  { title: `two exports of ${count(keys / 2)} keys, one token`, run: () => exportTwice(keys / 2) },
];

const single = (reads: number): Scenario[] => [
  { title: "two programs of 5,000 single reads, 20 at a time", run: () => readSingly(2, 5000, 20) },
  { title: "three programs of 2,000 single reads, one by one", run: () => readSingly(3, 2000, 1) },
  { title: `a plain loop of ${count(reads)} single reads`, run: () => readSingly(1, reads, 1) },
];

export async function simulate(scenarios: readonly Scenario[]): Promise<{ table: string; missed: string[] }> {
  const missed: string[] = [];
  const rows: string[][] = [];
  for (const { title, run, most = Infinity } of scenarios) {
    const { requests, throttled, seconds, optimum } = await new VirtualClock().run(run);
    const ratio = seconds / optimum;
    if (throttled > 0 || ratio > most) missed.push(title);
    const cells = [count(requests), String(throttled), duration(seconds), duration(optimum)];
    rows.push([title, ...cells, ratio.toFixed(3)]);
  }
  return { table: table(["", "requests", "429", "takes", "least", "ratio"], rows), missed };
}

/** A million single reads take four minutes to simulate: a tenth of them shows the same pace. */
export const allScenarios = (keys: number): Scenario[] => [...held(keys), ...single(keys / 10)];

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outcome = await simulate(allScenarios(Number(process.argv[2] ?? 1_000_000)));
  console.log(outcome.table);
  for (const title of outcome.missed) console.error(`${title}: throttled, or over 1.05 of the least time`);
  if (outcome.missed.length > 0) process.exitCode = 1;
}
