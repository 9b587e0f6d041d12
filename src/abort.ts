/** Waiting that an abort ends at once. */
import { check } from "./limits.ts";

/** What a timer can wait: 32 bits, some 24 days. A longer one would fire at once. */
export const longestTimer: number = 2 ** 31 - 1;

/** Refuses what is no signal, most often the controller that has it. */
export function checkSignal(signal: AbortSignal | null | undefined): void {
  const isSignal = typeof signal?.throwIfAborted === "function";
  check(isSignal || signal === undefined || signal === null, "signal", signal, "an AbortSignal");
}

/** Who listens to a signal, and what calls them. */
const listening = new WeakMap<AbortSignal, { all: Set<() => void>; call: () => void }>();

/**
 * Calls back when the signal is aborted, once; what it gives ends that. Of all that listen, the signal sees one:
 * Node warns of a leak where it has more than 10, and a signal may be that of a thousand calls.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal) return () => {};
  let known = listening.get(signal);
  if (!known) {
    const all = new Set<() => void>();
    known = { all, call: () => all.forEach((each) => each()) };
    listening.set(signal, known);
    signal.addEventListener("abort", known.call, { once: true });
  }
  const { all, call } = known;
  all.add(listener);
  return () => {
    if (!all.delete(listener) || all.size > 0) return;
    listening.delete(signal);
    signal.removeEventListener("abort", call);
  };
}

/** A signal that is aborted along with the given one, and by `end`, where its answers are wanted no longer. */
export function endable(signal: AbortSignal | undefined): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(signal!.reason);
  if (signal?.aborted) abort();
  const leave = onAbort(signal, abort);
  return {
    signal: controller.signal,
    end() {
      leave();
      controller.abort();
    },
  };
}

/** Settles as the promise does, or at once with the signal's reason when it is aborted. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    const end = onAbort(signal, abort);
    promise.then(resolve, reject).finally(end);
  });
}

/** Waits, and ends at once with the signal's reason when it is aborted. */
export function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const waiting = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, longestTimer));
  });
  return unlessAborted(waiting, signal).finally(() => clearTimeout(timer));
}
