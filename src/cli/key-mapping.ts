/** Which keys a job takes, and what they are called where they go. */
import { usageError } from "./exit-codes.ts";

export interface MappingOptions {
  prefix?: string | undefined;
  stripPrefix?: string | undefined;
  addPrefix?: string | undefined;
}

/** All keys that are taken begin alike, so that their order stays what it was. */
export interface KeyMapping {
  /** What the keys that are taken begin with. */
  readonly from: string;
  /** What they begin with where they go. */
  readonly to: string;
  /** Whether, within one namespace, keys where they go can be among those that are taken. */
  readonly overlaps: boolean;
  /** The name of a key where it goes; `undefined` where it is not taken. */
  readonly map: (key: string) => string | undefined;
  /** The name that a key has where it comes from. */
  readonly unmap: (key: string) => string;
}

export function keyMapping({ prefix = "", stripPrefix = "", addPrefix = "" }: MappingOptions): KeyMapping {
  const from = prefix.length > stripPrefix.length ? prefix : stripPrefix;
  if (!from.startsWith(prefix) || !from.startsWith(stripPrefix)) {
    throw usageError("--prefix and --strip-prefix begin differently, so that no key has both");
  }
  const to = addPrefix + from.slice(stripPrefix.length);
  return {
    from,
    to,
    overlaps: to.startsWith(from) || from.startsWith(to),
    unmap: (key) => stripPrefix + key.slice(addPrefix.length),
    map: (key) => (key.startsWith(from) ? addPrefix + key.slice(stripPrefix.length) : undefined),
  };
}

/** Surrogates, and what they come before as UTF-16 and behind as UTF-8: all else has one order. */
const odd = /[\ud800-\uffff]/;

/** Workers KV sorts keys by their UTF-8 bytes. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (odd.test(a) && odd.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
