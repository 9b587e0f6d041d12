import * as fc from "fast-check";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import {
  type BulkProgress,
  type BulkReport,
  createKV,
  KVBulkError,
  KVErrorCode,
  type KVNamespaceClient,
  type Pair,
} from "../src/index.ts";
import type * as operations from "../generated/operations.ts";
import type { OperationId } from "../src/schema.ts";
import { createRandom, type Fault, type FaultOptions, faults, withFaults } from "../src/server/faults.ts";
import { createKVServer } from "../src/server/index.ts";
import {
  accountId,
  answering,
  apiToken,
  collect,
  namespaceId,
  refusal,
  rejection,
  serve,
  success,
  withoutPauses,
} from "./helpers.ts";

const perRequest = 7;

// Small requests, so that a job has many. That a number of the spec is all there is to it is a rule of the project.
vi.mock("../generated/operations.ts", async (load) => {
  const original = await load<typeof operations>();
  const limits = { ...original.limits, bulkWritePairs: 7, bulkDeleteKeys: 7, bulkWriteBytes: 20_000 };
  return { ...original, limits };
});

beforeEach(withoutPauses);

interface World {
  namespace: KVNamespaceClient;
  /** What is stored in the end. */
  stored(): Promise<Map<string, unknown>>;
  /** The keys of each bulk request, in the order of their arrival. */
  requests: string[][];
}

function open(options: FaultOptions, resends = 5): World {
  const server = createKVServer({ namespaces: [{ id: namespaceId, title: "first", accountId }] });
  const calm = createKV({ accountId, apiToken, fetch: server.fetch, rateLimit: false });
  const faulty = withFaults(server.fetch, options);
  const requests: string[][] = [];
  const kv = createKV({
    accountId,
    apiToken,
    rateLimit: false,
    retry: { limit: resends },
    async fetch(request) {
      requests.push(await keysOf(request.clone()));
      return faulty(request);
    },
  });
  return {
    namespace: kv.namespace(namespaceId),
    requests,
    stored: async () =>
      new Map((await collect(calm.namespace(namespaceId).entries())).map(({ key, value }) => [key, value])),
  };
}

async function keysOf(request: Request): Promise<string[]> {
  const items = (await request.json()) as (string | { key: string })[];
  return items.map((item) => (typeof item === "string" ? item : item.key));
}

/** How a job ends: its report, or the error that has the same and more. */
const settle = (job: Promise<BulkReport>): Promise<BulkReport | KVBulkError> =>
  job.catch((error: unknown) => {
    if (error instanceof KVBulkError) return error;
    throw error;
  });

const unsuccessful = (outcome: BulkReport | KVBulkError): ReadonlySet<string> =>
  new Set(outcome instanceof KVBulkError ? outcome.unsuccessfulKeys : []);

function numbered(count: number, value = "v"): Pair[] {
  return Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `${value}${i}` }));
}

/** Happens to requests that a condition holds for. */
const where =
  (condition: (keys: string[], text: string) => boolean, fault: Fault): Fault =>
  async (request, next, random) => {
    const isHit = condition(await keysOf(request.clone()), await request.clone().text());
    return isHit ? fault(request, next, random) : next(request);
  };

const answered =
  (status: number): Fault =>
  async () =>
    new Response("<html></html>", { status, headers: { "content-type": "text/html" } });

const always = (what: Fault, operation: OperationId = "writeMultiple"): FaultOptions => ({
  rates: [{ share: 1, what, operations: [operation] }],
});

interface Input {
  pair: Pair;
  ends: "sent" | "expired" | "rejected";
}

function toInput({ key, kind }: { key: string; kind: string }, index: number): Input {
  const pair = { key, value: `${index}` };
  if (kind === "expired") return { pair: { ...pair, expiration: 1_700_000_000 }, ends: "expired" };
  if (kind === "badTTL") return { pair: { ...pair, expirationTtl: 1 }, ends: "rejected" };
  if (kind === "badKey") return { pair: { key: "..", value: pair.value }, ends: "rejected" };
  return { pair, ends: "sent" };
}

async function* slowly<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

