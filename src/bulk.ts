/** Bulk writes and deletes: splitting, bounded concurrency, and the account of what happened to each input. */
import { KVAPIError, KVBulkError, KVInputError, type KVRejection } from "./errors.ts";
import { backoff } from "./retry.ts";
import { errorCodes, limits, type OperationId } from "./schema.ts";
import { type Job, sleep } from "./transport.ts";

/** How a bulk job runs. */
export interface BulkOptions {
  /** How many requests are in flight at a time, 1 to 5: the service refuses more (code 10046). @default 5 */
  concurrency?: number | undefined;
  /** Ends the job at once; its reason is what rejects. */
  signal?: AbortSignal | undefined;
  /** Told after each request how far the job is. */
  onProgress?: ((progress: BulkProgress) => void) | undefined;
}

/** How far a bulk job is. */
export interface BulkProgress {
  /** How many inputs were done. */
  succeeded: number;
  /** How many inputs, from the first on, are done with, well or not: where a job that is begun again goes on. */
  settled: number;
}

/** What a bulk job did. */
export interface BulkReport {
  /** How many inputs were done. */
  succeeded: number;
  /** How many pairs were not sent because they expire within the minute, the least that the service takes. */
  expired: number;
  /** How many requests it took. */
  requests: number;
}

/** An input in the form in which it is sent. */
export interface BulkItem<Wire> {
  readonly key: string;
  readonly wire: Wire;
  /** At least as many bytes as it takes in the request. */
  readonly bound: number;
}

/** What tells one kind of bulk job from another. */
export interface BulkKind<Input, Wire> {
  readonly operation: OperationId;
  readonly itemsPerRequest: number;
  /** The size in bytes at which a request is sent. */
  readonly bytesPerRequest: number;
  keyOf(input: Input): string;
  /** @throws KVInputError where the input breaks a rule */
  prepare(input: Input): BulkItem<Wire> | "expired";
  /** The exact size of an item in bytes. */
  measure(item: BulkItem<Wire>): number;
  /** Sends one request. Resolves with the keys that the service did not do, and with the attempts it took. */
  send(
    items: Wire[],
    job: Job,
    signal: AbortSignal | undefined,
  ): Promise<{ left: readonly string[]; attempts: number }>;
}

/** The answers to a bulk request that this file deals with, so that no policy does. */
export const handledByBulk: readonly number[] = [413, 504, 524, errorCodes.bulkOperationsInProgress];

export async function runBulk<Input, Wire>(
  kind: BulkKind<Input, Wire>,
  source: Iterable<Input> | AsyncIterable<Input>,
  options: BulkOptions,
  resends: number,
): Promise<BulkReport> {
  const { concurrency = limits.concurrentBulkOperations, signal } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > limits.concurrentBulkOperations) {
    throw new KVInputError(
      `concurrency is ${concurrency}, not a whole number from 1 to ${limits.concurrentBulkOperations}`,
    );
  }
  signal?.throwIfAborted();
  const run = new BulkRun(kind, options, concurrency, resends).run(source);
  if (!signal) return run;
  let abort: () => void;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
  });
  return Promise.race([run, aborted]).finally(() => signal.removeEventListener("abort", abort));
}

/** The inputs of one request, by key: the last of those with the same key stands for all. */
interface Chunk<Wire> {
  items: Map<string, BulkItem<Wire>>;
  /** How many inputs there were of a key, where more than one. */
  repeats: Map<string, number>;
  /** How many inputs were taken from the source for it, refused ones included. */
  taken: number;
  isSettled: boolean;
}

class BulkRun<Input, Wire> {
  readonly #kind: BulkKind<Input, Wire>;
  readonly #options: BulkOptions;
  readonly #resends: number;
  readonly #job: Job = { queued: 0 };
  readonly #rejected: KVRejection[] = [];
  readonly #unsuccessful: string[] = [];
  readonly #chunks: Chunk<Wire>[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #busyKeys = new Set<string>();
  readonly #turns: (() => void)[] = [];
  /** Lowered where the service has too many bulk requests in progress. */
  #concurrency: number;
  #itemsPerRequest: number;
  #bytesPerRequest: number;
  #sending = 0;
  #succeeded = 0;
  #expired = 0;
  #requests = 0;
  #settled = 0;
  /** What ended the job early. */
  #end: { cause: unknown } | undefined;
  /** The last failure of single keys, where nothing ended the job. */
  #lastFailure: unknown;

