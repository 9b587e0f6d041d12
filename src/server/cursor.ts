/**
 * Cursors of key lists: the last key of a page, so that writes between pages neither repeat nor skip a key,
 * and a check sum over what they belong to. One that was cut, made up, or is of another namespace or prefix
 * is refused; what production does with those is not known.
 */
import { storageRefusal } from "./answers.ts";

/** What a cursor belongs to. */
export interface CursorScope {
  readonly namespaceId: string;
  readonly prefix: string;
}

export function encodeCursor(scope: CursorScope, key: string): string {
  const text = `${checkSum(`${scope.namespaceId}\n${scope.prefix}\n${key}`)}${key}`;
  const binary = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The key that a cursor stands for; `""` stands for the start. */
export function decodeCursor(scope: CursorScope, cursor: string): string {
  if (cursor === "") return "";
  const key = keyOf(cursor);
  if (key !== undefined && encodeCursor(scope, key) === cursor) return key;
  throw storageRefusal("invalidBody", "Invalid cursor. Please specify one that this list has given.");
}

function keyOf(cursor: string): string | undefined {
  try {
    const binary = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"));
    return new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)))
      .slice(8);
  } catch {
    return undefined;
  }
}

/** FNV-1a, as 8 hex digits: finds mistakes, not forgery. */
function checkSum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, "0");
}
