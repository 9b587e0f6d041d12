/** Runs subjects in processes of their own against a sink, in turns, and gives medians. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { bundle, root } from "../scripts/bundle.ts";
import { jobs } from "./jobs.ts";
import { median } from "./median.ts";
import { subjects } from "./subjects.ts";

/** CPU time and wall time in ms, the most memory in MB. */
export interface Cost {
  cpu: number;
  wall: number;
  memory: number;
}

export interface Workbench extends AsyncDisposable {
  /** Where the sink is: a base URL. */
  origin: string;
  /** A folder that is gone afterwards, with the package's code in `package/dist`. */
  folder: string;
}

const here = import.meta.dirname;
export const peers: string = join(here, "peers");

/**
 * Starts the sink, and builds the package and the subjects beside dist/, so that neither disturbs the other. A
 * subject runs in plain Node, as users have it: a compiler in its process would take more memory than most jobs.
 */
export async function openWorkbench(): Promise<Workbench> {
  // Below the root, whose node_modules has what the package needs.
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "bench-"));
  bundle(join(folder, "package/dist"));
  copyFileSync(join(root, "package.json"), join(folder, "package/package.json"));
  await build({
    entryPoints: ["subject.ts", "rounds.ts", "peak-memory.ts"].map((name) => join(here, name)),
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
  });
  const sink = spawn(process.execPath, ["--import", "tsx", join(here, "sink.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(sink.stdout, "data")) as [Buffer];
  return {
    origin: `http://127.0.0.1:${String(port).trim()}/client/v4`,
    folder,
    async [Symbol.asyncDispose]() {
      sink.kill();
      await once(sink, "exit");
      rmSync(folder, { recursive: true });
    },
  };
}

const cannot: Readonly<Record<string, readonly string[]>> = {
  bulkPut: ["unstorage"],
  bulkGet: ["unstorage"],
  entries: ["unstorage", "openapi-fetch", "cloudflare"],
  copy: ["unstorage", "openapi-fetch", "cloudflare", "fetch", "floor"],
};

/** The names of the subjects that have words for a job. */
export function subjectsOf(job: string): string[] {
  return Object.keys(subjects).filter((name) => !cannot[jobs[job]!.needs]?.includes(name));
}

/** The sink lists as many keys as a namespace's id begins with. */
export const namespaceOf = (keys: number): string => String(keys).padEnd(8, "a").padEnd(32, "0");

/** The medians of several rounds, the subjects taking turns within each. */
export function measure(
  workbench: Workbench,
  job: string,
  names: readonly string[],
  rounds: number,
): Promise<Map<string, Cost>> {
  return takeTurns(names, rounds, (name) => runOnce(workbench, job, name));
}

export async function takeTurns(
  names: readonly string[],
  rounds: number,
  run: (name: string) => Promise<Cost>,
): Promise<Map<string, Cost>> {
  const costs = new Map<string, Cost[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) costs.get(name)!.push(await run(name));
  }
  return new Map([...costs].map(([name, all]) => [name, medians(all)]));
}

async function runOnce({ origin, folder }: Workbench, job: string, name: string): Promise<Cost> {
  const words = [join(folder, "subject.mjs"), name, job, origin, namespaceOf(jobs[job]!.keys)];
  const child = spawn(process.execPath, words, { cwd: peers, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`${name} failed at ${job}`);
  return JSON.parse(output) as Cost;
}

function medians(all: readonly Cost[]): Cost {
  return {
    cpu: median(all.map(({ cpu }) => cpu)),
    wall: median(all.map(({ wall }) => wall)),
    memory: median(all.map(({ memory }) => memory)),
  };
}
