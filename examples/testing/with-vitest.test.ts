// #region vitest
import { expect, test } from "vitest";
import { createKV, type KVNamespaceClient } from "workers-kv-rest";
import { createKVServer } from "workers-kv-rest/server";
import { countVisit } from "./visits.ts";

/** An empty namespace on a server of its own, whose clock can be moved. */
async function openNamespace(): Promise<{ visits: KVNamespaceClient; clock: { ahead: number } }> {
  const clock = { ahead: 0 };
  const { fetch } = createKVServer({ now: () => Date.now() + clock.ahead });
  const kv = createKV({ accountId: "0123456789abcdef0123456789abcdef", apiToken: "any", fetch });
  const { id } = await kv.namespaces.create("visits");
  return { visits: kv.namespace(id), clock };
}

test("visits are counted by page", async () => {
  const { visits } = await openNamespace();
  await countVisit(visits, "/");
  expect(await countVisit(visits, "/")).toBe(2);
  expect(await countVisit(visits, "/about")).toBe(1);
});

test("a count starts anew a day after the last visit", async () => {
  const { visits, clock } = await openNamespace();
  await countVisit(visits, "/");
  clock.ahead = 24 * 3600 * 1000;
  expect(await countVisit(visits, "/")).toBe(1);
});
// #endregion vitest
