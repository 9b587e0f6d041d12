/** Bulk writes and deletes: splitting, bounded concurrency, and the account of what happened to each input. */
import { KVAPIError, KVBulkError, KVError, KVInputError, type KVRejection } from "./errors.ts";
import { RequestSize } from "./request-size.ts";
import { inputsProblem } from "./limits.ts";
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
  /**
   * Told of each input that was refused or given up, once that is certain and before `onProgress` counts it as
   * settled. What is left over when the job ends early is none of them: a job that is begun again does it.
   */
  onFailure?: ((failure: BulkFailure) => void) | undefined;
}

/** An input that was refused here, or that the service did not do however often it was sent. */
export interface BulkFailure {
  key: string;
  /** What is wrong with it; `undefined` where the service did not say. */
  error: KVError | undefined;
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
  const problem = inputsProblem(source);
  if (problem) throw new KVInputError(problem);
  const { concurrency = limits.concurrentBulkOperations, signal } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > limits.concurrentBulkOperations) {
    throw new KVInputError(
      `concurrency is ${concurrency}, not a whole number from 1 to ${limits.concurrentBulkOperations}`,
    );
  }
  signal?.throwIfAborted();
  const job = new BulkRun(kind, source, options, concurrency, resends);
  const run = job.run();
  if (!signal) return run;
  let abort: () => void;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => {
      reject(signal.reason);
      void job.close();
    };
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
  /** `lost`: the end of the job came before some of it was done with. */
  state: "open" | "settled" | "lost";
}

class BulkRun<Input, Wire> {
  readonly #kind: BulkKind<Input, Wire>;
  readonly #iterator: Iterator<Input> | AsyncIterator<Input>;
  readonly #isAsync: boolean;
  readonly #options: BulkOptions;
  readonly #resends: number;
  readonly #job: Job = { queued: 0 };
  readonly #rejected: KVRejection[] = [];
  /** Keys that were not acknowledged, and how many inputs there were of each. */
  readonly #unsuccessful = new Map<string, number>();
  readonly #chunks: Chunk<Wire>[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #busyKeys = new Set<string>();
  readonly #turns: (() => void)[] = [];
  /** Lowered where the service has too many bulk requests in progress. */
  #concurrency: number;
  readonly #items: RequestSize;
  readonly #bytes: RequestSize;
  #sending = 0;
  #succeeded = 0;
  #expired = 0;
  #requests = 0;
  #settled = 0;
  /** Whether nothing more is taken from the source. */
  #isClosed = false;
  /** What ended the job early. */
  #end: { cause: unknown } | undefined;
  /** The last failure of single keys, where nothing ended the job. */
  #lastFailure: unknown;

  constructor(
    kind: BulkKind<Input, Wire>,
    source: Iterable<Input> | AsyncIterable<Input>,
    options: BulkOptions,
    concurrency: number,
    resends: number,
  ) {
    this.#kind = kind;
    this.#isAsync = Symbol.asyncIterator in source;
    this.#iterator =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#options = options;
    this.#concurrency = concurrency;
    this.#resends = resends;
    this.#items = new RequestSize(kind.itemsPerRequest);
    this.#bytes = new RequestSize(kind.bytesPerRequest);
  }

