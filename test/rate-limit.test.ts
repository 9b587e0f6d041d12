import { getEventListeners } from "node:events";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../bench/virtual-clock.ts";
import { Answer } from "../src/answer.ts";
import {
  createKV,
  createRateLimit,
  KVInputError,
  KVRateLimitError,
  type KVEvent,
  type KVOptions,
  type RateLimit,
  type RateLimitOptions,
} from "../src/index.ts";
import { rateLimit } from "../src/rate-limit.ts";
import { createKVServer } from "../src/server/index.ts";
import { createRandom, withRequestLimit } from "../src/server/faults.ts";
import type { Call, Job, Send } from "../src/transport.ts";
import { accountId, answering, apiToken, collect, namespaceId, rejection, success } from "./helpers.ts";

type Headers = Record<string, string>;

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function callOf(more: Partial<Call> = {}): Call {
  return {
    operation: "readValue",
    url: "https://api.cloudflare.com/client/v4",
    init: { method: "GET", headers: {}, body: undefined },
    attempts: 0,
    ...more,
  };
}

function answerOf(call: Call, status = 200, headers: Headers = {}, body = ""): Answer {
  const response = new Response(null, { status, headers });
  const content = new TextEncoder().encode(body).buffer;
  return new Answer(response, content, call.operation, 1, []);
}

interface Line {
  send: Send;
  /** When the service saw each request. */
  seen: number[];
  started: number[];
  events: KVEvent[];
}

/** A rate limit over a service that is so many ms away. */
function connect(
  budget: RateLimit,
  {
    there = () => 0,
    back = () => 0,
    maxDelay = Infinity,
    respond = (call) => answerOf(call),
  }: {
    there?: () => number;
    back?: () => number;
    maxDelay?: number;
    respond?: (call: Call, index: number) => Answer;
  } = {},
): Line {
  const line: Omit<Line, "send"> = { seen: [], started: [], events: [] };
  const service: Send = async (call) => {
    call.attempts++;
    line.started.push(performance.now());
    await later(there());
    const answer = respond(call, line.seen.push(performance.now()) - 1);
    await later(back());
    return answer;
  };
  const send = rateLimit(service, budget, { maxDelay, onEvent: (event) => line.events.push(event) });
  return { ...line, send };
}

