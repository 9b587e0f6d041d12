/** Bulk reads: 100 keys a request, in order, with single reads for what a bulk read cannot give. */
import { checkSignal, endable, sleep, unlessAborted } from "./abort.ts";
import type { ListKey } from "./binding.ts";
import { KVAPIError } from "./errors.ts";
import { Input } from "./input.ts";
import type { Found } from "./reads.ts";
import { backoff, type Resending } from "./retry.ts";
import { errorCodes, limits } from "./schema.ts";

/** A pair as it is read. It can be given to `bulkPut` as it is. */
export interface Entry {
  key: string;
  /** Text where the bytes are UTF-8. */
  value: string | Uint8Array<ArrayBuffer>;
  /** `null` where there is none. */
  metadata: unknown;
  /** When it expires, in seconds since the epoch; absent where it does not. */
  expiration?: number;
}

/** A key that is not there. */
export interface Missing {
  key: string;
  value: null;
}

/** How a bulk read asks the service. */
export interface BulkReader {
  /** One bulk read of text values. What it answers to `handles` is dealt with here. */
  readMany(
    keys: string[],
    withMetadata: boolean,
    signal: AbortSignal,
    handles: readonly number[],
  ): Promise<ReadonlyMap<string, Found>>;
  /** One value of any kind. */
  readOne(key: string, withMetadata: boolean, signal: AbortSignal): Promise<Found | null>;
  /** Whether to ask for the metadata of keys that come without. */
  readonly needsMetadata: boolean;
  readonly signal: AbortSignal | undefined;
  readonly resending: Resending;
}

/** How many requests are under way or read ahead; each holds 25 MB at the most. */
const ahead = 4;
/** Below this many keys, halving a request further costs as much as reading each by itself. */
const fewKeys = 8;
/** What failed bulk reads may cost: 1.1 requests a key in all. */
const wasteShare = 0.1;

/** Some keys in a row of the input, and what was found for them. */
interface Slot {
  keys: readonly (string | ListKey)[];
  isSingle: boolean;
  /** How often its keys were asked for in vain because the service was too slow or too busy. */
  resends: number;
  found?: Promise<ReadonlyMap<string, Found> | Split>;
}

/** Why a bulk read has to be asked for in parts. */
type Split = "binary" | "large" | "slow" | "waste";

/** The answers to a bulk read that this file deals with, so that no policy does. */
const handledByBulkGet: readonly number[] = [
  413,
  504,
  524,
  errorCodes.bulkGetRefused,
  errorCodes.bulkOperationsInProgress,
];

/** One item for each input, in order, in batches. */
export async function* bulkGet(
  source: Iterable<string | ListKey> | AsyncIterable<string | ListKey>,
  reader: BulkReader,
): AsyncGenerator<(Entry | Missing)[], void, undefined> {
  const input = Input.open(source, () => checkSignal(reader.signal));
  const account = new Account();
  const line: Slot[] = [];
  /** What the input failed with: told once all that came before it was given. */
  let failure: { error: unknown } | undefined;
  // Whoever stops early, or meets an error, does not want the rest of what is under way.
  const { signal, end } = endable(reader.signal);
  let taking: Promise<undefined> | undefined;
  async function take(): Promise<void> {
    const keys: (string | ListKey)[] = [];
    const isWanted = (): boolean => !signal.aborted && keys.length < limits.bulkGetKeys;
    await input.take(isWanted, (key) => keys.push(key)).catch((error: unknown) => (failure = { error }));
    if (keys.length > 0) line.push(...account.open(keys));
  }
  try {
    for (;;) {
      if (!input.isClosed && line.length < ahead) taking ??= take().then(() => (taking = undefined));
      for (const slot of line.slice(0, ahead)) {
        slot.found ??= read(slot, reader, signal, account);
        // Awaited only in its turn: until then a failure must not count as unhandled.
        slot.found.catch(() => {});
      }
      const [slot] = line;
      const awaited = [taking, slot?.found].filter((each) => each !== undefined);
      if (awaited.length === 0) {
        if (failure) throw failure.error;
        return;
      }
      // An input that takes its time does not hold back what was found.
      const found = await unlessAborted(Promise.race(awaited), signal);
      if (!slot || !found) continue;
      line.shift();
      if (typeof found === "string") line.unshift(...parts(slot, found));
      else yield slot.keys.map((key) => toEntry(key, found));
    }
  } catch (error) {
    // It tells why; what its source says of being closed does not, and may never come.
    input.close().catch(() => {});
    throw error;
  } finally {
    end();
    const closing = input.close();
    // What it still owes may never come.
    if (taking) await Promise.race([closing, sleep(0, undefined)]);
    else await closing;
  }
}

