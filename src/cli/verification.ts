/** Reading back what was written, or what was read, and comparing. */
import { setTimeout as pause } from "node:timers/promises";
import type { KVNamespaceClient, Pair } from "../index.ts";
import { differences, fingerprint, type Fingerprint } from "./comparison.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import type { Job } from "./job.ts";
import { warn } from "./output.ts";
import { counted, quoted } from "./quantities.ts";

/** So many keys that differ are kept to be read again; a job with more has failed whatever comes. */
const mostKept = 10_000;
const pauseBetween = 5000;

/**
 * Compares pairs with what a namespace has. What differs is read again for a while: a write takes up to a minute,
 * or more, to be seen everywhere.
 *
 * @throws CommandError that names some of those that differ to the end
 */
export async function verify(
  expected: AsyncIterable<Pair>,
  namespace: KVNamespaceClient,
  {
    waitSeconds,
    job: { progress, interruption },
    total,
  }: { waitSeconds: number; job: Job; total?: number | undefined },
): Promise<void> {
  progress.begin({ verb: "verifying", total });
  const { signal } = interruption;
  const until = performance.now() + waitSeconds * 1000;
  let left = await differing(fingerprints(expected), namespace, signal, () => progress.add(1, 0));
  while (left.size > 0 && left.size <= mostKept && performance.now() < until) {
    await pause(Math.min(pauseBetween, until - performance.now()), undefined, { signal }).catch(() => {});
    signal.throwIfAborted();
    left = await differing(left.values(), namespace, signal, () => {});
  }
  if (left.size === 0) return;
  for (const key of [...left.keys()].slice(0, 10)) warn(`differs: ${quoted(key)}`);
  throw new CommandError(exitCodes.failed, `verifying found ${counted(left.size, "key")} that differ`, {
    advice: "they were changed meanwhile, or writes are not seen yet; `wkv diff` shows how they differ",
  });
}

async function* fingerprints(pairs: AsyncIterable<Pair>): AsyncGenerator<Fingerprint, void, undefined> {
  for await (const pair of pairs) {
    const { expiration, expirationTtl } = pair;
    // It is not to be expected any more.
    if (expirationTtl === undefined && expiration !== undefined && expiration <= Date.now() / 1000 + 60)
      continue;
    yield fingerprint(pair);
  }
}

async function differing(
  expected: Iterable<Fingerprint> | AsyncIterable<Fingerprint>,
  namespace: KVNamespaceClient,
  signal: AbortSignal,
  onEach: () => void,
): Promise<Map<string, Fingerprint>> {
  const asked: Fingerprint[] = [];
  async function* keys(): AsyncGenerator<string, void, undefined> {
    for await (const each of expected) {
      asked.push(each);
      yield each.key;
    }
  }
  // Where a key comes more than once, its last pair is the one that counts.
  const result = new Map<string, Fingerprint>();
  for await (const entry of namespace.bulkGet(keys(), { signal })) {
    const wanted = asked.shift()!;
    const isSame = entry.value !== null && differences(wanted, fingerprint(entry)).length === 0;
    if (isSame) result.delete(wanted.key);
    else if (result.size <= mostKept) result.set(wanted.key, wanted);
    onEach();
  }
  return result;
}
