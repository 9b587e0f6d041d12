/** What bodies hold, decoded and checked by the rules. */
import { limits } from "../schema.ts";
import { Refusal, refusal, storageRefusal } from "./answers.ts";
import { type Incoming, noRoom, readBytes, readForm, readJson } from "./body.ts";
import {
  checkExpiration,
  checkKey,
  checkMetadata,
  encodeValue,
  printedJson,
  valueTooLarge,
} from "./rules.ts";
import type { StoredEntry } from "./store.ts";

/** More than any legal body of a title or of 100 keys takes, escapes counted. */
const smallBodyBytes = 1 << 20;

const undecodable = (reason: string): Refusal =>
  refusal("invalidBody", `could not decode the request body: ${reason}`);

/** The fields of an object. */
export const readFields = async (incoming: Incoming): Promise<Readonly<Record<string, unknown>>> =>
  fieldsOf(await readJson({ ...incoming, reserve: noRoom }, smallBodyBytes));

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw undecodable("it is not an object");
  return body as Record<string, unknown>;
}

/** The keys of a bulk delete. */
export const readKeys = (incoming: Incoming): Promise<readonly string[]> =>
  readItems(incoming, limits.bulkDeleteKeys, keyOf);

/** The pairs of a bulk write; `now` is in milliseconds. */
export const readPairs = (incoming: Incoming, now: () => number): Promise<readonly StoredEntry[]> =>
  readItems(incoming, limits.bulkWritePairs, (item) => entryOf(item, now()));

async function readItems<Item>(
  incoming: Incoming,
  most: number,
  decode: (item: unknown) => Item,
): Promise<readonly Item[]> {
  const body = await readJson(incoming, limits.bulkWriteBytes);
  if (!Array.isArray(body)) throw undecodable("it is not an array");
  if (body.length > most)
    throw refusal("invalidBody", `request of ${body.length} items exceeds limit of ${most}`);
  return body.map((item: unknown, index) => decodeAt(`/${index}`, decode, item));
}

/** Decodes a part of a body; a refusal says where it is. */
function decodeAt<Part>(pointer: string, decode: (part: unknown) => Part, part: unknown): Part {
  try {
    return decode(part);
  } catch (error) {
    if (error instanceof Refusal) error.pointer = pointer;
    throw error;
  }
}

function keyOf(key: unknown): string {
  if (typeof key !== "string") throw undecodable("the key is not a string");
  checkKey(key);
  return key;
}

/** Fields that the spec does not know are passed over, as wrangler's warning about them implies. */
function entryOf(item: unknown, now: number): StoredEntry {
  const { key, value, base64 = false, metadata, expiration, expiration_ttl: ttl } = fieldsOf(item);
  if (typeof value !== "string") throw undecodable("the value is not a string");
  if (typeof base64 !== "boolean") throw undecodable("base64 is not a boolean");
  return {
    key: keyOf(key),
    value: base64 ? decodeBase64(value) : encodeValue(value),
    metadata: metadata === undefined ? undefined : checkMetadata(jsonOf(metadata)),
    expiration: checkExpiration(expiration, ttl, now),
  };
}

function jsonOf(metadata: unknown): string {
  try {
    return JSON.stringify(metadata);
  } catch {
    // JSON.parse knows no depth; JSON.stringify ends with the stack, far over the limit.
    throw storageRefusal("metadataTooLarge", `Metadata exceeds limit of ${limits.metadataBytes}.`);
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  // atob also takes spaces and missing padding, which Go's standard decoder does not.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw undecodable("the value is not base64");
  const binary = atob(text);
  if (binary.length > limits.valueBytes) throw valueTooLarge(binary.length);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** What a bulk get asks for. */
export interface GetRequest {
  readonly keys: readonly string[];
  readonly type: "text" | "json";
  readonly withMetadata: boolean;
}

/** The body of a bulk get. That a wrong type has the code of a wrong number of keys is a guess. */
export async function readGetRequest(incoming: Incoming): Promise<GetRequest> {
  const { keys, type = "text", withMetadata = false } = await readFields(incoming);
  if (!Array.isArray(keys)) throw undecodable("keys is not an array");
  if (typeof withMetadata !== "boolean") throw undecodable("withMetadata is not a boolean");
  if (keys.length === 0) throw refusal("bulkGetRefused", "You must request a minimum of 1 key");
  if (keys.length > limits.bulkGetKeys) {
    throw refusal("bulkGetRefused", `You can request a maximum of ${limits.bulkGetKeys} keys`);
  }
  if (type !== "text" && type !== "json") {
    throw refusal("bulkGetRefused", `${printedJson(type)} is not a valid type. Use "json" or "text"`);
  }
  return {
    keys: keys.map((key: unknown, index) => decodeAt(`/keys/${index}`, keyOf, key)),
    type,
    withMetadata,
  };
}

/** A value as a bulk get gives it, which has no way to carry bytes that are not text. */
export function decodeValue(value: Uint8Array, type: GetRequest["type"]): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    return type === "json" ? JSON.parse(text) : text;
  } catch {
    throw refusal("bulkGetRefused", `At least one of the requested keys corresponds to a non-${type} value`);
  }
}

/** A value with its metadata. Any body that is not multipart is the value itself, JSON included. */
export async function readValue(incoming: Incoming): Promise<Pick<StoredEntry, "value" | "metadata">> {
  const contentType = incoming.request.headers.get("content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(contentType)) {
    return { value: await readBytes(incoming, limits.valueBytes, valueTooLarge), metadata: undefined };
  }
  // Room for the metadata and for the lines between the parts.
  const body = await readBytes(incoming, limits.valueBytes + smallBodyBytes, valueTooLarge);
  const { value, metadata } = readForm(body, contentType);
  if (value.length > limits.valueBytes) throw valueTooLarge(value.length);
  return { value, metadata: metadata === undefined ? undefined : checkMetadata(metadata) };
}
