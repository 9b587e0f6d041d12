/**
 * What clients of Workers KV ask besides it: who they are, and which accounts there are. Outside the spec; the
 * fields are those that wrangler reads.
 */
import { noRoute, success } from "./answers.ts";

/** The account of a server that is not told of any. */
export const localAccountId: string = "0".repeat(32);

const account = (id: string): object => ({ id, name: "Local", type: "standard" });

const verified = (): Response => success({ id: "0".repeat(32), status: "active" });

function list(items: readonly object[]): Response {
  const count = items.length;
  return success(items, { page: 1, per_page: 1_000, count, total_count: count, total_pages: 1 });
}

/** The answer to a request outside of Workers KV, `undefined` where it is not one of them. */
export function answerForAccount(
  method: string,
  path: string,
  accounts: readonly string[],
): Response | undefined {
  if (method !== "GET") return undefined;
  switch (path) {
    case "/user":
      return success({ id: "0".repeat(32), email: "local@localhost" });
    case "/user/tokens/verify":
      return verified();
    case "/accounts":
      return list(accounts.map(account));
    case "/memberships":
      return list(accounts.map((id) => ({ id, status: "accepted", account: account(id) })));
  }
  const [, id, rest] = /^\/accounts\/([0-9a-f]{32})(\/tokens\/verify)?$/.exec(path) ?? [];
  if (id === undefined) return undefined;
  if (!accounts.includes(id)) throw noRoute(path, 404);
  return rest ? verified() : success(account(id));
}
