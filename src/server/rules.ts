/**
 * The rules on what a request carries, in the service's words and with its codes; no I/O. What is broken is
 * thrown as a Refusal.
 *
 * Evidence: the storage's texts on keys, values, metadata and expirations are production's as the simulator
 * has them. No evidence tells which code production gives an illegal name, or a parameter or title out of
 * bounds: here it is the one of a body that cannot be decoded.
 */
import { type JSONSchema, requests } from "../../generated/requests.ts";
import { characters, keyProblem, metadataProblem, textProblem, utf8Length } from "../limits.ts";
import { limits, type OperationId } from "../schema.ts";
import { type Refusal, refusal, storageRefusal } from "./answers.ts";

/** Ids of accounts and namespaces. Capitals, which an UUID may have, are refused: no client sends them. */
export const isId = (text: string): boolean => /^[0-9a-f]{32}$/.test(text);

export const newId = (): string => crypto.randomUUID().replaceAll("-", "");

/** A key, decoded from the path. */
export function decodeKey(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw storageRefusal("invalidBody", "Could not URL-decode key name");
  }
}

export function checkKey(key: string): void {
  if (keyProblem(key) === undefined) return;
  const bytes = utf8Length(key);
  if (bytes > limits.keyBytes) {
    const message = `UTF-8 encoded length of ${bytes} exceeds key length limit of ${limits.keyBytes}.`;
    throw storageRefusal("keyTooLong", message);
  }
  if (key === "") throw storageRefusal("invalidBody", "Key names must not be empty");
  if (!key.isWellFormed()) throw storageRefusal("invalidBody", "key name is not valid UTF-8");
  throw storageRefusal("invalidBody", `Illegal key name "${key}". Please use a different name.`);
}

export const valueTooLarge = (bytes: number): Refusal =>
  storageRefusal("valueTooLarge", `Value length of ${bytes} exceeds limit of ${limits.valueBytes}.`);

/** The bytes of a value given as text. A lone surrogate, which production may store as U+FFFD, is refused. */
export function encodeValue(text: string): Uint8Array<ArrayBuffer> {
  if (!text.isWellFormed()) throw refusal("invalidBody", "value is not valid UTF-8");
  if (textProblem(text) !== undefined) throw valueTooLarge(utf8Length(text));
  return new TextEncoder().encode(text);
}

/** Metadata in its JSON form, as it is kept: without spaces, and `undefined` for null, which means none. */
export function checkMetadata(json: string): string | undefined {
  let metadata: unknown;
  try {
    metadata = JSON.parse(json);
  } catch {
    throw refusal("invalidMetadata", "metadata must be valid json");
  }
  if (metadataProblem(json) !== undefined) {
    const bytes = utf8Length(json);
    if (bytes <= limits.metadataBytes) throw refusal("invalidMetadata", "metadata must be valid UTF-8");
    const message = `Metadata length of ${bytes} exceeds limit of ${limits.metadataBytes}.`;
    throw storageRefusal("metadataTooLarge", message);
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
      storageRefusal("invalidExpirationTtl", `Invalid expiration_ttl of ${printed(ttl)}. ${reason}`);
    if (!isInteger(ttl) || ttl <= 0) throw refuse("Please specify integer greater than 0.");
    if (ttl < least) throw refuse(`Expiration TTL must be at least ${least}.`);
    return seconds + ttl;
  }
  if (expiration === undefined) return undefined;
  const refuse = (reason: string): Error =>
    storageRefusal("invalidExpiration", `Invalid expiration of ${printed(expiration)}. ${reason}`);
  if (!isInteger(expiration) || expiration <= seconds) {
    throw refuse("Please specify integer greater than the current number of seconds since the UNIX epoch.");
  }
  if (expiration < seconds + least) {
    throw refuse(`Expiration times must be at least ${least} seconds in the future.`);
  }
  return expiration;
}

/** The parameters of a query. One that is not percent-encoded UTF-8 is refused, not read as something else. */
export function parseQuery(search: string): URLSearchParams {
  try {
    decodeURIComponent(search);
  } catch {
    throw refusal("invalidBody", "could not decode the query");
  }
  return new URLSearchParams(search);
}

/** A number of the query: `undefined` where it is not there, its text where it is no number. */
export function queryNumber(query: URLSearchParams, name: string): number | string | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** A whole number of the query within the bounds of the spec, or its default. */
export function queryInteger(operation: OperationId, query: URLSearchParams, name: string): number {
  const schema = requests[operation].query.properties?.[name] as Record<string, number>;
  const { minimum = 0, maximum = Infinity } = schema;
  const value = queryNumber(query, name) ?? schema["default"];
  if (isInteger(value) && value >= minimum && value <= maximum) return value;
  const bounds = maximum === Infinity ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
  throw refusal("invalidBody", `Invalid ${name} of ${printed(value)}. Please specify an integer ${bounds}.`);
}

/** One of the words that the spec gives for a parameter of the query. */
export const queryChoice = (
  operation: OperationId,
  query: URLSearchParams,
  name: string,
): string | undefined =>
  checkChoice(requests[operation].query.properties, name, query.get(name) ?? undefined);

/** One of the words that the spec gives for a field. */
export function checkChoice(
  properties: JSONSchema["properties"],
  name: string,
  value: unknown,
): string | undefined {
  const choices = properties?.[name]?.["enum"] as readonly string[];
  if (value === undefined || choices.includes(value as string)) return value as string | undefined;
  throw refusal(
    "invalidBody",
    `Invalid ${name} of ${printedJson(value)}. Please specify one of ${choices.join(", ")}.`,
  );
}

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

/** A value that was sent, as JSON for a message; of one that holds others, which has no bounds, the kind. */
export function printedJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return Array.isArray(value) ? "an array" : "an object";
}

const printed = (value: unknown): string => (typeof value === "string" ? value : printedJson(value));

/** The title that a body gives a namespace. */
export function checkTitle(title: unknown): string {
  if (title === undefined || title === null || title === "") {
    throw refusal("titleMissing", "request is missing a title definition");
  }
  if (typeof title !== "string" || !title.isWellFormed()) {
    throw refusal("invalidBody", "title is not valid text");
  }
  const length = characters(title);
  if (length <= limits.namespaceTitleLength) return title;
  const message = `title length of ${length} exceeds limit of ${limits.namespaceTitleLength}`;
  throw refusal("invalidBody", message);
}