async function read(
  slot: Slot,
  reader: BulkReader,
  signal: AbortSignal,
  account: Account,
): Promise<ReadonlyMap<string, Found> | Split> {
  const keys = [...new Set(slot.keys.map(nameOf))];
  const withMetadata = reader.needsMetadata && slot.keys.some((key) => typeof key === "string");
  if (slot.isSingle) {
    const found = await reader.readOne(keys[0]!, withMetadata, signal);
    if (!found) return new Map();
    account.see(1, typeof found.value !== "string");
    return new Map([[keys[0]!, found]]);
  }
  for (; ; slot.resends++) {
    if (!account.canAsk()) return "waste";
    account.asking++;
    try {
      const found = await reader.readMany(keys, withMetadata, signal, handledByBulkGet);
      account.saved += slot.keys.length - 1;
      account.see(keys.length, false);
      return found;
    } catch (error) {
      if (!(error instanceof KVAPIError)) throw error;
      const { code, status } = error;
      if (code === errorCodes.bulkGetRefused) return account.waste("binary");
      if (status === 413) return account.waste("large");
      const isSlow = status === 504 || status === 524;
      if (slot.resends >= reader.resending.limit || !(isSlow || code === errorCodes.bulkOperationsInProgress))
        throw error;
      if (isSlow && keys.length > 1) return account.waste("slow");
    } finally {
      account.asking--;
    }
    await sleep(backoff(slot.resends, reader.resending.maxDelay), signal);
  }
}

/** What to ask instead of a bulk read that failed. */
function parts({ keys, resends }: Slot, why: Split): Slot[] {
  const isEach = keys.length === 1 || why === "waste" || (why === "binary" && keys.length <= fewKeys);
  if (isEach) return keys.map((key) => ({ keys: [key], isSingle: true, resends: 0 }));
  const half = Math.ceil(keys.length / 2);
  const tries = why === "slow" ? resends + 1 : resends;
  return [keys.slice(0, half), keys.slice(half)].map((part) => ({
    keys: part,
    isSingle: false,
    resends: tries,
  }));
}

/** Keeps what failed bulk reads cost within bounds, and leaves them off where values are mostly binary. */
class Account {
  asking = 0;
  saved = 0;
  #taken = 0;
  #wasted = 0;
  /** The share of binary values among those read of late. */
  #binary = 0;

  open(keys: readonly (string | ListKey)[]): Slot[] {
    this.#taken += keys.length;
    const slot: Slot = { keys, isSingle: false, resends: 0 };
    return this.#binary > 0.5 ? parts(slot, "waste") : [slot];
  }

  /** Whether one more bulk read may fail, with those under way, and the job still cost 1.1 requests a key. */
  canAsk(): boolean {
    const worst = this.#wasted + this.asking + 1 - this.saved;
    return worst <= Math.max(1, wasteShare * this.#taken);
  }

  waste(why: Split): Split {
    this.#wasted++;
    return why;
  }

  see(values: number, isBinary: boolean): void {
    const weight = 0.97 ** values;
    this.#binary = this.#binary * weight + (isBinary ? 1 - weight : 0);
  }
}

/** A key as text, however it was given. */
export const nameOf = (key: string | ListKey): string =>
  // What is neither is refused as what it is.
  typeof key === "object" && key !== null ? key.name : key;

function toEntry(key: string | ListKey, found: ReadonlyMap<string, Found>): Entry | Missing {
  const name = nameOf(key);
  const entry = found.get(name);
  if (!entry) return { key: name, value: null };
  const { expiration, metadata = null } = typeof key === "string" ? entry : key;
  const { value } = entry;
  return expiration === undefined
    ? { key: name, value, metadata }
    : { key: name, value, metadata, expiration };
}
