import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Progress } from "../src/cli/progress.ts";

let told: string[];
beforeEach(() => {
  told = [];
  vi.useFakeTimers();
  vi.spyOn(process.stderr, "write").mockImplementation((text) => told.push(String(text)) > 0);
});
afterEach(() => vi.useRealTimers());

it("Without a terminal there is a line every ten seconds, and none before", async () => {
  const progress = await Progress.start({ connections: [] });
  progress.begin({ verb: "exporting", total: 4000 });
  progress.add(500, 12_000);
  vi.advanceTimersByTime(9_999);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([
    expect.stringMatching(
      /^exporting 12%  500 of 4,000 entries  12\.0 kB  50\/s  1 min 10 s left, until \d\d:\d\d\n$/,
    ),
  ]);
  progress.add(1500, 0);
  vi.advanceTimersByTime(10_000);
  expect(told[1]).toMatch(/^exporting 50%  2,000 of 4,000 entries  12\.0 kB  100\/s  20 s left/);
  progress.stop();
  vi.advanceTimersByTime(60_000);
  expect(told).toHaveLength(2);
});

it("For programs it is a line of JSON, and with --quiet nothing", async () => {
  const quiet = await Progress.start({ connections: [], quiet: true });
  const progress = await Progress.start({ connections: [], json: true });
  progress.begin({ verb: "copying", total: 10, done: 4 });
  progress.addRead(4);
  progress.add(2, 7);
  vi.advanceTimersByTime(10_000);
  expect(told.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      progress: {
        entries: 6,
        read: 8,
        total: 10,
        bytes: 7,
        entriesPerSecond: 0,
        requests: 0,
        secondsLeft: 10,
      },
    },
  ]);
  progress.stop();
  quiet.stop();
});

it("A long wait is told, with the reason", async () => {
  const connection = { budget: { remaining: 17 }, listener: undefined } as never as {
    listener: (event: object) => void;
  };
  const progress = await Progress.start({ connections: [connection as never] });
  progress.begin({ verb: "importing" });
  connection.listener({ type: "wait", delay: 45_000, reason: "rate limit" });
  vi.advanceTimersByTime(10_000);
  expect(told).toEqual([
    "importing  0 entries  waiting 35 s: the request budget is used up  0/s  17 requests left\n",
  ]);
  connection.listener({ type: "request" });
  vi.advanceTimersByTime(10_000);
  expect(told[1]).toBe("importing  0 entries  0/s  17 requests left\n");
  progress.stop();
});
