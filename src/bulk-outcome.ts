/** What a bulk write or delete did, by the answer to it. */
import { type Answer, isRecord } from "./answer.ts";
import { failure, malformed } from "./api.ts";
import type { BulkPart } from "./bulk-chunk.ts";
import type { KVAPIError } from "./errors.ts";

export interface BulkOutcome {
  /** The keys that the service did not do. */
  readonly left: ReadonlySet<string>;
  /** Why it did not, where it said. */
  readonly error: KVAPIError | undefined;
  readonly attempts: number;
}

/**
 * Reads the answer. A refusal that counts what was done and names the rest has done so much (spec/kv.yaml, Failure).
 *
 * @throws KVAPIError for every other refusal, and where the answer leaves open what became of a key
 */
export async function bulkOutcome<Wire>(
  call: Promise<{ response: Response }>,
  part: BulkPart<Wire>,
  { keyOf, counts }: { keyOf: (wire: Wire) => string; counts: boolean },
): Promise<BulkOutcome> {
  const answer = (await call).response as Answer;
  const envelope = answer.parsed();
  const isDone = answer.ok && isRecord(envelope) && envelope["success"] === true;
  const result = isRecord(envelope) && isRecord(envelope["result"]) ? envelope["result"] : undefined;
  const named = result?.["unsuccessful_keys"] ?? [];
  const count = result?.["successful_key_count"];
  const isList = Array.isArray(named) && named.every((key): key is string => typeof key === "string");
  const left = new Set<string>(isList ? named : []);
  const expected = part.size - left.size;
  if (!isDone && (left.size === 0 || count !== expected)) throw failure(answer);
  if (!result || !isList) throw malformed(answer, "result does not say which keys were not done");
  const sent = left.size > 0 ? new Set(part.wires.map(keyOf)) : left;
  if (named.some((key) => !sent.has(key))) throw malformed(answer, "it names a key that was not sent");
  if (counts && count === 0 && expected > 0) {
    throw malformed(answer, `it counts no key as done, and names ${left.size} of ${part.size} as not done`);
  }
  return { left, error: isDone ? undefined : failure(answer), attempts: answer.attempts };
}
