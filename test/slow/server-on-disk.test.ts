/** Every test of the server, and every case of the behaviour suite, with the store on disk. */
import { describe, onTestFinished, test } from "vitest";
import { createKV } from "../../src/index.ts";
import { createKVServer } from "../../src/server/index.ts";
import { cases, open } from "../conformance.ts";
import { accountId, createClock } from "../helpers.ts";
import { newStore, useStore } from "../server-helpers.ts";

useStore("on disk");
await import("../server.test.ts");
await import("../server-refusals.test.ts");

describe("On the store on disk", () => {
  test.each(cases.map((each) => [each.name, each] as const))("%s", async (_, each) => {
    const clock = createClock();
    const { fetch } = createKVServer({ store: newStore(), accounts: [accountId], now: clock.now });
    const kv = createKV({ accountId, apiToken: "any", rateLimit: false, fetch });
    const suite = await open(kv, accountId, clock.advance);
    onTestFinished(() => suite.close());
    await each.run(kv, suite);
  });
});
