/**
 * Every subject at every job, into RESULTS.md, and its first table into the README.
 *
 *     npm run bench [-- JOB ...]     some jobs only, printed and not written; ROUNDS=3 where nothing is said
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { installLocked } from "../scripts/install.ts";
import { root } from "../scripts/pack.ts";
import { installNewerNode } from "../test/newer-node.ts";
import { coldImports } from "./cold-import.ts";
import { commands } from "./commands.ts";
import { jobs } from "./jobs.ts";
import { count, table } from "./markdown.ts";
import { type Cost, measure, openWorkbench, peers, subjectsOf } from "./measure.ts";
import { type Measured, memory } from "./memory.ts";
import { allScenarios, simulate } from "./simulate.ts";
import { bundleSizes, moduleSizes, typeChecks } from "./weight.ts";

const rounds = Number(process.env["ROUNDS"] ?? 3);
const named = process.argv.slice(2);
const all = ["get", "put", "list-1m", "bulk-put-1m", "bulk-get-100k", "entries-100k"];

installLocked(peers);
const newerNode = installNewerNode();

const sections: string[] = [];
function tell(title: string, words: string, figures: string): void {
  const section = [`## ${title}`, words, figures].filter(Boolean).join("\n\n");
  console.log(`\n${section}`);
  sections.push(section);
}

const began = performance.now();
await using workbench = await openWorkbench();
const measured: Measured = new Map();
for (const job of named.length > 0 ? named : [...all, "scattered-put-100k"]) {
  const costs = await measure(workbench, job, subjectsOf(job), rounds);
  measured.set(job, costs);
  tell(capital(jobs[job]!.title), "", costTable(costs, "floor"));
}
if (named.length === 0) await writeAll();

async function writeAll(): Promise<void> {
  const { folder } = workbench;
  for (const [keys, times] of [
    [100_000, rounds],
    [1_000_000, 1],
  ] as const) {
    for (const { title, costs } of await commands(workbench, keys, times)) {
      tell(
        `Commands: ${title}`,
        `Whole processes, their start and the file counted, both on Node ${nodeVersion(newerNode)}; of wrangler, which is two processes, the sum of CPU time and the larger one's memory. ${times === 1 ? "One round." : ""}`.trim(),
        costTable(costs, "wkv"),
      );
    }
  }
  tell(
    "Peak memory",
    "The most that was resident in the process, Node's own 45 MB or so in it; at 1,000,000 of one round where the job is not among those above.",
    (await memory(workbench, 1, measured)).table,
  );
  tell("Cold import", "Over a Node that imports nothing.", await coldImports(folder, 7 * rounds));
  tell("Bundle of a program that puts, gets and lists", "By esbuild, for browsers.", bundleSizes(folder));
  tell(
    "What each module adds to it",
    "Compressed: by how much the bundle is smaller without the module's text. What modules share is in none of them.",
    moduleSizes(),
  );
  tell("Type check of that program", "With skipLibCheck.", typeChecks(folder));
  tell(
    "Under Cloudflare's limit",
    "Simulated: 1,200 requests in 5 minutes, 50 to 300 ms to and fro, 100 Mbit/s, one request in a hundred fails.",
    (await simulate(allScenarios(1_000_000))).table,
  );

  const summary = shortTable();
  const results = join(import.meta.dirname, "RESULTS.md");
  writeFileSync(results, `${[head(), `## In short\n\n${summary}`, ...sections].join("\n\n")}\n`);
  const readme = join(root, "README.md");
  const text = readFileSync(readme, "utf8");
  writeFileSync(
    readme,
    text.replace(
      /(<!-- figures -->\n)[^]*?(<!-- end -->)/,
      (_, before, after) => `${before}${summary}\n${after}`,
    ),
  );
  execFileSync(process.execPath, [join(root, "node_modules/oxfmt/bin/oxfmt"), results], { stdio: "inherit" });
  console.log(`\nThat took ${((performance.now() - began) / 60_000).toFixed(1)} minutes.`);
}

/** CPU time first: the machine's other work disturbs it least. */
function costTable(costs: ReadonlyMap<string, Cost>, one: string): string {
  const unit = costs.get(one)!.cpu;
  const rows = [...costs].map(([name, { cpu, wall, memory: megabytes }]) => [
    name,
    (cpu / unit).toFixed(2),
    count(cpu),
    count(wall),
    count(megabytes),
  ]);
  return table(["", "CPU, ratio", "CPU, ms", "wall, ms", "memory, MB"], rows);
}

function ratio(job: string, name: string): string {
  const costs = measured.get(job)!;
  const cost = costs.get(name);
  return cost ? (cost.cpu / costs.get("floor")!.cpu).toFixed(1) : "–";
}

/** The ratios alone. */
function shortTable(): string {
  const names = subjectsOf("get");
  const titles = ["get", "put", "list", "bulk put", "bulk get", "entries"];
  const rows = names.map((name) => [name].concat(all.map((job) => ratio(job, name))));
  return table(["CPU time", ...titles], rows);
}

function capital(title: string): string {
  return title[0]!.toUpperCase() + title.slice(1);
}

function versionOf(folder: string, name: string): string {
  const manifest = readFileSync(join(folder, "node_modules", name, "package.json"), "utf8");
  return `${name} ${(JSON.parse(manifest) as { version: string }).version}`;
}

function nodeVersion(program: string): string {
  return execFileSync(program, ["--version"], { encoding: "utf8" }).trim().slice(1);
}

function head(): string {
  const versions = [
    ...["undici", "openapi-fetch", "typescript", "esbuild"].map((name) => versionOf(root, name)),
    ...["cloudflare", "unstorage", "wrangler"].map((name) => versionOf(peers, name)),
  ];
  const { model } = cpus()[0]!;
  return `# What the clients cost

Made by \`npm run bench\`: each subject in a process of its own against a server that costs next to nothing, taking
turns, ${rounds === 1 ? "one round" : `medians of ${rounds} rounds`}. The ratio is that of CPU time to the floor: undici's \`request\` used by hand, with
nothing checked. \`fetch\` is used by hand too, and for openapi-fetch the loops are ours. Every subject hands over one
key at a time. Where one is missing, it has no words for the job. Machines differ and are shared: read the ratios.

${cpus().length} × ${model.trim()}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}; ${versions.join(", ")}.`;
}
