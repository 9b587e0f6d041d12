/** What `wkv sync` does. */
import type { Entry, KVNamespaceClient } from "../../index.ts";
import { Checkpoint } from "../checkpoint.ts";
import { differences, fingerprint, merge } from "../comparison.ts";
import { deleteKeys } from "../delete-keys.ts";
import { tryOut, wouldFail } from "../dry-run.ts";
import { usageError } from "../exit-codes.ts";
import { FailedPairs } from "../failed-pairs.ts";
import { type Job, report, runJob } from "../job.ts";
import { type KeyMapping, keyMapping, type MappingOptions } from "../key-mapping.ts";
import { LineFile, type LineFileState } from "../line-file.ts";
import { countKeys, entriesOf, type ListingOptions, type Place } from "../listing.ts";
import type { ChosenNamespace } from "../namespaces.ts";
import { confirm, say } from "../output.ts";
import { sayPlan } from "../plan.ts";
import { counted } from "../quantities.ts";
import { chooseBoth } from "../two-namespaces.ts";
import { type Input, noTally, partlyDone, sayLeftOut, type Tally, writePairs } from "../write-pairs.ts";
import type { BetweenOptions, ResumableOptions } from "../command-options.ts";

export interface SyncOptions extends BetweenOptions, ResumableOptions, MappingOptions {
  delete?: boolean;
  concurrency?: number;
  count: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** How far both sides were compared. */
interface Progressed {
  from: Place;
  to: Place;
  /** How many pairs of FROM are dealt with. */
  done: number;
  /** The keys to delete, which wait in a file until all is written. */
  surplus: LineFileState;
}

/** What a later run needs to know. */
interface State extends Progressed {
  total: number | undefined;
  tally: Tally;
  failed: LineFileState;
  /** All is written; what is left is to delete. */
  isWritten: boolean;
}

/** In the place of the file, where nothing is to be deleted in the end. */
class Counter {
  count = 0;

  get state(): LineFileState {
    return { length: 0, count: this.count };
  }

