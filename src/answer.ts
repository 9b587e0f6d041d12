/** What comes back from a call: a Response whose body has been read, and what it says when it is a refusal. */
import type { KVProblem } from "./errors.ts";
import { errorCodes, type OperationId } from "./schema.ts";

const decoder = new TextDecoder();

/**
 * The answer to a call: a Response, as light as can be. Building a real one around a body that has been read
 * costs more than all the rest of a call; here it is built only where somebody asks for `body`, `blob`,
 * `formData` or `clone`. It does not say that it implements Response: Workers' own has more in it, and the
 * published declarations have to hold there too.
 */
export class Answer {
  readonly headers: Headers;
  readonly ok: boolean;
  readonly redirected: boolean = false;
  readonly status: number;
  readonly statusText: string;
  readonly type: Response["type"] = "default";
  readonly url: string;
  readonly operation: OperationId;
  /** How many times the call was sent. */
  readonly attempts: number;
  /** What a policy has to say of it: how long it was tried, how long the service asks to wait. */
  note: string | undefined;
  /** Whether an attempt before may have been received, and done. */
  isRepeat = false;
  /** The body: bytes, or the stream that was asked for. */
  readonly content: ArrayBuffer | ReadableStream<Uint8Array>;
  readonly #secrets: readonly string[];
  #real: Response | undefined;
  #parsed: { json: unknown } | undefined;
  #problems: readonly KVProblem[] | undefined;

  constructor(
    response: Response,
    content: ArrayBuffer | ReadableStream<Uint8Array>,
    operation: OperationId,
    attempts: number,
    secrets: readonly string[],
  ) {
    this.headers = response.headers;
    this.ok = response.ok;
    this.status = response.status;
    this.statusText = response.statusText;
    this.url = response.url;
    this.operation = operation;
    this.attempts = attempts;
    this.content = content;
    this.#secrets = secrets;
  }

  /** The body as JSON, parsed once; `undefined` where it is not JSON, or a value, which is no envelope. */
  parsed(): unknown {
    if (this.content instanceof ReadableStream) return undefined;
    if (this.ok && this.operation === "readValue") return undefined;
    if (!this.#parsed) {
      this.#parsed = { json: undefined };
      try {
        this.#parsed.json = JSON.parse(decoder.decode(this.content));
      } catch {
        // Not JSON: said by `undefined`.
      }
    }
    return this.#parsed.json;
  }

  /** What the answer names as errors: objects, bare strings, or a lone `{ code, error }` (FACTS.md §0). */
  get problems(): readonly KVProblem[] {
    return (this.#problems ??= this.#readProblems());
  }

  #readProblems(): KVProblem[] {
    // A value may be JSON that looks like a refusal.
    if (this.operation === "readValue" && this.ok) return [];
    const envelope = this.parsed();
    if (!isRecord(envelope) || envelope["success"] === true) return [];
    const listed = Array.isArray(envelope["errors"]) ? envelope["errors"] : [];
    const items: unknown[] = listed.length > 0 || !("error" in envelope) ? listed : [envelope];
    return items.slice(0, 20).map((item) => {
      const record = isRecord(item) ? item : { message: item };
      const message = record["message"] ?? record["error"];
      return {
        code: typeof record["code"] === "number" ? record["code"] : 0,
        message: typeof message === "string" ? this.redact(message).slice(0, 1000) : "no message",
      };
    });
  }

  /** Whether it is what the spec says of success or refusal: no page of a proxy's, no JSON that breaks off. */
  get isComplete(): boolean {
    if (this.operation === "readValue" && this.ok) {
      return !this.headers.get("content-type")?.startsWith("text/html");
    }
    if (this.status === 204 || this.status === 205) return true;
    const envelope = this.parsed();
    if (this.ok) return isRecord(envelope) && typeof envelope["success"] === "boolean";
    // A refusal may be of any form, but where it says that it is JSON it has to be.
    return envelope !== undefined || this.#isEmpty || !this.headers.get("content-type")?.includes("json");
  }

