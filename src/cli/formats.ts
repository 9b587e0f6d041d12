/** Pairs and keys in files: NDJSON, or the JSON array of wrangler's bulk commands; plain, gzip or zstd. */
import type { Pair } from "../index.ts";
import { usageError } from "./exit-codes.ts";
import { FormatError, type JsonText, parseText } from "./json-texts.ts";

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

/** What the ending of a file's name says; NDJSON where it says nothing. */
export function formatOf(path: string, given?: string): Format {
  const [, layout, compression = ""] =
    /(?:^|\.)(ndjson|jsonl|json)(?:\.(gz|zst))?$/.exec(given ?? path) ?? [];
  if (layout === undefined && given !== undefined) {
    throw usageError(
      `--format is "${given}"`,
      "it can be ndjson or json, and each with .gz or .zst behind it",
    );
  }
  const bare = layout === undefined ? (/\.(gz|zst)$/.exec(path)?.[1] ?? "") : compression;
  return { layout: endings[layout ?? "ndjson"]!, compression: compressions[bare] };
}

/** Whether a name is that of a file of pairs, not of a namespace. */
export function namesFile(name: string): boolean {
  return name === "-" || /\.(ndjson|jsonl|json)(\.(gz|zst))?$/.test(name);
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
export function decodePair(source: JsonText): Pair {
  const { where } = source;
  const json = parseText(source);
  if (json === null || typeof json !== "object" || Array.isArray(json)) {
    throw new FormatError(`${where} is no object with a key and a value`);
  }
  const { key, value, base64, metadata, expiration, expiration_ttl: ttl } = json as Record<string, unknown>;
  if (typeof key !== "string") throw new FormatError(`${where} has no "key" that is text`);
  if (typeof value !== "string") throw new FormatError(`${where} has no "value" that is text`);
  for (const [name, number] of Object.entries({ expiration, expiration_ttl: ttl })) {
    if (number !== undefined && number !== null && typeof number !== "number") {
      throw new FormatError(`${where} has an "${name}" that is no number of seconds`);
    }
  }
  if (base64 && !(value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value))) {
    throw new FormatError(`${where} has a value that is not base64, though "base64" says so`);
  }
  return {
    key,
    value: base64 ? Buffer.from(value, "base64") : value,
    ...(metadata === undefined || metadata === null ? {} : { metadata }),
    ...(typeof expiration === "number" ? { expiration } : {}),
    ...(typeof ttl === "number" ? { expirationTtl: ttl } : {}),
  };
}

/** A key of a file of keys: text, or an object with a "name" (as keys are listed) or a "key" (as in a pair). */
export function decodeKey(source: JsonText): string {
  const json = parseText(source);
  if (typeof json === "string") return json;
  const { name, key } = (json ?? {}) as Record<string, unknown>;
  const found = name ?? key;
  if (typeof found === "string") return found;
  throw new FormatError(`${source.where} is no key: neither text nor an object with a "name" or "key"`);
}
