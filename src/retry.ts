/** Send → Send: whether to send again, how often, and after which pause. */
import { sleep } from "./abort.ts";
import { Answer } from "./answer.ts";
import { KVConnectionError, KVTimeoutError } from "./errors.ts";
import { errorCodes, operations } from "./schema.ts";
import type { Call, KVEvent, Send } from "./transport.ts";

/** How often something is sent again, and the longest pause before it is, in ms. */
export interface Resending {
  readonly limit: number;
  readonly maxDelay: number;
}

export interface RetryPolicy extends Resending {
  /** Whether a rate limit below holds back what was throttled, so that nobody waits twice. */
  isPaced: boolean;
  onEvent: ((event: KVEvent) => void) | undefined;
}

/** Full jitter: anything up to 500 ms × 2^n, so that clients that failed together do not come back together. */
export function backoff(resends: number, maxDelay: number): number {
  return Math.min(Math.random() * 500 * 2 ** resends, maxDelay);
}

export function retry(send: Send, { limit, maxDelay, isPaced, onEvent }: RetryPolicy): Send {
  return async (call) => {
    const { operation, signal } = call;
    // A call within a job has its own.
    const longest = call.maxDelay ?? maxDelay;
    const started = performance.now();
    let isRepeat = false;
    for (let resends = 0; ; resends++) {
      let outcome: Outcome;
      try {
        outcome = await send(call);
      } catch (error) {
        signal?.throwIfAborted();
        // What failed before it was sent is of the caller's own function for the token.
        if (!(error instanceof KVConnectionError) || call.attempts === resends) throw error;
        outcome = error;
      }
      if (outcome instanceof Answer) outcome.isRepeat = isRepeat;
      const reason = whyTransient(outcome, call);
      if (reason === undefined) return settle(outcome, []);

      const elapsed = ((performance.now() - started) / 1000).toFixed(1);
      const notes = call.attempts > 1 ? [`${call.attempts} attempts in ${elapsed} s`] : [];
      const obstacle = whyNotAgain(outcome, call);
      if (obstacle !== undefined) return settle(outcome, [...notes, `not sent again: ${obstacle}`]);
      if (resends >= limit) return settle(outcome, notes);

      const asked = (outcome instanceof Answer && outcome.retryAfter) || 0;
      if (asked > longest) {
        const wait = `the service asks to wait ${seconds(asked)}, longer than the ${seconds(longest)} of maxDelay`;
        return settle(outcome, [...notes, wait]);
      }
      const isHeldBelow = isPaced && outcome instanceof Answer && outcome.isThrottled;
      const delay = isHeldBelow ? 0 : Math.max(asked, backoff(resends, longest));
      isRepeat ||= !wasNotReceived(outcome);
      onEvent?.({ type: "retry", operation, attempt: call.attempts, delay, reason });
      if (delay > 0) await sleep(delay, signal);
    }
  };
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

/** What may be worth a second try. */
type Outcome = Answer | KVConnectionError;

/** Why the same request may go well the next time; `undefined` where the outcome is final. */
function whyTransient(outcome: Outcome, { handles = [] }: Call): string | undefined {
  if (!(outcome instanceof Answer)) return outcome.name;
  const { status, isComplete, ok } = outcome;
  if (ok && isComplete && outcome.problems.length === 0) return undefined;
  const codes = outcome.problems.map(({ code }) => code);
  if ([status, ...codes].some((number) => handles.includes(number))) return undefined;
  if (codes.includes(errorCodes.dailyQuota)) return undefined;
  const code = codes.find((each) => transientCodes.has(each));
  if (code !== undefined) return `code ${code}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) return `status ${status}`;
  return isComplete ? undefined : `status ${status} with no answer of the service`;
}

const transientCodes = new Set<number>([errorCodes.throttled, errorCodes.bulkOperationsInProgress]);

/** Why it cannot be sent a second time all the same. */
function whyNotAgain(outcome: Outcome, { operation, init }: Call): string | undefined {
  if (!operations[operation].idempotent && !wasNotReceived(outcome)) return "what it creates may exist";
  return init.body instanceof ReadableStream ? "its body is a stream, which is read once" : undefined;
}

/** Whether the service certainly did nothing: it never got the request, or says that it refused to take it. */
function wasNotReceived(outcome: Outcome): boolean {
  if (outcome instanceof Answer) {
    return outcome.isThrottled || outcome.status === 408 || outcome.status === 425;
  }
  // Node's fetch puts the reason into `cause`; Bun and interceptors throw it as it is.
  for (let error: unknown = outcome.cause; error instanceof Error; error = error.cause) {
    const { code, syscall } = error as { code?: unknown; syscall?: unknown };
    if (syscall === "connect" || unconnectedCodes.has(code)) return true;
    // Deno has no codes (2.9: "error trying to connect: …", "dns error: …").
    if (/tcp connect error|dns error|Connection refused/i.test(error.message)) return true;
  }
  return false;
}

const unconnectedCodes = new Set<unknown>([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
]);

/** Hands on an outcome, with what is to be said of it. */
function settle(outcome: Outcome, notes: readonly string[]): Answer {
  const note = notes.join("; ");
  if (outcome instanceof Answer) {
    outcome.note = note || undefined;
    return outcome;
  }
  if (!note) throw outcome;
  // A new one: the stack of an error has the message that it was made with.
  const ErrorClass = outcome instanceof KVTimeoutError ? KVTimeoutError : KVConnectionError;
  const { operation, attempts, cause } = outcome;
  throw new ErrorClass(`${outcome.message} (${note})`, { operation, attempts, cause });
}
