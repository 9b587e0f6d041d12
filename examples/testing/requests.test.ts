import { expect, test } from "vitest";
import { createKV } from "workers-kv-rest";
import { createKVServer } from "workers-kv-rest/server";

const accountId = "0123456789abcdef0123456789abcdef";
const id = "00000000000000000000000000000001";

// #region requests
test("a thousand users are read with ten requests", async () => {
  const asked: (string | undefined)[] = [];
  const { fetch } = createKVServer({
    namespaces: [{ id, title: "users", accountId }],
    onAnswer: ({ operation }) => asked.push(operation),
  });
  const users = createKV({ accountId, apiToken: "any", fetch }).namespace(id);
  await users.get(Array.from({ length: 1_000 }, (_, i) => `user:${i}`));
  expect(asked).toEqual(Array(10).fill("getMultiple"));
});
// #endregion requests
