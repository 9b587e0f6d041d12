/** `npm run bench`: every subject at every job, as ratios, into RESULTS.md. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { jobs } from "./jobs.ts";
import { type Cost, measure, startSink, subjectsOf } from "./measure.ts";
import { bundleSizes, coldImports, typeChecks } from "./weight.ts";

const rounds = Number(process.env["ROUNDS"] ?? 5);
const named = process.argv.slice(2);
const chosen = named.length > 0 ? named : Object.keys(jobs);
const folder = new URL(".", import.meta.url);

execFileSync("npm", ["run", "--silent", "build"], { stdio: "inherit" });
if (!existsSync(new URL("peers/node_modules", folder))) {
  execFileSync("npm", ["ci", "--silent"], { cwd: new URL("peers", folder), stdio: "inherit" });
}

const sections: string[] = [];
{
  await using sink = await startSink();
  for (const job of chosen) {
    const costs = await measure(sink, job, subjectsOf(job), rounds);
    const section = `## ${jobs[job]!.title}\n\n${table(costs)}`;
    console.log(`\n${section}`);
    sections.push(section);
  }
}
if (named.length === 0) {
  sections.push(await coldImports(rounds), bundleSizes(), typeChecks());
  writeFileSync(new URL("RESULTS.md", folder), `${head()}\n\n${sections.join("\n\n")}\n`);
}

/** CPU time first: the machine's other work disturbs it least. */
function table(costs: ReadonlyMap<string, Cost>): string {
  const floor = costs.get("floor")!;
  const rows = [...costs].map(([name, { cpu, wall, memory }]) => {
    const cells = [name, (cpu / floor.cpu).toFixed(2), cpu.toFixed(0), wall.toFixed(0), memory.toFixed(0)];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| | CPU, ratio | CPU, ms | wall, ms | memory, MiB |", "|---|--:|--:|--:|--:|", ...rows].join("\n");
}

function versionOf(path: string): string {
  return (JSON.parse(readFileSync(new URL(path, folder), "utf8")) as { version: string }).version;
}

function head(): string {
  const peers = ["cloudflare", "unstorage"].map(
    (name) => `${name} ${versionOf(`peers/node_modules/${name}/package.json`)}`,
  );
  const own = ["undici", "openapi-fetch"].map(
    (name) => `${name} ${versionOf(`../node_modules/${name}/package.json`)}`,
  );
  const { model } = cpus()[0]!;
  return `# What the clients cost

Made by \`npm run bench\`: each subject in a process of its own against a server that costs next to nothing, taking
turns, medians of ${rounds} rounds. The ratio is that of CPU time to the floor: undici's \`request\` used by hand, with
nothing checked. Machines differ and are shared: read the ratios.

${cpus().length} × ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}; ${[...own, ...peers].join(", ")}.`;
}