/** The most that were seen within any time of that length, its end included and its beginning not. */
function mostWithin(seen: readonly number[], length: number): number {
  const sorted = seen.toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (let last = 0; last < sorted.length; last++) {
    while (sorted[first]! <= sorted[last]! - length) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const jitter = (seed: number, most: number): (() => number) => {
  const random = createRandom(seed);
  return () => random() * most;
};

describe("As the service sees it, with any latency there and back", () => {
  it("no time of the window's length has more requests than the budget, whatever is called when", async () => {
    const schedule = fc.array(
      fc.record({
        pause: fc.integer({ min: 0, max: 3000 }),
        calls: fc.integer({ min: 1, max: 30 }),
        isJob: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 500, max: 10_000 }),
        fc.integer({ min: 0, max: 800 }),
        fc.integer(),
        schedule,
        async (requests, window, latency, seed, groups) => {
          const { seen, calls } = await new VirtualClock().run(async () => {
            const line = connect(createRateLimit({ requests, window }), {
              there: jitter(seed, latency),
              back: jitter(seed + 1, latency),
            });
            // Past its first hundred.
            const job: Job = { queued: 100 };
            const running: Promise<unknown>[] = [];
            for (const { pause, calls: some, isJob } of groups) {
              await later(pause);
              for (let i = 0; i < some; i++) running.push(line.send(callOf(isJob ? { job } : {})));
            }
            await Promise.all(running);
            return { seen: line.seen, calls: running.length };
          });
          expect(seen).toHaveLength(calls);
          expect(mostWithin(seen, window)).toBeLessThanOrEqual(requests);
          expect(mostWithin(seen, 1000)).toBeLessThanOrEqual(200);
        },
      ),
      { numRuns: 150, seed: 3 },
    );
  });

  it("3,000 calls at once: 1,200 in 5 minutes, 200 in a second, and no later than they could be", async () => {
    const { seen, seconds } = await new VirtualClock().run(async () => {
      const line = connect(createRateLimit(), { there: jitter(1, 150), back: jitter(2, 150) });
      await Promise.all(Array.from({ length: 3000 }, () => line.send(callOf())));
      return { seen: line.seen, seconds: performance.now() / 1000 };
    });
    expect(seen).toHaveLength(3000);
    expect(mostWithin(seen, 300_000)).toBe(1200);
    expect(mostWithin(seen, 1000)).toBeLessThanOrEqual(200);
    // Two whole windows, and some seconds at 200 each.
    expect(seconds).toBeLessThan(612);
  });
});

const now = (): number => performance.now();
const many = (line: Line, count: number, more: Partial<Call> = {}): Promise<unknown>[] =>
  Array.from({ length: count }, () => line.send(callOf(more)));

describe("A budget", { timeout: 60_000 }, () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("lets single calls start at once, as long as it lasts", async () => {
    const line = connect(createRateLimit({ requests: 100, window: 60_000 }));
    const started = now();
    void Promise.all(many(line, 100));
    await vi.advanceTimersByTimeAsync(1);
    expect(line.started).toEqual(Array.from({ length: 100 }, () => started));
    expect(line.events).toEqual([]);
  });

  it("starts a job's first hundred at once, the rest one per window / requests", async () => {
    const line = connect(createRateLimit());
    const began = now();
    const job = { queued: 0 };
    const running = Promise.all(many(line, 140, { job }));
    await vi.runAllTimersAsync();
    await running;
    const after = line.started.map((at) => at - began);
    expect(after.slice(0, 101)).toEqual(Array.from({ length: 101 }, () => 0));
    expect(after.slice(100)).toEqual(Array.from({ length: 40 }, (_, i) => i * 250));
  });

  it("keeps one pace for two jobs", async () => {
    const line = connect(createRateLimit());
    const began = now();
    const running = [
      ...many(line, 20, { job: { queued: 100 } }),
      ...many(line, 20, { job: { queued: 100 } }),
    ];
    await vi.runAllTimersAsync();
    await Promise.all(running);
    expect(line.started.map((at) => at - began)).toEqual(Array.from({ length: 40 }, (_, i) => i * 250));
  });

  it("lets a single call start at once beside a job, and before what the job has waiting", async () => {
    const line = connect(createRateLimit({ requests: 10, window: 10_000 }), { there: () => 0 });
    const order: string[] = [];
    const job = { queued: 100 };
    for (let i = 0; i < 20; i++) void line.send(callOf({ job })).then(() => order.push("job"));
    await vi.advanceTimersByTimeAsync(1500);
    expect(order).toEqual(["job", "job"]);
    void line.send(callOf()).then(() => order.push("single"));
    await vi.advanceTimersByTimeAsync(2);
    expect(order).toEqual(["job", "job", "single"]);
    await vi.runAllTimersAsync();
    expect(order).toHaveLength(21);
  });

  it("gives a single call the first place that a full window has", async () => {
    const line = connect(createRateLimit({ requests: 50, window: 50_000 }));
    const job = { queued: 100 };
    const jobs = many(line, 200, { job });
    await vi.advanceTimersByTimeAsync(120_000);
    const began = now();
    const single = line.send(callOf());
    await vi.advanceTimersByTimeAsync(1100);
    await single;
    expect(now() - began).toBe(1100);
    await vi.runAllTimersAsync();
    await Promise.all(jobs);
  });

  it("leaves 2 % of itself to single calls, however many a job has", async () => {
    const line = connect(createRateLimit({ requests: 100, window: 1000 * 1000 }));
    const jobs = many(line, 100, { job: { queued: 100 } });
    await vi.advanceTimersByTimeAsync(990_000);
    expect(line.started).toHaveLength(98);
    const singles = Promise.all(many(line, 2));
    await vi.advanceTimersByTimeAsync(1);
    await singles;
    await vi.runAllTimersAsync();
    await Promise.all(jobs);
  });

  it("lets calls go in order", async () => {
    const line = connect(createRateLimit({ requests: 3, window: 1000 }));
    const order: number[] = [];
    const running = Array.from({ length: 12 }, async (_, i) => line.send(callOf()).then(() => order.push(i)));
    await vi.runAllTimersAsync();
    await Promise.all(running);
    expect(order).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  it("tells who waits, for how long, and what is left", async () => {
    const budget = createRateLimit({ requests: 2, window: 1000 });
    const line = connect(budget);
    expect(budget.remaining).toBe(2);
    const running = Promise.all(many(line, 3));
    expect(budget.remaining).toBe(0);
    await vi.advanceTimersByTimeAsync(10);
    expect(line.events).toEqual([
      { type: "wait", operation: "readValue", attempt: 1, delay: 1000, reason: "rate limit" },
    ]);
    await vi.runAllTimersAsync();
    await running;
    expect(budget).toMatchObject({ requests: 2, window: 1000, remaining: 1 });
  });

  it("lets an aborted call leave the queue, and the next one have its place", async () => {
    const line = connect(createRateLimit({ requests: 1, window: 1000 }));
    const controller = new AbortController();
    const { signal } = controller;
    const running = [line.send(callOf())];
    await vi.advanceTimersByTimeAsync(10);
    const aborted = [rejection(line.send(callOf({ signal }))), rejection(line.send(callOf({ signal })))];
    running.push(line.send(callOf()));
    await vi.advanceTimersByTimeAsync(10);
    controller.abort("enough");
    expect(await Promise.all(aborted)).toEqual(["enough", "enough"]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.all(running);
    expect(line.started).toHaveLength(2);
  });

  it("keeps no timer once the last that waited has gone", async () => {
    const line = connect(createRateLimit({ requests: 1, window: 100_000 }));
    const controller = new AbortController();
    await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(5)]);
    const aborted = rejection(line.send(callOf({ signal: controller.signal })));
    expect(vi.getTimerCount()).toBe(1);
    controller.abort("enough");
    await aborted;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("takes no call whose signal is aborted already", async () => {
    const line = connect(createRateLimit({ requests: 1, window: 1000 }));
    expect(await rejection(line.send(callOf({ signal: AbortSignal.abort("before") })))).toBe("before");
    expect(line.started).toEqual([]);
  });

  it("is as fast with 50,000 that wait, and leave from anywhere, as with ten", async () => {
    const line = connect(createRateLimit({ requests: 1, window: 1000 }));
    void line.send(callOf());
    const controllers = Array.from({ length: 50_000 }, () => new AbortController());
    const waiting = controllers.map(({ signal }) => rejection(line.send(callOf({ signal }))));
    for (const controller of controllers.toReversed()) controller.abort("enough");
    // What takes time with the square of them would not end before the test's own limit.
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["enough"]));
    await vi.runAllTimersAsync();
    expect(line.started).toHaveLength(1);
  });

  it("refuses at once what would wait longer than it may, and says for how long", async () => {
    const line = connect(createRateLimit({ requests: 2, window: 300_000 }), { maxDelay: 60_000 });
    const sent = Promise.all(many(line, 2));
    await vi.advanceTimersByTimeAsync(100_000);
    await sent;
    const error = await rejection(line.send(callOf()));
    expect(error).toBeInstanceOf(KVRateLimitError);
    expect(error).toMatchObject({ operation: "readValue", attempts: undefined });
    expect(String(error)).toBe(
      "KVRateLimitError: readValue: not sent: it would wait 201 s, longer than the 60 s of maxDelay: the budget of 2 requests in 300 s is used up",
    );
    expect(line.started).toHaveLength(2);
    const job = line.send(callOf({ maxDelay: 300_000 }));
    await vi.runAllTimersAsync();
    await job;
  });

  it("counts those that wait before a call into how long it would", async () => {
    const line = connect(createRateLimit({ requests: 10, window: 1000 }), { maxDelay: 60_000 });
    const calls = many(line, 1000).map(async (call) =>
      call.then(
        () => "sent",
        (error: unknown) => error,
      ),
    );
    await vi.runAllTimersAsync();
    const outcomes = await Promise.all(calls);
    const sent = outcomes.filter((outcome) => outcome === "sent").length;
    expect(sent).toBeGreaterThanOrEqual(600);
    expect(sent).toBeLessThanOrEqual(620);
    expect(outcomes.filter((outcome) => outcome instanceof KVRateLimitError)).toHaveLength(1000 - sent);
    expect(outcomes.lastIndexOf("sent")).toBe(sent - 1);
  });

  it.each([
    { requests: 0 },
    { requests: -1 },
    { requests: 1.5 },
    { requests: NaN },
    { requests: Infinity },
    { window: 0 },
    { window: -1 },
    { window: NaN },
    { window: Infinity },
  ])("cannot be %o", (options) => {
    expect(() => createRateLimit(options)).toThrow(KVInputError);
  });

  it("is none of the caller's own making", () => {
    const rateLimit = { requests: 1, window: 1, remaining: 1 };
    expect(() => createKV({ accountId, apiToken, rateLimit })).toThrow(/not what createRateLimit\(\) gave/);
  });
});

const limitOf = (left: number, seconds: number): Headers => ({
  ratelimit: `"default";r=${left};t=${seconds}`,
});
const telling = (
  headers: (index: number) => Headers,
  budget = createRateLimit(),
): Line & { budget: RateLimit } => ({
  budget,
  ...connect(budget, {
    respond: (call, index) => answerOf(call, 200, headers(index)),
    there: () => 5,
    back: () => 5,
  }),
});

describe("What the service says of the budget", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("lowers what is left: the first answer is all that a new client knows", async () => {
    const line = telling((index) => limitOf(Math.max(0, 40 - index), 30));
    await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(10)]);
    // 1 % of the budget stays between this client and the others.
    expect(line.budget.remaining).toBe(28);
    const rest = Promise.all(Array.from({ length: 200 }, () => line.send(callOf())));
    await vi.advanceTimersByTimeAsync(20_000);
    expect(line.started).toHaveLength(29);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(line.started.length).toBeGreaterThan(29);
    await vi.runAllTimersAsync();
    await rest;
  });

  it("counts those that are in flight as not yet in it", async () => {
    const line = telling(() => limitOf(30, 30));
    await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(10)]);
    void Promise.all(Array.from({ length: 50 }, () => line.send(callOf())));
    await vi.advanceTimersByTimeAsync(1);
    // 30 less 6, less as many of others, is 18; the seventh would leave less than 12 and two for each.
    expect(line.started).toHaveLength(1 + 6);
    await vi.runAllTimersAsync();
  });

  it("never raises it", async () => {
    const budget = createRateLimit({ requests: 5, window: 60_000 });
    const line = telling(() => limitOf(100_000, 60), budget);
    const running = Promise.all(Array.from({ length: 7 }, () => line.send(callOf())));
    await vi.advanceTimersByTimeAsync(30_000);
    expect(line.started).toHaveLength(5);
    expect(budget.remaining).toBe(0);
    await vi.runAllTimersAsync();
    await running;
  });

  it("of an older request, whose answer comes late, is passed over", async () => {
    const budget = createRateLimit();
    const delays = [500, 10];
    const line = connect(budget, {
      back: () => delays.shift() ?? 10,
      respond: (call, index) => answerOf(call, 200, limitOf(index === 0 ? 1000 : 20, 300)),
    });
    const both = Promise.all([line.send(callOf()), line.send(callOf())]);
    await vi.advanceTimersByTimeAsync(600);
    await both;
    expect(budget.remaining).toBe(8);
  });

  it("asks with one request, when the time that was told is over", async () => {
    const line = telling((index) => (index < 1 ? limitOf(0, 30) : limitOf(1000 - index, 300)));
    await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(10)]);
    const rest = Promise.all(Array.from({ length: 20 }, () => line.send(callOf())));
    await vi.advanceTimersByTimeAsync(29_000);
    expect(line.started).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1005);
    expect(line.started).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(10);
    expect(line.started).toHaveLength(21);
    await vi.runAllTimersAsync();
    await rest;
  });

  it("is forgotten, where answers no longer tell it", async () => {
    const line = telling((index) => (index === 0 ? limitOf(0, 5) : {}));
    await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(10)]);
    expect(line.budget.remaining).toBe(0);
    await vi.advanceTimersByTimeAsync(6000);
    await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(10)]);
    expect(line.budget.remaining).toBe(1198);
    const together = Promise.all(many(line, 2));
    await vi.advanceTimersByTimeAsync(0);
    expect(line.started).toHaveLength(4);
    await vi.runAllTimersAsync();
    await together;
  });

  it("is the lowest of several, and passed over where it is no such thing", async () => {
    for (const [header, remaining] of [
      ['"burst";r=500;t=1, "default";r=62;t=30', 50],
      ['"default"; r=62 ;t=30', 50],
      ["nonsense", 1199],
      ['"default";r=x;t=30', 1199],
      ['"default";r=-5;t=30', 1199],
      [";;;,,,=", 1199],
    ] as const) {
      const line = telling(() => ({ ratelimit: header }));
      await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(10)]);
      expect(line.budget.remaining, header).toBe(remaining);
    }
  });

  it("slows jobs down by its policy as long as it is told, and no longer", async () => {
    const policies = ['"default";q=10;w=60', '"default";q=60;w=60', undefined];
    const line = telling((index) => {
      const policy = policies[index];
      return policy === undefined ? {} : { "ratelimit-policy": policy };
    });
    const job = { queued: 100 };
    const pauses: number[] = [];
    for (let i = 0; i < 5; i++) {
      await Promise.all([line.send(callOf({ job })), vi.runAllTimersAsync()]);
      if (i > 0) pauses.push(line.started[i]! - line.started[i - 1]!);
    }
    expect(pauses.map((pause) => Math.round(pause / 50) * 50)).toEqual([250, 6000, 1000, 250]);
  });

  it("slows jobs down to a policy that is lower", async () => {
    const line = telling(() => ({ "ratelimit-policy": '"burst";q=100;w=60, "default";q=1200;w=300' }));
    const began = performance.now();
    await Promise.all([line.send(callOf()), vi.advanceTimersByTimeAsync(10)]);
    const running = Promise.all(Array.from({ length: 5 }, () => line.send(callOf({ job: { queued: 100 } }))));
    await vi.runAllTimersAsync();
    await running;
    const starts = line.started.slice(1).map((at) => at - began - 10);
    expect(starts).toEqual([0, 600, 1200, 1800, 2400]);
  });
});

