/**
 * Sees a slip of half as much again in what calls and jobs cost, and is not moved by a machine that is busy: ratios of
 * CPU time of two subjects that take turns in one process, medians, a second look where one is over.
 *
 *     npm run bench:guard
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { jobs } from "./jobs.ts";
import { table } from "./markdown.ts";
import { namespaceOf, openWorkbench, peers } from "./measure.ts";
import { held, simulate } from "./simulate.ts";

/**
 * What each usually costs, by this guard itself, on two cores with other work and without; single runs are up to a
 * sixth off. A third more is allowed, so that 1.5 times that is over and noise is not. To be measured anew, and
 * lowered, where the client got faster.
 */
const margins: readonly (readonly [subject: string, against: string, job: string, usual: number])[] = [
  ["workers-kv-rest", "fetch", "get-some", 1.3],
  ["workers-kv-rest", "fetch", "put-some", 1.3],
  ["workers-kv-rest/node", "floor", "get-some", 1.4],
  ["workers-kv-rest/node", "floor", "put-some", 1.4],
  ["workers-kv-rest/node", "floor", "list-100k", 1.45],
  ["workers-kv-rest/node", "floor", "bulk-put-100k", 1.2],
  ["workers-kv-rest/node", "floor", "scattered-put-10k", 1.3],
  ["workers-kv-rest/node", "floor", "bulk-get-10k", 1.25],
];
const margin = 1.33;
/** For each pair, warming up in it. */
const seconds = 4;

const began = performance.now();
await using workbench = await openWorkbench();

async function ratioOf(subject: string, against: string, job: string, times: number): Promise<number> {
  const { origin, folder } = workbench;
  const words = [subject, against, job, origin, namespaceOf(jobs[job]!.keys), String(times)];
  const child = spawn(process.execPath, [join(folder, "rounds.mjs"), ...words], {
    cwd: peers,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`${subject} against ${against} failed at ${job}`);
  return Number(output);
}

const rows: string[][] = [];
function judge(what: string, figure: string, most: string, isOver: boolean): void {
  rows.push([what, figure, most, isOver ? "over" : ""]);
  if (isOver) process.exitCode = 1;
}

for (const [subject, against, job, usual] of margins) {
  const most = usual * margin;
  let ratio = await ratioOf(subject, against, job, seconds);
  if (ratio > most) ratio = Math.min(ratio, await ratioOf(subject, against, job, 2 * seconds));
  const what = `${subject} against ${against}: ${jobs[job]!.title}`;
  judge(what, ratio.toFixed(2), most.toFixed(2), ratio > most);
}
const { missed } = await simulate(held(20_000));
judge(
  "jobs that do not keep to the least time under the limit",
  String(missed.length),
  "0",
  missed.length > 0,
);
console.log(table(["", "is", "at most", ""], rows));
console.log(`in ${((performance.now() - began) / 1000).toFixed(0)} s`);
