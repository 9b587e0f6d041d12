/** Request bodies: read within a bound, and decoded. */
import { type MultipartPart, parseMultipart } from "@remix-run/multipart-parser";
import { Refusal, refusal } from "./answers.ts";
import { smallBytes } from "./budget.ts";

/** A request whose body is to be read. */
export interface Incoming {
  readonly request: Request;
  /** Settles when there is room for so many bytes, which are then this request's until it is answered. */
  readonly reserve: (bytes: number) => Promise<void>;
}

/** For a body that is small in any case: what is read for it asks for room in its turn. */
export const noRoom = async (): Promise<void> => {};

/**
 * The body as bytes. Once it is known to be over the limit nothing more of it is read, and `tooLarge` makes
 * the refusal from how long it is, or was up to there.
 */
export async function readBytes(
  { request, reserve }: Incoming,
  limit: number,
  tooLarge: (length: number) => Refusal,
): Promise<Uint8Array<ArrayBuffer>> {
  const contentLength = request.headers.get("content-length") ?? "0";
  if (!/^\d+$/.test(contentLength)) throw refusal("invalidBody", "Content-Length is not a number of bytes");
  const announced = Number(contentLength);
  if (announced > limit) throw tooLarge(announced);
  if (!request.body) return new Uint8Array();
  let hasRoom = announced > smallBytes;
  if (hasRoom) await reserve(announced);
  let bytes = new Uint8Array(announced);
  let length = 0;
  const reader = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const needed = length + next.value.length;
      if (needed > limit) throw tooLarge(needed);
      if (needed > smallBytes && !hasRoom) {
        hasRoom = true;
        // Of unknown length: while it grows, the bytes before and after are there together.
        await reserve(2 * limit);
      }
      if (needed > bytes.length) bytes = grown(bytes, Math.max(needed, Math.min(2 * bytes.length, limit)));
      bytes.set(next.value, length);
      length = needed;
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refusal("invalidBody", "the request body broke off");
  } finally {
    // Not cancelled: that would reset the connection before the refusal is out. listen() drops the rest.
    reader.releaseLock();
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

function grown(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(bytes);
  return larger;
}

/** The body as JSON. It is the gateway in front of the service that refuses one that is too large. */
export async function readJson(incoming: Incoming, limit: number): Promise<unknown> {
  const bytes = await readBytes(incoming, limit, () => new Refusal(413, "Payload Too Large"));
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw refusal("invalidBody", "could not decode the request body as JSON");
  }
}

/** What a multipart body holds for a value. */
export interface ValueForm {
  readonly value: Uint8Array<ArrayBuffer>;
  /** The text of the `metadata` field. */
  readonly metadata: string | undefined;
}

/** The `value` and `metadata` of a multipart body, in either order, each a text field or a file part. */
export function readForm(body: Uint8Array<ArrayBuffer>, contentType: string): ValueForm {
  let value: Uint8Array<ArrayBuffer> | undefined;
  let metadata: string | undefined;
  try {
    const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
    if (!boundary) throw new Error("there is no boundary");
    const options = { boundary: boundary[1] ?? boundary[2]!, maxFileSize: body.length, maxParts: 100 };
    for (const part of parseMultipart(body, options)) {
      // Of two fields of one name, the first counts, as in Go's forms.
      if (part.name === "value") value ??= contentOf(part, body);
      if (part.name === "metadata") metadata ??= part.text;
    }
  } catch {
    throw refusal("invalidBody", "could not decode the multipart request body");
  }
  if (value) return { value, metadata };
  // 10047 was production's in 2021 for a missing `metadata`, then required; for `value` it is inferred.
  throw refusal(
    "missingFormField",
    "multipart put request does not contain required form field 'value': '%!s(<nil>)'",
  );
}

/** A part's bytes: within the body where they are most of it, which is then all that is kept. */
function contentOf(part: MultipartPart, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const [content, ...more] = part.content as Uint8Array<ArrayBuffer>[];
  const isMost = content && more.length === 0 && content.length * 2 > body.length;
  return isMost ? content : (part.bytes as Uint8Array<ArrayBuffer>);
}
