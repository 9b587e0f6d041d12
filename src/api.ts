/** The openapi-fetch client, and what stands between it and the facade: envelope → result or KVAPIError. */
import createClient, { type Client } from "openapi-fetch";
import { checkSignal } from "./abort.ts";
import { type Answer, isRecord } from "./answer.ts";
import { KVAPIError, KVInputError } from "./errors.ts";
import { idProblem, keyProblem, refuse } from "./limits.ts";
import { errorCodes, findOperation, limits, type OperationId, operations, type paths } from "./schema.ts";
import type { Body, Call, CallInit, Job, Send } from "./transport.ts";

/** The raw client: every operation of the spec by method and path, typed, as `{ data, error, response }`. */
export type Api = Client<paths>;

/** The namespace that a call is about. */
export interface Target {
  readonly api: Api;
  readonly path: { readonly account_id: string; readonly namespace_id: string };
  /** The longest pause within a job, in ms. */
  readonly jobMaxDelay: number;
}

export const namespacePath = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}";
export const valuePath = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}";

/** What a call of the facade says beyond the spec. */
export interface CallOptions {
  signal?: AbortSignal | undefined;
  stream?: boolean | undefined;
  maxDelay?: number | undefined;
  handles?: readonly number[] | undefined;
  job?: Job | undefined;
}

/**
 * openapi-fetch builds a Request for each call, and sets on it what it finds in the call's options. This one
 * only keeps them: a real Request costs more than the rest of the call, and cannot be sent twice.
 */
class Draft {
  readonly url: string;
  readonly init: DraftInit;
  readonly method: string;
  readonly headers: Headers;
  declare readonly signal?: AbortSignal | null;

  constructor(url: string, init: DraftInit) {
    this.url = url;
    this.init = init;
    this.method = init.method;
    this.headers = init.headers;
  }
}

interface DraftInit extends Omit<CallInit, "headers"> {
  headers: Headers;
  /** What the facade says of the call; a raw call has none. */
  facade?: FacadeCall;
}

interface FacadeCall extends CallOptions {
  operation: OperationId;
}

export function createApi(baseUrl: string, send: Send): Api {
  return createClient<paths>({
    baseUrl,
    Request: Draft as unknown as typeof Request,
    fetch: (given) => {
      const draft = given as unknown as Draft;
      checkSignal(draft.init.facade ? draft.init.facade.signal : draft.signal);
      const sent = send(toCall(draft, baseUrl));
      return (draft.init.facade ? sent : sent.then(whole)).catch(rethrow);
    },
    pathSerializer,
    bodySerializer,
  });
}

/** openapi-fetch would parse a proxy's page as JSON; the message of what that throws quotes it. */
function whole(answer: Answer): Answer {
  if (answer.ok && !answer.isComplete) throw failure(answer);
  return answer;
}

/** openapi-fetch passes over an error that is falsy, as the reason of an abort may be, and then lacks an answer. */
function rethrow(error: unknown): never {
  throw error || new DOMException(`The call was aborted: ${JSON.stringify(error)}`, "AbortError");
}

/** What a URL parser makes another path of: it folds `..`, turns `\\`, cuts off at `#` and drops line ends (WHATWG URL). */
const isRewritten = /[#\\\t\r\n]|\/(?:\.|%2e){1,2}(?:\/|$)/i;

function toCall(draft: Draft, baseUrl: string): Call {
  const { url, init, method } = draft;
  const { facade, body } = init;
  if (facade) {
    const { operation, signal, stream, maxDelay, handles, job } = facade;
    const headers = contentType(operation, body);
    return {
      operation,
      url,
      init: { method, headers, body },
      signal,
      stream,
      maxDelay,
      handles,
      job,
      attempts: 0,
    };
  }
  const path = url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length).split("?", 1)[0]! : undefined;
  // Without params.path, openapi-fetch leaves the names of the parameters in it.
  const unfilled = /\{(\w+)\}/.exec(path ?? "")?.[1];
  if (unfilled) throw new KVInputError(`the call has no ${unfilled} for its path`);
  // A path that the caller wrote out may be another one to a URL parser.
  const found = path === undefined || isRewritten.test(path) ? undefined : findOperation(method, path);
  if (!found)
    throw new KVInputError(`${method} ${path ?? "to another base URL"} is no operation of the spec`);
  const headers = Object.fromEntries(draft.headers);
  // openapi-fetch calls every body JSON. A value of any type but multipart is stored as it is.
  if (found.operation === "writeValue" && headers["content-type"] === "application/json") {
    headers["content-type"] = "application/octet-stream";
  }
  const { operation } = found;
  return { operation, url, init: { ...init, headers }, signal: draft.signal ?? undefined, attempts: 0 };
}

const octets = { "content-type": "application/octet-stream" } as const;
const json = { "content-type": "application/json" } as const;

/** fetch says itself what a form is. */
function contentType(operation: OperationId, body: Body | undefined): CallInit["headers"] {
  if (body === undefined || body instanceof FormData) return {};
  return operation === "writeValue" ? octets : json;
}

