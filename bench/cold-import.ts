/**
 * What importing the package costs a Node that does nothing else, over one that imports nothing: the budget is
 * 15 ms. Each is started many times, by turns, so that both see the same machine.
 *
 *     tsx bench/cold-import.ts [RUNS]
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pack, root } from "../scripts/pack.ts";

const runs = Number(process.argv[2] ?? 41);
// Below the root, whose node_modules has what the package needs.
const cache = join(root, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const folder = mkdtempSync(join(cache, "cold-import-"));
try {
  const { folder: installed } = pack(folder);
  const programs = {
    "nothing at all": "",
    "openapi-fetch": 'import "openapi-fetch";',
    "workers-kv-rest": 'import "workers-kv-rest";',
    "workers-kv-rest/node": 'import "workers-kv-rest/node";',
    "workers-kv-rest/server": 'import "workers-kv-rest/server";',
  };
  const times = new Map(Object.keys(programs).map((name) => [name, [] as number[]]));
  for (let run = 0; run < runs; run++) {
    for (const [name, source] of Object.entries(programs)) {
      const file = join(installed, "program.mjs");
      writeFileSync(file, source);
      const started = performance.now();
      const { status } = spawnSync(process.execPath, [file], { stdio: "inherit" });
      if (status !== 0) throw new Error(`importing ${name} failed`);
      times.get(name)!.push(performance.now() - started);
    }
  }
  const median = (name: string): number => times.get(name)!.toSorted((a, b) => a - b)[runs >> 1]!;
  const base = median("nothing at all");
  console.log(`Node ${process.version}, ${runs} runs of each, medians:`);
  for (const name of times.keys()) {
    const over = name === "nothing at all" ? "" : `, ${(median(name) - base).toFixed(1)} ms more`;
    console.log(`  ${median(name).toFixed(1)} ms importing ${name}${over}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
