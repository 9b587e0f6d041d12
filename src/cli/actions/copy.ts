/** What `wkv copy` does. */
import type { Pair } from "../../index.ts";
import { Checkpoint } from "../checkpoint.ts";
import { usageError } from "../exit-codes.ts";
import { FailedPairs } from "../failed-pairs.ts";
import { type Job, report, runJob } from "../job.ts";
import { type KeyMapping, keyMapping, type MappingOptions } from "../key-mapping.ts";
import { countKeys, entriesOf, type Place } from "../listing.ts";
import type { LineFileState } from "../line-file.ts";
import { type ChosenNamespace } from "../namespaces.ts";
import { say } from "../output.ts";
import { sayPlan } from "../plan.ts";
import { counted } from "../quantities.ts";
import { chooseBoth } from "../two-namespaces.ts";
import { verify } from "../verification.ts";
import { type Input, noTally, partlyDone, sayLeftOut, type Tally, writePairs } from "../write-pairs.ts";
import type { BetweenOptions, VerifyOptions, ResumableOptions } from "../command-options.ts";

export interface CopyOptions extends BetweenOptions, ResumableOptions, MappingOptions, VerifyOptions {
  concurrency?: number;
  count: boolean;
  limit?: number;
  dryRun?: boolean;
}

/** What a later run needs to know. */
interface State {
  place: Place;
  /** How many pairs are dealt with. */
  done: number;
  total: number | undefined;
  tally: Tally;
  failed: LineFileState;
}

export async function copyPairs(words: string[], options: CopyOptions): Promise<void> {
  const mapping = keyMapping(options);
  const { from, to, connections } = await chooseBoth(words, options);
  if (from.id === to.id && mapping.overlaps) {
    throw usageError(
      "both sides are the same namespace, and what is written there would be read again",
      "keep the two apart, as --prefix user: --add-prefix old: does, or name another namespace",
    );
  }
  const base = `wkv-copy-${from.id.slice(0, 8)}-${to.id.slice(0, 8)}`;
  const { limit, dryRun, quiet, json, concurrency } = options;
  const job = {
    command: "copy",
    from: from.id,
    to: to.id,
    fromAccount: connections[0].accountId,
    toAccount: connections[1].accountId,
    prefix: mapping.from,
    renamed: mapping.to,
    limit,
  };
  const checkpoint = dryRun
    ? undefined
    : await Checkpoint.open<State>(options.checkpoint ?? `${base}.checkpoint`, job, options);
  const before = checkpoint?.state;
  if (before) say(`going on behind ${counted(before.done, "entry", "entries")}`);
  const failed = new FailedPairs(`${(checkpoint?.path ?? base).replace(/\.checkpoint$/, "")}.failed.ndjson`, {
    before: before?.failed,
  });
  const start: Place = {};
  let state: State = before ?? {
    place: start,
    done: 0,
    total: undefined,
    tally: noTally,
    failed: failed.state,
  };

  const { result: tally, figures } = await runJob(
    { connections, quiet, json, checkpoint },
    async (running) => {
      const { progress, interruption } = running;
      const total = before
        ? before.total
        : await countAndPlan(from, mapping, options, running, connections[0].budget);
      if (dryRun) return { ...noTally, written: total ?? 0 };
      progress.begin({ verb: "copying", total, done: state.done });
      const rest = limit === undefined ? undefined : limit - state.done;
      const listing = { prefix: mapping.from, place: state.place, limit: rest, signal: interruption.signal };
      const result = await writePairs(
        to.handle,
        inputs(from, mapping, listing, state.done, () => progress.addRead(1)),
        {
          ...running,
          concurrency,
          failed,
          tally: state.tally,
          onSettled({ place, done }, settled) {
            state = { place, done, total, tally: { ...settled }, failed: failed.state };
            checkpoint?.save(state);
          },
        },
      );
      if (interruption.isRequested) return result;
      checkpoint?.remove();
      if (options.verify) {
        const pairs = copied(from, mapping, { prefix: mapping.from, limit, signal: interruption.signal });
        await verify(pairs, to.handle, { waitSeconds: options.verifyWait, job: running, total });
      }
      return result;
    },
    () => `${counted(state.done, "entry", "entries")} copied so far`,
  );
  failed.close();
  sayLeftOut(tally, "there already");
  const what = `${dryRun ? "would copy" : "copied"} ${counted(tally.written, "entry", "entries")} from ${from.label} to ${to.label}`;
  const facts = { from: from.id, to: to.id, ...tally, failed: failed.count };
  await report(
    what,
    { ...facts, ...(failed.count > 0 ? { failedFile: failed.path } : {}) },
    figures,
    options,
  );
  if (failed.count > 0) throw partlyDone(failed, to.id);
}

async function* inputs(
  { handle }: ChosenNamespace,
  mapping: KeyMapping,
  listing: Parameters<typeof entriesOf>[1],
  before: number,
  onRead: () => void,
): AsyncGenerator<[Input<{ place: Place; done: number }>], void, undefined> {
  let done = before;
  for await (const { entry, place } of entriesOf(handle, listing)) {
    done++;
    onRead();
    if (entry) yield [{ pair: { ...entry, key: mapping.map(entry.key)! }, place: { place, done } }];
  }
}

async function* copied(
  from: ChosenNamespace,
  mapping: KeyMapping,
  listing: Parameters<typeof entriesOf>[1],
): AsyncGenerator<Pair, void, undefined> {
  for await (const [{ pair }] of inputs(from, mapping, listing, 0, () => {})) yield pair;
}

async function countAndPlan(
  from: ChosenNamespace,
  mapping: KeyMapping,
  { count, limit, quiet, dryRun }: CopyOptions,
  { progress, interruption: { signal } }: Job,
  budget: Parameters<typeof sayPlan>[2],
): Promise<number | undefined> {
  if (!dryRun && (!count || quiet)) return undefined;
  progress.begin({ verb: "counting" });
  const total = await countKeys(from.handle, { prefix: mapping.from, limit, signal }, (keys) =>
    progress.add(keys, 0),
  );
  sayPlan(`${counted(total, "key")} to copy`, { listed: total, read: total, written: total }, budget);
  return total;
}