/** A path in parts: what stands between parameters, and their names, in turn. */
const partsOf = (path: string): readonly string[] => path.split(/\{(\w+)\}/);
/** Those of the spec alone: paths that the caller wrote out in part are without number. */
const specTemplates = new Map(Object.values(operations).map(({ path }) => [path as string, partsOf(path)]));

/** Ids and keys stay one segment of the path, whatever is in them: a URL parser folds `.` and `..`. */
function pathSerializer(path: string, params: Record<string, unknown>): string {
  const template = specTemplates.get(path) ?? partsOf(path);
  let result = template[0]!;
  for (let i = 1; i < template.length; i += 2) {
    const name = template[i]!;
    if (!Object.hasOwn(params, name)) throw new KVInputError(`the call has no ${name} for its path`);
    // What is no text is refused as what it is.
    const value = params[name] as string;
    refuse(
      name === "key_name"
        ? keyProblem(value)
        : idProblem(name.replace("_", " "), value, limits.namespaceIdLength),
    );
    result += encodeURIComponent(value) + template[i + 1]!;
  }
  return result;
}

/** JSON bodies of this API are arrays and objects; text, bytes and forms are values, to be sent as they are. */
function bodySerializer(body: unknown): Body {
  if (typeof body === "string" || isBytes(body)) return body as Body;
  if (body !== null && typeof body === "object" && "value" in body) {
    const { value, metadata } = body as { value: string | Blob | BufferSource; metadata?: unknown };
    return valueForm(value, metadata === undefined ? undefined : JSON.stringify(metadata));
  }
  return JSON.stringify(body);
}

function isBytes(body: unknown): boolean {
  return (
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    body instanceof Blob ||
    body instanceof FormData ||
    body instanceof ReadableStream
  );
}

/** A value with its metadata. The value is a Blob: FormData turns the LF of text parts into CRLF. */
export function valueForm(
  value: string | Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>,
  metadata: string | undefined,
): FormData {
  const form = new FormData();
  form.append("value", value instanceof Blob ? value : new Blob([value]));
  if (metadata !== undefined) form.append("metadata", metadata);
  return form;
}

/**
 * What a call of the facade passes to openapi-fetch. The envelope is read by a method of {@link Answer}, so that
 * it is parsed once, whoever asks.
 */
export function facadeCall(operation: OperationId, options: CallOptions): { parseAs: "json" } {
  const facade: FacadeCall = { ...options, operation };
  return { parseAs: "parsed", facade } as object as { parseAs: "json" };
}

type Outcome<T> = { data?: T; response: Response };

/** The envelope of a call that went well; throws a {@link KVAPIError} for every other answer. */
export async function unwrap<T>(call: Promise<Outcome<T>>): Promise<{ envelope: T; answer: Answer }> {
  const { response } = await call;
  const answer = response as Answer;
  const envelope = answer.parsed();
  if (answer.ok && isRecord(envelope) && envelope["success"] === true)
    return { envelope: envelope as T, answer };
  // A 204 or 205 may have no body (FACTS.md §0); it stands for a result of null.
  if (answer.status === 204 || answer.status === 205) {
    return { envelope: { success: true, errors: [], messages: [], result: null } as T, answer };
  }
  throw failure(answer);
}

/** The error that an answer stands for. */
export function failure(answer: Answer): KVAPIError {
  const { status, operation, problems } = answer;
  let text = problems.map(({ code, message }) => (code ? `${message} (${code})` : message)).join("; ");
  if (status >= 300 && status < 400) {
    const location = answer.headers.get("location");
    const target = location ? ` to ${answer.redact(origin(location, answer.url || undefined))}` : "";
    text ||= `a redirect${target}, which is not followed: it would take the token elsewhere`;
  }
  if (answer.ok && text === "")
    return malformed(answer, "neither an envelope with success: true nor one with errors");
  text ||= answer.excerpt() || "no text";
  if (problems.some(({ code }) => code === errorCodes.dailyQuota))
    text += `; the daily quota resets at ${nextMidnight()}`;
  return apiError(answer, `${operation}: the service answered ${status}: ${text}`);
}

/** The error for an answer that is not what the spec says. */
export function malformed(answer: Answer, what: string): KVAPIError {
  const { operation, status } = answer;
  const excerpt = isRecord(answer.parsed()) || operation === "readValue" ? "" : answer.excerpt();
  const text = `${operation}: the service answered ${status} with what its spec does not say: ${what}`;
  return apiError(answer, excerpt ? `${text}: ${excerpt}` : text);
}

function apiError(answer: Answer, text: string): KVAPIError {
  const { operation, status, attempts, note, problems, ray } = answer;
  return new KVAPIError(note ? `${text} (${note})` : text, { operation, attempts, status, problems, ray });
}

/** The free plan's quotas end at 00:00 UTC (FACTS.md §3). */
function nextMidnight(): string {
  const day = 86_400_000;
  return new Date(Math.ceil((Date.now() + 1) / day) * day).toISOString();
}

/** A Response made up by the caller's fetch has no URL to be the base. */
function origin(location: string, base: string | undefined): string {
  return URL.canParse(location, base) ? new URL(location, base).origin : "an address that is no URL";
}
