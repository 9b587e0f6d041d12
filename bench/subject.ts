/** One job of one subject, in a process of its own: prints what it cost as JSON. */
import { jobs } from "./jobs.ts";
import type { Cost } from "./measure.ts";
import { peakMemory } from "./peak-memory.ts";
import { subjects } from "./subjects.ts";

const [name, job, origin, namespaceId] = process.argv.slice(2) as [string, string, string, string];
const subject = await subjects[name]!(origin, namespaceId);
const { warmUp, run } = jobs[job]!;
await warmUp(subject);

const started = performance.now();
const before = process.cpuUsage();
await run(subject);
const { user, system } = process.cpuUsage(before);
const cost: Cost = {
  cpu: (user + system) / 1000,
  wall: performance.now() - started,
  memory: peakMemory(),
};
process.stdout.write(`${JSON.stringify(cost)}\n`, () => process.exit(0));
