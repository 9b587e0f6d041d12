/** What two sets of pairs differ in. */
import { createHash } from "node:crypto";
import type { Pair } from "../index.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { compareKeys } from "./key-mapping.ts";
import { quoted } from "./quantities.ts";

/** A pair in a form that is small and can be compared. */
export interface Fingerprint {
  readonly key: string;
  /** Of the value's bytes; "" where only keys are compared. */
  readonly value: string;
  /** As JSON with sorted names. */
  readonly metadata: string;
  /** In whole seconds, as it is written; "relative" where a time to live leaves open when that will be. */
  readonly expiration: number | "relative" | undefined;
}

export type Difference = "value" | "metadata" | "expiration";

export function fingerprint({ key, value, metadata, expiration, expirationTtl }: Pair): Fingerprint {
  const hash = createHash("sha256");
  hash.update(value instanceof ArrayBuffer ? new Uint8Array(value) : value);
  return {
    key,
    value: hash.digest("base64"),
    metadata: canonicalJson(metadata ?? null),
    expiration: expirationTtl === undefined ? expiration && Math.trunc(expiration) : "relative",
  };
}

/** JSON whose objects have their names in order: two texts are equal where what they stand for is. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    each !== null && typeof each === "object" && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}

export function differences(a: Fingerprint, b: Fingerprint): Difference[] {
  const isOpen = [a, b].some(({ expiration }) => expiration === "relative");
  const compared = ["value", "metadata", "expiration"] as const;
  return compared.filter((name) => a[name] !== b[name] && !(isOpen && name === "expiration"));
}

/** Two sets of items, each in the order of its keys, side by side. */
export async function* merge<A, B>(
  as: AsyncIterable<A>,
  bs: AsyncIterable<B>,
  keyOfA: (item: A) => string,
  keyOfB: (item: B) => string,
): AsyncGenerator<{ a: A | undefined; b: B | undefined }, void, undefined> {
  const left = new Ordered(as, keyOfA);
  const right = new Ordered(bs, keyOfB);
  try {
    // Both at once: each waits for answers of its own.
    await Promise.all([left.advance(), right.advance()]);
    while (left.item || right.item) {
      const order = !left.item ? 1 : !right.item ? -1 : compareKeys(left.item.key, right.item.key);
      yield { a: order <= 0 ? left.item!.value : undefined, b: order >= 0 ? right.item!.value : undefined };
      if (order === 0) await Promise.all([left.advance(), right.advance()]);
      else await (order < 0 ? left : right).advance();
    }
  } finally {
    await Promise.all([left.close(), right.close()]);
  }
}

class Ordered<T> {
  item: { key: string; value: T } | undefined;
  readonly #items: AsyncIterator<T>;
  readonly #keyOf: (item: T) => string;

  constructor(items: AsyncIterable<T>, keyOf: (item: T) => string) {
    this.#items = items[Symbol.asyncIterator]();
    this.#keyOf = keyOf;
  }

  async advance(): Promise<void> {
    const { done, value } = await this.#items.next();
    const before = this.item?.key;
    this.item = done ? undefined : { key: this.#keyOf(value), value };
    if (before === undefined || !this.item || compareKeys(before, this.item.key) < 0) return;
    const keys = `${quoted(this.item.key)} came behind ${quoted(before)}`;
    throw new CommandError(exitCodes.failed, `keys are not in the order of their UTF-8 bytes: ${keys}`);
  }

  async close(): Promise<void> {
    await this.#items.return?.();
  }
}
