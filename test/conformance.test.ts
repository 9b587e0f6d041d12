import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKV, type KV } from "../src/index.ts";
import { createKVServer, listen } from "../src/server/index.ts";
import { cases, open, type Suite } from "./conformance.ts";
import { createContract, operationCount } from "./contract.ts";
import { accountId, apiToken, createClock } from "./helpers.ts";
import { overSockets } from "./sockets.ts";

type Opened = Suite & { close(): Promise<void> };

/** Runs every case in a suite of its own; those that need what `lacks` names are skipped. */
function runCases(start: () => Promise<{ kv: KV; suite: Opened }>, lacks: readonly string[] = []): void {
  let kv: KV;
  let suite: Opened;
  beforeAll(async () => {
    ({ kv, suite } = await start());
  });
  afterAll(() => suite?.close());
  for (const each of cases) {
    test.skipIf(each.needs && lacks.includes(each.needs))(each.name, () => each.run(kv, suite));
  }
}

const contract = createContract();
const clock = createClock();
const server = createKVServer({ accounts: [accountId], tokens: [apiToken], now: clock.now });
const fetch = contract.guard(server.fetch);

describe("On the server in this process", () => {
  runCases(async () => {
    const kv = createKV({ accountId, apiToken, rateLimit: false, fetch });
    return { kv, suite: await open(kv, accountId, clock.advance) };
  });
});

describe.each(overSockets)("On the server behind a port, through %s", (_, over) => {
  runCases(async () => {
    const listening = await listen({ fetch });
    const kv = createKV({ accountId, apiToken, baseUrl: listening.url, ...over });
    const suite = await open(kv, accountId, clock.advance);
    const close = async (): Promise<void> => {
      await suite.close();
      await listening.close();
    };
    return { kv, suite: { ...suite, close } };
  });
});

describe("On all of these servers together", () => {
  test("nothing was sent or answered that the spec does not have", () => {
    expect(contract.violations).toEqual([]);
  });

  test("each of the 14 operations was seen", () => {
    const seen = [...new Set(contract.seen)].toSorted();
    console.log(`${seen.length} of ${operationCount} operations seen: ${seen.join(", ")}`);
    expect(seen).toHaveLength(operationCount);
  });
});

const { CLOUDFLARE_ACCOUNT_ID, CLOUDFLARE_API_TOKEN } = process.env;
const hasAccount = Boolean(CLOUDFLARE_ACCOUNT_ID && CLOUDFLARE_API_TOKEN);
const without = " (skipped: CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN are not set)";

describe.skipIf(!hasAccount)(`On Cloudflare${hasAccount ? "" : without}`, { timeout: 120_000 }, () => {
  runCases(async () => {
    const kv = createKV({ accountId: CLOUDFLARE_ACCOUNT_ID!, apiToken: CLOUDFLARE_API_TOKEN! });
    return { kv, suite: await open(kv, CLOUDFLARE_ACCOUNT_ID!) };
  }, ["clock", "volume"]);
});