/** Runs a job and holds its report against the input; gives the last value of each key, and the store. */
async function check(
  drafts: { key: string; kind: string }[],
  world: World,
  concurrency: number,
  isAsync: boolean,
): Promise<{ outcome: BulkReport | KVBulkError; last: Map<string, string>; stored: Map<string, unknown> }> {
  const inputs = drafts.map(toInput);
  const pairs = inputs.map(({ pair }) => pair);
  const progress: BulkProgress[] = [];
  const onProgress = (each: BulkProgress): void => void progress.push(each);
  const outcome = await settle(
    world.namespace.bulkPut(isAsync ? slowly(pairs) : pairs, { concurrency, onProgress }),
  );
  const sent = inputs.filter(({ ends }) => ends === "sent");
  const left = unsuccessful(outcome);
  const rejected = outcome instanceof KVBulkError ? outcome.rejected : [];
  expect(outcome.expired).toBe(inputs.filter(({ ends }) => ends === "expired").length);
  expect(rejected.map(({ key }) => key)).toEqual(
    inputs.filter(({ ends }) => ends === "rejected").map(({ pair }) => pair.key),
  );
  // An input of a key whose later one was given up may have been written before.
  expect(outcome.succeeded).toBeGreaterThanOrEqual(sent.filter(({ pair }) => !left.has(pair.key)).length);
  expect(outcome.succeeded).toBeLessThanOrEqual(sent.length - left.size);
  expect(outcome.requests).toBe(world.requests.length);
  for (const key of left) expect(sent.some(({ pair }) => pair.key === key)).toBe(true);
  if (inputs.length > 0) expect(progress.at(-1)).toMatchObject({ settled: inputs.length });
  for (const keys of world.requests) {
    expect(keys.length).toBeLessThanOrEqual(perRequest);
    expect(new Set(keys).size).toBe(keys.length);
  }
  const last = new Map(sent.map(({ pair }) => [pair.key, pair.value as string]));
  return { outcome, last, stored: await world.stored() };
}

