/**
 * Two subjects at a job in one process, in turns: prints the median of the ratios of their CPU time. What else the
 * machine does meets both alike, so that few short rounds tell them apart.
 */
import { jobs } from "./jobs.ts";
import { median } from "./median.ts";
import { type Subject, subjects } from "./subjects.ts";

const [name, against, job, origin, namespaceId, seconds] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const { warmUp, run } = jobs[job]!;
const pair = [await subjects[name]!(origin, namespaceId), await subjects[against]!(origin, namespaceId)];

async function cpuOf(subject: Subject): Promise<number> {
  const before = process.cpuUsage();
  await run(subject);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const ratios: number[] = [];
const until = performance.now() + Number(seconds) * 1000;
for (const subject of pair) await warmUp(subject);
while (performance.now() < until || ratios.length < 9) {
  // Which is first changes: it pays for what the other left to be collected.
  const isSwapped = ratios.length % 2 === 1;
  const costs = [0, 0];
  for (const at of isSwapped ? [1, 0] : [0, 1]) costs[at] = await cpuOf(pair[at]!);
  ratios.push(costs[0]! / costs[1]!);
}
// Compiling is a part of the first third's cost, and much of it is of the time that a new process has had.
const late = median(ratios.slice(Math.floor(ratios.length / 3)));
process.stdout.write(`${late}\n`, () => process.exit(0));
