import { expect, test } from "vitest";
import { createKV, type KVEvent, type KVNamespaceClient } from "workers-kv-rest";
// #region server
import { createKVServer, type KVServerOptions } from "workers-kv-rest/server";

// #endregion server
const accountId = "0123456789abcdef0123456789abcdef";
const id = "00000000000000000000000000000001";

// #region client
/** A namespace on a bad day. */
function onBadDay(faults: KVServerOptions["faults"], onEvent?: (event: KVEvent) => void): KVNamespaceClient {
  const { fetch } = createKVServer({ faults, namespaces: [{ id, title: "users", accountId }] });
  return createKV({ accountId, apiToken: "any", fetch, onEvent }).namespace(id);
}
// #endregion client

// #region retries
test("a key is written though every other answer is lost", async () => {
  const events: string[] = [];
  const lost = { rates: [{ share: 1, what: "lostAnswer" as const }], mostInARow: 1 };
  const users = onBadDay(lost, ({ type }) => events.push(type));
  await users.put("ada", "lovelace");
  expect(events).toContain("retry");
});
// #endregion retries

// #region partial
test("pairs that a bulk write leaves out are sent again", async () => {
  const users = onBadDay({ rates: [{ share: 0.5, what: "partialBulk" }] });
  const pairs = Array.from({ length: 1_000 }, (_, i) => ({ key: `user:${i}`, value: "v" }));
  expect(await users.bulkPut(pairs)).toMatchObject({ succeeded: 1_000 });
});
// #endregion partial

// #region lag
test("what was just written may not be read yet", async () => {
  const users = onBadDay({ readLag: 60_000 });
  await users.put("ada", "lovelace");
  expect(await users.get("ada")).toBeNull();
});
// #endregion lag
