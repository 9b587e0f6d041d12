/** What the behaviour suite claims with. Without a runner's imports, so that it runs in every runtime. */
import { KVAPIError, KVError } from "../src/index.ts";

/** Deep equality of JSON values, bytes and Maps; the order of properties does not matter, that of a Map does. */
export function equal(actual: unknown, expected: unknown, what = "value"): void {
  if (!isSame(actual, expected)) throw new Error(`${what} is ${show(actual)}, not ${show(expected)}`);
}

/** Rejects with a refusal of the service; gives it. */
export async function refusedWith(code: number, call: PromiseLike<unknown>): Promise<KVAPIError> {
  const error = await failed(call);
  if (!(error instanceof KVAPIError) || error.code !== code) {
    throw new Error(`it is refused with ${show(error)}, not with the code ${code}`, { cause: error });
  }
  return error;
}

/** Rejects with an error of this package; gives it. */
export async function failed(call: PromiseLike<unknown>): Promise<KVError> {
  const outcome = await Promise.resolve(call).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in outcome) throw new Error(`it gives ${show(outcome.value)}, where it should fail`);
  if (outcome.error instanceof KVError) return outcome.error;
  throw new Error(`it fails with ${show(outcome.error)}, no KVError`, { cause: outcome.error });
}

const toBytes = (value: unknown): Uint8Array | undefined =>
  value instanceof ArrayBuffer ? new Uint8Array(value) : value instanceof Uint8Array ? value : undefined;

function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const bytes = toBytes(a);
  if (bytes) {
    const others = toBytes(b);
    if (others?.length !== bytes.length) return false;
    // A call for each of 25 MiB takes five times as long.
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== others[i]) return false;
    return true;
  }
  if (a instanceof Map || b instanceof Map) {
    return a instanceof Map && b instanceof Map && isSame([...a], [...b]);
  }
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && isSame(at(a, name), at(b, name)))
  );
}

const at = (value: object, name: string): unknown => (value as Record<string, unknown>)[name];

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const bytes = toBytes(value);
  if (bytes) return `${bytes.length} bytes [${bytes.slice(0, 20).join(" ")}]`;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return [...part];
    return toBytes(part) ? show(part) : part;
  });
  return (text ?? String(value)).slice(0, 400);
}
