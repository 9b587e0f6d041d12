/**
 * How much memory large jobs take at their most, at two sizes. Prints it for this client, and fails where a million
 * take more than 200 MB, or 20 % more than 100,000.
 *
 *     npm run bench:memory
 */
import { fileURLToPath } from "node:url";
import { table } from "./markdown.ts";
import { type Cost, measure, openWorkbench, subjectsOf, type Workbench } from "./measure.ts";

const most = { megabytes: 200, growth: 1.2 };
const titles: Readonly<Record<string, string>> = {
  "bulk-put": "bulk put of a generator",
  list: "list, every key",
  "bulk-get": "bulk get",
  entries: "entries, an export",
  copy: "bulk put of entries, a copy",
};

const ownSubjects = (): string[] => ["workers-kv-rest", "workers-kv-rest/node"];

/** A million keys are ten thousand requests, which take long: those that tell something new. */
const allSubjects = (job: string): string[] =>
  subjectsOf(job).filter((name) => job !== "bulk-get-1m" || !["fetch", "openapi-fetch"].includes(name));

/** The costs of jobs by name, of which some may have been measured before. */
export type Measured = Map<string, Map<string, Cost>>;

export async function memory(
  workbench: Workbench,
  rounds: number,
  measured: Measured = new Map(),
  subjects: (job: string) => string[] = allSubjects,
): Promise<{ table: string; missed: string[] }> {
  const missed: string[] = [];
  const rows: string[][] = [];
  for (const [name, title] of Object.entries(titles)) {
    const [few, many] = [`${name}-100k`, `${name}-1m`];
    for (const job of [few, many]) {
      if (!measured.has(job)) measured.set(job, await measure(workbench, job, subjects(job), rounds));
    }
    for (const subject of subjects(many)) {
      const [least, peak] = [few, many].map((job) => measured.get(job)!.get(subject)!.memory) as [
        number,
        number,
      ];
      const growth = peak / least;
      const isOwn = ownSubjects().includes(subject);
      if (isOwn && (peak > most.megabytes || growth > most.growth)) {
        missed.push(`${title}, ${subject}: ${peak.toFixed(0)} MB, ${growth.toFixed(2)} of what 100,000 take`);
      }
      rows.push([title, subject, least.toFixed(0), peak.toFixed(0), growth.toFixed(2)]);
    }
  }
  const head = ["", "", "100,000, MB", "1,000,000, MB", "growth"];
  return { table: table(head, rows, 2), missed };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await using workbench = await openWorkbench();
  const outcome = await memory(workbench, 3, new Map(), ownSubjects);
  console.log(outcome.table);
  for (const what of outcome.missed) console.error(`too much: ${what}`);
  if (outcome.missed.length > 0) process.exitCode = 1;
}