const throttled = (headers: Headers = {}): Response => new Response("slow down", { status: 429, headers });
const refusedWith = (code: number): Response =>
  Response.json(
    { success: false, errors: [{ code, message: "no" }], messages: [], result: null },
    { status: 429 },
  );

/** A client whose first requests are refused so. */
function refusedAtFirst(
  refusals: (() => Response)[],
  options: Partial<KVOptions> = {},
): {
  get: () => Promise<unknown>;
  starts: number[];
  events: KVEvent[];
  namespace: ReturnType<typeof answering>["namespace"];
} {
  const starts: number[] = [];
  const events: KVEvent[] = [];
  const { namespace } = answering(
    () => {
      const refusal = refusals[starts.push(performance.now() - began) - 1];
      return refusal ? refusal() : new Response("v");
    },
    { rateLimit: {}, onEvent: (event) => events.push(event), ...options },
  );
  const began = performance.now();
  return { get: () => namespace.get("a"), starts, events, namespace };
}

describe("A refusal names its reason:", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const told = "the service's Ratelimit headers leave too few requests";
  const ofJob = { job: { queued: 100 } };
  it.each<[string, Headers, RateLimitOptions, Partial<Call>[], string]>([
    ["what the service says is left", { ratelimit: '"default";r=0;t=300' }, {}, [{}, {}], told],
    ["its policy for jobs", { "ratelimit-policy": '"burst";q=1;w=3600' }, {}, [{}, ofJob, ofJob], told],
    ["the budget", {}, { requests: 1 }, [{}, {}], "the budget of 1 requests in 300 s is used up"],
  ])("%s", async (_, headers, options, calls, reason) => {
    const line = connect(createRateLimit(options), {
      maxDelay: 100_000,
      respond: (call) => answerOf(call, 200, headers),
    });
    for (const more of calls.slice(0, -1)) {
      await Promise.all([line.send(callOf(more)), vi.advanceTimersByTimeAsync(10)]);
    }
    const error = await rejection(line.send(callOf(calls.at(-1))));
    expect(error).toBeInstanceOf(KVRateLimitError);
    expect(String(error)).toMatch(new RegExp(`longer than the 100 s of maxDelay: ${reason}$`));
  });
});