  add(): void {
    this.count++;
  }
}

interface Sides {
  from: ChosenNamespace;
  to: ChosenNamespace;
  mapping: KeyMapping;
}

export async function sync(words: string[], options: SyncOptions): Promise<void> {
  const mapping = keyMapping(options);
  const { from, to, connections } = await chooseBoth(words, options);
  if (from.id === to.id) throw usageError("both sides are the same namespace");
  const sides = { from, to, mapping };
  const { dryRun = false, quiet, json, concurrency } = options;
  const base = `wkv-sync-${from.id.slice(0, 8)}-${to.id.slice(0, 8)}`;
  const job = {
    command: "sync",
    from: from.id,
    to: to.id,
    fromAccount: connections[0].accountId,
    toAccount: connections[1].accountId,
    prefix: mapping.from,
    renamed: mapping.to,
    delete: options.delete,
  };
  const checkpoint = dryRun
    ? undefined
    : await Checkpoint.open<State>(options.checkpoint ?? `${base}.checkpoint`, job, options);
  const before = checkpoint?.state;
  if (before) say(`going on behind ${counted(before.done, "entry", "entries")}`);
  else if (options.delete && !dryRun) {
    await confirm(`This deletes what ${to.label} (${to.id}) has and ${from.label} has not`, options);
  }
  const files = checkpoint?.path.replace(/\.checkpoint$/, "") ?? base;
  const failed = new FailedPairs(`${files}.failed.ndjson`, { before: before?.failed });
  // A dry run must not touch what an interrupted one has left.
  const surplus = dryRun
    ? new Counter()
    : new LineFile(`${files}.surplus.ndjson`, { before: before?.surplus });
  const start = { from: {}, to: {}, done: 0, surplus: surplus.state };
  let state: State = before ?? {
    ...start,
    total: undefined,
    tally: noTally,
    failed: failed.state,
    isWritten: false,
  };

  let refused = 0;
  const { result: tally, figures } = await runJob(
    { connections, quiet, json, checkpoint },
    async (running) => {
      const { progress, interruption } = running;
      if (!before) state.total = await countAndPlan(sides, options, running, connections[0].budget);
      const { total } = state;
      progress.begin({ verb: dryRun ? "comparing" : "synchronizing", total, done: state.done });
      const inputs = compared(sides, state, surplus, options, interruption.signal);
      if (dryRun) return tryOut(inputs, progress, () => void refused++);
      const result = state.isWritten
        ? state.tally
        : await writePairs(to.handle, inputs, {
            ...running,
            concurrency,
            failed,
            tally: state.tally,
            onSettled(place, settled) {
              state = { ...place, total, tally: { ...settled }, failed: failed.state, isWritten: false };
              checkpoint!.save(state);
            },
          });
      if (interruption.isRequested) return result;
      state = { ...state, isWritten: true, surplus: surplus.state };
      checkpoint!.save(state);
      if (surplus instanceof LineFile && surplus.count > 0)
        await deleteKeys(to, surplus.path, { ...running, total: surplus.count, concurrency });
      return result;
    },
    () => `${counted(state.done, "entry", "entries")} dealt with so far`,
  );
  checkpoint?.remove();
  const deleted = surplus.count;
  if (surplus instanceof LineFile) {
    surplus.clear();
    surplus.close();
  }
  failed.close();
  sayLeftOut(tally, "the same already");
  const would = dryRun ? "would write" : "wrote";
  const deletion = options.delete
    ? `, ${dryRun ? "would delete" : "deleted"} ${counted(deleted, "key")}`
    : "";
  const what = `${would} ${counted(tally.written, "entry", "entries")} to ${to.label}${deletion}`;
  const facts = { from: from.id, to: to.id, ...tally, deleted, failed: failed.count + refused };
  await report(
    what,
    { ...facts, ...(failed.count > 0 ? { failedFile: failed.path } : {}) },
    figures,
    options,
  );
  if (refused > 0) throw wouldFail(refused);
  if (failed.count > 0) throw partlyDone(failed, to.id);
}

/** The pairs of FROM under their new names, and whether TO has them. What TO has beyond goes to `surplus`. */
async function* compared(
  { from, to, mapping }: Sides,
  { from: fromPlace, to: toPlace, done: before }: Progressed,
  surplus: LineFile | Counter,
  options: SyncOptions,
  signal: AbortSignal,
): AsyncGenerator<[Input<Progressed>], void, undefined> {
  let done = before;
  let fromCursor = fromPlace.cursor;
  let toCursor = toPlace.cursor;
  const ours = present(from.handle, { prefix: mapping.from, place: fromPlace, signal });
  const theirs = present(to.handle, { prefix: mapping.to, place: toPlace, signal });
  const both = merge(
    ours,
    theirs,
    ({ entry }) => mapping.map(entry.key)!,
    ({ entry }) => entry.key,
  );
  for await (const { a, b } of both) {
    if (a) fromCursor = a.place.cursor;
    if (b) toCursor = b.place.cursor;
    if (!a) {
      if (options.delete) surplus.add(JSON.stringify(b!.entry.key));
      continue;
    }
    done++;
    const pair = { ...a.entry, key: mapping.map(a.entry.key)! };
    const isThere = b !== undefined && differences(fingerprint(pair), fingerprint(b.entry)).length === 0;
    const place = {
      from: { cursor: fromCursor, after: a.entry.key },
      to: { cursor: toCursor, after: pair.key },
      done,
      surplus: surplus.state,
    };
    yield [{ pair, place, isThere }];
  }
}

async function* present(
  namespace: KVNamespaceClient,
  listing: ListingOptions,
): AsyncGenerator<{ entry: Entry; place: Place }, void, undefined> {
  for await (const { entry, place } of entriesOf(namespace, listing)) if (entry) yield { entry, place };
}

async function countAndPlan(
  { from, to, mapping }: Sides,
  { count, quiet }: SyncOptions,
  { progress, interruption: { signal } }: Job,
  budget: Parameters<typeof sayPlan>[2],
): Promise<number | undefined> {
  if (!count || quiet) return undefined;
  progress.begin({ verb: "counting" });
  const onKeys = (keys: number): void => progress.add(keys, 0);
  const [ours, theirs] = await Promise.all([
    countKeys(from.handle, { prefix: mapping.from, signal }, onKeys),
    countKeys(to.handle, { prefix: mapping.to, signal }, onKeys),
  ]);
  const what = `${counted(ours, "key")} to compare with ${counted(theirs, "key")}`;
  sayPlan(what, { listed: ours + theirs, read: ours + theirs }, budget);
  return ours;
}