  /** Whether it refuses for the rate of requests; not for the day's quota, nor for bulk operations in progress. */
  get isThrottled(): boolean {
    const codes = new Set(this.problems.map(({ code }) => code));
    if (codes.has(errorCodes.throttled)) return true;
    if (codes.has(errorCodes.dailyQuota) || codes.has(errorCodes.bulkOperationsInProgress)) return false;
    return this.status === 429;
  }

  /** How long the service asks to wait, in ms: `Retry-After` in seconds or as a date (RFC 9110 §10.2.3). */
  get retryAfter(): number | undefined {
    const asked = this.headers.get("retry-after")?.trim() ?? "";
    if (/^\d+(\.\d+)?$/.test(asked)) return Number(asked) * 1000;
    // Date.parse reads almost anything as a date; those of HTTP begin with the day of the week.
    if (!/^[A-Z][a-z]{2,8},? /.test(asked)) return undefined;
    // By the service's clock, where it says what that is: the one here may be hours off.
    const now = Date.parse(this.headers.get("date") ?? "") || Date.now();
    const ms = Date.parse(asked) - now;
    return Number.isNaN(ms) ? undefined : Math.max(0, ms);
  }

  /** The id of the request at Cloudflare. */
  get ray(): string | undefined {
    const ray = this.headers.get("cf-ray");
    return ray === null ? undefined : this.redact(ray);
  }

  redact(text: string): string {
    return redact(text, this.#secrets);
  }

  /** The start of the body in one line, for a message. */
  excerpt(length = 200): string {
    if (this.content instanceof ReadableStream) return "";
    // Before anything is cut off: half a secret would not be found. A page's styles come before its text.
    const text = this.redact(decoder.decode(this.content.slice(0, 16 * 1024)));
    return text
      .replace(/<(style|script)[\s\S]*?<\/\1>|<[^>]*>/gi, " ")
      .replace(/\s+/g, " ")
      .trim()
      .slice(0, length);
  }

  /** Some statuses (204, 304) allow no body at all. */
  get #isEmpty(): boolean {
    return !(this.content instanceof ReadableStream) && this.content.byteLength === 0;
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.content instanceof ReadableStream ? this.#response.arrayBuffer() : this.content;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(await this.arrayBuffer());
  }

  async text(): Promise<string> {
    return decoder.decode(await this.arrayBuffer());
  }

  async json(): Promise<any> {
    return JSON.parse(await this.text());
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#response.body;
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false;
  }

  blob(): Promise<Blob> {
    return this.#response.blob();
  }

  formData(): Promise<FormData> {
    return this.#response.formData();
  }

  clone(): Response {
    return this.#response.clone();
  }

  get #response(): Response {
    return (this.#real ??= new Response(this.#isEmpty ? null : (this.content as BodyInit), {
      status: this.status,
      statusText: this.statusText,
      headers: this.headers,
    }));
  }
}

/**
 * A text of others without the secrets, which a gateway's error page may repeat, and without control characters,
 * which a terminal obeys where an error is logged.
 */
export function redact(text: string, secrets: readonly string[]): string {
  return hide(text.replaceAll(/\p{Cc}+/gu, " "), secrets);
}

const hide = (text: string, secrets: readonly string[]): string =>
  secrets.reduce((result, secret) => result.replaceAll(secret, "***"), text);

/** What a fetch threw, as the cause of our error: where its texts repeat a secret, a copy without it. */
export function redactError(error: unknown, secrets: readonly string[], depth = 0): unknown {
  if (typeof error === "string") return redact(error, secrets);
  // A chain of causes may lead back to its start.
  if (!(error instanceof Error) || depth > 8) return error;
  const { message, name, stack = "", code, syscall } = error as Error & { code?: unknown; syscall?: unknown };
  const cause = redactError(error.cause, secrets, depth + 1);
  const isClean = cause === error.cause && hide(message + stack, secrets) === message + stack;
  if (isClean) return error;
  const copy = new Error(redact(message, secrets), cause === undefined ? undefined : { cause });
  return Object.assign(copy, { name, stack: hide(stack, secrets) }, code && { code }, syscall && { syscall });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
