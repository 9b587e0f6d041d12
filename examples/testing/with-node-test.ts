// #region node-test
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createKV, type KVNamespaceClient } from "workers-kv-rest";
import { createKVServer } from "workers-kv-rest/server";
import { countVisit } from "./visits.ts";

let visits: KVNamespaceClient;

beforeEach(async () => {
  const { fetch } = createKVServer();
  const kv = createKV({ accountId: "0123456789abcdef0123456789abcdef", apiToken: "any", fetch });
  const { id } = await kv.namespaces.create("visits");
  visits = kv.namespace(id);
});

await test("visits are counted by page", async () => {
  await countVisit(visits, "/");
  assert.equal(await countVisit(visits, "/"), 2);
  assert.equal(await countVisit(visits, "/about"), 1);
});
// #endregion node-test
