/** Writing many pairs: what every command that restores or copies does, with the account that it gives. */
import {
  type BulkFailure,
  type BulkProgress,
  KVBulkError,
  type KVNamespaceClient,
  type Pair,
} from "../index.ts";
import type { FailedPairs } from "./failed-pairs.ts";
import type { Interruption } from "./interruption.ts";
import { warn } from "./output.ts";
import type { Progress } from "./progress.ts";
import { count, quoted } from "./quantities.ts";

/** A pair to write, and where a later run goes on once it is done with. */
export interface Input<Place> {
  pair: Pair;
  place: Place;
}

/** What became of the inputs; a checkpoint keeps it. */
export interface Tally {
  written: number;
  /** Had expired when their turn came. */
  expired: number;
  /** Would expire within the minute, which is less than the service takes. */
  expiring: number;
}

export interface WriteOptions<Place> {
  concurrency?: number | undefined;
  interruption: Interruption;
  progress: Progress;
  failed: FailedPairs;
  /** What an earlier run has done. */
  tally?: Tally | undefined;
  /** Told when all inputs up to a place are done with. */
  onSettled?: ((place: Place, tally: Tally) => void) | undefined;
}

/** The least time in seconds that a pair must have left to be taken (FACTS.md §3). */
const leastSeconds = 60;
/** How many single keys are named before the rest is only counted. */
const mostNamed = 10;

/**
 * Writes all that can be written. An error of the source, or an interruption, ends the reading: what was read is
 * still written, and then it throws.
 */
export async function writePairs<Place>(
  target: KVNamespaceClient,
  source: AsyncIterable<Input<Place>>,
  { concurrency, interruption, progress, failed, tally, onSettled }: WriteOptions<Place>,
): Promise<Tally> {
  const total = tally ? { ...tally } : { written: 0, expired: 0, expiring: 0 };
  const unsettled = new Unsettled<Place>();
  let last: Input<Place> | undefined;
  /** What came from the source or from keeping the checkpoint, and not from the service. */
  let own: { error: unknown } | undefined;
  let named = 0;
  const name = (line: string): void => {
    if (named++ < mostNamed) warn(line);
  };

  async function* pairs(): AsyncGenerator<Pair, void, undefined> {
    try {
      for await (const input of source) {
        last = input;
        const seconds = secondsLeft(input.pair);
        if (seconds >= leastSeconds) {
          unsettled.add(input);
          yield input.pair;
        } else {
          total[seconds <= 0 ? "expired" : "expiring"]++;
          progress.add(1, 0);
          if (seconds > 0) {
            const time = `${Math.ceil(seconds)} s, and the service takes no less than ${leastSeconds}`;
            name(`not written: ${quoted(input.pair.key)} expires in ${time}`);
          }
        }
        if (interruption.isRequested) return;
      }
    } catch (error) {
      own = { error };
    }
  }

  const settle = ({ settled }: BulkProgress): void => {
    const place = unsettled.settle(settled, (pair, isFailed) => {
      progress.add(1, sizeOf(pair.value));
      if (isFailed) failed.add(pair);
      else total.written++;
    });
    try {
      if (place) onSettled?.(place.place, total);
    } catch (error) {
      own ??= { error };
      throw error;
    }
  };
  const onFailure = ({ key, error }: BulkFailure): void => {
    unsettled.fail(key);
    name(`not written: ${quoted(key)}: ${error?.message ?? "the service did not take it"}`);
  };

  let end: { cause: unknown } | undefined;
  try {
    const report = await target.bulkPut(pairs(), { concurrency, onProgress: settle, onFailure });
    // Those that came under the minute on their way.
    total.written -= report.expired;
    total.expiring += report.expired;
  } catch (error) {
    if (!(error instanceof KVBulkError)) throw error;
    failed.keep(new Set([...error.unsuccessfulKeys, ...error.rejected.map(({ key }) => key)]));
    // Where single pairs failed, all the same is settled.
    if (unsettled.size > 0) end = { cause: error.cause };
  }
  if (named > mostNamed) warn(`and ${count(named - mostNamed)} more that were not written`);
  if (own && !interruption.isCauseOf(own.error)) throw own.error;
  if (end) throw end.cause;
  if (last) onSettled?.(last.place, total);
  return total;
}

function secondsLeft({ expiration, expirationTtl }: Pair): number {
  return expiration === undefined || expirationTtl !== undefined ? Infinity : expiration - Date.now() / 1000;
}

/** The inputs that were handed over and are not done with, in order. */
class Unsettled<Place> {
  #inputs: Input<Place>[] = [];
  /** How many of them are done with. */
  #done = 0;
  /** How many were handed over before them. */
  #before = 0;
  readonly #failed = new Set<Input<Place>>();

  get size(): number {
    return this.#inputs.length - this.#done;
  }

  add(input: Input<Place>): void {
    this.#inputs.push(input);
  }

  /** The last input of a key is what was sent for it. */
  fail(key: string): void {
    const input = this.#inputs.findLast(({ pair }, i) => i >= this.#done && pair.key === key);
    if (input) this.#failed.add(input);
  }

  /** Hands on those up to a number, counted from the first that was ever added; gives the last of them. */
  settle(until: number, each: (pair: Pair, isFailed: boolean) => void): Input<Place> | undefined {
    let last: Input<Place> | undefined;
    for (; this.#before + this.#done < until; this.#done++) {
      last = this.#inputs[this.#done]!;
      each(last.pair, this.#failed.delete(last));
    }
    // What is done with must not be held for long: it is up to 10 MB a request.
    this.#before += this.#done;
    this.#inputs = this.#inputs.slice(this.#done);
    this.#done = 0;
    return last;
  }
}

export function sizeOf(value: Pair["value"]): number {
  return typeof value === "string" ? Buffer.byteLength(value) : value.byteLength;
}
