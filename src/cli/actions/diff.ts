/** What `wkv diff` does. */
import { existsSync } from "node:fs";
import type { KVNamespaceClient, Pair } from "../../index.ts";
import { type Difference, differences, type Fingerprint, fingerprint, merge } from "../comparison.ts";
import type { Connection } from "../connection.ts";
import { CommandError, exitCodes, usageError } from "../exit-codes.ts";
import { inputName, isReadOnce, readFileOf } from "../file-input.ts";
import { decodePair, namesFile } from "../formats.ts";
import { inspect } from "../inspection.ts";
import { type Job, report, runJob } from "../job.ts";
import { compareKeys } from "../key-mapping.ts";
import { entriesOf, Listing } from "../listing.ts";
import { print } from "../output.ts";
import { count, printable } from "../quantities.ts";
import { chooseFirst, chooseSecond, connectFirst, connectSecond, takeTwo } from "../two-namespaces.ts";
import { becomes } from "../write-pairs.ts";
import type { BetweenOptions } from "../command-options.ts";

export interface DiffOptions extends BetweenOptions {
  prefix?: string;
  values: boolean;
}

interface Side {
  label: string;
  connection: Connection | undefined;
  /** Its pairs in the order of their keys. */
  read(job: Job): AsyncIterable<Fingerprint>;
}

export async function diff(words: string[], options: DiffOptions): Promise<void> {
  const { first, second } = takeTwo(words, options);
  const a = await sideOf(first, options, () => connectFirst(options), chooseFirst);
  const b = await sideOf(second, options, () => connectSecond(options, a.connection), chooseSecond);
  if (first === "-" && second === "-") throw usageError("standard input cannot be both sides");
  const found = { equal: 0, onlyA: 0, onlyB: 0, different: 0 };
  const { figures } = await runJob(
    {
      connections: [a, b].flatMap(({ connection }) => connection ?? []),
      quiet: options.quiet,
      json: options.json,
      printsData: true,
    },
    async (job) => {
      const sides = [a.read(job), b.read(job)] as const;
      job.progress.begin({ verb: "comparing" });
      for await (const { a: left, b: right } of merge(...sides, keyOf, keyOf)) {
        job.progress.add(1, 0);
        const differs = left && right ? differences(left, right) : [];
        if (left && right && differs.length === 0) found.equal++;
        else {
          found[left && right ? "different" : left ? "onlyA" : "onlyB"]++;
          await print(lineOf(left, right, differs, options.json ?? false));
        }
      }
    },
    () => `${count(found.equal)} equal so far`,
  );
  const { equal, onlyA, onlyB, different } = found;
  const what = `${count(equal)} equal, ${count(onlyA)} only in ${a.label}, ${count(onlyB)} only in ${b.label}, ${count(different)} different`;
  await report(what, found, figures, { ...options, printsData: true });
  if (onlyA + onlyB + different > 0) process.exitCode = exitCodes.failed;
}

function lineOf(
  a: Fingerprint | undefined,
  b: Fingerprint | undefined,
  differs: readonly Difference[],
  json: boolean,
): string {
  const key = (a ?? b)!.key;
  if (json) return `${JSON.stringify(a && b ? { key, differs } : { key, only: a ? "A" : "B" })}\n`;
  return a && b ? `~ ${printable(key)}  (${differs.join(", ")})\n` : `${a ? "-" : "+"} ${printable(key)}\n`;
}

async function sideOf(
  name: string | undefined,
  options: DiffOptions,
  connect: () => Promise<Connection>,
  choose: typeof chooseFirst,
): Promise<Side> {
  const { prefix = "", values } = options;
  const isThere = name !== undefined && existsSync(name);
  if (name !== undefined && namesFile(name)) {
    if (name !== "-" && !isThere) {
      const advice = "a namespace whose title looks like a file is named by its id";
      throw new CommandError(exitCodes.failed, `there is no file ${name}`, { advice });
    }
    return {
      label: inputName(name),
      connection: undefined,
      read: (job) => readFile(name, prefix, values, job),
    };
  }
  const connection = await connect();
  const { label, handle } = await choose(connection, name, options).catch((error: unknown) => {
    if (!isThere || !(error instanceof CommandError)) throw error;
    throw new CommandError(error.exitCode, error.message, { advice: `the file of that name is ./${name}` });
  });
  return { label, connection, read: (job) => readNamespace(handle, prefix, values, job) };
}

async function* readNamespace(
  namespace: KVNamespaceClient,
  prefix: string,
  values: boolean,
  { interruption: { signal } }: Job,
): AsyncGenerator<Fingerprint, void, undefined> {
  if (values) {
    for await (const { entry } of entriesOf(namespace, { prefix, signal }))
      if (entry) yield fingerprint(entry);
    return;
  }
  for await (const { name, ...rest } of new Listing(namespace, { prefix, signal })) {
    yield fingerprint({ key: name, value: "", ...rest });
  }
}

/** What has expired is no more there than in a namespace. */
async function* readFile(
  path: string,
  prefix: string,
  values: boolean,
  job: Job,
): AsyncGenerator<Fingerprint, void, undefined> {
  job.progress.begin({ verb: `checking ${inputName(path)}` });
  const isOrdered = !isReadOnce(path) && (await inspect(path, job)).isOrdered;
  job.progress.begin({ verb: "comparing" });
  const pairs = readFileOf(path, decodePair, job.interruption);
  yield* isOrdered ? taken(pairs, prefix, values) : ordered(taken(pairs, prefix, values));
}

async function* taken(
  pairs: AsyncIterable<Pair>,
  prefix: string,
  values: boolean,
): AsyncGenerator<Fingerprint, void, undefined> {
  for await (const pair of pairs) {
    if (!pair.key.startsWith(prefix) || becomes(pair) === "expired") continue;
    yield fingerprint(values ? pair : { ...pair, value: "" });
  }
}

/** A file that is in another order has to be held; of a key that comes more than once, the last pair counts. */
async function* ordered(all: AsyncIterable<Fingerprint>): AsyncGenerator<Fingerprint, void, undefined> {
  const byKey = new Map<string, Fingerprint>();
  for await (const each of all) byKey.set(each.key, each);
  yield* [...byKey.values()].sort((a, b) => compareKeys(a.key, b.key));
}

const keyOf = ({ key }: Fingerprint): string => key;
