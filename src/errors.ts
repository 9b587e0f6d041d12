/** What an error knows besides its message. */
export interface KVErrorOptions {
  /** What led to it, where another error did. */
  cause?: unknown;
  /** The operation of the spec that failed. */
  operation?: string | undefined;
  /** How many times the request was sent. */
  attempts?: number | undefined;
}

/** The base of every error that this package raises. No error holds a token or a value. */
export class KVError extends Error {
  /** The operation of the spec that failed, where a request was meant. */
  readonly operation: string | undefined;
  /** How many times the request was sent; `undefined` where it never was. */
  readonly attempts: number | undefined;

  constructor(message: string, options: KVErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.operation = options.operation;
    this.attempts = options.attempts;
  }

  static {
    // On the prototype, as the built-in errors have it: no own property, and bundlers cannot rename it.
    this.prototype.name = "KVError";
  }
}

/** An argument breaks a rule; it was refused here, before anything was sent. The message has the limit and the actual number. */
export class KVInputError extends KVError {
  static {
    this.prototype.name = "KVInputError";
  }
}

/** Not sent: the token's request budget, or a pause that the service asked for, would keep the call for longer than it may wait. */
export class KVRateLimitError extends KVError {
  static {
    this.prototype.name = "KVRateLimitError";
  }
}

/** No answer came, or it broke off. `cause` has what the runtime said. */
export class KVConnectionError extends KVError {
  static {
    this.prototype.name = "KVConnectionError";
  }
}

/** The connection, or the function that gives the token, stood still for longer than `timeout`. */
export class KVTimeoutError extends KVConnectionError {
  static {
    this.prototype.name = "KVTimeoutError";
  }
}

/** One entry of the `errors` of an answer. */
export interface KVProblem {
  /** Cloudflare's code; compare it with {@link KVErrorCode}. */
  code: number;
  /** Cloudflare's message. It varies: decide by the code. */
  message: string;
}

/** The service refused the request, or answered with something that is not what its spec says. */
export class KVAPIError extends KVError {
  /** The HTTP status. */
  readonly status: number;
  /** The code of the first problem, 0 where that has none; `undefined` where the answer names no problem. */
  readonly code: number | undefined;
  /** Every code and message of the answer. */
  readonly problems: readonly KVProblem[];
  /** The `cf-ray` of the answer: what Cloudflare's support asks for. */
  readonly ray: string | undefined;

  constructor(
    message: string,
    options: KVErrorOptions & { status: number; problems: readonly KVProblem[]; ray: string | undefined },
  ) {
    super(message, options);
    this.status = options.status;
    this.code = options.problems[0]?.code;
    this.problems = options.problems;
    this.ray = options.ray;
  }

  static {
    this.prototype.name = "KVAPIError";
  }
}

/** A pair or key that a bulk job refused, and why. */
export interface KVRejection {
  key: string;
  error: KVInputError;
}

/** A bulk job that did not do all it was given. Everything that it does not name was done. */
export class KVBulkError extends KVError {
  /** How many inputs were done. */
  readonly succeeded: number;
  /** How many pairs were not sent because they expire within the minute. */
  readonly expired: number;
  /** How many requests the job took. */
  readonly requests: number;
  /** Keys that were taken from the input, and not acknowledged by the service. */
  readonly unsuccessfulKeys: readonly string[];
  /** Inputs that break a rule, and were not sent. */
  readonly rejected: readonly KVRejection[];

  constructor(
    message: string,
    options: KVErrorOptions & {
      succeeded: number;
      expired: number;
      requests: number;
      unsuccessfulKeys: readonly string[];
      rejected: readonly KVRejection[];
    },
  ) {
    super(message, options);
    this.succeeded = options.succeeded;
    this.expired = options.expired;
    this.requests = options.requests;
    this.unsuccessfulKeys = options.unsuccessfulKeys;
    this.rejected = options.rejected;
  }

  static {
    this.prototype.name = "KVBulkError";
  }
}

/** What {@link toResult} gives: either the data or the error. */
export type Result<T> = { data: T; error: null } | { data: null; error: KVError };

/**
 * A call's outcome as a value: `{ data, error }`, one of them null.
 *
 * Every {@link KVError} becomes `error`. What is not this package's still rejects: the reason of an abort
 * signal, and errors thrown by the caller's own code.
 *
 * @example
 * const { data, error } = await toResult(kv.namespaces.get(id));
 */
export async function toResult<T>(call: PromiseLike<T>): Promise<Result<T>> {
  try {
    return { data: await call, error: null };
  } catch (error) {
    if (error instanceof KVError) return { data: null, error };
    throw error;
  }
}
