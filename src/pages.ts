/** Paged lists: a Promise of the first page that is also an iterable of every item. */
import { endable } from "./abort.ts";
import { KVInputError } from "./errors.ts";

/** Await it for one page; iterate it with `for await` for every item of every page. */
export interface Pages<Page, Item> extends Promise<Page>, AsyncIterable<Item> {
  /** Every page instead of every item, one read ahead: for whoever keeps the cursor, to go on from there later. */
  pages(): AsyncIterable<Page>;
}

/** A page with what leads to the next one. */
export interface Step<Page, Item> {
  page: Page;
  items: readonly Item[];
  /** Asks for the next page, until the signal ends that; `undefined` at the end. */
  next: ((signal: AbortSignal) => Promise<Step<Page, Item>>) | undefined;
}

/**
 * Makes the list from its first step. Iterating asks for the next page once half of a page has been taken, while
 * the caller works; whoever stops before asks nothing more.
 */
export function pages<Page, Item>(first: Promise<Step<Page, Item>>, signal?: AbortSignal): Pages<Page, Item> {
  const page = first.then((step) => step.page);
  // Whoever iterates sees the error there.
  const iterated = <T>(all: AsyncIterableIterator<T>): AsyncIterableIterator<T> => {
    page.catch(() => {});
    return all;
  };
  return Object.assign(page, {
    pages: () => iterated(readAhead(first, signal, (step) => [step.page])),
    [Symbol.asyncIterator]: () => iterated(itemsOf(readAhead(first, signal, halves<Item>), signal)),
  });
}

/** Every page, part by part. The page behind it is asked for before its last part is given. */
async function* readAhead<Page, Item, Part>(
  first: Promise<Step<Page, Item>>,
  signal: AbortSignal | undefined,
  partsOf: (step: Step<Page, Item>) => readonly Part[],
): AsyncGenerator<Part, void, undefined> {
  let step: Step<Page, Item> | undefined = await first;
  const { signal: wanted, end } = endable(signal);
  try {
    while (step) {
      const parts = partsOf(step);
      yield* parts.slice(0, -1);
      const following: Promise<Step<Page, Item>> | undefined = step.next?.(wanted);
      // Awaited only in its turn: until then a failure must not count as unhandled.
      following?.catch(() => {});
      yield* parts.slice(-1);
      step = await following;
    }
  } finally {
    end();
  }
}

function halves<Item>({ items }: Step<unknown, Item>): readonly (readonly Item[])[] {
  const half = items.length >> 1;
  return [items.slice(0, half), items.slice(half)];
}

/**
 * The items of batches, one by one, until the signal ends it. An async generator would wait for each item; this one
 * waits for each batch.
 */
export function itemsOf<Item>(
  batches: AsyncGenerator<readonly Item[], void, undefined>,
  signal?: AbortSignal,
): AsyncIterableIterator<Item, undefined, undefined> {
  let batch: readonly Item[] = [];
  let at = 0;
  let isDone = false;
  /** How many calls of `next` wait for a batch, and the last of them. */
  let waiting = 0;
  let last: Promise<unknown> | undefined;

  function give(): IteratorResult<Item, undefined> {
    return at < batch.length ? { done: false, value: batch[at++]! } : { done: true, value: undefined };
  }

  /** In turn, as those of an async generator: a call gets what comes after that of the one before. */
  async function wait(before: Promise<unknown> | undefined): Promise<IteratorResult<Item, undefined>> {
    waiting++;
    try {
      // Its error is its own; for those behind it the iteration has ended.
      await before?.catch(() => {});
      if (!isDone && signal?.aborted) throw signal.reason;
      while (at >= batch.length && !isDone) {
        const { done, value } = await batches.next();
        if (done) isDone = true;
        else if (!isDone) [batch, at] = [value, 0];
      }
      return give();
    } catch (error) {
      [batch, isDone] = [[], true];
      batches.return().catch(() => {});
      throw error;
    } finally {
      waiting--;
    }
  }

  return {
    next() {
      const isGiven = isDone || (at < batch.length && !signal?.aborted);
      if (waiting === 0 && isGiven) return Promise.resolve(give());
      const call = wait(last);
      last = call;
      return call;
    },
    async return() {
      [batch, isDone] = [[], true];
      await batches.return();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Marks a cursor of our own: where in a page of the service's a shorter page ended. */
const cut = "workers-kv-rest:";

/** A cursor for the rest of a page: the one that the page was asked for with, and the last key given. */
export function cutCursor(cursor: string | undefined, after: string): string {
  return `${cut}${encodeURIComponent(after)}:${cursor ?? ""}`;
}

export function readCursor(given: string | null | undefined): { cursor?: string; after?: string } {
  if (!given) return {};
  try {
    if (!given.isWellFormed()) throw new URIError();
    if (!given.startsWith(cut)) return { cursor: given };
    const [after = "", ...cursor] = given.slice(cut.length).split(":");
    const rest = cursor.join(":");
    return { after: decodeURIComponent(after), ...(rest === "" ? {} : { cursor: rest }) };
  } catch {
    throw new KVInputError("the cursor is not one that a list gave");
  }
}
