/**
 * The rules on what a request carries, in the service's words and with its codes; no I/O. What is broken is
 * thrown as a Refusal. Texts in the storage's own style are those of FACTS §4; a code that FACTS does not
 * give for one is a guess, marked so.
 */
import { compareKeys, keyProblem, metadataProblem, textProblem, utf8Length } from "../limits.ts";
import { errorCodes, limits } from "../schema.ts";
import { type Refusal, refusal, storageRefusal } from "./answers.ts";
import type { StoredNamespace } from "./store.ts";

/**
 * Codes that FACTS cannot tell. wrangler 1 knew 10022, 10024 and 10030 as "limit errors", without saying
 * which is which; the statuses and texts they come with here are the storage's.
 */
const guessed = { keyTooLong: 10022, valueTooLarge: 10024, metadataTooLarge: 10030 } as const;

/** Ids of accounts and namespaces. Capitals, which an UUID may have, are refused: no client sends them. */
export const isId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

/** A key, decoded from the path. */
export function decodeKey(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw storageRefusal(errorCodes.invalidBody, "Could not URL-decode key name");
  }
}

export function checkKey(key: string): void {
  if (keyProblem(key) === undefined) return;
  const bytes = utf8Length(key);
  if (bytes > limits.keyBytes) {
    const message = `UTF-8 encoded length of ${bytes} exceeds key length limit of ${limits.keyBytes}.`;
    throw storageRefusal(guessed.keyTooLong, message, 414);
  }
  if (key === "") throw storageRefusal(errorCodes.invalidBody, "Key names must not be empty");
  if (!key.isWellFormed()) throw storageRefusal(errorCodes.invalidBody, "key name is not valid UTF-8");
  throw storageRefusal(errorCodes.invalidBody, `Illegal key name "${key}". Please use a different name.`);
}

export const valueTooLarge = (bytes: number): Refusal =>
  storageRefusal(
    guessed.valueTooLarge,
    `Value length of ${bytes} exceeds limit of ${limits.valueBytes}.`,
    413,
  );

/** The bytes of a value given as text. A lone surrogate, which production may store as U+FFFD, is refused. */
export function encodeValue(text: string): Uint8Array<ArrayBuffer> {
  if (!text.isWellFormed()) throw refusal(errorCodes.invalidBody, "value is not valid UTF-8");
  if (textProblem(text) !== undefined) throw valueTooLarge(utf8Length(text));
  return new TextEncoder().encode(text);
}

/** Metadata in its JSON form, as it is kept: without spaces, and `undefined` for null, which means none. */
export function checkMetadata(json: string): string | undefined {
  let metadata: unknown;
  try {
    metadata = JSON.parse(json);
  } catch {
    throw refusal(errorCodes.invalidMetadata, "metadata must be valid json");
  }
  if (metadataProblem(json) !== undefined) {
    const bytes = utf8Length(json);
    if (bytes <= limits.metadataBytes) throw refusal(errorCodes.invalidMetadata, "metadata must be valid UTF-8");
    const message = `Metadata length of ${bytes} exceeds limit of ${limits.metadataBytes}.`;
    throw storageRefusal(guessed.metadataTooLarge, message, 413);
  }
  return metadata === null ? undefined : JSON.stringify(metadata);
}

/**
 * When an entry expires, in seconds since the epoch; `now` is in milliseconds. A time to live wins over an
 * expiration, which is then not looked at (as the simulator has it).
 */
export function checkExpiration(expiration: unknown, ttl: unknown, now: number): number | undefined {
  const seconds = Math.floor(now / 1000);
  const least = limits.expirationTtlSeconds;
  if (ttl !== undefined) {
    const refuse = (reason: string): Error =>
      storageRefusal(errorCodes.invalidExpirationTtl, `Invalid expiration_ttl of ${String(ttl)}. ${reason}`);
    if (!isSeconds(ttl) || ttl <= 0) throw refuse("Please specify integer greater than 0.");
    if (ttl < least) throw refuse(`Expiration TTL must be at least ${least}.`);
    return seconds + ttl;
  }
  if (expiration === undefined) return undefined;
  const refuse = (reason: string): Error =>
    storageRefusal(errorCodes.invalidExpiration, `Invalid expiration of ${String(expiration)}. ${reason}`);
  if (!isSeconds(expiration) || expiration <= seconds) {
    throw refuse("Please specify integer greater than the current number of seconds since the UNIX epoch.");
  }
  if (expiration < seconds + least) throw refuse(`Expiration times must be at least ${least} seconds in the future.`);
  return expiration;
}

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value);

/** A number of the query: `undefined` where it is not there, NaN where it is no number. */
export function queryNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

/** A whole number of the query within bounds, or its default. */
export function queryInteger(
  query: URLSearchParams,
  name: string,
  { min, max, otherwise }: { min: number; max: number; otherwise: number },
): number {
  const value = queryNumber(query, name) ?? otherwise;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  const message = `Invalid ${name} of ${query.get(name)}. Please specify an integer from ${min} to ${max}.`;
  throw refusal(errorCodes.invalidBody, message);
}

/** One of the words that a parameter of the query may be; the first is the default. */
export function queryChoice<const Choice extends string>(
  query: URLSearchParams,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = query.get(name) ?? choices[0];
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw refusal(errorCodes.invalidBody, `Invalid ${name} of "${text}". Please specify ${choices.join(" or ")}.`);
}

/** The title that a body gives a namespace. */
export function checkTitle(title: unknown): string {
  if (title === undefined || title === null || title === "") {
    throw refusal(errorCodes.titleMissing, "request is missing a title definition");
  }
  if (typeof title !== "string" || !title.isWellFormed()) {
    throw refusal(errorCodes.invalidBody, "title is not valid text");
  }
  if (title.length <= limits.namespaceTitleLength) return title;
  const message = `title length of ${title.length} exceeds limit of ${limits.namespaceTitleLength}`;
  throw refusal(errorCodes.invalidBody, message);
}

/** Sorts namespaces by id or title, ascending. */
export const byField =
  (field: "id" | "title") =>
  (a: StoredNamespace, b: StoredNamespace): number =>
    compareKeys(a[field], b[field]);
