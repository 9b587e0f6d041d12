/** Values and metadata to and from what goes over the wire: text, JSON, bytes, streams. */
import { checkSignal, unlessAborted } from "./abort.ts";
import { isRecord } from "./answer.ts";
import type { Value } from "./binding.ts";
import type { BulkItem } from "./bulk.ts";
import { KVError, KVInputError } from "./errors.ts";
import {
  bytesProblem,
  check,
  expirationProblem,
  expirationTtlProblem,
  keyProblem,
  metadataProblem,
  refuse,
  textProblem,
  utf8Length,
} from "./limits.ts";
import { type components, limits } from "./schema.ts";
import { concat } from "./transport.ts";

/** A pair to write. */
export interface Pair {
  key: string;
  value: string | Uint8Array | ArrayBuffer;
  /** Any JSON value, of at most 1,024 bytes in UTF-8. `null` is none. */
  metadata?: unknown;
  /** When it expires, in seconds since the epoch. One under 60 seconds ahead is not sent, and counted as expired. */
  expiration?: number | undefined;
  /** After how many seconds it expires; at least 60. Wins over `expiration`. */
  expirationTtl?: number | undefined;
}

/** A pair as a bulk write has it. */
export type WirePair = components["schemas"]["Pair"];

/** A body that can be sent again: a stream is read, up to the largest value, unless the signal ends it. */
export async function toBody(
  value: Value,
  signal: AbortSignal | undefined,
): Promise<string | Uint8Array<ArrayBuffer> | Blob> {
  if (typeof value === "string") {
    refuse(textProblem(value));
    return value;
  }
  const bytes = toBytes(value);
  if (bytes) {
    refuse(bytesProblem(bytes.byteLength));
    // The caller may change them before the last attempt; and fetch takes none that are shared or resizable.
    return bytes.slice();
  }
  if (value instanceof Blob) {
    refuse(bytesProblem(value.size));
    return value;
  }
  const source = open(value);
  try {
    checkSignal(signal);
    signal?.throwIfAborted();
    const collected = await unlessAborted(collect(source), signal);
    source.close();
    return collected;
  } catch (error) {
    throw source.close(error);
  }
}

/** The same as a stream that is sent while it is read, once. */
export function toStream(value: Value): SentStream | undefined {
  if (typeof value === "string" || toBytes(value) || value instanceof Blob) return undefined;
  const source = open(value);
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await source.next();
        if (bytes) controller.enqueue(bytes);
        else controller.close();
      },
    },
    // Nothing is taken before somebody reads.
    { highWaterMark: 0 },
  );
  return { stream, close: source.close };
}

export interface SentStream extends Pick<Source, "close"> {
  readonly stream: ReadableStream;
}

/** Not a copy. ArrayBuffers of another realm are no instances of this one's. */
export function toBytes(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (ArrayBuffer.isView(value)) {
      // The byteLength of one that lies outside of its buffer is 0 (ECMA-262 §23.2.3.2); its methods throw.
      (value as Partial<Uint8Array>).keys?.();
      return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
    }
    const isBuffer = Object.prototype.toString.call(value) === "[object ArrayBuffer]";
    return isBuffer ? new Uint8Array(value as ArrayBuffer) : undefined;
  } catch {
    throw new KVInputError("the value's buffer is detached, or too short for it");
  }
}

/** A stream of bytes that the caller gave. */
interface Source {
  /** The next bytes; `undefined` at the end. Fails once it is closed: that is no end of the value. */
  readonly next: () => Promise<Uint8Array<ArrayBuffer> | undefined>;
  /**
   * Lets go of the caller's stream, and tells it why, where it has not ended. Gives what the stream failed with
   * itself, of which fetch tells no more than that its body failed; otherwise the reason.
   */
  readonly close: (reason?: unknown) => unknown;
}

