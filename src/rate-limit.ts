/** Send → Send: when to send. The token's budget, as a sliding window, and what the Ratelimit headers say of it. */
import type { Answer } from "./answer.ts";
import { KVRateLimitError } from "./errors.ts";
import { errorCodes, limits } from "./schema.ts";
import type { Call, KVEvent, Send } from "./transport.ts";

export interface RateLimitOptions {
  /** How many requests may start within any `window`. @default 1200, Cloudflare's limit for one user's tokens */
  requests?: number;
  /** The length of the window in ms. @default 300_000 */
  window?: number;
}

/** The request budget of a token. Two clients that use the same token share one. */
export interface RateLimit {
  readonly requests: number;
  readonly window: number;
  /** How many requests may start now. */
  readonly remaining: number;
}

/** A job's first requests go at full speed; a longer one then starts them evenly. */
const unpacedRequests = 100;
/** What jobs leave of the budget to single calls, and to other clients of the same token. */
const reserveShare = 0.02;
/** Cloudflare allows so many requests a second from one address (FACTS.md §3). */
const burst = { requests: limits.requestsPerSecond, window: 1000 };

/**
 * A request budget to share between clients: `createKV({ rateLimit: budget, … })`. Cloudflare counts by user,
 * so that two accounts under one token have one budget.
 *
 * @throws RangeError where a number is not positive
 */
export function createRateLimit({
  requests = limits.requestsPerWindow,
  window = limits.requestWindowSeconds * 1000,
}: RateLimitOptions = {}): RateLimit {
  return new SlidingWindow(requests, window);
}

export function rateLimit(
  send: Send,
  budget: RateLimit,
  { maxDelay, onEvent }: { maxDelay: number; onEvent: ((event: KVEvent) => void) | undefined },
): Send {
  const window = budget as SlidingWindow;
  return async (call) => {
    await window.start(call, call.maxDelay ?? maxDelay, onEvent);
    try {
      const answer = await send(call);
      window.observe(answer);
      return answer;
    } finally {
      window.end();
    }
  };
}

interface Waiting {
  call: Call;
  isPaced: boolean;
  since: number;
  maxDelay: number;
  resolve(): void;
  reject(error: unknown): void;
}

