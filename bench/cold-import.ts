/**
 * What importing costs a Node that does nothing else, over one that imports nothing: the budget is 15 ms. Each is
 * started many times, by turns, so that all see the same machine.
 *
 *     tsx bench/cold-import.ts [RUNS]
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../scripts/bundle.ts";
import { table } from "./markdown.ts";
import { openWorkbench, peers } from "./measure.ts";
import { median } from "./median.ts";

interface Cost {
  cpu: number;
  wall: number;
}

// Time begins with the process.
const measured = `
const wall = performance.now();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ wall, cpu: (user + system) / 1000 }));`;

export async function coldImports(folder: string, runs: number): Promise<string> {
  const own = join(folder, "package/dist/src");
  const modules: Readonly<Record<string, string>> = {
    "workers-kv-rest": join(own, "index.js"),
    "workers-kv-rest/node": join(own, "node.js"),
    "workers-kv-rest/server": join(own, "server/index.js"),
    "openapi-fetch": join(root, "node_modules/openapi-fetch/dist/index.mjs"),
    "unstorage and its driver": join(peers, "node_modules/unstorage/drivers/cloudflare-kv-http.mjs"),
    cloudflare: join(peers, "node_modules/cloudflare/index.mjs"),
  };
  const nothing = "nothing";
  const costs = new Map<string, Cost[]>([nothing, ...Object.keys(modules)].map((name) => [name, []]));
  const program = join(folder, "import.mjs");
  for (let run = 0; run < runs; run++) {
    // Each is the first as often as the others: a heavy one before it is felt.
    const turns = [...costs];
    turns.unshift(...turns.splice(run % turns.length));
    for (const [name, all] of turns) {
      const file = modules[name];
      writeFileSync(program, `${file ? `await import(${JSON.stringify(file)});` : ""}${measured}`);
      const { status, stdout } = spawnSync(process.execPath, [program], { encoding: "utf8" });
      if (status !== 0) throw new Error(`importing ${name} failed`);
      all.push(JSON.parse(stdout) as Cost);
    }
  }
  const of = (name: string, pick: (cost: Cost) => number): number => median(costs.get(name)!.map(pick));
  const rows = Object.keys(modules).map((name) => [
    name,
    (of(name, ({ cpu }) => cpu) - of(nothing, ({ cpu }) => cpu)).toFixed(1),
    (of(name, ({ wall }) => wall) - of(nothing, ({ wall }) => wall)).toFixed(1),
  ]);
  return table(["", "CPU, ms", "wall, ms"], rows);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await using workbench = await openWorkbench();
  console.log(await coldImports(workbench.folder, Number(process.argv[2] ?? 41)));
}
