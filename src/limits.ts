/**
 * The rules on keys, values, metadata and expirations, as pure functions made from the spec's limits. Each
 * gives the broken rule in words, or `undefined`. The client refuses with them, by the functions that stand first;
 * the local server answers with them.
 */
import { KVInputError } from "./errors.ts";
import { limits } from "./schema.ts";

const encoder = new TextEncoder();

/** A wrong argument in words: a text in quotes, an object by its type. Not for the values of pairs. */
function shown(argument: unknown): string {
  if (typeof argument === "string") return JSON.stringify(argument);
  return argument === Object(argument) ? `of type ${typeof argument}` : String(argument);
}

/** Throws a broken rule as the caller's error. */
export function refuse(problem: string | undefined): void {
  if (problem !== undefined) throw new KVInputError(problem);
}

/** Refuses an argument of a wrong type or out of range. */
export function check(isRight: boolean, name: string, argument: unknown, rule: string): void {
  if (!isRight) throw new KVInputError(`${name} is ${shown(argument)}, not ${rule}`);
}

export function checkWhole(name: string, argument: number, least: number, most: number = Infinity): void {
  const range = most < Infinity ? ` to ${most}` : "";
  const isWithin = Number.isInteger(argument) && argument >= least && argument <= most;
  check(isWithin, name, argument, `a whole number from ${least}${range}`);
}

/** How many bytes a text takes in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** How many code points a text has: what `maxLength` counts (JSON Schema Validation §6.3.1). */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Whether a text is over a limit of UTF-8 bytes. Encodes only where the length alone does not tell. */
function isOver(text: string, limit: number): boolean {
  // A UTF-16 unit takes 1 to 3 bytes of UTF-8.
  return text.length > limit || (text.length * 3 > limit && utf8Length(text) > limit);
}

const excess = (what: string, bytes: number, limit: number): string =>
  `${what} is ${bytes} bytes of UTF-8, over the limit of ${limit}`;

const notText = (what: string, argument: unknown): string => `${what} is ${shown(argument)}, not a string`;

const loneSurrogate = (what: string): string => `${what} has a lone surrogate, which UTF-8 cannot hold`;

/** Empty, `.` and `..` are illegal names; a URL cannot even carry the last two. */
export function keyProblem(key: string): string | undefined {
  if (typeof key !== "string") return notText("the key", key);
  if (key === "") return "the key is empty; a key has at least 1 byte";
  if (key === "." || key === "..") return `the key is "${key}", a name that Workers KV does not allow`;
  if (isOver(key, limits.keyBytes)) return excess("the key", utf8Length(key), limits.keyBytes);
  return key.isWellFormed() ? undefined : loneSurrogate("the key");
}

/** A prefix may be the start of no legal key: then nothing has it. */
export function prefixProblem(prefix: string | null | undefined): string | undefined {
  if (prefix === null || prefix === undefined) return undefined;
  if (typeof prefix !== "string") return notText("the prefix", prefix);
  return prefix.isWellFormed() ? undefined : loneSurrogate("the prefix");
}

/** The title of a namespace. */
export function titleProblem(title: string): string | undefined {
  if (typeof title !== "string") return notText("the title", title);
  if (title === "") return "the title is empty; it has at least 1 character";
  const most = limits.namespaceTitleLength;
  const length = characters(title);
  if (length > most) return `the title is ${length} characters, over the limit of ${most}`;
  return title.isWellFormed() ? undefined : loneSurrogate("the title");
}

/** The id of an account or namespace. */
export function idProblem(what: string, id: string, most: number): string | undefined {
  if (typeof id !== "string") return notText(`the ${what}`, id);
  if (id === "") return `the ${what} is empty`;
  if (id.length > most) return `the ${what} is ${id.length} characters, over the limit of ${most}`;
  return /^[\w-]+$/.test(id) ? undefined : `the ${what} has characters other than letters, digits, - and _`;
}

/** Many inputs. A text can be iterated too: its characters would be taken for keys. */
export function inputsProblem(inputs: unknown): string | undefined {
  const isObject = typeof inputs === "object" && inputs !== null;
  if (isObject && (Symbol.asyncIterator in inputs || Symbol.iterator in inputs)) return undefined;
  return `the input is ${inputs === null ? "null" : `of type ${typeof inputs}`}, not an array or other iterable`;
}

/** A value as text. */
export function textProblem(value: string): string | undefined {
  if (isOver(value, limits.valueBytes)) return excess("the value", utf8Length(value), limits.valueBytes);
  return value.isWellFormed() ? undefined : loneSurrogate("the value");
}

/** A value as bytes. */
export function bytesProblem(byteLength: number): string | undefined {
  if (byteLength <= limits.valueBytes) return undefined;
  return `the value is ${byteLength} bytes, over the limit of ${limits.valueBytes}`;
}

/** Metadata in its JSON form. */
export function metadataProblem(json: string): string | undefined {
  if (isOver(json, limits.metadataBytes)) {
    return excess("the metadata as JSON", utf8Length(json), limits.metadataBytes);
  }
  // JSON.stringify writes a lone surrogate as an escape, which the service would store as U+FFFD.
  return /\\u[dD][89a-fA-F]/.test(json) && !allWellFormed(JSON.parse(json))
    ? loneSurrogate("the metadata")
    : undefined;
}

function allWellFormed(json: unknown): boolean {
  if (typeof json === "string") return json.isWellFormed();
  if (json === null || typeof json !== "object") return true;
  return Object.entries(json).every(([name, value]) => name.isWellFormed() && allWellFormed(value));
}

/** A time to live in seconds. */
export function expirationTtlProblem(seconds: number): string | undefined {
  if (!Number.isFinite(seconds)) return `expirationTtl is ${shown(seconds)}, not a number of seconds`;
  if (seconds >= limits.expirationTtlSeconds) return undefined;
  return `expirationTtl is ${seconds} seconds, under the least of ${limits.expirationTtlSeconds}`;
}

/** An absolute expiration in seconds since the epoch; `now` is in milliseconds. */
export function expirationProblem(expiration: number, now: number): string | undefined {
  if (!Number.isFinite(expiration)) {
    return `expiration is ${shown(expiration)}, not a number of seconds since the epoch`;
  }
  const ahead = expiration - now / 1000;
  if (ahead >= limits.expirationTtlSeconds) return undefined;
  const when = ahead < 0 ? `${Math.ceil(-ahead)} seconds ago` : `${Math.floor(ahead)} seconds ahead`;
  return `expiration ${expiration} is ${when}, under the least of ${limits.expirationTtlSeconds} seconds ahead`;
}

/** Workers KV sorts keys by their UTF-8 bytes, which is the order of code points; `<` is by UTF-16 units. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      // Surrogates (D800-DFFF) stand for code points above every other unit.
      const xIsHigh = x >= 0xd800 && x <= 0xdfff;
      const yIsHigh = y >= 0xd800 && y <= 0xdfff;
      return xIsHigh === yIsHigh ? x - y : xIsHigh ? 1 : -1;
    }
  }
  return a.length - b.length;
}