class SlidingWindow implements RateLimit {
  readonly requests: number;
  readonly window: number;
  readonly #reserve: number;
  /** Requests without an answer. They count until it comes: when the service saw them is not known before. */
  #inFlight = 0;
  /** When the requests of the last window were answered, oldest first. */
  #answered: number[] = [];
  /** The service's own count: so many more until then. */
  #ceiling = { left: Infinity, until: 0 };
  /** The least time between two starts of jobs, in ms. */
  #interval: number;
  #nextPaced = 0;
  #pausedUntil = 0;
  #refusals = 0;
  #singles: Waiting[] = [];
  #jobs: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(requests: number, window: number) {
    if (!(requests >= 1) || !(window > 0)) {
      throw new RangeError(
        `rateLimit: requests is ${requests} and window is ${window}; both must be positive`,
      );
    }
    this.requests = requests;
    this.window = window;
    this.#reserve = Math.floor(requests * reserveShare);
    this.#interval = window / requests;
  }

  get remaining(): number {
    const now = performance.now();
    if (now < this.#pausedUntil) return 0;
    return Math.max(0, Math.min(this.requests - this.#used(now, this.window), this.#left(now)));
  }

  /** Resolves when the call may be sent. Calls go in order; those of a job give way to single ones. */
  start(call: Call, maxDelay: number, onEvent: ((event: KVEvent) => void) | undefined): Promise<void> | void {
    const now = performance.now();
    const isPaced = call.job !== undefined && ++call.job.queued > unpacedRequests;
    const queue = isPaced ? this.#jobs : this.#singles;
    const delay = this.#earliest(isPaced, queue.length, now) - now;
    if (delay > maxDelay) throw this.#refusal(call, delay, maxDelay);
    if (delay <= 0 && queue.length === 0) return this.#take(isPaced, now);

    onEvent?.({
      type: "wait",
      operation: call.operation,
      attempt: call.attempts + 1,
      delay,
      reason: "rate limit",
    });
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        queue.splice(queue.indexOf(waiting), 1);
        reject(call.signal!.reason);
      };
      const detach = (): void => call.signal?.removeEventListener("abort", abort);
      const waiting: Waiting = {
        call,
        isPaced,
        since: now,
        maxDelay,
        resolve: () => (detach(), resolve()),
        reject: (error) => (detach(), reject(error)),
      };
      call.signal?.addEventListener("abort", abort, { once: true });
      queue.push(waiting);
      this.#pump();
    });
  }

  /** The request has been answered, or has failed. */
  end(): void {
    this.#inFlight--;
    this.#answered.push(performance.now());
    this.#pump();
  }

  observe(answer: Answer): void {
    const now = performance.now();
    const policies = parseFields(answer.headers.get("ratelimit-policy")).filter(
      ({ q, w }) => q! > 0 && w! > 0,
    );
    for (const { q, w } of policies) this.#interval = Math.max(this.#interval, (w! * 1000) / q!);

    const [lowest] = parseFields(answer.headers.get("ratelimit"))
      .filter(({ r, t }) => r! >= 0 && t! >= 0)
      .sort((a, b) => a.r! - b.r!);
    if (lowest) {
      const until = now + lowest.t! * 1000;
      // The answer may be older than the requests in flight: they are not in its count, or are.
      const left = lowest.r! - (this.#inFlight - 1);
      const isSameWindow = Math.abs(until - this.#ceiling.until) < 1500;
      this.#ceiling = { left: isSameWindow ? Math.min(left, this.#ceiling.left) : left, until };
    }

    if (answer.status === 429 || answer.problems.some(({ code }) => code === errorCodes.throttled)) {
      const unsaid = lowest?.r === 0 ? lowest.t! * 1000 : Math.min(60_000, 1000 * 2 ** this.#refusals);
      this.#refusals++;
      this.#pausedUntil = Math.max(this.#pausedUntil, now + (answer.retryAfter ?? unsaid));
      this.#refuseWaiting(now);
    } else {
      this.#refusals = 0;
    }
  }

  #take(isPaced: boolean, now: number): void {
    this.#inFlight++;
    this.#ceiling.left--;
    if (isPaced) this.#nextPaced = Math.max(this.#nextPaced, now - this.#interval) + this.#interval;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    let next = Infinity;
    for (const queue of [this.#singles, this.#jobs]) {
      while (queue.length > 0) {
        const at = this.#earliest(queue[0]!.isPaced, 0, now);
        if (at > now) {
          next = Math.min(next, at);
          break;
        }
        const { isPaced, resolve } = queue.shift()!;
        this.#take(isPaced, now);
        resolve();
      }
    }
    if (next < Infinity) this.#timer = setTimeout(() => this.#pump(), Math.max(1, next - now));
  }

  /** When the call that has so many before it in its queue may start, as far as can be told now. */
  #earliest(isPaced: boolean, before: number, now: number): number {
    const reserve = isPaced ? this.#reserve : 0;
    const start = Math.max(now, this.#pausedUntil, isPaced ? this.#nextPaced + before * this.#interval : 0);
    return Math.max(
      start,
      this.#free(this.requests - reserve, this.window, before, start),
      this.#free(burst.requests, burst.window, before, start),
      this.#left(now) - reserve > before ? start : this.#ceiling.until,
    );
  }

  /** When a window has room for one more than those before. */
  #free(requests: number, window: number, before: number, now: number): number {
    const excess = this.#used(now, window) + before + 1 - requests;
    if (excess <= 0) return now;
    const first = this.#answered.length - (this.#used(now, window) - this.#inFlight);
    const last = this.#answered[first + excess - 1];
    return (last ?? now) + window;
  }

  #used(now: number, window: number): number {
    let first = 0;
    while (first < this.#answered.length && this.#answered[first]! <= now - this.window) first++;
    if (first > 0) this.#answered.splice(0, first);
    let recent = this.#answered.length;
    while (recent > 0 && this.#answered[recent - 1]! > now - window) recent--;
    return this.#inFlight + this.#answered.length - recent;
  }

  #left(now: number): number {
    return now < this.#ceiling.until ? this.#ceiling.left : Infinity;
  }

  /** A pause for all that came up while calls were waiting may be too long for some of them. */
  #refuseWaiting(now: number): void {
    for (const queue of [this.#singles, this.#jobs]) {
      for (const waiting of [...queue]) {
        const delay = this.#pausedUntil - waiting.since;
        if (delay <= waiting.maxDelay) continue;
        queue.splice(queue.indexOf(waiting), 1);
        waiting.reject(this.#refusal(waiting.call, this.#pausedUntil - now, waiting.maxDelay));
      }
    }
  }

  #refusal({ operation, attempts }: Call, delay: number, maxDelay: number): KVRateLimitError {
    const budget = `the budget of ${this.requests} requests in ${this.window / 1000} s`;
    const wait = `for another ${Math.ceil(delay / 1000)} s, longer than the ${maxDelay / 1000} s of maxDelay`;
    return new KVRateLimitError(`${operation}: not sent: ${budget} is used up ${wait}`, {
      operation,
      attempts: attempts || undefined,
    });
  }
}

/** The parameters of a structured field list (RFC 9651): `"default";r=50;t=30` gives `{ r: 50, t: 30 }`. */
function parseFields(header: string | null): Partial<Record<string, number>>[] {
  if (!header) return [];
  return header.split(",").map((item) =>
    Object.fromEntries(
      item
        .split(";")
        .slice(1)
        .map((parameter) => parameter.split("="))
        .map(([name, value]) => [name!.trim(), Number(value)]),
    ),
  );
}
