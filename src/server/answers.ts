/** Every answer the server gives: the envelope, its headers, and the refusals by their code. */
import { type ErrorName, errors } from "../../generated/requests.ts";
import { limits } from "../schema.ts";

/** One entry of an answer's `errors`. */
export interface Problem {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly Problem[];
}

/** A request that is not answered with what it asks for. */
export class Refusal extends Error {
  readonly status: number;
  /** What is wrong; a line of text where it is the gateway in front of the service that refuses. */
  readonly problems: readonly Problem[] | string;
  /** Whether the storage below the service refuses: its messages are given within the operation's name. */
  readonly isOfStorage: boolean;
  /** A JSON pointer to the part of the body that is refused. */
  pointer: string | undefined;

  constructor(status: number, problems: readonly Problem[] | string, isOfStorage = false) {
    super(typeof problems === "string" ? problems : problems.map(({ message }) => message).join(", "));
    this.status = status;
    this.problems = problems;
    this.isOfStorage = isOfStorage;
  }
}

/** A refusal by the service itself. @param status where it is not the one that the spec gives the error */
export const refusal = (error: ErrorName, message: string, status: number = errors[error].status): Refusal =>
  new Refusal(status, [{ code: errors[error].code, message }]);

/** A refusal by the storage. */
export const storageRefusal = (error: ErrorName, message: string): Refusal =>
  new Refusal(errors[error].status, [{ code: errors[error].code, message }], true);

/** The refusal of a path that leads nowhere. */
export const noRoute = (path: string, status: number): Refusal =>
  new Refusal(status, [
    {
      code: errors.couldNotRoute.code,
      message: `Could not route to ${path || "/"}, perhaps your object identifier is invalid?`,
    },
    { code: errors.noRoute.code, message: "No route for that URI" },
  ]);

/** Cloudflare's ids of a request are 16 hex digits and the airport code of the place that answered. */
const ray = (): string => `${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}-XXX`;

function answer(
  status: number,
  contentType: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const common = {
    "content-type": contentType,
    "content-length": String(body.length),
    "cf-ray": ray(),
    // As on a request that is the first in a long time: nothing is counted here, save by `faults`.
    ratelimit: `"default";r=${limits.requestsPerWindow - 1};t=${limits.requestWindowSeconds}`,
    "ratelimit-policy": `"default";q=${limits.requestsPerWindow};w=${limits.requestWindowSeconds}`,
  };
  return new Response(body, { status, headers: { ...common, ...headers } });
}

const json = (status: number, body: object): Response =>
  answer(status, "application/json", new TextEncoder().encode(JSON.stringify(body)));

/** The answer of success. */
export function success(result: unknown, resultInfo?: object): Response {
  const envelope = { success: true, errors: [], messages: [], result };
  return json(200, resultInfo ? { ...envelope, result_info: resultInfo } : envelope);
}

/** The answer of failure; `label` is how the service calls the operation. */
export function failure({ status, problems, isOfStorage, pointer }: Refusal, label: string): Response {
  if (typeof problems === "string") return answer(status, "text/plain", new TextEncoder().encode(problems));
  const shown = problems.map((problem) => ({
    ...problem,
    message: isOfStorage ? `${label}: '${problem.message}'` : problem.message,
    ...(pointer === undefined ? {} : { source: { pointer } }),
  }));
  return json(status, { success: false, errors: shown, messages: [], result: null });
}

/** A value as it was stored. */
export const valueAnswer = (value: Uint8Array<ArrayBuffer>, expiration: number | undefined): Response =>
  answer(
    200,
    "application/octet-stream",
    value,
    expiration === undefined ? {} : { expiration: String(expiration) },
  );
