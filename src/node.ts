/** The Node subpath: options from the environment, and the fast fetch. */
import type { KVOptions } from "./client.ts";
import { KVInputError } from "./errors.ts";

export { nodeFetch, type NodeFetch, type NodeFetchOptions } from "./node-fetch.ts";

/**
 * The options of {@link createKV} from the environment variables that wrangler and Cloudflare's SDK read:
 * `CLOUDFLARE_ACCOUNT_ID`, `CLOUDFLARE_API_TOKEN` (or `CLOUDFLARE_EMAIL` and `CLOUDFLARE_API_KEY`), and
 * `CLOUDFLARE_API_BASE_URL`, else `CLOUDFLARE_BASE_URL`, where they are set. An empty one counts as not set.
 *
 * @example
 * const kv = createKV(fromEnv());
 * @throws KVInputError that names the variable that is missing
 */
export function fromEnv(environment: Readonly<Record<string, string | undefined>> = process.env): KVOptions {
  const read = (name: string): string | undefined => environment[name] || undefined;
  const accountId = read("CLOUDFLARE_ACCOUNT_ID");
  const apiToken = read("CLOUDFLARE_API_TOKEN");
  const apiEmail = read("CLOUDFLARE_EMAIL");
  const apiKey = read("CLOUDFLARE_API_KEY");
  const baseUrl = read("CLOUDFLARE_API_BASE_URL") ?? read("CLOUDFLARE_BASE_URL");
  if (!accountId) throw missing("CLOUDFLARE_ACCOUNT_ID");
  if (apiToken) return { accountId, apiToken, baseUrl };
  if (!apiEmail && !apiKey) throw missing("CLOUDFLARE_API_TOKEN");
  if (!apiEmail) throw missing("CLOUDFLARE_EMAIL", "CLOUDFLARE_API_KEY");
  if (!apiKey) throw missing("CLOUDFLARE_API_KEY", "CLOUDFLARE_EMAIL");
  return { accountId, apiEmail, apiKey, baseUrl };
}

function missing(name: string, beside?: string): KVInputError {
  const needed = beside ? `; ${beside}, which is set, needs it` : "";
  return new KVInputError(`the environment variable ${name} is not set${needed}`);
}
