/** Which keys a namespace has already. */
import type { KVNamespaceClient } from "../index.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";

export interface ExistingKeys {
  has(key: string): boolean;
}

/** The keys that a namespace has of those given: worth it for few, at 100 a request. */
export async function existingOf(
  namespace: KVNamespaceClient,
  keys: AsyncIterable<string>,
  signal: AbortSignal,
): Promise<ExistingKeys> {
  const existing = new Set<string>();
  for await (const { key, value } of namespace.bulkGet(keys, { signal }))
    if (value !== null) existing.add(key);
  return existing;
}

/** All keys of a namespace, at 1,000 a request. */
export async function listExisting(
  namespace: KVNamespaceClient,
  prefix: string,
  signal: AbortSignal,
): Promise<ExistingKeys> {
  const keys = new OrderedKeys();
  for await (const { name } of namespace.list({ prefix, signal })) keys.add(name);
  return keys;
}

/** A million keys as a million strings would take more memory than all the rest: here they are one run of bytes. */
class OrderedKeys implements ExistingKeys {
  #bytes: Buffer = Buffer.alloc(1 << 16);
  /** Where each key ends. */
  #ends = new Uint32Array(1 << 10);
  #count = 0;

  add(key: string): void {
    const start = this.#endOf(this.#count - 1);
    const end = start + Buffer.byteLength(key);
    if (end > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes], Math.max(end, this.#bytes.length * 2));
    if (this.#count === this.#ends.length) {
      const ends = new Uint32Array(this.#count * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#bytes.write(key, start);
    this.#ends[this.#count++] = end;
    if (this.#count > 1 && this.#compare(this.#count - 2, this.#keyAt(this.#count - 1)) > 0) {
      throw new CommandError(
        exitCodes.failed,
        "the service lists keys that are not in the order of their bytes",
      );
    }
  }

  has(key: string): boolean {
    const wanted = Buffer.from(key);
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = this.#compare(middle, wanted);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  #endOf(index: number): number {
    return index < 0 ? 0 : this.#ends[index]!;
  }

  #keyAt(index: number): Buffer {
    return this.#bytes.subarray(this.#endOf(index - 1), this.#endOf(index));
  }

  #compare(index: number, key: Buffer): number {
    return Buffer.compare(this.#keyAt(index), key);
  }
}
