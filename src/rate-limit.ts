/** Send → Send: when to send. The token's budget, as a sliding window, and what the Ratelimit headers say of it. */
import { longestTimer, onAbort } from "./abort.ts";
import type { Answer } from "./answer.ts";
import { KVInputError, KVRateLimitError } from "./errors.ts";
import { check, checkWhole } from "./limits.ts";
import { limits } from "./schema.ts";
import type { Call, KVEvent, Send } from "./transport.ts";
import { Line, Window } from "./window.ts";

export interface RateLimitOptions {
  /** How many requests may start within any `window`. @default 1200, Cloudflare's limit for one user's tokens */
  requests?: number | undefined;
  /** The length of the window in ms. @default 300_000 */
  window?: number | undefined;
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
/** What jobs leave of the budget to single calls. */
const jobReserve = 0.02;
/**
 * What single calls leave of it where others use the token too, and jobs besides: each client learns only by its
 * next answer what the others have sent.
 */
const sharedReserve = 0.01;
/** Cloudflare allows so many requests a second from one address (FACTS.md §3). */
const burst = { requests: limits.requestsPerSecond, window: 1000 };
/** A pause after a 429 doubles up to this, in ms, where the service asks for no longer one. */
const longestUnsaid = 60_000;

/**
 * A request budget to share between clients: `createKV({ rateLimit: budget, … })`. Cloudflare counts by user,
 * so that two accounts under one token have one budget.
 *
 * @throws KVInputError where `requests` is no whole number from 1, or `window` not positive
 */
export function createRateLimit({
  requests = limits.requestsPerWindow,
  window = limits.requestWindowSeconds * 1000,
}: RateLimitOptions = {}): RateLimit {
  return new Budget(requests, window);
}

export function rateLimit(
  send: Send,
  budget: RateLimit,
  { maxDelay, onEvent }: { maxDelay: number; onEvent: ((event: KVEvent) => void) | undefined },
): Send {
  if (!(budget instanceof Budget)) throw new KVInputError("rateLimit is not what createRateLimit() gave");
  return async (call) => {
    const start = await budget.start(call, call.maxDelay ?? maxDelay, onEvent);
    try {
      const answer = await send(call);
      budget.observe(answer, start);
      return answer;
    } finally {
      budget.end();
    }
  };
}

/** A call in the queue. */
interface Waiting {
  readonly call: Call;
  readonly isPaced: boolean;
  readonly since: number;
  readonly maxDelay: number;
  readonly resolve: (start: number) => void;
  readonly reject: (error: unknown) => void;
}

/** What the service says of the budget: so many more until then. */
interface Told {
  left: number;
  until: number;
  /** Whether others use the token too: less is left than we know to have used. */
  isShared: boolean;
}

class Budget implements RateLimit {
  readonly requests: number;
  readonly window: number;
  readonly #whole: Window;
  readonly #burst: Window;
  /** Requests without an answer. They count until it comes: when the service saw them is not known before. */
  #inFlight = 0;
  /** How many requests were started so far. */
  #started = 0;
  #told: Told | undefined;
  /** Which request's answer told it last. */
  #toldBy = 0;
  /** The least time between two starts of jobs, in ms. */
  #interval: number;
  #nextPaced = -Infinity;
  #pausedUntil = 0;
  #refusals = 0;
  readonly #singles = new Line<Waiting>();
  readonly #jobs = new Line<Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(requests: number, window: number) {
    checkWhole("rateLimit.requests", requests, 1);
    check(Number.isFinite(window) && window > 0, "rateLimit.window", window, "a positive number of ms");
    this.requests = requests;
    this.window = window;
    this.#interval = window / requests;
    this.#whole = new Window(requests, window);
    this.#burst = new Window(burst.requests, burst.window);
  }

