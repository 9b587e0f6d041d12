/**
 * What the local server does in a second, in memory and on disk, beside the API of wrangler's local explorer (which
 * is miniflare's) on the same machine in the same run. Each is a process of its own; the requests are the same.
 *
 *     npm run bench:server [-- KEYS]     KEYS in one namespace for the lists; 1,000,000 where nothing is said
 *
 * The explorer is left out where wrangler is not installed: `npm run test:clients` installs it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { bundle, root } from "../scripts/bundle.ts";
import { newerNode } from "../test/newer-node.ts";
import { median } from "./median.ts";

interface Subject {
  name: string;
  /** The address of one namespace. */
  url: string;
  /** How many keys it is given for the lists. */
  keys: number;
  process: ChildProcess;
}

const allKeys = Number(process.argv[2] ?? 1_000_000);
const cache = join(root, "node_modules/.cache");
mkdirSync(cache, { recursive: true });
const built = mkdtempSync(join(cache, "bench-server-"));
const folder = mkdtempSync(join(tmpdir(), "workers-kv-bench-"));
const headers = { authorization: "Bearer t", "content-type": "application/json" };

/** Starts a program and gives what it says of where it is. */
async function start(
  program: string,
  words: readonly string[],
  address: RegExp,
): Promise<[string, ChildProcess]> {
  const env = {
    ...process.env,
    CI: "true",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
  };
  const child = spawn(program, words, { cwd: folder, env, stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    const found = address.exec(output)?.[1];
    if (found !== undefined) {
      child.stdout.on("data", () => {});
      return [found, child];
    }
  }
  throw new Error(`it did not start: ${output}`);
}

async function own(name: string, ...options: readonly string[]): Promise<Subject> {
  const command = join(built, "src/cli/index.js");
  const words = [command, "serve", "--port", "0", ...options];
  const [base, child] = await start(process.execPath, words, /CLOUDFLARE_BASE_URL=(.*)\n[^]*ACCOUNT_ID/);
  const namespaces = `${base}/accounts/${"0".repeat(32)}/storage/kv/namespaces`;
  const made = await fetch(namespaces, { method: "POST", headers, body: '{"title":"bench"}' });
  const { result } = (await made.json()) as { result: { id: string } };
  return { name, url: `${namespaces}/${result.id}`, keys: allKeys, process: child };
}

async function explorer(): Promise<Subject | undefined> {
  const wrangler = join(root, "test/clients/node_modules/wrangler/bin/wrangler.js");
  if (!existsSync(wrangler) || !existsSync(newerNode)) return undefined;
  writeFileSync(join(folder, "index.js"), "export default { fetch: () => new Response() };");
  const config = {
    name: "bench",
    main: "index.js",
    compatibility_date: "2026-04-01",
    kv_namespaces: [{ binding: "KV", id: "bench" }],
  };
  writeFileSync(join(folder, "wrangler.json"), JSON.stringify(config));
  const [base, child] = await start(newerNode, [wrangler, "dev", "--port", "0"], /Ready on (http:\S+)/);
  const url = `${base}/cdn-cgi/local/explorer/api/storage/kv/namespaces/bench`;
  return { name: "explorer", url, keys: 0, process: child };
}

const nameAt = (i: number): string => `key-${String(i).padStart(8, "0")}`;
const value = "v".repeat(100);

async function send(url: string, init: RequestInit = {}): Promise<string> {
  const response = await fetch(url, { headers, ...init });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 200)}`);
  return text;
}

async function writeMany({ url }: Subject, from: number, count: number): Promise<void> {
  const pairs = Array.from({ length: count }, (_, i) => ({ key: nameAt(from + i), value }));
  const body = JSON.stringify(pairs);
  const { result } = JSON.parse(await send(`${url}/bulk`, { method: "PUT", body })) as {
    result: { successful_key_count: number };
  };
  if (result.successful_key_count !== count)
    throw new Error(`${result.successful_key_count} written, not ${count}`);
}

/** So many calls, twenty at a time. */
async function together(calls: number, call: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < calls) await call(next++);
  };
  await Promise.all(Array.from({ length: 20 }, lane));
}

/** The cursor behind a key: as the server makes it, by asking for the page that ends there. */
async function lastPages({ url, keys }: Subject): Promise<() => Promise<unknown>> {
  const page = async (prefix: string, cursor: string): Promise<string> => {
    const text = await send(`${url}/keys?prefix=${prefix}&limit=1000&cursor=${cursor}`);
    return (JSON.parse(text) as { result_info: { cursor: string } }).result_info.cursor;
  };
  // A page with a common prefix costs as one without.
  const prefix = nameAt(keys - 1).slice(0, -4);
  const cursor = await page(prefix, "");
  return () => page(prefix, cursor);
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  return performance.now() - started;
}

async function timeOf(act: () => Promise<unknown>, runs: number): Promise<number> {
  const times: number[] = [];
  while (times.length < runs) times.push(await timed(act));
  return median(times);
}

type Cell = string | undefined;
const ms = (time: number): string => `${time < 10 ? time.toFixed(1) : time.toFixed(0)} ms`;
const rate = (calls: number, time: number): string =>
  `${Math.round((calls * 1000) / time).toLocaleString("en")}/s`;

const jobs: Readonly<Record<string, (subject: Subject) => Promise<Cell>>> = {
  "bulk write of 10,000 pairs of 100 bytes": async (subject) => {
    if (subject.keys === 0) return ms(await timed(() => writeMany(subject, 0, 10_000)));
    await writeMany(subject, 0, 10_000);
    return ms(await timeOf(() => writeMany(subject, 0, 10_000), 5));
  },
  "puts of 100 bytes, 20 at a time": async ({ url }) => {
    const put = (i: number): Promise<string> =>
      send(`${url}/values/put-${i}`, { method: "PUT", body: value, headers: { authorization: "Bearer t" } });
    await together(200, put);
    return rate(1_000, await timed(() => together(1_000, put)));
  },
  "gets of 100 bytes, 20 at a time": async ({ url }) => {
    const get = (i: number): Promise<string> => send(`${url}/values/put-${i}`);
    await together(200, get);
    return rate(1_000, await timed(() => together(1_000, get)));
  },
  [`${allKeys.toLocaleString("en")} pairs into one namespace`]: async (subject) => {
    if (subject.keys === 0) return undefined;
    const time = await timed(async () => {
      for (let from = 0; from < subject.keys; from += 10_000) await writeMany(subject, from, 10_000);
    });
    return `${(time / 1000).toFixed(1)} s`;
  },
  "a page of 1,000 keys at their start": async ({ url }) =>
    ms(await timeOf(() => send(`${url}/keys?limit=1000&prefix=key-`), 21)),
  "a page of 1,000 keys at their end": async (subject) =>
    subject.keys === 0 ? undefined : ms(await timeOf(await lastPages(subject), 21)),
};

const subjects: Subject[] = [];
try {
  bundle(built);
  subjects.push(await own("in memory"), await own("on disk", "--data", join(folder, "data")));
  const other = await explorer();
  if (other) subjects.push(other);
  else console.log("wrangler is not installed: its explorer is left out (npm run test:clients installs it)");
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}`);
  const width = Math.max(...Object.keys(jobs).map((title) => title.length));
  const line = (title: string, cells: readonly Cell[]): string =>
    [title.padEnd(width), ...cells.map((cell) => (cell ?? "–").padStart(12))].join("  ");
  console.log(
    line(
      "",
      subjects.map(({ name }) => name),
    ),
  );
  for (const [title, job] of Object.entries(jobs)) {
    const cells: Cell[] = [];
    for (const subject of subjects) cells.push(await job(subject));
    console.log(line(title, cells));
  }
} finally {
  for (const subject of subjects) subject.process.kill("SIGTERM");
  await Promise.all(
    subjects.map(({ process: child }) => new Promise((resolve) => child.once("exit", resolve))),
  );
  for (const each of [built, folder]) rmSync(each, { recursive: true, force: true });
}
