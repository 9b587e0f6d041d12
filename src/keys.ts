/** The list of a namespace's keys, page by page. */
import { isRecord } from "./answer.ts";
import { facadeCall, malformed, namespacePath, type Target, unwrap } from "./api.ts";
import type { ListKey, ListOptions, ListResult } from "./binding.ts";
import { checkWhole, compareKeys, prefixProblem, refuse } from "./limits.ts";
import { cutCursor, type Pages, pages, readCursor, type Step } from "./pages.ts";
import { limits } from "./schema.ts";
import type { Job } from "./transport.ts";

/** The keys of a namespace; `job` is the long job that the list is a part of. */
export function listKeys<Metadata>(
  target: Target,
  options: ListOptions,
  job: Job = { queued: 0 },
): Pages<ListResult<Metadata>, ListKey<Metadata>> {
  return pages(readPage<Metadata>(target, options, job), options.signal);
}

async function readPage<Metadata>(
  target: Target,
  options: ListOptions,
  job: Job,
  /** What came with each cursor so far; the first page has none yet. */
  before?: Map<string, string>,
): Promise<Step<ListResult<Metadata>, ListKey<Metadata>>> {
  const { limit = limits.listKeysMax, prefix, signal } = options;
  checkWhole("limit", limit, 1, limits.listKeysMax);
  refuse(prefixProblem(prefix));
  const { cursor, after } = readCursor(options.cursor);
  const { envelope, answer } = await unwrap(
    target.api.GET(`${namespacePath}/keys`, {
      params: {
        path: target.path,
        query: {
          limit: Math.max(limit, limits.listKeysMin),
          ...(prefix ? { prefix } : {}),
          ...(cursor ? { cursor } : {}),
        },
      },
      ...facadeCall("listKeys", { signal, job, maxDelay: target.jobMaxDelay }),
    }),
  );
  const listed: unknown = envelope.result;
  if (!Array.isArray(listed) || !listed.every(isListKey))
    throw malformed(answer, "result is no list of keys");
  // "", null and an absent cursor all mean the end (FACTS.md §2.5).
  const upstream: unknown = (isRecord(envelope.result_info) ? envelope.result_info.cursor : null) ?? "";
  if (typeof upstream !== "string") throw malformed(answer, "the cursor is not text");

  const rest = after === undefined ? listed : listed.filter(({ name }) => compareKeys(name, after) > 0);
  const keys = rest.slice(0, limit) as ListKey<Metadata>[];
  const isCut = keys.length < rest.length;
  let next = isCut ? cutCursor(cursor, keys.at(-1)!.name) : upstream;
  // Keys that came meanwhile may fill the service's page: the next one may still begin before the last key given.
  if (after !== undefined && rest.length === 0 && upstream !== "") next = cutCursor(upstream, after);
  if (next === "") {
    return { page: { list_complete: true, keys, cacheStatus: null }, items: keys, next: undefined };
  }
  const seen = before ?? new Map<string, string>();
  if (!isCut) {
    const content = JSON.stringify([listed.length, listed[0]?.name, listed.at(-1)?.name]);
    if (seen.get(next) === content) throw malformed(answer, "the same cursor with the same keys again");
    seen.set(next, content);
  }
  return {
    page: { list_complete: false, keys, cursor: next, cacheStatus: null },
    items: keys,
    // Each iteration begins with the same first page, and goes on with a Map of its own.
    next: (wanted) =>
      readPage(target, { ...options, signal: wanted, cursor: next }, job, before ?? new Map(seen)),
  };
}

function isListKey(value: unknown): value is ListKey {
  if (!isRecord(value) || typeof value["name"] !== "string") return false;
  return value["expiration"] === undefined || typeof value["expiration"] === "number";
}
