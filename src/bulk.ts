/** Bulk writes and deletes: splitting, bounded concurrency, and the account of what happened to each input. */
import { checkSignal, onAbort, sleep, unlessAborted } from "./abort.ts";
import { type BulkBody, BulkChunk, type BulkPart } from "./bulk-chunk.ts";
import { type BulkOutcome, bulkOutcome } from "./bulk-outcome.ts";
import { KVAPIError, KVBulkError, KVError, KVInputError, type KVRejection } from "./errors.ts";
import { Input } from "./input.ts";
import { checkWhole, refuse } from "./limits.ts";
import { RequestSize } from "./request-size.ts";
import { backoff, type Resending } from "./retry.ts";
import { errorCodes, limits, type OperationId } from "./schema.ts";
import type { Job } from "./transport.ts";

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
  readonly wire: Wire;
  /** At least as many bytes as it takes in the request, unless JSON has to escape most of it. */
  readonly bound: number;
}

/** What tells one kind of bulk job from another. */
export interface BulkKind<Given, Wire> {
  readonly operation: OperationId;
  /** What is wrong with the namespace that it is about, if anything. */
  readonly problem: string | undefined;
  readonly itemsPerRequest: number;
  /** The size in bytes at which a request is sent. */
  readonly bytesPerRequest: number;
  readonly keyOf: (input: Given | Wire) => string;
  /**
   * What is sent of it; `undefined` where it expires too soon to be. Shares nothing with the input that the caller
   * may change meanwhile.
   *
   * @throws KVInputError where the input breaks a rule
   */
  prepare(input: Given): BulkItem<Wire> | undefined;
  /** Whether it expires too soon by now: a request may wait for its input, its turn or another try. */
  isPast?(wire: Wire): boolean;
  /** Whether every item that is done counts: a delete of keys that are not there may well count none. */
  readonly counts: boolean;
  /** Sends one request, whose body is a JSON array. */
  send(body: BulkBody, job: Job, signal: AbortSignal | undefined): Promise<{ response: Response }>;
}

/** The share of its bytes from which a request is not filled up further: little would fit, at a look for each pair. */
const nearlyFull = 0.99;

/** How many times as many requests as are under way at once are begun before the first of them is done with. */
const mostAhead = 2;

/** The answers to a bulk request that this file deals with, so that no policy does. */
export const handledByBulk: readonly number[] = [413, 504, 524, errorCodes.bulkOperationsInProgress];

export async function runBulk<Given, Wire>(
  kind: BulkKind<Given, Wire>,
  source: Iterable<Given> | AsyncIterable<Given>,
  options: BulkOptions,
  resending: Resending,
): Promise<BulkReport> {
  const { concurrency = limits.concurrentBulkOperations, signal } = options;
  const input = Input.open(source, () => {
    refuse(kind.problem);
    checkWhole("concurrency", concurrency, 1, limits.concurrentBulkOperations);
    checkSignal(signal);
    signal?.throwIfAborted();
  });
  const job = new BulkRun(kind, input, options, concurrency, resending);
  const run = job.run();
  const leave = onAbort(signal, () => void job.close());
  return unlessAborted(run, signal).finally(leave);
}

class BulkRun<Given, Wire> {
  readonly #kind: BulkKind<Given, Wire>;
  readonly #input: Input<Given>;
  readonly #options: BulkOptions;
  readonly #resending: Resending;
  readonly #job: Job = { queued: 0 };
  readonly #rejected: KVRejection[] = [];
  /** Keys that were not acknowledged, and how many inputs there were of each. */
  readonly #unsuccessful = new Map<string, number>();
  readonly #chunks: BulkChunk<Wire>[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #turns: (() => void)[] = [];
  /** The memory of requests that are done with. */
  readonly #spare: BulkBody[] = [];
  /** How much a request took at the most: what grows to it step by step leaves as much behind. */
  #usual = 64 * 1024;
  /** Lowered where the service has too many bulk requests in progress. */
  #concurrency: number;
  readonly #items: RequestSize;
  readonly #bytes: RequestSize;
  #sending = 0;
  #succeeded = 0;
  #expired = 0;
  #requests = 0;
  #settled = 0;
  /** What ended the job early. */
  #end: { cause: unknown } | undefined;
  /** The last failure of single keys, where nothing ended the job. */
  #lastFailure: unknown;

