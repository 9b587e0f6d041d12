/** Writing many pairs: what every command that restores or copies does, with the account that it gives. */
import {
  type BulkFailure,
  type BulkProgress,
  KVBulkError,
  type KVNamespaceClient,
  limits,
  type Pair,
} from "../index.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import type { FailedPairs } from "./failed-pairs.ts";
import type { Interruption } from "./interruption.ts";
import { say, warn } from "./output.ts";
import type { Progress } from "./progress.ts";
import { count, counted, quoted } from "./quantities.ts";

/** A pair that a job has come to, and where a later run goes on once it is done with. */
export interface Input<Place> {
  readonly pair: Pair;
  readonly place: Place;
  /** Whether it stays unwritten, since the target has what it should have. */
  readonly isThere?: boolean | undefined;
}

/** What became of the inputs. */
export interface Tally {
  written: number;
  /** Were left as they are in the target. */
  left: number;
  /** Had expired when their turn came. */
  expired: number;
  /** Would expire within the minute, which is less than the service takes. */
  expiring: number;
}

export const noTally: Tally = { written: 0, left: 0, expired: 0, expiring: 0 };

export interface WriteOptions<Place> {
  concurrency?: number | undefined;
  interruption: Interruption;
  progress: Progress;
  failed: FailedPairs;
  /** What an earlier run has done. */
  tally: Tally;
  /** Told when all inputs up to a place are done with. */
  onSettled: (place: Place, tally: Tally) => void;
}

/** Fewer than may be: what is under way is kept until it is done, and a million entries are to take under 200 MB. */
const usualConcurrency = 3;
/** How many single keys are named before the rest is only counted. */
export const mostNamed = 10;
/** So many inputs may pass while a pair waits for a request to fill: then it is sent, so that the place moves on. */
const mostPassed = 20_000;
/** The least time between two checkpoints where nothing is written, in ms. */
const checkpointInterval = 1000;

/**
 * Writes all that can be written. An error of the source, or an interruption, ends the reading: what was read is
 * still written, and then it throws.
 */
export async function writePairs<Place>(
  target: KVNamespaceClient,
  source: AsyncIterable<readonly Input<Place>[]>,
  { concurrency = usualConcurrency, interruption, progress, failed, tally, onSettled }: WriteOptions<Place>,
): Promise<Tally> {
  const total = { ...tally };
  const unsettled = new Unsettled<Place>();
  const groups = source[Symbol.asyncIterator]();
  let group: readonly Input<Place>[] = [];
  let at = 0;
  let last: Input<Place> | undefined;
  let isDone = false;
  /** What came from the source or from keeping the place, and not from the service. */
  let own: { error: unknown } | undefined;
  const stillFailed = new Set<string>();
  let named = 0;
  const name = (line: string): void => {
    if (named++ < mostNamed) warn(line);
  };

  /** Whether an input is to be written. */
  function isWanted({ pair, isThere }: Input<Place>): boolean {
    const fate = isThere ? "left" : becomes(pair);
    if (fate === "written") return true;
    total[fate]++;
    if (fate === "expiring") name(`not written: ${quoted(pair.key)} expires within the minute`);
    return false;
  }

  async function* pairs(): AsyncGenerator<Pair, void, undefined> {
    let passed = 0;
    let saved = performance.now();
    let isOver = false;
    try {
      while (!interruption.isRequested && passed < mostPassed) {
        if (at === group.length) {
          const { done, value } = await groups.next();
          isOver = done === true;
          if (isOver) break;
          group = value!;
          at = 0;
          continue;
        }
        last = group[at++]!;
        if (isWanted(last)) {
          unsettled.add(last);
          yield last.pair;
          continue;
        }
        progress.add(1, 0);
        if (unsettled.size > 0) passed++;
        else if (performance.now() - saved > checkpointInterval) {
          onSettled(last.place, total);
          saved = performance.now();
        }
      }
    } catch (error) {
      own = { error };
    }
    isDone = isOver || own !== undefined || interruption.isRequested;
  }

  const onFailure = ({ key, error }: BulkFailure): void => {
    unsettled.fail(key);
    name(`not written: ${quoted(key)}: ${error?.message ?? "the service did not take it"}`);
  };

  while (!isDone) {
    const before = unsettled.settled;
    const onProgress = ({ settled }: BulkProgress): void => {
      const place = unsettled.settle(before + settled, (pair, isFailed) => {
        if (isFailed) failed.addPair(pair);
        else total.written++;
        progress.add(1, sizeOf(pair.value));
      });
      try {
        if (place) onSettled(place.place, total);
      } catch (error) {
        own ??= { error };
        throw error;
      }
    };
    try {
      const { expired } = await target.bulkPut(pairs(), { concurrency, onProgress, onFailure });
      // Those that came under the minute on their way.
      total.written -= expired;
      total.expiring += expired;
    } catch (error) {
      if (!(error instanceof KVBulkError)) throw error;
      for (const key of [...error.unsuccessfulKeys, ...error.rejected.map(({ key }) => key)])
        stillFailed.add(key);
      failed.keep(stillFailed);
      // Where no more than single pairs failed, all is settled.
      if (unsettled.size > 0) own ??= { error: error.cause };
    }
    if (own) break;
    if (last) onSettled(last.place, total);
  }
  if (named > mostNamed) warn(`and ${count(named - mostNamed)} more that were not written`);
  await groups.return?.();
  if (own && !interruption.isCauseOf(own.error)) throw own.error;
  return total;
}