  async run(): Promise<BulkReport> {
    while (!this.#isClosed && !this.#isOver) {
      if (this.#running.size >= this.#concurrency) {
        await Promise.race(this.#running);
        continue;
      }
      const chunk: Chunk<Wire> = { items: new Map(), repeats: new Map(), taken: 0, state: "open" };
      try {
        await this.#fill(chunk);
      } catch (cause) {
        this.#isClosed = true;
        this.#end ??= { cause };
      }
      if (chunk.taken === 0) break;
      this.#chunks.push(chunk);
      // A key that is in flight waits for its turn, so that the last of its inputs wins.
      while (this.#running.size > 0 && [...chunk.items.keys()].some((key) => this.#busyKeys.has(key))) {
        await Promise.race(this.#running);
      }
      const run = this.#process(chunk).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
    await this.close();
    await Promise.all(this.#running);
    return this.#report();
  }

  /** Takes nothing further from the source, and tells it so. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#iterator.return?.();
    } catch (cause) {
      this.#end ??= { cause };
    }
  }

  get #isOver(): boolean {
    return this.#end !== undefined || this.#options.signal?.aborted === true;
  }

  /** Takes inputs until a request is full, or the source has ended. */
  async #fill(chunk: Chunk<Wire>): Promise<void> {
    let bytes = 0;
    let unmeasured: BulkItem<Wire>[] = [];
    while (chunk.items.size < this.#items.limit && !this.#isOver) {
      const next = this.#iterator.next();
      // Awaiting each input of an array would cost more than all the rest.
      const { done, value } = this.#isAsync ? await next : (next as IteratorResult<Input>);
      if (done) {
        this.#isClosed = true;
        return;
      }
      chunk.taken++;
      const item = this.#prepare(value);
      if (!item) continue;
      if (chunk.items.has(item.key)) chunk.repeats.set(item.key, (chunk.repeats.get(item.key) ?? 1) + 1);
      chunk.items.set(item.key, item);
      unmeasured.push(item);
      bytes += item.bound;
      if (bytes < this.#bytes.limit) continue;
      for (const each of unmeasured) bytes += this.#kind.measure(each) - each.bound;
      unmeasured = [];
      if (bytes >= this.#bytes.limit) return;
    }
  }

  #prepare(input: Input): BulkItem<Wire> | undefined {
    try {
      const item = this.#kind.prepare(input);
      if (item !== "expired") return item;
      this.#expired++;
    } catch (error) {
      if (!(error instanceof KVInputError)) throw error;
      const rejection = { key: this.#kind.keyOf(input), error };
      this.#rejected.push(rejection);
      this.#options.onFailure?.(rejection);
    }
    return undefined;
  }

  async #process(chunk: Chunk<Wire>): Promise<void> {
    for (const key of chunk.items.keys()) this.#busyKeys.add(key);
    try {
      await this.#send([...chunk.items.values()], chunk, 0);
      for (const key of chunk.items.keys()) this.#busyKeys.delete(key);
      if (chunk.state === "lost") return;
      chunk.state = "settled";
      chunk.items.clear();
      while (this.#chunks[0]?.state === "settled") this.#settled += this.#chunks.shift()!.taken;
      // The last chunk is empty where the input ended with a full one.
      if (chunk.taken === 0) return;
      this.#options.onProgress?.({ succeeded: this.#succeeded, settled: this.#settled });
    } catch (cause) {
      // An abort; or a listener that throws, which ends the job as an input does.
      this.#end ??= { cause };
    }
  }

  /** Sends items until each is done or given up; rejects only with the reason of an abort. */
  async #send(items: BulkItem<Wire>[], chunk: Chunk<Wire>, resends: number): Promise<void> {
    const { signal } = this.#options;
    const mayResend = resends < this.#resends;
    if (items.length === 0) return;
    if (this.#end) return this.#giveUp(items, chunk);
    let left: ReadonlySet<string>;
    try {
      left = await this.#request(items);
    } catch (error) {
      signal?.throwIfAborted();
      const { status, code } = error instanceof KVAPIError ? error : {};
      const isTooLarge = status === 413;
      const isTooSlow = status === 504 || status === 524;
      const isCrowded = code === errorCodes.bulkOperationsInProgress;
      if (isTooLarge) this.#bytes.failed(this.#measure(items));
      if (isTooSlow) this.#items.failed(items.length);
      if (isCrowded) this.#concurrency = Math.max(1, this.#concurrency - 1);

      if (items.length > 1 && (isTooLarge || (isTooSlow && mayResend))) {
        const half = Math.ceil(items.length / 2);
        const next = isTooLarge ? resends : resends + 1;
        await this.#send(items.slice(0, half), chunk, next);
        return this.#send(items.slice(half), chunk, next);
      }
      if (isTooLarge) {
        this.#lastFailure = error;
        return this.#giveUp(items, chunk, error as KVAPIError);
      }
      if (!mayResend || !(isTooSlow || isCrowded)) {
        this.#end ??= { cause: error };
        return this.#giveUp(items, chunk);
      }
      left = new Set(items.map(({ key }) => key));
    }
    const remaining = items.filter(({ key }) => left.has(key));
    for (const { key } of items) if (!left.has(key)) this.#succeed(key, chunk);
    if (remaining.length < items.length) {
      this.#items.worked(items.length);
      if (this.#bytes.isLowered) this.#bytes.worked(this.#measure(items));
    }
    if (remaining.length === 0) return;
    if (!mayResend) return this.#giveUp(remaining, chunk);
    await sleep(backoff(resends), signal);
    return this.#send(remaining, chunk, resends + 1);
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
      this.#requests += error instanceof KVError ? (error.attempts ?? 0) : 0;
      throw error;
    } finally {
      this.#sending--;
      this.#turns.shift()?.();
    }
  }

  #measure(items: BulkItem<Wire>[]): number {
    return items.reduce((sum, each) => sum + this.#kind.measure(each), 0);
  }

  #succeed(key: string, chunk: Chunk<Wire>): void {
    // What the last input of a key wrote stands for the earlier ones too, done or not.
    this.#succeeded += (chunk.repeats.get(key) ?? 1) + (this.#unsuccessful.get(key) ?? 0);
    this.#unsuccessful.delete(key);
  }

  #giveUp(items: BulkItem<Wire>[], chunk: Chunk<Wire>, error?: KVError): void {
    if (this.#end) chunk.state = "lost";
    for (const { key } of items) {
      const inputs = (this.#unsuccessful.get(key) ?? 0) + (chunk.repeats.get(key) ?? 1);
      this.#unsuccessful.set(key, inputs);
      if (chunk.state !== "lost") this.#options.onFailure?.({ key, error });
    }
  }

  #report(): BulkReport {
    const report = { succeeded: this.#succeeded, expired: this.#expired, requests: this.#requests };
    const cause = this.#end ? this.#end.cause : this.#lastFailure;
    if (!this.#end && this.#unsuccessful.size === 0 && this.#rejected.length === 0) return report;
    const { operation } = this.#kind;
    const parts = [`${this.#succeeded} done`];
    if (this.#unsuccessful.size > 0) parts.push(`${this.#unsuccessful.size} not acknowledged`);
    if (this.#rejected.length > 0) {
      const [first] = this.#rejected;
      parts.push(`${this.#rejected.length} refused here, the first because ${first!.error.message}`);
    }
    if (this.#end) parts.push(`ended by ${cause instanceof Error ? cause.message : String(cause)}`);
    throw new KVBulkError(`${operation}: the job did not do all it was given: ${parts.join("; ")}`, {
      ...report,
      operation,
      unsuccessfulKeys: [...this.#unsuccessful.keys()],
      rejected: this.#rejected,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