  constructor(
    kind: BulkKind<Given, Wire>,
    input: Input<Given>,
    options: BulkOptions,
    concurrency: number,
    resending: Resending,
  ) {
    this.#kind = kind;
    this.#input = input;
    this.#options = options;
    this.#concurrency = concurrency;
    this.#resending = resending;
    this.#items = new RequestSize(kind.itemsPerRequest);
    this.#bytes = new RequestSize(kind.bytesPerRequest);
  }

  async run(): Promise<BulkReport> {
    while (!this.#input.isClosed && !this.#isOver) {
      // Nor far ahead of a request that takes long: whoever goes by `settled` keeps what came since.
      if (this.#running.size >= this.#concurrency || this.#chunks.length >= mostAhead * this.#concurrency) {
        await Promise.race(this.#running);
        continue;
      }
      const memory = this.#spare.pop() ?? new Uint8Array(this.#usual);
      const chunk = new BulkChunk<Wire>(this.#kind.keyOf, memory);
      try {
        await this.#fill(chunk);
      } catch (cause) {
        this.#end ??= { cause };
      }
      if (chunk.taken === 0) break;
      // A key that is in flight waits for its turn, so that the last of its inputs wins.
      while (this.#running.size > 0 && this.#chunks.some((each) => chunk.overlaps(each))) {
        await Promise.race(this.#running);
      }
      this.#chunks.push(chunk);
      const run = this.#process(chunk).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
    await this.close();
    await Promise.all(this.#running);
    return this.#report();
  }

  /** Takes nothing further from the source, and tells it so. */
  async close(): Promise<void> {
    try {
      await this.#input.close();
    } catch (cause) {
      this.#end ??= { cause };
    }
  }

  get #isOver(): boolean {
    return this.#end !== undefined || this.#options.signal?.aborted === true;
  }

  /** Takes inputs until a request is full, or the source has ended. */
  async #fill(chunk: BulkChunk<Wire>): Promise<void> {
    let bytes = 0;
    let isFull = false;
    // An input that gives the same keys again and again fills no request.
    const most = 10 * this.#kind.itemsPerRequest;
    await this.#input.take(
      () => !isFull && chunk.size < this.#items.limit && chunk.taken < most && !this.#isOver,
      (input) => {
        chunk.taken++;
        const item = this.#prepare(input);
        if (!item) return;
        chunk.add(item.wire);
        bytes += item.bound;
        if (bytes < this.#bytes.limit) return;
        bytes = chunk.measure();
        isFull = bytes >= nearlyFull * this.#bytes.limit;
      },
    );
  }

  #prepare(input: Given): BulkItem<Wire> | undefined {
    try {
      const item = this.#kind.prepare(input);
      if (!item) this.#expired++;
      return item;
    } catch (error) {
      if (!(error instanceof KVInputError)) throw error;
      const rejection = { key: this.#nameOf(input), error };
      this.#rejected.push(rejection);
      this.#options.onFailure?.(rejection);
      return undefined;
    }
  }

  /** The key of an input that breaks a rule; empty where it has none. */
  #nameOf(input: Given): string {
    try {
      const key: unknown = this.#kind.keyOf(input);
      return typeof key === "string" ? key : "";
    } catch {
      return "";
    }
  }

  async #process(chunk: BulkChunk<Wire>): Promise<void> {
    try {
      const part = chunk.seal();
      this.#usual = Math.max(this.#usual, part.body.buffer.byteLength);
      await this.#send(part, chunk, 0);
      if (chunk.state === "lost") return;
      const memory = chunk.settle();
      if (memory.length <= 2 * this.#kind.bytesPerRequest) this.#spare.push(memory);
      while (this.#chunks[0]?.state === "settled") this.#settled += this.#chunks.shift()!.taken;
      this.#options.onProgress?.({ succeeded: this.#succeeded, settled: this.#settled });
    } catch (cause) {
      // An abort; or a listener that throws, which ends the job as an input does.
      this.#end ??= { cause };
    }
  }

  /** Sends items until each is done or given up; rejects only with the reason of an abort. */
  async #send(part: BulkPart<Wire>, chunk: BulkChunk<Wire>, resends: number): Promise<void> {
    const { signal } = this.#options;
    const { body, size } = part;
    const { limit, maxDelay } = this.#resending;
    const mayResend = resends < limit;
    if (size === 0) return;
    if (this.#end) return this.#giveUp(part, chunk);
    let outcome: BulkOutcome | undefined;
    try {
      outcome = await this.#request(part);
    } catch (error) {
      signal?.throwIfAborted();
      const { status, code } = error instanceof KVAPIError ? error : {};
      const isTooLarge = status === 413;
      const isTooSlow = status === 504 || status === 524;
      const isCrowded = code === errorCodes.bulkOperationsInProgress;
      // One that was far enough ahead when it was taken; or is so by the clock here, and not by the service's.
      const isLate = code === errorCodes.invalidExpiration;
      const past = new Set(isLate ? part.wires.filter((wire) => this.#kind.isPast?.(wire)) : []);
      if (past.size > 0) {
        for (const wire of past) this.#expired += chunk.repeats.get(this.#kind.keyOf(wire)) ?? 1;
        return this.#send(
          part.only((wire) => !past.has(wire)),
          chunk,
          resends,
        );
      }
      if (isTooLarge) this.#bytes.failed(body.length);
      if (isTooSlow) this.#items.failed(size);
      if (isCrowded) this.#concurrency = Math.max(1, this.#concurrency - 1);

      if (size > 1 && (isTooLarge || isLate || (isTooSlow && mayResend))) {
        const next = isTooSlow ? resends + 1 : resends;
        for (const half of part.halves()) await this.#send(half, chunk, next);
        return;
      }
      if (isTooLarge || isLate) {
        this.#lastFailure = error;
        return this.#giveUp(part, chunk, error as KVAPIError);
      }
      if (!mayResend || !(isTooSlow || isCrowded)) {
        this.#end ??= { cause: error };
        return this.#giveUp(part, chunk);
      }
    }
    const rest = outcome ? this.#succeed(part, outcome.left, chunk) : part;
    if (!rest) return;
    if (!mayResend) {
      this.#lastFailure = outcome?.error;
      return this.#giveUp(rest, chunk, outcome?.error);
    }
    await sleep(backoff(resends, maxDelay), signal);
    return this.#send(rest, chunk, resends + 1);
  }

  async #request(part: BulkPart<Wire>): Promise<BulkOutcome> {
    while (this.#sending >= this.#concurrency)
      await new Promise<void>((resolve) => this.#turns.push(resolve));
    this.#sending++;
    try {
      const call = this.#kind.send(part.body, this.#job, this.#options.signal);
      const outcome = await bulkOutcome(call, part, this.#kind);
      this.#requests += outcome.attempts;
      return outcome;
    } catch (error) {
      this.#requests += error instanceof KVError ? (error.attempts ?? 0) : 0;
      throw error;
    } finally {
      this.#sending--;
      this.#turns.shift()?.();
    }
  }

  /** All of a request is done but the keys that are left: gives those items, where there are any. */
  #succeed(
    part: BulkPart<Wire>,
    left: ReadonlySet<string>,
    { repeats }: BulkChunk<Wire>,
  ): BulkPart<Wire> | undefined {
    const isLeft = (wire: Wire): boolean => left.has(this.#kind.keyOf(wire));
    const rest = left.size > 0 ? part.only(isLeft) : undefined;
    if (rest?.size !== part.size) {
      this.#items.worked(part.size);
      if (this.#bytes.isLowered) this.#bytes.worked(part.body.length);
    }
    if (!rest && repeats.size === 0 && this.#unsuccessful.size === 0) {
      this.#succeeded += part.size;
      return undefined;
    }
    for (const wire of part.wires) {
      if (isLeft(wire)) continue;
      const key = this.#kind.keyOf(wire);
      // What the last input of a key wrote stands for the earlier ones too, done or not.
      this.#succeeded += (repeats.get(key) ?? 1) + (this.#unsuccessful.get(key) ?? 0);
      this.#unsuccessful.delete(key);
    }
    return rest;
  }

  #giveUp(part: BulkPart<Wire>, chunk: BulkChunk<Wire>, error?: KVError): void {
    const keys = part.wires.map(this.#kind.keyOf);
    for (const key of keys) {
      const inputs = (this.#unsuccessful.get(key) ?? 0) + (chunk.repeats.get(key) ?? 1);
      this.#unsuccessful.set(key, inputs);
    }
    try {
      if (!this.#end) for (const key of keys) this.#options.onFailure?.({ key, error });
    } catch (cause) {
      // A listener that throws ends the job as an input does; what is left of the request is given up too.
      this.#end ??= { cause };
    }
    if (this.#end) chunk.state = "lost";
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