describe("Whatever happens on the way, each input ends in exactly one way", { timeout: 60_000 }, () => {
  const input = fc.array(
    fc.record({
      key: fc.integer({ min: 0, max: 40 }).map((number) => `k${number}`),
      kind: fc.constantFrom("good", "good", "good", "good", "good", "expired", "badTTL", "badKey"),
    }),
    { maxLength: 120 },
  );
  /** None of these acts and then fails: what is not acknowledged is not done. */
  const harmless = [
    { share: 0.15, what: "partialBulk" },
    { share: 0.05, what: 413 },
    { share: 0.05, what: 504 },
    { share: 0.05, what: 524 },
    { share: 0.05, what: 503 },
    { share: 0.05, what: "reset" },
    { share: 0.05, what: async () => refusal(429, 10046) },
  ] as const;
  /** After these a request may have been acted upon all the same. */
  const ambiguous = [
    ...harmless,
    { share: 0.05, what: "lostAnswer" },
    { share: 0.05, what: "brokenBody" },
  ] as const;

  const settings = [
    input,
    fc.integer(),
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom(0, 1, 5, 12),
    fc.boolean(),
  ] as const;

  it("stored, unsuccessful, rejected and expired are the input, and nothing is in two of them", async () => {
    await fc.assert(
      fc.asyncProperty(...settings, async (drafts, seed, concurrency, resends, isAsync) => {
        // A job that ends early is another matter: this one has resends to spare, or nothing that ends it.
        const isPatient = resends === 12;
        const rates = isPatient ? harmless : harmless.slice(0, 2);
        const world = open({ seed, rates, mostInARow: isPatient ? 2 : 9 }, resends);
        const { outcome, last, stored } = await check(drafts, world, concurrency, isAsync);
        const left = unsuccessful(outcome);
        for (const [key, value] of last) {
          if (left.has(key)) expect(stored.get(key)).not.toBe(value);
          else expect(stored.get(key)).toBe(value);
        }
        for (const key of stored.keys()) expect(last.has(key)).toBe(true);
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it("what is acknowledged is stored, also where answers are lost", async () => {
    await fc.assert(
      fc.asyncProperty(...settings, async (drafts, seed, concurrency, _, isAsync) => {
        const world = open({ seed, rates: ambiguous, mostInARow: 2 }, 12);
        const { outcome, last, stored } = await check(drafts, world, concurrency, isAsync);
        const left = unsuccessful(outcome);
        for (const [key, value] of last) if (!left.has(key)) expect(stored.get(key)).toBe(value);
      }),
      { numRuns: 80, seed: 3 },
    );
  });

  it("deletes are no different", async () => {
    const deletes: OperationId[] = ["deleteMultiple"];
    const keys = fc.array(
      fc.integer({ min: 0, max: 60 }).map((number) => `k${number}`),
      { maxLength: 100 },
    );
    await fc.assert(
      fc.asyncProperty(keys, fc.integer(), async (deleted, seed) => {
        const rates = harmless.map(({ share, what }) => ({ share, what, operations: deletes }));
        const world = open({ seed, rates, mostInARow: 2 }, 12);
        await world.namespace.bulkPut(numbered(61));
        const before = await world.stored();
        const outcome = await settle(world.namespace.bulkDelete(deleted));
        const left = unsuccessful(outcome);
        expect(outcome.succeeded).toBeGreaterThanOrEqual(deleted.filter((key) => !left.has(key)).length);
        expect(outcome.succeeded).toBeLessThanOrEqual(deleted.length - left.size);
        const kept = [...before.keys()].filter((key) => !deleted.includes(key) || left.has(key));
        expect([...(await world.stored()).keys()]).toEqual(kept);
      }),
      { numRuns: 50, seed: 3 },
    );
  });

  it("a job that ended early goes on from what was settled, and does the rest", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (refusedAt, concurrency) => {
          let request = 0;
          const pairs = numbered(100);
          const world = open(
            always((given, next) =>
              request++ === refusedAt ? answered(403)(given, next, Math.random) : next(given),
            ),
          );
          let settled = 0;
          const onProgress = (progress: BulkProgress): void => void (settled = progress.settled);
          const outcome = await settle(world.namespace.bulkPut(pairs, { concurrency, onProgress }));
          expect(outcome instanceof KVBulkError).toBe(refusedAt < Math.ceil(100 / perRequest));
          await world.namespace.bulkPut(pairs.slice(settled));
          expect((await world.stored()).size).toBe(100);
          if (refusedAt >= concurrency && outcome instanceof KVBulkError) expect(settled).toBeGreaterThan(0);
        },
      ),
      { numRuns: 40, seed: 3 },
    );
  });
});

describe("Of a key that comes more than once, the last pair wins", () => {
  const thrice = [...numbered(10, "first "), ...numbered(10, "second "), ...numbered(10, "third ")];
  const expected = new Map(numbered(10, "third ").map(({ key, value }) => [key, value]));

  it.each([
    ["requests that overtake each other", "nothing"],
    ["some that are sent again alone", "partialBulk"],
    ["lost answers", "lostAnswer"],
    ["halves", "slow"],
  ])("with %s", async (_, what) => {
    const random = createRandom(7);
    const late: Fault = async (request, next) => {
      for (let turns = random() * 10; turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
      return next(request);
    };
    const slow = where((keys) => keys.length > 3, answered(524));
    const fault = what === "nothing" ? late : what === "slow" ? slow : faults[what as "lostAnswer"];
    const world = open({ ...always(fault), mostInARow: what === "slow" ? Infinity : 1 });
    const report = await world.namespace.bulkPut(thrice);
    expect(report.succeeded).toBe(30);
    expect(Object.fromEntries(await world.stored())).toEqual(Object.fromEntries(expected));
  });

  it("a later one that is written makes up for an earlier one that was given up", async () => {
    const poison = where((_, text) => text.includes("poison"), answered(413));
    const world = open(always(poison));
    const pairs = [{ key: "a", value: "poison" }, ...numbered(10), { key: "a", value: "good" }];
    expect(await world.namespace.bulkPut(pairs, { concurrency: 1 })).toMatchObject({ succeeded: 12 });
    expect((await world.stored()).get("a")).toBe("good");
  });

  it("a later one that is given up leaves the key unsuccessful", async () => {
    const poison = where((_, text) => text.includes("poison"), answered(413));
    const world = open(always(poison));
    const pairs = [{ key: "a", value: "good" }, ...numbered(10), { key: "a", value: "poison" }];
    expect(await rejection(world.namespace.bulkPut(pairs))).toMatchObject({
      succeeded: 11,
      unsuccessfulKeys: ["a"],
    });
  });
});

describe("413", () => {
  it("finds the one pair that is too large, writes all the others, and goes on with whole requests", async () => {
    const world = open(always(where((_, text) => text.includes("poison"), answered(413))));
    const pairs = numbered(70);
    pairs[3] = { key: "k3", value: "poison" };
    const error = (await rejection(world.namespace.bulkPut(pairs, { concurrency: 1 }))) as KVBulkError;
    expect(error).toMatchObject({ succeeded: 69, unsuccessfulKeys: ["k3"], cause: { status: 413 } });
    expect(error.message).toMatch(/69 done; 1 not acknowledged/);
    // 7; 4 and 3; 2 and 2; 1 and 1.
    expect(world.requests.slice(0, 7).map((keys) => keys.length)).toEqual([7, 4, 2, 2, 1, 1, 3]);
    expect((await world.stored()).size).toBe(69);
    expect(world.requests.length).toBeLessThan(30);
  });

  it("for whole requests makes later ones start at the size that worked", async () => {
    const world = open(always(where((_, text) => text.length > 150, answered(413))));
    await world.namespace.bulkPut(numbered(70), { concurrency: 1 });
    expect((await world.stored()).size).toBe(70);
    const refused = world.requests.filter((keys) => keys.length > 4);
    expect(refused.length).toBeLessThanOrEqual(2);
    expect(world.requests.length).toBeLessThan(30);
  });

  it("costs no resends: a job that sends nothing again halves all the same", async () => {
    const world = open(always(where((keys) => keys.length > 1, answered(413))), 0);
    expect(await world.namespace.bulkPut(numbered(9))).toMatchObject({ succeeded: 9 });
  });
});

describe.each([504, 524])("%d", (status) => {
  it("halves, and later requests start at the size that worked", async () => {
    const world = open(always(where((keys) => keys.length > 3, answered(status))));
    const report = await world.namespace.bulkPut(numbered(42), { concurrency: 1 });
    expect(report.succeeded).toBe(42);
    const sizes = world.requests.map((keys) => keys.length);
    // 7 and 4 fail, 2 and 2 work; 3 works; what comes later is no larger.
    expect(sizes.slice(0, 5)).toEqual([7, 4, 2, 2, 3]);
    expect(Math.max(...sizes.slice(5))).toBe(3);
    expect(report.requests).toBe(sizes.length);
  });

  it("of a moment does not make every later request smaller", async () => {
    const world = open({
      ...always(answered(status)),
      rates: [{ share: 1, what: where((keys) => keys.includes("k20"), answered(status)) }],
      mostInARow: 1,
    });
    await world.namespace.bulkPut(numbered(70), { concurrency: 1 });
    expect(world.requests.at(-1)).toHaveLength(perRequest);
  });

  it("for good ends the job, and names what was not acknowledged", async () => {
    const world = open(always(answered(status)));
    const error = await rejection(world.namespace.bulkPut(numbered(30), { concurrency: 1 }));
    expect(error).toMatchObject({
      succeeded: 0,
      cause: { status },
      unsuccessfulKeys: numbered(7).map(({ key }) => key),
    });
    expect(world.requests.map((keys) => keys.length)).toEqual([7, 4, 2, 1, 1, 1]);
  });
});

describe("10046, too many bulk operations in progress", () => {
  it("lowers how many are under way, until all is done", async () => {
    const allowed = 2;
    let underWay = 0;
    const seen: number[] = [];
    const crowded: Fault = async (request, next) => {
      if (underWay >= allowed) return refusal(429, 10046);
      seen.push(++underWay);
      await new Promise((resolve) => setImmediate(resolve));
      const response = await next(request);
      underWay--;
      return response;
    };
    const world = open(always(crowded));
    expect(await world.namespace.bulkPut(numbered(200))).toMatchObject({ succeeded: 200 });
    // 29 requests, and those of the first five that were refused.
    expect(world.requests.length).toBeLessThanOrEqual(29 + 8);
    expect(Math.max(...seen)).toBeLessThanOrEqual(allowed);
  });

  it("for good ends the job", async () => {
    const world = open(always(async () => refusal(400, 10046)));
    expect(await rejection(world.namespace.bulkPut(numbered(7)))).toMatchObject({
      succeeded: 0,
      cause: { code: 10046 },
    });
    expect(world.requests).toHaveLength(6);
  });
});

describe("What ends a job", () => {
  it("lost permission: nothing further is taken, what was taken is named, the input is closed once", async () => {
    let taken = 0;
    let closed = 0;
    function* source(): Generator<Pair> {
      try {
        for (const pair of numbered(1000)) {
          taken++;
          yield pair;
        }
      } finally {
        closed++;
      }
    }
    let requests = 0;
    const world = open(
      always((request, next) => (requests++ < 4 ? next(request) : answered(403)(request, next, Math.random))),
    );
    const error = (await rejection(world.namespace.bulkPut(source(), { concurrency: 2 }))) as KVBulkError;
    expect(error).toMatchObject({ succeeded: 28, rejected: [], cause: { status: 403 } });
    expect(error.message).toMatch(/ended by writeMultiple: the service answered 403/);
    expect(error.unsuccessfulKeys).toEqual(
      numbered(taken)
        .slice(28)
        .map(({ key }) => key),
    );
    expect(taken).toBeLessThanOrEqual(28 + 3 * perRequest);
    expect(closed).toBe(1);
    expect((await world.stored()).size).toBe(28);
  });

  it("the quota of the day", async () => {
    const world = open(always(async () => refusal(429, 10048)));
    const error = await rejection(world.namespace.bulkPut(numbered(3)));
    expect(error).toMatchObject({ cause: { code: 10048 }, unsuccessfulKeys: ["k0", "k1", "k2"] });
    expect(String(error)).toMatch(/the daily quota resets at/);
    expect(world.requests).toHaveLength(1);
  });

  it.each([
    ["at once", 0],
    ["within the first request", 5],
    ["between two", 14],
    ["within a later one", 33],
  ])("an input that throws, %s: requests under way end, the cause is its own error", async (_, at) => {
    const mine = new TypeError("the disk is gone");
    for (const isAsync of [false, true]) {
      function* source(): Generator<Pair> {
        yield* numbered(at);
        throw mine;
      }
      async function* asyncSource(): AsyncGenerator<Pair> {
        yield* source();
      }
      const world = open({});
      const error = (await rejection(
        world.namespace.bulkPut(isAsync ? asyncSource() : source()),
      )) as KVBulkError;
      expect(error).toBeInstanceOf(KVBulkError);
      expect(error.cause).toBe(mine);
      const whole = at - (at % perRequest);
      expect(error.succeeded).toBe(whole);
      expect(error.unsuccessfulKeys).toEqual(
        numbered(at)
          .slice(whole)
          .map(({ key }) => key),
      );
      expect((await world.stored()).size).toBe(whole);
    }
  });

  it("an input that throws when it is closed", async () => {
    const mine = new Error("cannot close");
    const source: Iterable<Pair> = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: { key: "k", value: "v" } }),
        return() {
          throw mine;
        },
      }),
    };
    const world = open(always(answered(403)));
    expect(await rejection(world.namespace.bulkPut(source))).toMatchObject({
      succeeded: 0,
      cause: { status: 403 },
    });
  });

  it("a connection that stays away", async () => {
    const world = open(always(faults.reset), 1);
    const error = (await rejection(world.namespace.bulkPut(numbered(7)))) as KVBulkError;
    expect(error.cause).toMatchObject({ name: "KVConnectionError", attempts: 2 });
    expect(error.requests).toBe(2);
  });

  it("an answer that does not say which keys were done", async () => {
    const kv = createKV({
      accountId,
      apiToken,
      rateLimit: false,
      fetch: async () => success({ unsuccessful_keys: "all" }),
    });
    const error = (await rejection(kv.namespace(namespaceId).bulkPut(numbered(2)))) as KVBulkError;
    expect(error.unsuccessfulKeys).toEqual(["k0", "k1"]);
    expect(String(error.cause)).toMatch(/does not say which keys were not done/);
  });

  it.each([
    ["names a key that was not sent", { successful_key_count: 1, unsuccessful_keys: ["K1"] }],
    ["counts no key as done", { successful_key_count: 0, unsuccessful_keys: [] }],
  ])("an answer that %s", async (what, result) => {
    const { namespace } = answering(() => success(result));
    const error = (await rejection(namespace.bulkPut(numbered(2)))) as KVBulkError;
    expect(error).toMatchObject({ succeeded: 0, requests: 1, unsuccessfulKeys: ["k0", "k1"] });
    expect(String(error.cause)).toContain(what);
  });

  it("an answer that refuses without a word on which keys were done", async () => {
    const result = { successful_key_count: 0, unsuccessful_keys: [] };
    const { namespace } = answering(() => refusal(400, KVErrorCode.invalidBody, "no", result));
    const error = (await rejection(namespace.bulkPut(numbered(2)))) as KVBulkError;
    expect(error).toMatchObject({ succeeded: 0, requests: 1, unsuccessfulKeys: ["k0", "k1"] });
    expect(error.cause).toMatchObject({ code: KVErrorCode.invalidBody });
  });
});