/** Holds the caller's own reader or iterator: a generator around it could not be closed while it waits. */
function open(value: unknown): Source {
  const given = value as Partial<ReadableStream & NodeReadable> | null;
  if (isSpent(given)) {
    throw new KVInputError("the value is a stream that is locked, or was read or cancelled before");
  }
  const reader = given?.getReader?.();
  const iterator = reader ? undefined : given?.[Symbol.asyncIterator]?.();
  const chunks = reader ? { next: () => reader.read() } : iterator;
  if (!chunks) {
    const what = value === null ? "null" : `of type ${typeof value}`;
    throw new KVInputError(`the value is ${what}; it can be text, bytes, a Blob or a stream of bytes`);
  }
  let size = 0;
  let hasEnded = false;
  let failure: { error: unknown } | undefined;
  return {
    async next() {
      try {
        const { done, value: chunk } = await chunks.next();
        if (failure) throw failure.error;
        if (done) {
          hasEnded = true;
          return undefined;
        }
        const bytes = toBytes(chunk);
        if (!bytes) {
          throw new KVInputError(`the value's stream gave a chunk of type ${typeof chunk}, not bytes`);
        }
        size += bytes.byteLength;
        if (size > limits.valueBytes) {
          throw new KVInputError(
            `the value's stream gave ${size} bytes so far, over the limit of ${limits.valueBytes}`,
          );
        }
        // Its memory may be used for the next one.
        return bytes.slice();
      } catch (error) {
        failure ??= { error };
        throw failure.error;
      }
    },
    close(reason) {
      const { error } = (failure ??= { error: reason });
      const leave = async (): Promise<unknown> => {
        // To return, the iterator of Node's Readable would wait for the next chunk.
        if (!reader) return hasEnded || (given!.destroy ? given!.destroy() : iterator!.return?.());
        const cancelled = reader.cancel(error);
        reader.releaseLock();
        return cancelled;
      };
      // That it cannot be closed says nothing about the value.
      leave().catch(() => {});
      return error;
    },
  };
}

/** What this module knows of Node's stream.Readable. */
interface NodeReadable extends AsyncIterable<unknown> {
  destroy(): void;
  readonly readableDidRead: boolean;
}

/** A stream that was read before would be taken for an empty value, or for what is left of it. */
function isSpent(given: Partial<ReadableStream & NodeReadable> | null): boolean {
  if (given?.locked || given?.readableDidRead) return true;
  if (!(given instanceof ReadableStream)) return false;
  try {
    // Refuses a stream that is disturbed, which nothing else tells (WHATWG Fetch, "extract a body").
    void new Response(given);
    return false;
  } catch {
    return true;
  }
}

async function collect(source: Source): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (let bytes; (bytes = await source.next());) {
    parts.push(bytes);
    size += bytes.byteLength;
  }
  return new Uint8Array(concat(parts, size));
}

/** Metadata in its JSON form; `undefined` where there is none. */
export function toMetadataJson(metadata: unknown): string | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  let json: string | undefined;
  try {
    json = JSON.stringify(metadata);
  } catch {
    // The engine's message may quote what is in the metadata.
    throw new KVInputError(
      "the metadata cannot be written as JSON: it has a cycle, a BigInt or a getter that throws",
    );
  }
  if (json === undefined)
    throw new KVInputError(`the metadata is a ${typeof metadata}, which JSON cannot hold`);
  refuse(metadataProblem(json));
  return json;
}

/** Expirations as the wire has them; with a TTL, which wins, no other. Fractions of a second are dropped, as the binding does. */
export function toExpiration(
  { expiration, expirationTtl }: { expiration?: number | undefined; expirationTtl?: number | undefined },
  now: number,
): { expiration?: number; expiration_ttl?: number } {
  if (expirationTtl !== undefined) {
    refuse(expirationTtlProblem(expirationTtl));
    return { expiration_ttl: toSeconds("expirationTtl", expirationTtl) };
  }
  if (expiration === undefined) return {};
  refuse(expirationProblem(expiration, now));
  return { expiration: toSeconds("expiration", expiration) };
}

/** From 1e21 on, a number is written as no integer is. */
function toSeconds(name: string, seconds: number): number {
  const most = Number.MAX_SAFE_INTEGER;
  check(seconds <= most, name, seconds, `a number of seconds up to ${most}`);
  return Math.trunc(seconds);
}

// A BOM is part of the value.
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });
const exact = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Bytes that are not UTF-8 become U+FFFD, as in the binding. */
export function toText(bytes: ArrayBuffer | ArrayBufferView): string {
  return lenient.decode(bytes);
}

/** The text, or `undefined` where the bytes are not UTF-8. */
export function toExactText(bytes: ArrayBuffer | ArrayBufferView): string | undefined {
  try {
    return exact.decode(bytes);
  } catch {
    return undefined;
  }
}

export function parseJson(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message quotes the value.
    throw new KVError(`the value of ${JSON.stringify(key)}, ${utf8Length(text)} bytes, is not JSON`);
  }
}

/**
 * A pair in the form in which it is sent; `undefined` where it expires within the minute.
 *
 * @throws KVInputError whatever is wrong with it. What a getter or a proxy throws may quote the value, and is left out.
 */
