/** The store in memory: a Map for reads, and the keys in sorted blocks for lists. */
import { compareKeys } from "../limits.ts";
import type {
  Entries,
  KeyRange,
  OpenNamespace,
  Store,
  StoredEntry,
  StoredKey,
  StoredNamespace,
} from "./store.ts";

/** A store that lives as long as the process. */
export function memoryStore(): Store {
  const accounts = new Map<string, Map<string, Opened>>();
  const of = (accountId: string): Map<string, Opened> => accounts.get(accountId) ?? new Map();
  const isTaken = (accountId: string, title: string, exceptId: string): boolean =>
    [...of(accountId).values()].some((namespace) => namespace.title === title && namespace.id !== exceptId);

  return {
    namespaces: (accountId): StoredNamespace[] => [...of(accountId).values()],
    open: (accountId, id) => of(accountId).get(id),
    create(namespace) {
      const { accountId, id, title } = namespace;
      if (isTaken(accountId, title, id)) return false;
      accounts.set(accountId, of(accountId).set(id, { ...namespace, entries: memoryEntries() }));
      return true;
    },
    rename(accountId, id, title) {
      if (isTaken(accountId, title, id)) return false;
      const namespace = of(accountId).get(id);
      if (namespace) of(accountId).set(id, { ...namespace, title });
      return true;
    },
    remove: (accountId, id) => void of(accountId).delete(id),
    sweep(now) {
      for (const namespaces of accounts.values())
        for (const { entries } of namespaces.values()) entries.sweep(now);
    },
  };
}

interface MemoryEntries extends Entries {
  /** Drops what has expired. */
  sweep(now: number): void;
}

interface Opened extends OpenNamespace {
  readonly entries: MemoryEntries;
}

function memoryEntries(): MemoryEntries {
  const entries = new Map<string, StoredEntry>();
  /** Those of the keys that expire some time. */
  const expiring = new Set<string>();
  const keys = new SortedKeys();
  const remove = (key: string): void => {
    if (entries.delete(key)) keys.delete(key);
    expiring.delete(key);
  };

  return {
    get(key, now) {
      const entry = entries.get(key);
      if (!entry || !isGone(entry, now)) return entry;
      remove(key);
      return undefined;
    },
    list({ prefix, after, limit }: KeyRange, now) {
      const found: StoredKey[] = [];
      const gone: string[] = [];
      const start = compareKeys(after, prefix) > 0 ? after : prefix;
      for (const key of keys.from(start)) {
        if (found.length === limit || !key.startsWith(prefix)) break;
        if (key === after) continue;
        const entry = entries.get(key)!;
        if (isGone(entry, now)) gone.push(key);
        else found.push(entry);
      }
      gone.forEach(remove);
      return found;
    },
    write(added) {
      for (const entry of added) {
        if (!entries.has(entry.key)) keys.add(entry.key);
        entries.set(entry.key, entry);
        if (entry.expiration === undefined) expiring.delete(entry.key);
        else expiring.add(entry.key);
      }
    },
    delete: (deleted) => deleted.forEach(remove),
    sweep(now) {
      for (const key of expiring) if (isGone(entries.get(key)!, now)) remove(key);
    },
  };
}

const isGone = ({ expiration }: StoredKey, now: number): boolean =>
  expiration !== undefined && expiration <= now;

/** The most keys in a block: one insertion moves no more than these. */
const blockSize = 1_024;

/** Keys in the order of their UTF-8 bytes, held in blocks so that each change costs the same at any size. */
class SortedKeys {
  /** Never an empty block. */
  readonly #blocks: string[][] = [];

  add(key: string): void {
    const at = Math.max(0, this.#blockOf(key));
    const block = (this.#blocks[at] ??= []);
    block.splice(lowerBound(block, key), 0, key);
    if (block.length > blockSize) this.#blocks.splice(at + 1, 0, block.splice(blockSize / 2));
  }

  delete(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    const index = block ? lowerBound(block, key) : 0;
    if (block?.[index] !== key) return;
    block.splice(index, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** The keys from `start` on, itself included. Not to be changed meanwhile. */
  *from(start: string): Generator<string> {
    const first = Math.max(0, this.#blockOf(start));
    for (let at = first; at < this.#blocks.length; at++) {
      const block = this.#blocks[at]!;
      for (let i = at === first ? lowerBound(block, start) : 0; i < block.length; i++) yield block[i]!;
    }
  }

  /** The last block that begins at the key or before it; -1 where the key lies before all of them. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.#blocks[middle]![0]!, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** The first index whose key is not before the given one. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(sorted[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