const halfway = (size: number, keys: string[]): Response =>
  refusal(400, KVErrorCode.invalidBody, "no", {
    successful_key_count: size - keys.length,
    unsuccessful_keys: keys,
  });

const soon = (): number => Math.floor(Date.now() / 1000) + 62;

/** Takes ten seconds over its pairs. */
async function* slow(): AsyncGenerator<Pair> {
  yield { key: "edge", value: "v", expiration: soon() };
  yield { key: "edge", value: "w", expiration: soon() };
  yield* numbered(5);
  vi.setSystemTime(Date.now() + 10_000);
}

describe("A pair that nears its expiry while its request waits", () => {
  it("is counted as expired, and takes no other with it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { kv, namespace } = serve();
    expect(await namespace.bulkPut(slow())).toEqual({ succeeded: 5, expired: 2, requests: 2 });
    expect((await kv.namespace(namespaceId).list()).keys).toHaveLength(5);
  });

  it("by the service's clock alone is named with what it was refused for", async () => {
    const { namespace } = serve({}, { now: () => Date.now() + 10_000 });
    const pairs = [...numbered(100), { key: "edge", value: "v", expiration: soon() }];
    const error = (await rejection(namespace.bulkPut(pairs))) as KVBulkError;
    expect(error).toMatchObject({ succeeded: 100, expired: 0, unsuccessfulKeys: ["edge"] });
    expect(error.cause).toMatchObject({ code: KVErrorCode.invalidExpiration });
  });
});

