// #region subject
import type { KVNamespaceBinding } from "workers-kv-rest";

/** Counts the visits of a page. It takes what a Worker has as a binding, and this client as a handle. */
export async function countVisit(visits: KVNamespaceBinding, page: string): Promise<number> {
  const count = Number((await visits.get(page)) ?? 0) + 1;
  await visits.put(page, String(count), { expirationTtl: 24 * 3600 });
  return count;
}
// #endregion subject
