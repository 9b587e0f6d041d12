/** `wkv serve` as it is built, in processes that can be killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createKV, type KV } from "../../src/index.ts";
import { installNewerNode } from "../newer-node.ts";
import { built } from "./build.ts";

/** The Node that runs this, with libsql, and one that has SQLite built in. */
export const nodes: readonly (readonly [name: string, path: string])[] = [
  [`Node ${process.version}`, process.execPath],
  ["a Node with node:sqlite", installNewerNode()],
];

export interface Service {
  child: ChildProcess;
  kv: KV;
  port: number;
  /** Waits for its end, which must not be of its own. */
  kill(): Promise<void>;
  /** Ends it, and gives its exit code. */
  end(): Promise<number | null>;
  /** The most memory that it has taken, in MiB. Linux has it. */
  peak(): number;
}

export async function start(
  node: string,
  folder: string | undefined,
  nodeOptions: readonly string[] = [],
): Promise<Service> {
  const command = join(built, "src/cli/index.js");
  const words = [
    ...nodeOptions,
    command,
    "serve",
    "--port",
    "0",
    ...(folder === undefined ? [] : ["--data", folder]),
  ];
  const child = spawn(node, words, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit") as Promise<[number | null]>;
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.includes("CLOUDFLARE_ACCOUNT_ID")) break;
  }
  if (!output.includes("CLOUDFLARE_ACCOUNT_ID")) throw new Error(`it ended with ${(await exit)[0]}`);
  const baseUrl = /CLOUDFLARE_BASE_URL=(.*)/.exec(output)![1]!;
  const accountId = /CLOUDFLARE_ACCOUNT_ID=(.*)/.exec(output)![1]!;
  return {
    child,
    port: Number(new URL(baseUrl).port),
    kv: createKV({ accountId, apiToken: "t", baseUrl, retry: false }),
    async kill() {
      if (child.exitCode !== null) throw new Error(`it has ended by itself, with ${child.exitCode}`);
      child.kill("SIGKILL");
      await exit;
    },
    async end() {
      child.kill("SIGTERM");
      return (await exit)[0];
    },
    peak: () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))![1]) / 1024,
  };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "workers-kv-durability-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