describe("A refusal that names the keys which were not done", () => {
  it("has done the others: those alone are sent again", async () => {
    const asked: string[][] = [];
    const { namespace } = answering(({ text }) => {
      const keys = (JSON.parse(text) as Pair[]).map(({ key }) => key);
      asked.push(keys);
      return asked.length === 1 ? halfway(keys.length, ["k1", "k3"]) : success({ unsuccessful_keys: [] });
    });
    expect(await namespace.bulkPut(numbered(5))).toEqual({ succeeded: 5, expired: 0, requests: 2 });
    expect(asked[1]).toEqual(["k1", "k3"]);
  });

  it("does not end the job, and is what those that are given up failed with", async () => {
    const failures: string[] = [];
    const { namespace } = answering(
      ({ text }) => {
        const keys = (JSON.parse(text) as Pair[]).map(({ key }) => key);
        return keys.includes("k1") ? halfway(keys.length, ["k1"]) : success({ unsuccessful_keys: [] });
      },
      { retry: { limit: 1 } },
    );
    const job = namespace.bulkPut(numbered(10_002), {
      onFailure: ({ key, error }) => failures.push(`${key}: ${error?.name}`),
    });
    const error = (await rejection(job)) as KVBulkError;
    expect(error).toMatchObject({ succeeded: 10_001, unsuccessfulKeys: ["k1"] });
    expect(error.cause).toMatchObject({ code: KVErrorCode.invalidBody });
    expect(failures).toEqual(["k1: KVAPIError"]);
  });
});