export function toWirePair(pair: Pair): BulkItem<WirePair> | undefined {
  try {
    return toItem(pair);
  } catch (error) {
    if (error instanceof KVInputError) throw error;
    throw new KVInputError("the pair is null or undefined, or has a getter that throws");
  }
}

function toItem(pair: Pair): BulkItem<WirePair> | undefined {
  const { key, expiration, expirationTtl } = pair;
  refuse(keyProblem(key));
  const metadata = toBulkMetadata(pair.metadata);
  const wire: WirePair = toBulkValue(key, pair.value);
  if (metadata) wire.metadata = metadata.copy;
  if (expiration !== undefined || expirationTtl !== undefined) {
    const now = Date.now();
    if (expirationTtl === undefined && isPast(expiration, now)) return undefined;
    Object.assign(wire, toExpiration({ expiration, expirationTtl }, now));
  }
  // A UTF-16 unit takes 1 to 3 bytes of UTF-8; more where JSON escapes it, which is rare, and has room to be.
  const bound = namesAround + 3 * key.length + (wire.base64 ? 1 : 3) * wire.value.length;
  return { wire, bound: metadata ? bound + metadata.bound : bound };
}

/** Whether an expiration is too near by now to be taken. What is no number is none: null is less than every time. */
export function isPast(expiration: unknown, now: number = Date.now()): boolean {
  return typeof expiration === "number" && expiration < now / 1000 + limits.expirationTtlSeconds;
}

/** The names of the members of a pair, its expiration, and what JSON has around them. */
const namesAround = 100;

/** A copy of metadata, since the caller may use the object again, and at most how many bytes it takes. */
function toBulkMetadata(metadata: unknown): { copy: unknown; bound: number } | undefined {
  if (metadata === undefined || metadata === null) return undefined;
  try {
    if (isPlain(metadata) && !("toJSON" in metadata)) {
      const copy: Record<string, unknown> = { ...metadata };
      const bound = flatBound(copy);
      if (bound <= limits.metadataBytes) return { copy, bound };
    }
  } catch {
    // A getter or a proxy that throws; it is refused below, as where JSON comes upon it.
  }
  const json = toMetadataJson(metadata)!;
  return { copy: JSON.parse(json), bound: 3 * json.length };
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * At most how many bytes a record takes as JSON, where all that it has in it is text, numbers and booleans, as
 * most metadata has; otherwise Infinity. To write each metadata as JSON for its size alone would cost as much as
 * all the rest of a bulk write.
 */
function flatBound(record: Readonly<Record<string, unknown>>): number {
  let bound = 2;
  for (const name in record) {
    const value = record[name];
    bound += textBound(name);
    if (typeof value === "string") bound += textBound(value);
    // JSON has at most 24 bytes for a number.
    else if (typeof value === "number" || typeof value === "boolean" || value === null) bound += 24;
    else return Infinity;
  }
  return bound;
}

/** JSON has at most 6 bytes for a UTF-16 unit, in quotes, with a colon or a comma behind. */
function textBound(text: string): number {
  return text.isWellFormed() ? 6 * text.length + 3 : Infinity;
}

/** A bulk write carries text; bytes that are none go as base64. */
function toBulkValue(key: string, value: unknown): WirePair {
  if (typeof value === "string") {
    refuse(textProblem(value));
    return isLongerAsJson(value)
      ? { key, value: toBase64(new TextEncoder().encode(value)), base64: true }
      : { key, value };
  }
  const bytes = toBytes(value);
  if (!bytes) throw new KVInputError(`the value is of type ${typeof value}; a pair's is text or bytes`);
  refuse(bytesProblem(bytes.byteLength));
  const text = toExactText(bytes);
  if (text !== undefined && !isLongerAsJson(text)) return { key, value: text };
  return { key, value: toBase64(bytes), base64: true };
}

/**
 * Whether a large text takes more as JSON, which has 6 bytes for a control character, than as base64. So even one
 * of 25 MiB fits into a request behind smaller ones that escapes make six times as long.
 */
function isLongerAsJson(text: string): boolean {
  const large = 4 * 1024 * 1024;
  return text.length > large && JSON.stringify(text).length > (text.length * 4) / 3;
}

const base64Digits = new TextEncoder().encode(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
);

/** By a table: to make the text that btoa takes costs ten times as much. */
function toBase64(bytes: Uint8Array): string {
  if ("toBase64" in bytes) return (bytes as Uint8Array & { toBase64(): string }).toBase64();
  const result = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const three = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) result[at++] = base64Digits[(three >> shift) & 63]!;
  }
  return new TextDecoder().decode(result.fill(61, at - ((3 - (bytes.length % 3)) % 3)));
}