describe("A 429", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("pauses all callers, not only the one that got it, and for as long as it says", async () => {
    const { get, starts, events } = refusedAtFirst([() => throttled({ "retry-after": "20" })]);
    const first = get();
    await vi.advanceTimersByTimeAsync(5000);
    const others = [get(), get()];
    await vi.advanceTimersByTimeAsync(14_999);
    expect(starts).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all([first, ...others]);
    expect(starts).toEqual([0, 20_000, 20_000, 20_000]);
    expect(events.filter(({ type }) => type === "wait").map(({ delay }) => delay)).toEqual([
      20_000, 15_000, 15_000,
    ]);
  });

  it("pauses for 1, 2, 4 … s where it does not say, and once where several were refused together", async () => {
    const { get, starts } = refusedAtFirst(Array.from({ length: 9 }, () => () => throttled()));
    const all = Promise.all([get(), get(), get()]);
    await vi.runAllTimersAsync();
    await all;
    expect([...new Set(starts)]).toEqual([0, 1000, 3000, 7000]);
  });

  it("pauses for a minute at the most where it does not say", async () => {
    const { get, starts } = refusedAtFirst(
      Array.from({ length: 8 }, () => () => throttled()),
      { retry: { limit: 10 } },
    );
    const outcome = get();
    await vi.runAllTimersAsync();
    await outcome;
    const pauses = starts.slice(1).map((start, i) => start - starts[i]!);
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  it.each<[string, Headers]>([
    ["in no time", { "retry-after": "0" }],
    ["at a time that is past", { "retry-after": "Tue, 01 Jul 2025 10:00:00 GMT" }],
    ["by a Ratelimit that is over", { ratelimit: '"default";r=0;t=0' }],
  ])("that asks to come back %s pauses for as long as one that says nothing", async (_, headers) => {
    const { get, starts } = refusedAtFirst(Array.from({ length: 3 }, () => () => throttled(headers)));
    const outcome = get();
    await vi.runAllTimersAsync();
    await outcome;
    expect(starts).toEqual([0, 1000, 3000, 7000]);
  });

  it("pauses for as long as its Ratelimit says that nothing is left", async () => {
    const { get, starts } = refusedAtFirst([() => throttled({ ratelimit: '"default";r=0;t=42' })]);
    const all = get();
    await vi.runAllTimersAsync();
    await all;
    expect(starts).toEqual([0, 42_000]);
  });

  it("ends those for whom the pause is too long, those that wait already too", async () => {
    const { get, starts, namespace } = refusedAtFirst([() => throttled({ "retry-after": "250" })], {
      rateLimit: { requests: 1, window: 1000 },
    });
    const outcomes = [rejection(get()), rejection(get())];
    await vi.advanceTimersByTimeAsync(100);
    const [first, second] = await Promise.all(outcomes);
    expect(String(first)).toMatch(
      /answered 429.*the service asks to wait 250 s, longer than the 60 s of maxDelay/,
    );
    expect(String(second)).toMatch(
      /^KVRateLimitError: readValue: not sent: it would wait 250 s.*: all requests pause after a 429$/,
    );
    expect(starts).toHaveLength(1);
    // A job may wait six minutes.
    const job = collect(namespace.bulkGet(["a"])).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    await job;
    expect(starts.slice(0, 2)).toEqual([0, 250_000]);
  });

  it("says so where a call that was sent is not sent again for it", async () => {
    const { get } = refusedAtFirst([() => throttled({ ratelimit: '"default";r=0;t=200' })]);
    const outcome = rejection(get());
    await vi.runAllTimersAsync();
    expect(await outcome).toMatchObject({ name: "KVRateLimitError", attempts: 1 });
    expect(String(await outcome)).toMatch(/not sent again: it would wait 200 s, longer than the 60 s/);
  });

  it.each([
    [305, "by default, some seconds more", undefined],
    [300, "where that is its maxDelay, by those that wait too", 300_000],
  ])("with the %d s of Cloudflare's block is sat out by a job: %s", async (pause, _, maxDelay) => {
    let asked = 0;
    const { namespace } = answering(
      ({ text }) => {
        if (++asked === 150) return throttled({ "retry-after": String(pause) });
        const { keys } = JSON.parse(text) as { keys: string[] };
        return success({ values: Object.fromEntries(keys.map((key) => [key, "v"])) });
      },
      { rateLimit: {}, retry: { maxDelay } },
    );
    const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}`);
    const began = now();
    const all = collect(namespace.bulkGet(keys));
    await vi.runAllTimersAsync();
    expect(await all).toHaveLength(20_000);
    expect(asked).toBe(201);
    expect(now() - began).toBeGreaterThan(pause * 1000);
  });

  it("again and again ends single calls that wait, once they would wait for maxDelay in all", async () => {
    const again = { "retry-after": "25", ratelimit: '"default";r=0;t=25' };
    const { get, starts } = refusedAtFirst(Array.from({ length: 3 }, () => () => throttled(again)));
    const first = get();
    await vi.advanceTimersByTimeAsync(1);
    const others = Promise.allSettled([get(), get(), get()]);
    await vi.runAllTimersAsync();
    await first;
    expect(starts).toEqual([0, 25_000, 50_000, 75_000, 75_000]);
    const message = expect.stringMatching(
      /not sent: it would wait 75 s, longer than the 60 s of maxDelay/,
    ) as string;
    const ended = { status: "rejected", reason: expect.objectContaining({ message }) as Error };
    expect(await others).toEqual([{ status: "fulfilled", value: "v" }, ended, ended]);
  });

  it.each([
    ["the quota of the day", 10048],
    ["too many bulk operations", 10046],
  ])("that is about %s pauses nobody else", async (_, code) => {
    const { get, starts } = refusedAtFirst([() => refusedWith(code)], { retry: false });
    const first = rejection(get());
    await vi.advanceTimersByTimeAsync(1);
    expect(await first).toMatchObject({ status: 429 });
    expect(await get()).toBe("v");
    expect(starts[1]).toBeLessThan(5);
  });
});

describe("createKV", () => {
  it("has a budget for Cloudflare's host and none for another, unless one is asked for", async () => {
    vi.useFakeTimers();
    const counts: number[] = [];
    for (const options of [
      {},
      { baseUrl: "https://api.fed.cloudflare.com/client/v4" },
      { baseUrl: "https://cloudflare.com.example.org/client/v4" },
      { rateLimit: false },
      { baseUrl: "https://example.org", rateLimit: { requests: 50 } },
    ] as Partial<KVOptions>[]) {
      let started = 0;
      const kv = createKV({
        accountId,
        apiToken,
        ...options,
        fetch: async () => (started++, new Response("v")),
      });
      const namespace = kv.namespace(namespaceId);
      void Promise.all(Array.from({ length: 300 }, () => namespace.get("a"))).catch(() => {});
      await vi.advanceTimersByTimeAsync(900);
      counts.push(started);
    }
    expect(counts).toEqual([200, 200, 300, 300, 50]);
    await vi.runAllTimersAsync();
    vi.useRealTimers();
  });

  it("shares one budget among all handles, and among clients that are given the same", async () => {
    vi.useFakeTimers();
    const budget = createRateLimit({ requests: 10, window: 60_000 });
    let started = 0;
    const clients = [1, 2].map(() =>
      createKV({ accountId, apiToken, rateLimit: budget, fetch: async () => (started++, new Response("v")) }),
    );
    const calls = clients.flatMap((kv) => ["a".repeat(32), "b".repeat(32)].map((id) => kv.namespace(id)));
    const all = Promise.all(calls.flatMap((handle) => [1, 2, 3, 4].map(() => handle.get("a"))));
    await vi.advanceTimersByTimeAsync(1000);
    expect(started).toBe(10);
    await vi.runAllTimersAsync();
    await all;
    vi.useRealTimers();
  });

  it("counts every attempt", async () => {
    const budget = createRateLimit({ requests: 100, window: 60_000 });
    vi.spyOn(Math, "random").mockReturnValue(0);
    const { kv, requests } = answering(() => new Response("", { status: 503 }), { rateLimit: budget });
    await rejection(kv.namespaces.get(namespaceId));
    expect(requests).toHaveLength(6);
    expect(budget.remaining).toBe(94);
  });

  it("keeps a job's list and its reads in one pace", async () => {
    const { fetch } = createKVServer();
    const pairs = Array.from({ length: 9500 }, (_, i) => ({ key: `k${i}`, value: "v" }));
    const starts = await new VirtualClock().run(async () => {
      const kv = createKV({ accountId, apiToken, fetch, rateLimit: {} });
      const namespace = kv.namespace((await kv.namespaces.create("many")).id);
      await namespace.bulkPut(pairs);
      const times: number[] = [];
      const timed = createKV({
        accountId,
        apiToken,
        rateLimit: {},
        fetch: (request) => (times.push(performance.now()), fetch(request)),
      });
      expect(await collect(timed.namespace(namespace.id).entries())).toHaveLength(pairs.length);
      return times;
    });
    // 10 pages and 95 reads, of which a hundred start at once and one every 250 ms after them.
    expect(starts).toHaveLength(105);
    expect(starts.filter((start) => start < starts[0]! + 250)).toHaveLength(101);
  });
});

describe(
  "Clients that share a token and know of each other by the headers alone",
  { timeout: 60_000 },
  () => {
    it.each([1, 2, 3])("are never refused, whatever each does: seed %i", async (seed) => {
      const random = createRandom(seed);
      const { throttled, requests } = await new VirtualClock().run(async () => {
        const counts = { throttled: 0, requests: 0 };
        const limited = withRequestLimit(async () => new Response("v"), {});
        async function fetch(request: Request): Promise<Response> {
          await later(random() * 150);
          const response = await limited(request);
          counts.requests++;
          if (response.status === 429) counts.throttled++;
          await later(random() * 150);
          return response;
        }
        async function program(calls: number, concurrency: number): Promise<void> {
          await later(random() * 20_000);
          const kv = createKV({ accountId, apiToken, fetch, retry: { maxDelay: 900_000 } });
          const namespace = kv.namespace(namespaceId);
          let left = calls;
          await Promise.all(
            Array.from({ length: concurrency }, async () => {
              while (left-- > 0) await namespace.get("a");
            }),
          );
        }
        await Promise.all([program(900, 20), program(700, 5), program(800, 1)]);
        return counts;
      });
      expect({ throttled, requests }).toEqual({ throttled: 0, requests: 2400 });
    });
  },
);
