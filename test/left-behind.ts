/** Files that run in one process leave to the next what they found, or fail. */
import { afterAll, beforeAll, expect, vi } from "vitest";

const events = ["unhandledRejection", "uncaughtException", "warning", "SIGINT", "SIGTERM"] as const;

const state = (): object => ({
  environment: { ...process.env },
  globals: Object.fromEntries(
    Object.getOwnPropertyNames(globalThis)
      .filter((name) => /^(fetch|Request|Response|Headers|Date|set\w+|performance|console)$/.test(name))
      .map((name) => [name, Reflect.get(globalThis, name)]),
  ),
  random: Math.random,
  listeners: events.map((event) => process.listeners(event as "warning")),
});

let found: object;

beforeAll(() => {
  found = state();
});

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.useRealTimers();
  expect(state()).toEqual(found);
});