/** The inputs that were handed over and are not done with, in order. */
class Unsettled<Place> {
  #inputs: Input<Place>[] = [];
  readonly #failed = new WeakSet<Input<Place>>();
  #settled = 0;

  get size(): number {
    return this.#inputs.length;
  }

  /** How many were done with so far. */
  get settled(): number {
    return this.#settled;
  }

  add(input: Input<Place>): void {
    this.#inputs.push(input);
  }

  /** The last input of a key is what was sent for it. */
  fail(key: string): void {
    const input = this.#inputs.findLast(({ pair }) => pair.key === key);
    if (input) this.#failed.add(input);
  }

  /**
   * Hands on those up to a number, counted from the first that was ever added; gives the last of them. One at which
   * that fails stays unsettled, and so do those behind it.
   */
  settle(until: number, each: (pair: Pair, isFailed: boolean) => void): Input<Place> | undefined {
    const settled = this.#inputs.slice(0, until - this.#settled);
    let count = 0;
    try {
      for (; count < settled.length; count++) {
        const input = settled[count]!;
        each(input.pair, this.#failed.has(input));
      }
    } finally {
      this.#inputs = this.#inputs.slice(count);
      this.#settled += count;
    }
    return settled.at(-1);
  }
}

/** What becomes of a pair that nothing else is in the way of. */
export function becomes({ expiration, expirationTtl }: Pair): "written" | "expired" | "expiring" {
  if (expiration === undefined || expirationTtl !== undefined) return "written";
  const seconds = expiration - Date.now() / 1000;
  if (seconds <= 0) return "expired";
  return seconds < limits.expirationTtlSeconds ? "expiring" : "written";
}

export function sizeOf(value: Pair["value"]): number {
  return typeof value === "string" ? Buffer.byteLength(value) : value.byteLength;
}

/** Says what was not written though nothing went wrong. */
export function sayLeftOut({ left, expired, expiring }: Tally, leftBecause: string): void {
  if (left > 0) say(`${counted(left, "entry was", "entries were")} ${leftBecause}`);
  if (expired > 0) say(`${counted(expired, "entry", "entries")} had expired`);
  if (expiring > 0)
    warn(`${counted(expiring, "entry", "entries")} would expire within the minute: not written`);
}

/** The end of a job that did all but some pairs. */
export function partlyDone({ count: number, path }: FailedPairs, target: string): CommandError {
  return new CommandError(
    exitCodes.partlyDone,
    `${counted(number, "entry was", "entries were")} not written: they are in ${path}`,
    { advice: `once what was wrong is mended: wkv bulk put ${target} ${path}` },
  );
}
