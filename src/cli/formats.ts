/** Pairs and keys in files: NDJSON, or the JSON array of wrangler's bulk commands; plain, gzip or zstd. */
import { existsSync } from "node:fs";
import type { Pair } from "../index.ts";
import { usageError } from "./exit-codes.ts";
import { FormatError, type JsonItem } from "./json-texts.ts";

export interface Format {
  readonly layout: "ndjson" | "json";
  readonly compression: "gzip" | "zstd" | undefined;
}

const endings: Readonly<Record<string, Format["layout"]>> = {
  ndjson: "ndjson",
  jsonl: "ndjson",
  json: "json",
};
const compressions: Readonly<Record<string, Format["compression"]>> = { gz: "gzip", zst: "zstd" };

/**
 * What the ending of a file's name says; NDJSON where it says nothing.
 *
 * @throws CommandError where what is given is no format, or not what the ending says
 */
export function formatOf(path: string, given?: string): Format {
  const [, ending, packing] = /(?:\.(ndjson|jsonl|json))?(?:\.(gz|zst))?$/.exec(path)!;
  const named: Format = { layout: endings[ending ?? "ndjson"]!, compression: compressions[packing ?? ""] };
  if (given === undefined) return named;
  const [, word, suffix] = /^(ndjson|jsonl|json)(?:\.(gz|zst))?$/.exec(given) ?? [];
  if (word === undefined) {
    throw usageError(
      `--format is "${given}"`,
      "it can be ndjson or json, and each with .gz or .zst behind it",
    );
  }
  const format: Format = { layout: endings[word]!, compression: compressions[suffix ?? packing ?? ""] };
  const isOther =
    (ending !== undefined && format.layout !== named.layout) ||
    ((ending ?? packing) !== undefined && format.compression !== named.compression);
  if (isOther) throw usageError(`--format is "${given}", and the ending of ${path} says another`);
  return format;
}

/** Whether a name is that of a file of pairs, not of a namespace. */
export function namesFile(name: string): boolean {
  if (name === "-" || /\.(ndjson|jsonl|json|gz|zst)$/.test(name)) return true;
  return name.includes("/") && existsSync(name);
}

/** What stands before a pair, between two, and at the end. */
export function framing({ layout }: Format): { first: string; between: string; last: string; none: string } {
  return layout === "json"
    ? { first: "[\n", between: ",\n", last: "\n]\n", none: "[]\n" }
    : { first: "", between: "\n", last: "\n", none: "" };
}

/** A pair as wrangler's bulk commands have it. Bytes that are no text are base64. */
export function encodePair({ key, value, metadata, expiration, expirationTtl }: Pair): string {
  const isText = typeof value === "string";
  return JSON.stringify({
    key,
    value: isText ? value : toBase64(value),
    ...(isText ? {} : { base64: true }),
    ...(expiration === undefined ? {} : { expiration }),
    ...(expirationTtl === undefined ? {} : { expiration_ttl: expirationTtl }),
    ...(metadata === undefined || metadata === null ? {} : { metadata }),
  });
}

function toBase64(value: Uint8Array | ArrayBuffer): string {
  const bytes = value instanceof Uint8Array ? value : new Uint8Array(value);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** @throws FormatError that says which property of which line is not what it should be, without its content */
export function decodePair(item: JsonItem): Pair {
  const { json } = item;
  const wrong = (what: string): FormatError => new FormatError(`${item.where} ${what}`);
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw wrong("is no object with a key and a value");
  }
  const { key, value, base64, metadata, expiration, expiration_ttl: ttl } = json as Record<string, unknown>;
  if (typeof key !== "string") throw wrong('has no "key" that is text');
  if (typeof value !== "string") throw wrong('has no "value" that is text');
  if (!isNumberOrNone(expiration)) throw wrong('has an "expiration" that is no number of seconds');
  if (!isNumberOrNone(ttl)) throw wrong('has an "expiration_ttl" that is no number of seconds');
  if (base64 && !(value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value))) {
    throw wrong('has a value that is not base64, though "base64" says so');
  }
  const pair: Pair = { key, value: base64 ? Buffer.from(value, "base64") : value };
  if (metadata !== undefined && metadata !== null) pair.metadata = metadata;
  if (typeof expiration === "number") pair.expiration = expiration;
  if (typeof ttl === "number") pair.expirationTtl = ttl;
  return pair;
}

const isNumberOrNone = (value: unknown): boolean =>
  value === undefined || value === null || typeof value === "number";

/** A key of a file of keys: text, or an object with a "name" (as keys are listed) or a "key" (as in a pair). */
export function decodeKey(item: JsonItem): string {
  const { json } = item;
  if (typeof json === "string") return json;
  const { name, key } = (json ?? {}) as Record<string, unknown>;
  const found = name ?? key;
  if (typeof found === "string") return found;
  throw new FormatError(`${item.where} is no key: neither text nor an object with a "name" or "key"`);
}
