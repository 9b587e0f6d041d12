/** What the service has for a key, or for up to 100: the value, its metadata, its expiration. */
import { type Answer, isRecord } from "./answer.ts";
import {
  type CallOptions,
  facadeCall,
  failure,
  malformed,
  namespacePath,
  type Target,
  unwrap,
  valuePath,
} from "./api.ts";
import { KVAPIError } from "./errors.ts";
import { keyProblem, refuse } from "./limits.ts";
import { errorCodes } from "./schema.ts";

/** What was found for a key. */
export interface Found<Value = string | Uint8Array<ArrayBuffer>> {
  value: Value;
  /** `null` where there is none. */
  metadata: unknown;
  expiration?: number;
}

/** The answer that carries the value; `null` where there is no such key. */
export async function readValue(target: Target, key: string, call: CallOptions): Promise<Answer | null> {
  const { response } = await target.api.GET(valuePath, {
    params: { path: { ...target.path, key_name: key } },
    ...facadeCall("readValue", call),
  });
  const answer = response as Answer;
  if (answer.status === 200 && answer.isComplete) return answer;
  if (answer.problems[0]?.code === errorCodes.keyNotFound) return null;
  // 204 has no value, 206 a part of one; neither is in the spec.
  if (answer.ok && answer.isComplete) throw malformed(answer, "a value comes with 200");
  throw failure(answer);
}

/** When a value expires, which its answer says in a header. */
export function expirationOf(answer: Answer): { expiration?: number } {
  const expiration = Number(answer.headers.get("expiration") ?? NaN);
  return Number.isFinite(expiration) ? { expiration } : {};
}

/** The metadata of a key; `null` where there is none, or no such key. */
export async function readMetadata(target: Target, key: string, call: CallOptions): Promise<unknown> {
  try {
    const { envelope } = await unwrap(
      target.api.GET(`${namespacePath}/metadata/{key_name}`, {
        params: { path: { ...target.path, key_name: key } },
        ...facadeCall("readMetadata", call),
      }),
    );
    return envelope.result ?? null;
  } catch (error) {
    if (error instanceof KVAPIError && error.code === errorCodes.keyNotFound) return null;
    throw error;
  }
}

/** Text values of up to 100 keys, of one moment. A key that is not in the Map is not there. */
export async function readMany(
  target: Target,
  keys: string[],
  needsMetadata: boolean,
  call: CallOptions,
): Promise<Map<string, Found<string>>> {
  for (const key of keys) refuse(keyProblem(key));
  const { envelope, answer } = await unwrap(
    target.api.POST(`${namespacePath}/bulk/get`, {
      params: { path: target.path },
      body: { keys, type: "text", withMetadata: needsMetadata },
      ...facadeCall("getMultiple", call),
    }),
  );
  const values: unknown = isRecord(envelope.result) ? envelope.result.values : undefined;
  if (!isRecord(values)) throw malformed(answer, "result has no values");
  // `__proto__` is a key like any other; JSON.parse makes it an own property.
  const found = new Map<string, Found<string>>();
  for (const [key, entry] of Object.entries(values)) {
    if (entry === null) continue;
    const {
      value,
      metadata = null,
      expiration,
    } = needsMetadata && isRecord(entry) ? entry : { value: entry };
    if (typeof value !== "string") throw malformed(answer, "a value is not text");
    found.set(key, typeof expiration === "number" ? { value, metadata, expiration } : { value, metadata });
  }
  return found;
}
