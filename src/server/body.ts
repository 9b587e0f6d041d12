/** Request bodies: read within a bound, and decoded. */
import { Refusal, refusal } from "./answers.ts";

/**
 * The body as bytes. Once it is known to be over the limit nothing more of it is read, and `tooLarge` makes
 * the refusal from how long it is, or was up to there.
 */
export async function readBytes(
  request: Request,
  limit: number,
  tooLarge: (length: number) => Refusal,
): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limit) throw tooLarge(announced);
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      length += next.value.length;
      if (length > limit) throw tooLarge(length);
      chunks.push(next.value);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : refusal("invalidBody", "the request body broke off");
  } finally {
    // Not cancelled: that would reset the connection before the refusal is out. listen() drops the rest.
    reader.releaseLock();
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** The body as JSON. It is the gateway in front of the service that refuses one that is too large. */
export async function readJson(request: Request, limit: number): Promise<unknown> {
  const bytes = await readBytes(request, limit, () => new Refusal(413, "Payload Too Large"));
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
export async function readForm(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<ValueForm> {
  const form = await parseForm(body, contentType);
  const value = form.get("value");
  if (value === null) {
    // 10047 was production's in 2021 for a missing `metadata`, then required; for `value` it is inferred.
    throw refusal(
      "missingFormField",
      "multipart put request does not contain required form field 'value': '%!s(<nil>)'",
    );
  }
  const metadata = form.get("metadata");
  return {
    value:
      typeof value === "string"
        ? await exactField(body, contentType)
        : new Uint8Array(await value.arrayBuffer()),
    metadata: metadata instanceof Blob ? await metadata.text() : (metadata ?? undefined),
  };
}

async function parseForm(body: Uint8Array<ArrayBuffer>, contentType: string): Promise<FormData> {
  try {
    return await new Response(body, { headers: { "content-type": contentType } }).formData();
  } catch {
    throw refusal("invalidBody", "could not decode the multipart request body");
  }
}

/**
 * The bytes of a `value` sent as a text field. FormData gives it decoded as UTF-8, without its BOM and with
 * U+FFFD for whatever is not UTF-8. So the form is parsed again with every byte written as one character.
 */
async function exactField(
  body: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<Uint8Array<ArrayBuffer>> {
  let high = 0;
  for (const byte of body) if (byte >= 0x80) high++;
  const widened = new Uint8Array(body.length + high);
  let offset = 0;
  for (const byte of body) {
    if (byte >= 0x80) widened[offset++] = 0xc0 | (byte >> 6);
    widened[offset++] = byte < 0x80 ? byte : 0x80 | (byte & 0x3f);
  }
  const text = (await parseForm(widened, contentType)).get("value") as string;
  const value = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) value[i] = text.charCodeAt(i);
  return value;
}
