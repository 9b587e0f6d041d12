/** The command as its users run it: built, in processes of its own, against a server on loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, root } from "../scripts/bundle.ts";
import { createKV, type KV, type KVNamespaceClient, type Pair } from "../src/index.ts";
import { createKVServer, type KVServerOptions, listen, memoryStore } from "../src/server/index.ts";
import { awkwardKeys } from "./conformance/values.ts";
import { accountId, apiToken, binary, utf8 } from "./helpers.ts";

export const firstId: string = "a".repeat(32);
export const secondId: string = "b".repeat(32);

/** Bundles the command as the package has it, into a folder whose node_modules has what it needs. */
export function buildCommand(): { path: string; remove: () => void } {
  const home = join(root, ".runtimes");
  mkdirSync(home, { recursive: true });
  const folder = mkdtempSync(join(home, "command-"));
  bundle(folder);
  return { path: join(folder, "src/cli/index.js"), remove: () => rmSync(folder, { recursive: true }) };
}

export interface Run {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  bytes: Buffer;
  stderr: string;
}

export interface RunOptions {
  input?: string | Uint8Array;
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  onStart?: (child: ChildProcess) => void;
  /** Another Node than this one. */
  node?: string;
}

/** Runs a program to its end. */
export function run(program: string, words: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { input = "", env, cwd, onStart } = options;
  const child = spawn(program, words, { cwd, env: { ...process.env, NO_COLOR: "1", ...env } });
  onStart?.(child);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A program that ends before it has read everything.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => {
      const bytes = Buffer.concat(stdout);
      resolve({ code, signal, bytes, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

export interface Service {
  env: Readonly<Record<string, string>>;
  /** A client that asks the server past everything that goes wrong. */
  kv: KV;
  first: KVNamespaceClient;
  second: KVNamespaceClient;
  /** Called before each request is answered, with how many there were; it is answered when that has resolved. */
  onRequest: ((request: Request, number: number) => void | Promise<unknown>) | undefined;
  /** Called when it has been answered, and the answer is not sent yet. */
  onAnswer: ((number: number) => void) | undefined;
  requests: number;
  /** A folder for files. */
  folder: string;
  /** Runs the command in that folder, with account, token and address in its environment. */
  wkv: (words: readonly string[], options?: RunOptions) => Promise<Run>;
  close: () => Promise<void>;
}

/** A server with two namespaces, and the command set up for it. */
export async function startService(command: string, options: KVServerOptions = {}): Promise<Service> {
  const namespaces = [
    { id: firstId, title: "first" },
    { id: secondId, title: "second" },
  ];
  const store = memoryStore();
  const settings = { accounts: [accountId], tokens: [apiToken], namespaces, store };
  const server = createKVServer({ ...settings, ...options });
  const fetch = async (request: Request): Promise<Response> => {
    const number = ++service.requests;
    await service.onRequest?.(request, number);
    const response = await server.fetch(request);
    service.onAnswer?.(number);
    return response;
  };
  const listening = await listen({ ...server, fetch });
  const kv = createKV({ accountId, apiToken, rateLimit: false, fetch: createKVServer(settings).fetch });
  const folder = mkdtempSync(join(tmpdir(), "wkv-"));
  const env = {
    CLOUDFLARE_API_BASE_URL: listening.url,
    CLOUDFLARE_ACCOUNT_ID: accountId,
    CLOUDFLARE_API_TOKEN: apiToken,
  };
  const service: Service = {
    env,
    kv,
    first: kv.namespace(firstId),
    second: kv.namespace(secondId),
    onRequest: undefined,
    onAnswer: undefined,
    requests: 0,
    folder,
    wkv: (words, { env: more, node = process.execPath, ...rest } = {}) =>
      run(node, [command, ...words], { cwd: folder, ...rest, env: { ...env, ...more } }),
    async close() {
      rmSync(folder, { recursive: true, force: true });
      await listening.close();
    },
  };
  return service;
}

/** The time in seconds at which what does not expire soon expires. */
export const later: number = Math.floor(Date.now() / 1000) + 86_400;

/** Small pairs that differ. */
export function plainPairs(count: number): Pair[] {
  return Array.from({ length: count }, (_, i) => {
    return { key: `key:${String(i).padStart(6, "0")}`, value: `value ${i}` };
  });
}

/** What is hard to carry: odd keys, bytes that are no text, line ends, metadata that is falsy, expirations. */
export function nastyPairs(): Pair[] {
  const keys = [...awkwardKeys, "-dash", "--", "\uffee", "k".repeat(512), "\u{1f600}".repeat(128)];
  const values = [
    "",
    "\r\n\n\r",
    "\ufeffwith a mark",
    "\0",
    '{"json": true}',
    "[",
    "\u2028\u2029",
    "\ud7ff\ue000",
    "ü".repeat(1000),
    binary,
    Uint8Array.of(0x80),
    utf8("bytes that are text"),
    new Uint8Array(0),
    Uint8Array.from({ length: 256 }, (_, i) => i),
  ];
  const metadata = [undefined, 0, false, "", [], {}, { b: 1, a: [null] }, "x".repeat(1022)];
  const pairs = keys.map((key, i): Pair => {
    return { key, value: values[i % values.length]!, metadata: metadata[i % metadata.length] };
  });
  const expiring = keys
    .filter((key) => Buffer.byteLength(key) < 500)
    .map((key, i): Pair => {
      return { key: `${key}:expiring`, value: values[(i + 5) % values.length]!, expiration: later + i };
    });
  return [...pairs, ...expiring];
}

/** All pairs of a namespace, in a form that can be compared. */
export async function contents(namespace: KVNamespaceClient): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const { key, value, metadata, expiration } of namespace.entries()) {
    const bytes = typeof value === "string" ? Buffer.from(value) : Buffer.from(value);
    all.push([key, bytes.length > 1000 ? hash(bytes) : bytes.toString("base64"), metadata, expiration]);
  }
  return all;
}

function hash(bytes: Buffer): string {
  // FNV-1a: it only has to differ where the bytes do.
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  return `${bytes.length}:${sum}`;
}

/** Numbers that a seed decides: 0 up to, and not with, 1. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
