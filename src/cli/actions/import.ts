/** What `wkv import` does. */
import { limits, type Pair } from "../../index.ts";
import { Checkpoint } from "../checkpoint.ts";
import { type Connection, connect } from "../connection.ts";
import { type ExistingKeys, existingOf, listExisting } from "../existing-keys.ts";
import { tryOut, wouldFail } from "../dry-run.ts";
import { CommandError, exitCodes, usageError } from "../exit-codes.ts";
import { FailedPairs } from "../failed-pairs.ts";
import { inputName, isReadOnce, readBatchesOf } from "../file-input.ts";
import { decodePair } from "../formats.ts";
import { type Inspection, inspect } from "../inspection.ts";
import { type Job, report, runJob } from "../job.ts";
import { type KeyMapping, keyMapping, type MappingOptions } from "../key-mapping.ts";
import { type ChosenNamespace, chooseNamespace, takeNamespace } from "../namespaces.ts";
import { say, warn } from "../output.ts";
import { sayPlan } from "../plan.ts";
import { counted, quoted } from "../quantities.ts";
import { verify } from "../verification.ts";
import { type Input, noTally, partlyDone, sayLeftOut, type Tally, writePairs } from "../write-pairs.ts";
import type { NamespaceOptions, VerifyOptions, ResumableOptions } from "../command-options.ts";

export interface ImportOptions extends NamespaceOptions, ResumableOptions, MappingOptions, VerifyOptions {
  mode: "overwrite" | "skip" | "fail";
  concurrency?: number;
  dryRun?: boolean;
}

/** What a later run needs to know. */
interface State {
  /** How many pairs of the file are dealt with. */
  read: number;
  tally: Tally;
  failed: FailedPairs["state"];
}

interface Target {
  path: string;
  connection: Connection;
  namespace: ChosenNamespace;
  mapping: KeyMapping;
  /** `undefined` for a pipe, which is read once. */
  inspection: Inspection | undefined;
  options: ImportOptions;
}

/** Up to so many keys, and so many bytes, it is cheaper to ask for a file's keys than to list all there are. */
const few = { keys: 1000, bytes: 10_000_000 };
const bytesPerRequest = limits.bulkWriteBytes / 10;

export async function importPairs(
  words: string[],
  options: ImportOptions,
  { isResumable = true }: { isResumable?: boolean } = {},
): Promise<void> {
  const { name, rest } = takeNamespace(words, options.binding);
  const [path, surplus] = rest;
  if (path === undefined) throw usageError("FILE is missing", "name the file to read; - is a pipe");
  if (surplus !== undefined) throw usageError(`${quoted(surplus)} is one word too many`);
  const isPipe = isReadOnce(path);
  if (isPipe && (options.resume || options.verify || options.mode === "fail")) {
    throw usageError(
      "a pipe is read once: it cannot be gone on with, verified, or looked through with --mode fail",
    );
  }
  const mapping = keyMapping(options);
  const connection = await connect(options, { isJob: true });
  const namespace = await chooseNamespace(connection, { ...options, name });
  const target = { path, connection, namespace, mapping, inspection: undefined, options };
  if (isPipe) return run(target, undefined);

  const { result: inspection } = await runJob(
    { connections: [], quiet: options.quiet, json: options.json },
    async (job) => {
      job.progress.begin({ verb: `checking ${path}` });
      return inspect(path, job);
    },
    () => "nothing was written",
  );
  const job = {
    command: "import",
    account: connection.accountId,
    namespace: namespace.id,
    sha256: inspection.sha256,
    mode: options.mode,
    prefix: mapping.from,
    renamed: mapping.to,
  };
  const checkpointPath = options.checkpoint ?? `${path}.to-${namespace.id.slice(0, 8)}.checkpoint`;
  const isKept = isResumable && !options.dryRun;
  const checkpoint = isKept ? await Checkpoint.open<State>(checkpointPath, job, options) : undefined;
  await run({ ...target, inspection }, checkpoint);
}

