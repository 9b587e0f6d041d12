/** The keys of a namespace, from a place on which an earlier run has come to. */
import { type Entry, KVAPIError, type KVNamespaceClient, type ListKey, type ListResult } from "../index.ts";
import { compareKeys } from "./key-mapping.ts";

/** How far a listing was worked off. */
export interface Place {
  /** What the page was asked for with. */
  cursor?: string | undefined;
  /** The last key that was dealt with. */
  after?: string | undefined;
}

export interface ListingOptions {
  prefix?: string | undefined;
  place?: Place | undefined;
  /** The most keys to give. */
  limit?: number | undefined;
  signal?: AbortSignal | undefined;
}

export class Listing implements AsyncIterable<ListKey> {
  readonly #namespace: KVNamespaceClient;
  readonly #options: ListingOptions;
  /** The pages whose keys were given and not all passed yet. */
  readonly #pages: { cursor: string | undefined; left: number }[] = [];

  constructor(namespace: KVNamespaceClient, options: ListingOptions) {
    this.#namespace = namespace;
    this.#options = options;
  }

  /** The place behind a key. To be asked for each key that was given, in order. */
  passed(key: string): Place {
    const page = this.#pages[0]!;
    if (--page.left === 0) this.#pages.shift();
    return { cursor: page.cursor, after: key };
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ListKey, void, undefined> {
    const { after } = this.#options.place ?? {};
    let { limit = Infinity } = this.#options;
    for await (const { page, cursor } of this.#read()) {
      let keys = page.keys;
      if (after !== undefined && keys.length > 0 && compareKeys(keys[0]!.name, after) <= 0) {
        keys = keys.filter(({ name }) => compareKeys(name, after) > 0);
      }
      keys = keys.slice(0, limit);
      if (keys.length > 0) this.#pages.push({ cursor, left: keys.length });
      yield* keys;
      limit -= keys.length;
      if (limit <= 0) return;
    }
  }

  async *#read(): AsyncGenerator<{ page: ListResult; cursor: string | undefined }, void, undefined> {
    const { prefix, signal, place } = this.#options;
    let cursor = place?.cursor;
    let isFirst = true;
    try {
      for await (const page of this.#namespace.list({ prefix, signal, cursor }).pages()) {
        isFirst = false;
        yield { page, cursor };
        cursor = page.list_complete ? undefined : page.cursor;
      }
    } catch (error) {
      // How long a cursor is good for is nowhere said. From the start, the keys up to the place are passed over.
      const isRefused =
        isFirst && cursor !== undefined && error instanceof KVAPIError && error.status === 400;
      if (!isRefused || place?.after === undefined) throw error;
      cursor = undefined;
      for await (const page of this.#namespace.list({ prefix, signal }).pages()) {
        yield { page, cursor };
        cursor = page.list_complete ? undefined : page.cursor;
      }
    }
  }
}

/** Every pair of a listing with the place behind it; `undefined` stands for one that went away meanwhile. */
export async function* entriesOf(
  namespace: KVNamespaceClient,
  options: ListingOptions,
): AsyncGenerator<{ entry: Entry | undefined; place: Place }, void, undefined> {
  const listing = new Listing(namespace, options);
  for await (const entry of namespace.bulkGet(listing, { signal: options.signal })) {
    const place = listing.passed(entry.key);
    yield { entry: entry.value === null ? undefined : entry, place };
  }
}

/** How many keys there are: the only way to know is to list them, 1,000 a request. */
export async function countKeys(
  namespace: KVNamespaceClient,
  { prefix, place, signal, limit = Infinity }: ListingOptions,
  onKeys: (more: number) => void,
): Promise<number> {
  let total = 0;
  for await (const { keys } of namespace.list({ prefix, cursor: place?.cursor, signal }).pages()) {
    total += keys.length;
    onKeys(keys.length);
    if (total >= limit) break;
  }
  return Math.min(total, limit);
}