  get remaining(): number {
    const now = performance.now();
    if (now < this.#pausedUntil) return 0;
    const told = this.#told;
    const left = told && now < told.until ? told.left - this.#reserve(told, false) : Infinity;
    return Math.max(0, Math.min(left, this.#whole.left(this.#inFlight, now)));
  }

  /** Resolves with its number when the call may be sent. Calls go in order; those of a job give way to single ones. */
  start(
    call: Call,
    maxDelay: number,
    onEvent: ((event: KVEvent) => void) | undefined,
  ): Promise<number> | number {
    const { operation, signal, attempts, job } = call;
    signal?.throwIfAborted();
    const now = performance.now();
    const isPaced = job !== undefined && ++job.queued > unpacedRequests;
    const queue = isPaced ? this.#jobs : this.#singles;
    const at = this.#earliest(isPaced, queue.size, now);
    const delay = at - now;
    if (delay > maxDelay) throw this.#refusal({ call, isPaced, since: now, maxDelay }, at);
    const isNext = this.#singles.size === 0 && queue.size === 0;
    if (isNext && delay <= 0 && !this.#awaitsAnswer(isPaced, now)) return this.#take(isPaced, now);

    onEvent?.({ type: "wait", operation, attempt: attempts + 1, delay, reason: "rate limit" });
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        queue.leave(place);
        end();
      };
      const end = onAbort(signal, () => {
        leave();
        reject(signal!.reason);
        this.#pump();
      });
      const place = queue.join({
        call,
        isPaced,
        since: now,
        maxDelay,
        resolve: (start) => (leave(), resolve(start)),
        reject: (error) => (leave(), reject(error)),
      });
      if (isNext) this.#pump();
    });
  }

  /** The request has been answered, or has failed. */
  end(): void {
    const now = performance.now();
    this.#inFlight--;
    this.#whole.add(now);
    this.#burst.add(now);
    this.#pump();
  }

  /** Takes in what the answer to the request of that number says of the budget. */
  observe(answer: Answer, start: number): void {
    const now = performance.now();
    const policies = parseFields(answer.headers.get("ratelimit-policy")).filter(
      ({ q, w }) => q! > 0 && w! > 0,
    );
    // An answer that does not come from the service says nothing of them.
    if (policies.length > 0 || answer.ok) {
      this.#interval = Math.max(this.window / this.requests, ...policies.map(({ q, w }) => (w! * 1000) / q!));
    }
    const [lowest] = parseFields(answer.headers.get("ratelimit"))
      .filter(({ r, t }) => r! >= 0 && t! >= 0)
      .sort((a, b) => a.r! - b.r!);
    // An older request's answer may come later; it knows less.
    if (lowest && start > this.#toldBy) {
      this.#toldBy = start;
      const { r: left, t } = lowest as { r: number; t: number };
      const isShared = left < this.#whole.left(this.#inFlight, now);
      this.#told = { left, until: now + t * 1000, isShared };
    } else if (!lowest && answer.ok && this.#told && now >= this.#told.until) {
      this.#told = undefined;
    }

    if (!answer.isThrottled) {
      this.#refusals = 0;
      return;
    }
    // Those that were in flight together are refused together: one pause for all.
    const isFirst = now >= this.#pausedUntil;
    const told = lowest?.r === 0 ? lowest.t! * 1000 : 0;
    // Whoever is told to come back at once, and is refused again, would do so without end.
    const least = isFirst ? Math.min(longestUnsaid, 1000 * 2 ** this.#refusals++) : 0;
    this.#pausedUntil = Math.max(this.#pausedUntil, now + Math.max(answer.retryAfter ?? told, least));
    for (const queue of [this.#singles, this.#jobs]) {
      for (const { call, isPaced, since: joined, maxDelay, reject } of queue) {
        // A single call waits for maxDelay in all. Some of a job's always wait: theirs is for each pause, as it is
        // for those that were sent; after it they go before those, and no more wait than the job sends at once.
        const since = call.job ? now : joined;
        if (Math.floor(this.#pausedUntil - since) <= maxDelay) continue;
        reject(this.#refusal({ call, isPaced, since, maxDelay }, this.#pausedUntil));
      }
    }
  }

  #take(isPaced: boolean, now: number): number {
    this.#inFlight++;
    if (this.#told) this.#told.left--;
    // Timers are late by a little; that is made up for, a pause is not.
    const isLate = now - this.#nextPaced < this.#interval;
    if (isPaced) this.#nextPaced = (isLate ? this.#nextPaced : now) + this.#interval;
    return ++this.#started;
  }

  /** Starts all that may start now, and comes back when the next one may. */
  #pump(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (const queue of [this.#singles, this.#jobs]) {
      for (const { isPaced, resolve } of queue) {
        const at = this.#earliest(isPaced, 0, now);
        if (at > now) this.#timer = setTimeout(() => this.#pump(), Math.min(at - now, longestTimer));
        if (at > now || this.#awaitsAnswer(isPaced, now)) return;
        resolve(this.#take(isPaced, now));
      }
    }
  }

  /** When the call that has so many before it in its queue may start, as far as can be told now. */
  #earliest(isPaced: boolean, before: number, now: number): number {
    const ahead = isPaced ? before + this.#singles.size : before;
    const reserve = isPaced ? Math.floor(this.requests * jobReserve) : 0;
    const told = this.#toldTo(isPaced);
    return Math.max(
      now,
      this.#pausedUntil,
      isPaced ? this.#nextPaced + before * this.#interval : 0,
      told && told.left - ahead <= this.#reserve(told, isPaced) ? told.until : 0,
      this.#whole.free(reserve, this.#inFlight, ahead, now),
      this.#burst.free(0, this.#inFlight, ahead, now),
    );
  }

  /**
   * Whether an answer that is under way has to come first: what the service says is left, it says without those
   * in flight, ours and as many of others; and when that time is over, one request asks anew.
   */
  #awaitsAnswer(isPaced: boolean, now: number): boolean {
    const told = this.#toldTo(isPaced);
    if (!told || this.#inFlight === 0) return false;
    const uncounted = told.isShared ? 2 * this.#inFlight : this.#inFlight;
    return now >= told.until || told.left - uncounted <= this.#reserve(told, isPaced);
  }

  /** Jobs leave so much to others that what the service says matters to them only where it is far lower. */
  #toldTo(isPaced: boolean): Told | undefined {
    return isPaced && !this.#told?.isShared ? undefined : this.#told;
  }

  /** How much of what the service says is left is not for us. */
  #reserve({ isShared }: Told, isPaced: boolean): number {
    return isShared ? Math.ceil(this.requests * (isPaced ? jobReserve + sharedReserve : sharedReserve)) : 0;
  }

  #refusal(
    { call, isPaced, since, maxDelay }: Omit<Waiting, "resolve" | "reject">,
    at: number,
  ): KVRateLimitError {
    const { operation, attempts } = call;
    const isSlowed = isPaced && this.#interval > this.window / this.requests;
    let reason = `the budget of ${this.requests} requests in ${this.window / 1000} s is used up`;
    if (isSlowed || at === this.#toldTo(isPaced)?.until)
      reason = "the service's Ratelimit headers leave too few requests";
    if (at === this.#pausedUntil) reason = "all requests pause after a 429";
    const wait = `it would wait ${Math.ceil((at - since) / 1000)} s, longer than the ${maxDelay / 1000} s of maxDelay`;
    return new KVRateLimitError(`${operation}: not sent${attempts > 0 ? " again" : ""}: ${wait}: ${reason}`, {
      operation,
      attempts: attempts || undefined,
    });
  }
}

/** The parameters of a structured field list (RFC 9651): `"default";r=50;t=30` gives `{ r: 50, t: 30 }`. */
function parseFields(header: string | null): Partial<Record<string, number>>[] {
  if (!header) return [];
  return header
    .split(",")
    .map((item) =>
      Object.fromEntries(
        [...item.matchAll(/;\s*(\w+)=([^;]*)/g)].map(([, name, value]) => [name, Number(value)]),
      ),
    );
}
