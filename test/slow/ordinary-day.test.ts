import { describe, expect, it } from "vitest";
import { exportAll, exportTwice, importAll, readSingly } from "../../bench/scenarios.ts";
import { VirtualClock } from "../../bench/virtual-clock.ts";

const simulate = <T>(work: () => Promise<T>): Promise<T> => new VirtualClock().run(work);

describe("An ordinary day under Cloudflare's limit, simulated", { timeout: 60_000 }, () => {
  it("an import takes the time of the line", async () => {
    const { requests, throttled, seconds, optimum } = await simulate(() => importAll(300_000));
    expect(throttled).toBe(0);
    expect(requests).toBeLessThan(33);
    expect(seconds / optimum).toBeLessThan(1.1);
  });

  it("an export is paced, never throttled, and done within 1.05 of the least time", async () => {
    const { throttled, seconds, optimum } = await simulate(() => exportAll(250_000));
    expect(throttled).toBe(0);
    expect(seconds / optimum).toBeLessThan(1.05);
  });

  it("two exports with one token are never throttled", async () => {
    const { throttled, seconds, optimum } = await simulate(() => exportTwice(130_000));
    expect(throttled).toBe(0);
    expect(seconds / optimum).toBeLessThan(1.05);
  });

  it("single reads take a request each: a loop of a million would take three days", async () => {
    const { requests, throttled, seconds } = await simulate(() => readSingly(1, 3000, 1));
    expect(throttled).toBe(0);
    expect(requests).toBeGreaterThanOrEqual(3000);
    expect(seconds).toBeGreaterThan(600);
  });
});
