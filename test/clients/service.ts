/** `wkv serve` as it is installed, in a process of its own, until the tests of a file are through. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll } from "vitest";

const command = join(import.meta.dirname, "node_modules/workers-kv-rest/dist/src/cli/index.js");

export interface Service {
  /** The variables that it prints for its clients. */
  variables: Readonly<Record<string, string>>;
  baseUrl: string;
  accountId: string;
  token: string;
  /** A line for each request so far, as --verbose has it. */
  log: string[];
}

export const stores = ["in memory", "on disk"] as const;

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "workers-kv-clients-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** To be called outside of tests. */
export async function serve(store: (typeof stores)[number], node = process.execPath): Promise<Service> {
  const options = store === "on disk" ? ["--data", temporaryFolder()] : [];
  const child = spawn(
    node,
    [command, "serve", "--port", "0", "--token", "a-secret-of-this-suite", "--verbose", ...options],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  afterAll(async () => {
    child.kill("SIGTERM");
    const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
    if (code !== 0) throw new Error(`wkv serve ended with ${code}`);
  });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
  const variables: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name, value] = /^ *export (\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) variables[name] = value!;
    if (Object.keys(variables).length === 4) break;
  }
  return {
    variables,
    baseUrl: variables["CLOUDFLARE_API_BASE_URL"]!,
    accountId: variables["CLOUDFLARE_ACCOUNT_ID"]!,
    token: variables["CLOUDFLARE_API_TOKEN"]!,
    log,
  };
}

/** Bytes that are not UTF-8, with line ends of all kinds. */
export const bytes = Uint8Array.of(0xff, 0x00, 0x0a, 0x0d, 0x0d, 0x0a, 0xef, 0xbb, 0xbf);
