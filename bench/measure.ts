/** Runs subjects in processes of their own against a sink, in turns, and gives medians. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { jobs } from "./jobs.ts";
import { subjects } from "./subjects.ts";

/** CPU time and wall time in ms, the most memory in MiB. */
export interface Cost {
  cpu: number;
  wall: number;
  memory: number;
}

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const tsx = ["--import", "tsx"];

export interface Sink extends AsyncDisposable {
  origin: string;
}

export async function startSink(): Promise<Sink> {
  const sink = spawn(process.execPath, [...tsx, here("sink.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(sink.stdout, "data")) as [Buffer];
  return {
    origin: `http://127.0.0.1:${String(port).trim()}/client/v4`,
    async [Symbol.asyncDispose]() {
      sink.kill();
      await once(sink, "exit");
    },
  };
}

/** The names of the subjects that can do a job. */
export function subjectsOf(job: string): string[] {
  const cannot: Record<string, readonly string[]> = {
    bulkPut: ["unstorage"],
    bulkGet: ["unstorage"],
    entries: ["unstorage", "openapi-fetch", "cloudflare"],
  };
  return Object.keys(subjects).filter((name) => !cannot[jobs[job]!.needs]?.includes(name));
}

/** The medians of several rounds, the subjects taking turns within each. */
export async function measure(
  sink: Sink,
  job: string,
  names: readonly string[],
  rounds: number,
): Promise<Map<string, Cost>> {
  const costs = new Map<string, Cost[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) costs.get(name)!.push(await runOnce(sink, job, name));
  }
  return new Map([...costs].map(([name, all]) => [name, medians(all)]));
}

async function runOnce({ origin }: Sink, job: string, name: string): Promise<Cost> {
  const namespaceId = String(jobs[job]!.keys).padEnd(9, "x").padEnd(32, "0").replaceAll("x", "a");
  const child: ChildProcess = spawn(
    process.execPath,
    [...tsx, here("subject.ts"), name, job, origin, namespaceId],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let output = "";
  child.stdout!.on("data", (chunk: Buffer) => (output += String(chunk)));
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`${name} failed at ${job}`);
  return JSON.parse(output) as Cost;
}

function medians(all: readonly Cost[]): Cost {
  const of = (pick: (cost: Cost) => number): number => {
    const sorted = all.map(pick).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  return { cpu: of(({ cpu }) => cpu), wall: of(({ wall }) => wall), memory: of(({ memory }) => memory) };
}
