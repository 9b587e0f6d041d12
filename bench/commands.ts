/** Commands beside each other: whole processes on the same Node, so that starting is counted, and reading a file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { newerNode } from "../test/newer-node.ts";
import { pairs } from "./jobs.ts";
import { type Cost, namespaceOf, peers, takeTurns, type Workbench } from "./measure.ts";

/** Each process of a command, wrangler's two too, says at its end what it took. */
const meter = `
import { writeFileSync } from "node:fs";
import { peakMemory } from "./peak-memory.mjs";
process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  const usage = { cpu: (user + system) / 1000, memory: peakMemory() };
  writeFileSync(new URL(\`usage/\${process.pid}\`, import.meta.url), JSON.stringify(usage));
});`;

interface CommandJob {
  title: string;
  words: Readonly<Record<"wkv" | "wrangler", readonly string[]>>;
}

function jobsOf(count: number, file: string): CommandJob[] {
  const id = namespaceOf(count);
  const keys = count.toLocaleString("en");
  return [
    {
      title: `bulk put of a JSON file of ${keys} pairs`,
      words: {
        wkv: ["bulk", "put", id, file],
        wrangler: ["kv", "bulk", "put", file, "--namespace-id", id, "--remote"],
      },
    },
    {
      title: `list of ${keys} keys`,
      words: {
        wkv: ["key", "list", id],
        wrangler: ["kv", "key", "list", "--namespace-id", id, "--remote"],
      },
    },
  ];
}

export async function commands(
  workbench: Workbench,
  keys: number,
  rounds: number,
): Promise<{ title: string; costs: Map<string, Cost> }[]> {
  const { folder } = workbench;
  writeFileSync(join(folder, "meter.mjs"), meter);
  const file = join(folder, "pairs.json");
  const items = function* (): Generator<string> {
    let separator = "[";
    for (const pair of pairs(keys)) {
      yield separator + JSON.stringify(pair);
      separator = ",\n";
    }
    yield "]\n";
  };
  await pipeline(Readable.from(items()), createWriteStream(file));
  const results = [];
  for (const { title, words } of jobsOf(keys, file)) {
    const names = Object.keys(words) as (keyof typeof words)[];
    const costs = await takeTurns(names, rounds, (name) =>
      run(workbench, programs(folder)[name as keyof typeof words], words[name as keyof typeof words]),
    );
    results.push({ title, costs });
  }
  return results;
}

const programs = (folder: string): Readonly<Record<"wkv" | "wrangler", string>> => ({
  wkv: join(folder, "package/dist/src/cli/index.js"),
  wrangler: join(peers, "node_modules/wrangler/bin/wrangler.js"),
});

async function run({ origin, folder }: Workbench, program: string, words: readonly string[]): Promise<Cost> {
  const usage = join(folder, "usage");
  rmSync(usage, { recursive: true, force: true });
  mkdirSync(usage);
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_API_BASE_URL: origin,
    CLOUDFLARE_ACCOUNT_ID: "0".repeat(32),
    CLOUDFLARE_API_TOKEN: "a-token",
    NODE_OPTIONS: `--import=${pathToFileURL(join(folder, "meter.mjs")).href}`,
  };
  const started = performance.now();
  const child = spawn(newerNode, [program, ...words], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.resume();
  child.stderr.on("data", (chunk: Buffer) => (said = `${said}${String(chunk)}`.slice(-2_000)));
  const [code] = (await once(child, "close")) as [number];
  const wall = performance.now() - started;
  if (code !== 0) throw new Error(`${program} ${words.join(" ")} ended with ${code}: ${said}`);
  const processes = readdirSync(usage).map(
    (name) => JSON.parse(readFileSync(join(usage, name), "utf8")) as Cost,
  );
  return {
    wall,
    cpu: processes.reduce((sum, { cpu }) => sum + cpu, 0),
    memory: Math.max(...processes.map(({ memory }) => memory)),
  };
}