  constructor(kind: BulkKind<Input, Wire>, options: BulkOptions, concurrency: number, resends: number) {
    this.#kind = kind;
    this.#options = options;
    this.#concurrency = concurrency;
    this.#resends = resends;
    this.#itemsPerRequest = kind.itemsPerRequest;
    this.#bytesPerRequest = kind.bytesPerRequest;
  }

  async run(source: Iterable<Input> | AsyncIterable<Input>): Promise<BulkReport> {
    const isAsync = Symbol.asyncIterator in source;
    const iterator = isAsync ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    const { signal } = this.#options;
    let isDone = false;
    while (!isDone && !this.#end && !signal?.aborted) {
      if (this.#running.size >= this.#concurrency) {
        await Promise.race(this.#running);
        continue;
      }
      const chunk: Chunk<Wire> = { items: new Map(), repeats: new Map(), taken: 0, isSettled: false };
      this.#chunks.push(chunk);
      try {
        isDone = await this.#fill(chunk, iterator, isAsync);
      } catch (cause) {
        isDone = true;
        this.#end ??= { cause };
      }
      // A key that is in flight waits for its turn, so that the last of its inputs wins.
      while (this.#running.size > 0 && [...chunk.items.keys()].some((key) => this.#busyKeys.has(key))) {
        await Promise.race(this.#running);
      }
      this.#start(chunk);
    }
    if (!isDone) await iterator.return?.();
    await Promise.all(this.#running);
    return this.#report();
  }

  /** Takes inputs until a request is full. Resolves with whether the source has ended. */
  async #fill(
    chunk: Chunk<Wire>,
    iterator: Iterator<Input> | AsyncIterator<Input>,
    isAsync: boolean,
  ): Promise<boolean> {
    let bytes = 0;
    let unmeasured: BulkItem<Wire>[] = [];
    while (chunk.items.size < this.#itemsPerRequest) {
      if (this.#end || this.#options.signal?.aborted) return false;
      // Awaiting each input of an array would cost more than all the rest.
      const { done, value } = isAsync ? await iterator.next() : (iterator as Iterator<Input>).next();
      if (done) return true;
      chunk.taken++;
      const item = this.#prepare(value);
      if (!item) continue;
      if (chunk.items.has(item.key)) chunk.repeats.set(item.key, (chunk.repeats.get(item.key) ?? 1) + 1);
      chunk.items.set(item.key, item);
      unmeasured.push(item);
      bytes += item.bound;
      if (bytes < this.#bytesPerRequest) continue;
      for (const each of unmeasured) bytes += this.#kind.measure(each) - each.bound;
      unmeasured = [];
      if (bytes >= this.#bytesPerRequest) return false;
    }
    return false;
  }

  #prepare(input: Input): BulkItem<Wire> | undefined {
    try {
      const item = this.#kind.prepare(input);
      if (item !== "expired") return item;
      this.#expired++;
    } catch (error) {
      if (!(error instanceof KVInputError)) throw error;
      this.#rejected.push({ key: this.#kind.keyOf(input), error });
    }
    return undefined;
  }

  #start(chunk: Chunk<Wire>): void {
    for (const key of chunk.items.keys()) this.#busyKeys.add(key);
    const run = this.#send([...chunk.items.values()], chunk, 0)
      .then(() => {
        for (const key of chunk.items.keys()) this.#busyKeys.delete(key);
        chunk.isSettled = true;
        chunk.items.clear();
        while (this.#chunks[0]?.isSettled) this.#settled += this.#chunks.shift()!.taken;
        this.#options.onProgress?.({ succeeded: this.#succeeded, settled: this.#settled });
      })
      // A listener that throws ends the job, as an input does.
      .catch((cause: unknown) => {
        this.#end ??= { cause };
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** Sends items until each is done or given up; rejects only with the reason of an abort. */
  async #send(items: BulkItem<Wire>[], chunk: Chunk<Wire>, resends: number): Promise<void> {
    const { signal } = this.#options;
    let remaining = items;
    while (remaining.length > 0) {
      if (this.#end) return this.#giveUp(remaining);
      let left: ReadonlySet<string>;
      try {
        left = await this.#request(remaining);
      } catch (error) {
        if (signal?.aborted) throw signal.reason;
        const failed = error instanceof KVAPIError ? error : undefined;
        const isTooLarge = failed?.status === 413;
        const isTooSlow = failed?.status === 504 || failed?.status === 524;
        if (remaining.length > 1 && (isTooLarge || (isTooSlow && resends < this.#resends))) {
          const half = Math.ceil(remaining.length / 2);
          this.#shrink(remaining, half, isTooLarge);
          await this.#send(remaining.slice(0, half), chunk, isTooLarge ? resends : resends + 1);
          return this.#send(remaining.slice(half), chunk, isTooLarge ? resends : resends + 1);
        }
        const isCrowded = failed?.code === errorCodes.bulkOperationsInProgress;
        if ((isCrowded || isTooSlow) && resends < this.#resends) {
          if (isCrowded) this.#concurrency = Math.max(1, this.#concurrency - 1);
          await sleep(backoff(resends++), signal);
          continue;
        }
        if (isTooLarge) this.#lastFailure = error;
        else this.#end ??= { cause: error };
        return this.#giveUp(remaining);
      }
      for (const { key } of remaining) if (!left.has(key)) this.#succeeded += chunk.repeats.get(key) ?? 1;
      remaining = remaining.filter(({ key }) => left.has(key));
      if (remaining.length === 0) return;
      if (resends === this.#resends) return this.#giveUp(remaining);
      await sleep(backoff(resends++), signal);
    }
  }

  async #request(items: BulkItem<Wire>[]): Promise<ReadonlySet<string>> {
    while (this.#sending >= this.#concurrency)
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#sending++;
    try {
      const wires = items.map(({ wire }) => wire);
      const { left, attempts } = await this.#kind.send(wires, this.#job, this.#options.signal);
      this.#requests += attempts;
      return new Set(left);
    } catch (error) {
      this.#requests += error instanceof KVAPIError ? (error.attempts ?? 0) : 0;
      throw error;
    } finally {
      this.#sending--;
      this.#turns.shift()?.();
    }
  }

  /** Later requests start at the size that may work. */
  #shrink(items: BulkItem<Wire>[], half: number, isTooLarge: boolean): void {
    if (!isTooLarge) this.#itemsPerRequest = Math.min(this.#itemsPerRequest, half);
    else {
      const bytes = items.reduce((sum, each) => sum + this.#kind.measure(each), 0);
      this.#bytesPerRequest = Math.min(this.#bytesPerRequest, Math.ceil(bytes / 2));
    }
  }

  #giveUp(items: BulkItem<Wire>[]): void {
    for (const { key } of items) this.#unsuccessful.push(key);
  }

  #report(): BulkReport {
    const report = { succeeded: this.#succeeded, expired: this.#expired, requests: this.#requests };
    const cause = this.#end ? this.#end.cause : this.#lastFailure;
    if (!this.#end && this.#unsuccessful.length === 0 && this.#rejected.length === 0) return report;
    const { operation } = this.#kind;
    const parts = [`${this.#succeeded} done`];
    if (this.#unsuccessful.length > 0) parts.push(`${this.#unsuccessful.length} not acknowledged`);
    if (this.#rejected.length > 0) {
      const [first] = this.#rejected;
      parts.push(`${this.#rejected.length} refused here, the first because ${first!.error.message}`);
    }
    if (this.#end) parts.push(`ended by ${cause instanceof Error ? cause.message : String(cause)}`);
    throw new KVBulkError(`${operation}: the job did not do all it was given: ${parts.join("; ")}`, {
      ...report,
      operation,
      unsuccessfulKeys: this.#unsuccessful,
      rejected: this.#rejected,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
