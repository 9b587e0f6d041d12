/**
 * Eventual consistency: what was written is read a while later, as it is where the service has the key's former
 * state in a cache, also that it was not there (kv/concepts/how-kv-works of its documentation).
 */
import { compareKeys } from "../limits.ts";
import type { Awaitable, Entries, KeyRange, OpenNamespace, Store, StoredEntry, StoredKey } from "./store.ts";

/** What a key is still read as. */
interface Former {
  readonly entry: StoredEntry | undefined;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** The same store, read late. `lag` gives for how long a write is not seen, in ms, `now` is in ms too. */
export function withLateReads(store: Store, lag: () => number, now: () => number): Store {
  const former = new Map<string, Map<string, Former>>();
  return {
    namespaces: (accountId) => store.namespaces(accountId),
    create: (namespace) => store.create(namespace),
    rename: (accountId, id, title) => store.rename(accountId, id, title),
    sweep: (seconds) => store.sweep?.(seconds),
    remove(accountId, id) {
      former.delete(id);
      return store.remove(accountId, id);
    },
    async open(accountId, id): Promise<OpenNamespace | undefined> {
      const namespace = await store.open(accountId, id);
      if (!namespace) return undefined;
      const ofNamespace = former.get(id) ?? new Map<string, Former>();
      former.set(id, ofNamespace);
      return { ...namespace, entries: new LateEntries(namespace.entries, ofNamespace, lag, now) };
    },
  };
}

class LateEntries implements Entries {
  readonly #entries: Entries;
  readonly #former: Map<string, Former>;
  readonly #lag: () => number;
  readonly #now: () => number;

  constructor(entries: Entries, former: Map<string, Former>, lag: () => number, now: () => number) {
    this.#entries = entries;
    this.#former = former;
    this.#lag = lag;
    this.#now = now;
  }

  get(key: string, now: number): Awaitable<StoredEntry | undefined> {
    const former = this.#formerOf(key);
    return former ? alive(former.entry, now) : this.#entries.get(key, now);
  }

  async list(range: KeyRange, now: number): Promise<readonly StoredKey[]> {
    const { prefix, after, limit } = range;
    const late = [...this.#former.keys()].filter(
      (key) => this.#formerOf(key) && key.startsWith(prefix) && compareKeys(key, after) > 0,
    );
    if (late.length === 0) return this.#entries.list(range, now);
    const listed = await this.#entries.list({ prefix, after, limit: limit + late.length }, now);
    const seen = new Map(listed.map((each) => [each.key, each]));
    for (const key of late) {
      const entry = alive(this.#formerOf(key)?.entry, now);
      if (entry) seen.set(key, entry);
      else seen.delete(key);
    }
    return [...seen.values()].sort((a, b) => compareKeys(a.key, b.key)).slice(0, limit);
  }

  async write(entries: readonly StoredEntry[]): Promise<void> {
    await this.#keep(entries.map(({ key }) => key));
    await this.#entries.write(entries);
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#keep(keys);
    await this.#entries.delete(keys);
  }

  /** Keeps what the keys are read as for a while longer. */
  async #keep(keys: readonly string[]): Promise<void> {
    const now = this.#now();
    for (const [key, { until }] of this.#former) {
      // The oldest come first: what nobody reads any more is not kept for ever.
      if (now < until) break;
      this.#former.delete(key);
    }
    for (const key of new Set(keys)) {
      const entry = await this.get(key, Math.floor(now / 1000));
      this.#former.delete(key);
      this.#former.set(key, { entry, until: now + this.#lag() });
    }
  }

  #formerOf(key: string): Former | undefined {
    const former = this.#former.get(key);
    if (!former || this.#now() < former.until) return former;
    this.#former.delete(key);
    return undefined;
  }
}

const alive = (entry: StoredEntry | undefined, now: number): StoredEntry | undefined =>
  entry?.expiration !== undefined && entry.expiration <= now ? undefined : entry;
