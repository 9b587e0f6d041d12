/** Send → Send: whether to send again, how often, and after which pause. */
import { Answer, isRecord } from "./answer.ts";
import { type KVError, KVConnectionError, KVRateLimitError } from "./errors.ts";
import { errorCodes, operations } from "./schema.ts";
import { type Call, type KVEvent, type Send, sleep } from "./transport.ts";

export interface RetryPolicy {
  /** How often a request is sent again. */
  limit: number;
  /** The longest pause in ms, where the call has none of its own. */
  maxDelay: number;
  /** Whether a rate limit below holds back what was throttled, so that nobody waits twice. */
  isPaced: boolean;
  onEvent: ((event: KVEvent) => void) | undefined;
}

/** Full jitter: anything up to 500 ms × 2^n, so that clients that failed together do not come back together. */
export function backoff(resends: number): number {
  return Math.random() * 500 * 2 ** resends;
}

export function retry(send: Send, { limit, maxDelay, isPaced, onEvent }: RetryPolicy): Send {
  return async (call) => {
    const started = performance.now();
    for (let resends = 0; ; resends++) {
      const outcome = await send(call).catch((error: unknown) => error as KVError);
      const failure = whyTransient(outcome, call);
      if (failure === undefined) return settle(outcome);

      const tries = `${call.attempts} attempts in ${((performance.now() - started) / 1000).toFixed(1)} s`;
      const attempts = call.attempts === 1 ? "" : tries;
      if (!operations[call.operation].idempotent && !wasNotReceived(outcome)) {
        return settle(outcome, `${attempts && `${attempts}; `}not sent again: what it creates may exist`);
      }
      if (resends === limit) return settle(outcome, attempts);
      const asked = isAnswer(outcome) ? outcome.retryAfter : undefined;
      const isLimited = isPaced && isThrottled(outcome);
      const delay = isLimited ? 0 : Math.max(asked ?? 0, backoff(resends));
      const longest = call.maxDelay ?? maxDelay;
      if (delay > longest && asked !== undefined) {
        const wait = `the service asks to wait ${seconds(asked)}, longer than the ${seconds(longest)} of maxDelay`;
        return settle(outcome, `${attempts && `${attempts}; `}${wait}`);
      }
      const pause = Math.min(delay, longest);
      onEvent?.({
        type: "retry",
        operation: call.operation,
        attempt: call.attempts,
        delay: pause,
        reason: failure,
      });
      if (pause > 0) await sleep(pause, call.signal);
    }
  };
}

const seconds = (ms: number): string => `${Math.ceil(ms / 1000)} s`;

type Outcome = Answer | KVError;

/** What was thrown may be anything: the reason of an abort need not be an object. */
const isAnswer = (outcome: unknown): outcome is Answer => outcome instanceof Answer;

/** Why the same request may go well the next time; `undefined` where the outcome is final. */
function whyTransient(outcome: Outcome, call: Call): string | undefined {
  if (!isAnswer(outcome)) return outcome instanceof KVConnectionError ? outcome.name : undefined;
  const { status, problems } = outcome;
  const isHandled = (number: number): boolean => call.handles?.includes(number) ?? false;
  if (isHandled(status) || problems.some(({ code }) => isHandled(code))) return undefined;
  if (problems.some(({ code }) => code === errorCodes.dailyQuota)) return undefined;
  const code = problems.find((problem) => transientCodes.includes(problem.code))?.code;
  if (code !== undefined) return `code ${code}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) return `status ${status}`;
  return outcome.ok && !isComplete(outcome) ? `status ${status} without an envelope` : undefined;
}

const transientCodes: readonly number[] = [errorCodes.throttled, errorCodes.bulkOperationsInProgress];

/** A proxy's page with 200, or JSON that breaks off. */
function isComplete(answer: Answer): boolean {
  if (answer.operation === "readValue" || answer.status === 204 || answer.status === 205) return true;
  const envelope = answer.parsed();
  return isRecord(envelope) && typeof envelope["success"] === "boolean";
}

function isThrottled(outcome: Outcome): boolean {
  if (!isAnswer(outcome)) return false;
  return outcome.status === 429 || outcome.problems.some(({ code }) => code === errorCodes.throttled);
}

/** Whether the service certainly did nothing: it never got the request, or says that it refused to take it. */
function wasNotReceived(outcome: Outcome): boolean {
  if (isAnswer(outcome)) return isThrottled(outcome) || outcome.status === 408 || outcome.status === 425;
  // Node's fetch puts the reason into `cause`; Bun and interceptors throw it as it is.
  for (let error: unknown = outcome.cause; error instanceof Error; error = error.cause) {
    if ("code" in error && unconnectedCodes.includes(String(error.code))) return true;
    // Deno has no codes (2.9: "error trying to connect: …", "dns error: …").
    if (/tcp connect error|dns error|Connection refused/i.test(error.message)) return true;
  }
  return false;
}

const unconnectedCodes = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "ConnectionRefused",
];

/** Hands on an outcome, with what is to be said of it. */
function settle(outcome: Outcome, note = ""): Answer {
  if (isAnswer(outcome)) {
    outcome.note = note || undefined;
    return outcome;
  }
  if (note && outcome instanceof Error && !(outcome instanceof KVRateLimitError))
    outcome.message += ` (${note})`;
  throw outcome;
}