async function run(target: Target, checkpoint: Checkpoint<State> | undefined): Promise<void> {
  const { path, connection, namespace, inspection, options } = target;
  const before = checkpoint?.state;
  const total = inspection?.entries;
  if (inspection) {
    const { entries, bytes } = inspection;
    const plan = { written: entries, writeRequests: Math.ceil(bytes / bytesPerRequest) };
    sayPlan(`${counted(entries, "entry", "entries")} in ${path}`, plan, connection.budget);
  }
  if (before) say(`going on behind ${counted(before.read, "entry", "entries")}`);
  const unkept = isReadOnce(path) ? `wkv-to-${namespace.id.slice(0, 8)}` : path;
  const base = checkpoint?.path.replace(/\.checkpoint$/, "") ?? unkept;
  const isOwn = checkpoint === undefined;
  const failed = new FailedPairs(`${base}.failed.ndjson`, { before: before?.failed, isOwn });
  let state: State = before ?? { read: 0, tally: noTally, failed: failed.state };

  let refused = 0;
  const { result: tally, figures } = await runJob(
    {
      connections: [connection],
      quiet: options.quiet,
      json: options.json,
      checkpoint,
    },
    async (job) => {
      const existing = await findExisting(target, job, before !== undefined);
      job.progress.begin({ verb: options.dryRun ? "looking through" : "importing", total, done: state.read });
      if (options.dryRun) return tryOut(inputs(target, existing, 0, job), job.progress, () => void refused++);
      const result = await writePairs(namespace.handle, inputs(target, existing, state.read, job), {
        ...job,
        failed,
        concurrency: options.concurrency,
        tally: state.tally,
        onSettled(read, settled) {
          state = { read, tally: { ...settled }, failed: failed.state };
          checkpoint?.save(state);
        },
      });
      if (job.interruption.isRequested) return result;
      checkpoint?.remove();
      if (options.verify) {
        if (before && existing) {
          warn(
            "not verified: what the interrupted run wrote, which --mode skip cannot tell from what was there",
          );
        }
        await verifyWritten(target, existing, job);
      }
      return result;
    },
    () => `${counted(state.read, "entry", "entries")} of ${inputName(path)} dealt with`,
  );
  failed.close();
  sayLeftOut(tally, "there already");
  const verb = options.dryRun ? "would import" : "imported";
  const what = `${verb} ${counted(tally.written, "entry", "entries")} from ${inputName(path)} to ${namespace.label}`;
  const facts = { namespace: namespace.id, ...tally, failed: failed.count + refused };
  await report(
    what,
    { ...facts, ...(failed.count > 0 ? { failedFile: failed.path } : {}) },
    figures,
    options,
  );
  if (refused > 0) throw wouldFail(refused);
  if (failed.count > 0) throw partlyDone(failed, namespace.id);
}

/** The pairs of the file that are taken, under their new names, each with how many there were up to it. */
async function* inputs(
  { path, mapping, options }: Target,
  existing: ExistingKeys | undefined,
  skip: number,
  { interruption: { signal } }: Job,
): AsyncGenerator<Input<number>[], void, undefined> {
  let place = skip;
  for await (const pairs of readBatchesOf(path, decodePair, { skip, signal })) {
    const taken: Input<number>[] = [];
    for (const pair of pairs) {
      place++;
      const key = mapping.map(pair.key);
      if (key === undefined) continue;
      pair.key = key;
      taken.push({ pair, place, isThere: options.mode === "skip" && existing?.has(key) });
    }
    yield taken;
  }
}

/** What the mode needs to know. Where it is "fail" and a key is there, nothing is written. */
async function findExisting(target: Target, job: Job, isResumed: boolean): Promise<ExistingKeys | undefined> {
  const { namespace, mapping, inspection, options } = target;
  const { signal } = job.interruption;
  // The keys that an interrupted run wrote are there by now; it has looked before it began.
  if (options.mode === "overwrite" || (options.mode === "fail" && isResumed)) return undefined;
  job.progress.begin({ verb: "looking for keys that are there" });
  const isFew = inspection && inspection.entries <= few.keys && inspection.bytes <= few.bytes;
  async function* keys(): AsyncGenerator<string, void, undefined> {
    for await (const some of inputs(target, undefined, 0, job)) for (const { pair } of some) yield pair.key;
  }
  const existing = isFew
    ? await existingOf(namespace.handle, keys(), signal)
    : await listExisting(namespace.handle, mapping.to, signal);
  if (options.mode === "skip") return existing;
  const there: string[] = [];
  for await (const key of keys()) if (existing.has(key)) there.push(key);
  if (there.length === 0) return existing;
  const some = there.slice(0, 3).map(quoted).join(", ");
  throw new CommandError(
    exitCodes.failed,
    `${counted(there.length, "key is", "keys are")} there already, ${some} among them: nothing was written`,
    { advice: "--mode skip leaves what is there, --mode overwrite replaces it" },
  );
}

async function verifyWritten(target: Target, existing: ExistingKeys | undefined, job: Job): Promise<void> {
  const { namespace, inspection, options } = target;
  async function* written(): AsyncGenerator<Pair, void, undefined> {
    for await (const some of inputs(target, existing, 0, job))
      for (const { pair, isThere } of some) if (!isThere) yield pair;
  }
  const { verifyWait: waitSeconds } = options;
  await verify(written(), namespace.handle, { waitSeconds, job, total: inspection?.entries });
}
