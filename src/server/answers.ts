/** Every answer the server gives: the envelope, its headers, and the refusals by their code. */
import { errorCodes } from "../schema.ts";

/** One entry of an answer's `errors`. */
export interface Problem {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly Problem[];
}

/** Codes of Cloudflare's gateway in front of the service, which stand in no operation of the spec. */
export const gatewayCodes = {
  invalidHeaders: 6003,
  invalidKeyFormat: 6103,
  invalidAuthorizationFormat: 6111,
  noRoute: 7000,
  couldNotRoute: 7003,
  unknownKey: 9103,
  missingAuthentication: 9106,
  noAccess: 10000,
  unknownToken: 10001,
  methodNotAllowed: 10405,
} as const;

/** A request that is not answered with what it asks for. */
export class Refusal extends Error {
  readonly status: number;
  readonly problems: readonly Problem[];

  constructor(status: number, ...problems: readonly Problem[]) {
    super(problems.map(({ code, message }) => `${code}: ${message}`).join(", "));
    this.status = status;
    this.problems = problems;
  }
}

/** A refusal by the storage below the service, whose message is given within the name of the operation. */
export class StorageRefusal extends Refusal {}

// Statuses: FACTS §4. The codes of the three limits are a guess (wrangler 1 called 10022, 10024 and 10030
// limit errors, in no order that is known), their statuses and texts are production's.
const statuses: Readonly<Record<number, number>> = {
  [errorCodes.keyNotFound]: 404,
  [errorCodes.namespaceNotFound]: 404,
};

/** A refusal by the service itself. */
export function refusal(code: number, message: string, status: number = statuses[code] ?? 400): Refusal {
  return new Refusal(status, { code, message });
}

/** A refusal by the storage. */
export function storageRefusal(code: number, message: string, status: number = statuses[code] ?? 400): Refusal {
  return new StorageRefusal(status, { code, message });
}

/** The refusal of a path that leads nowhere. */
export const noRoute = (path: string, status: number): Refusal =>
  new Refusal(
    status,
    {
      code: gatewayCodes.couldNotRoute,
      message: `Could not route to ${path || "/"}, perhaps your object identifier is invalid?`,
    },
    { code: gatewayCodes.noRoute, message: "No route for that URI" },
  );

/** Cloudflare's ids of a request are 16 hex digits and the airport code of the place that answered. */
const ray = (): string => `${crypto.randomUUID().replaceAll("-", "").slice(0, 16)}-XXX`;

function jsonAnswer(status: number, body: object): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return new Response(bytes, {
    status,
    headers: {
      "content-type": "application/json",
      "content-length": String(bytes.length),
      "cf-ray": ray(),
    },
  });
}

/** The answer of success. */
export function success(result: unknown, resultInfo?: object): Response {
  const envelope = { success: true, errors: [], messages: [], result };
  return jsonAnswer(200, resultInfo ? { ...envelope, result_info: resultInfo } : envelope);
}

/** The answer of failure; `label` names the operation in messages of the storage. */
export function failure(refused: Refusal, label: string): Response {
  const errors = refused.problems.map((problem) =>
    refused instanceof StorageRefusal ? { ...problem, message: `${label}: '${problem.message}'` } : problem,
  );
  return jsonAnswer(refused.status, { success: false, errors, messages: [], result: null });
}

/** A value as it was stored. */
export function valueAnswer(value: Uint8Array<ArrayBuffer>, expiration: number | undefined): Response {
  return new Response(value, {
    headers: {
      "content-type": "application/octet-stream",
      "content-length": String(value.length),
      "cf-ray": ray(),
      ...(expiration === undefined ? {} : { expiration: String(expiration) }),
    },
  });
}
