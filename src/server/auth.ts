/** Who asks: an API token, or an email and the account's key. */
import { type ErrorName, errors } from "../../generated/requests.ts";
import { Refusal, refusal } from "./answers.ts";

const badHeaders = (inner: ErrorName, message: string): Refusal =>
  new Refusal(errors.invalidHeaders.status, [
    {
      code: errors.invalidHeaders.code,
      message: "Invalid request headers",
      error_chain: [{ code: errors[inner].code, message }],
    },
  ]);

/** Of the characters that RFC 6750 gives a token. */
export const isToken = (text: string): boolean => /^[\w.~+/-]+=*$/.test(text);

/**
 * Refuses a request without a well-formed token or key, and one whose token or key is not among the known
 * ones; `undefined` knows them all.
 *
 * Evidence: the codes of what is missing or malformed were seen in production. That an unknown token has
 * 10001 and 403 comes from a client's mock; reports have 9109 too, and 9106 with 400.
 */
export function checkAuth(headers: Headers, known: ReadonlySet<string> | undefined): void {
  const authorization = headers.get("authorization");
  if (authorization !== null) {
    // What two headers join to has a comma.
    const [, token = ""] = /^Bearer (.*)$/.exec(authorization) ?? [];
    if (!isToken(token)) {
      throw badHeaders("invalidAuthorizationFormat", "Invalid format for Authorization header");
    }
    if (known && !known.has(token)) {
      throw refusal("unauthenticated", "Unable to authenticate request");
    }
    return;
  }
  const key = headers.get("x-auth-key");
  if (key === null || headers.get("x-auth-email") === null) {
    throw refusal("missingAuthentication", "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
  }
  if (!/^[\w-]+$/.test(key)) throw badHeaders("invalidKeyFormat", "Invalid format for X-Auth-Key header");
  if (known && !known.has(key)) throw refusal("unknownKey", "Unknown X-Auth-Key or X-Auth-Email");
}
