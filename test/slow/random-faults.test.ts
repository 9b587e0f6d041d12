import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { OperationId } from "../../src/schema.ts";
import { createRandom, type FaultRate } from "../../src/server/faults.ts";
import { inWorld } from "../faulty-world.ts";
import { collect, namespaceId } from "../helpers.ts";
import { overSockets } from "../sockets.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));
// Full jitter may be no pause at all.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));

describe(
  "30 % random faults, at most 5 in a row, over 1,000 mixed calls, 20 at a time",
  { timeout: 60_000 },
  () => {
    const others: OperationId[] = [
      "getNamespace",
      "listKeys",
      "readMetadata",
      "writeValue",
      "deleteValue",
      "writeMultiple",
      "deleteMultiple",
      "getMultiple",
    ];
    const anywhere: FaultRate["what"][] = [
      500,
      502,
      503,
      504,
      524,
      408,
      425,
      429,
      "reset",
      "lostAnswer",
      "brokenBody",
      "corruptGzip",
      "page",
    ];
    const notInValues: FaultRate["what"][] = [
      "truncatedBody",
      "throttledWithin200",
      "emptyPage",
      "partialBulk",
    ];
    const rates: FaultRate[] = [
      ...anywhere.map((what) => ({ share: 0.018, what })),
      ...notInValues.map((what) => ({ share: 0.018, what, operations: others })),
    ];

    it.each([
      [1, ...overSockets[0]!],
      [2, ...overSockets[1]!],
      [3, ...overSockets[0]!],
    ] as const)(
      "seed %i, through %s: each gives what it should, and the store holds what was written",
      // A connection that a busy machine itself breaks comes on top of the five, which are all that is tried.
      { retry: 2 },
      async (seed, _, over) => {
        await inWorld({ seed, rates, mostInARow: 5 }, over, async (world) => {
          const { namespace, kv } = world;
          let calls = 0;
          const models = await Promise.all(
            Array.from({ length: 20 }, async (_, worker) => {
              const random = createRandom(seed * 100 + worker);
              const pick = (): string => `w${worker}-${Math.floor(random() * 12)}`;
              const model = new Map<string, string>();
              const found = (key: string): unknown =>
                model.has(key) ? { key, value: model.get(key), metadata: null } : { key, value: null };
              for (let i = 0; i < 50; i++, calls++) {
                const some = [...new Set([pick(), pick(), pick(), pick(), pick()])];
                const key = some[0]!;
                const value = `${seed} ${i}`;
                switch (Math.floor(random() * 10)) {
                  case 0:
                  case 1:
                    await namespace.put(key, value);
                    model.set(key, value);
                    break;
                  case 2:
                    await namespace.delete(key);
                    model.delete(key);
                    break;
                  case 3:
                    expect(await namespace.get(key)).toBe(model.get(key) ?? null);
                    break;
                  case 4:
                    expect(await namespace.metadata(key)).toBe(null);
                    break;
                  case 5:
                    expect((await namespace.getWithMetadata(key)).value).toBe(model.get(key) ?? null);
                    break;
                  case 6:
                    await namespace.bulkPut(some.map((each) => ({ key: each, value })));
                    for (const each of some) model.set(each, value);
                    break;
                  case 7:
                    await namespace.bulkDelete(some);
                    for (const each of some) model.delete(each);
                    break;
                  case 8:
                    expect(await collect(namespace.bulkGet(some))).toEqual(some.map(found));
                    break;
                  default:
                    expect(
                      (await collect(namespace.list({ prefix: `w${worker}-` }))).map(({ name }) => name),
                    ).toEqual([...model.keys()].toSorted());
                    expect((await kv.namespaces.get(namespaceId)).title).toBe("first");
                }
              }
              return model;
            }),
          );
          const expected = new Map<string, unknown>();
          for (const model of models) for (const [key, value] of model) expected.set(key, value);
          const stored = await collect(world.calmNamespace.entries({ prefix: "w" }));
          expect(new Map(stored.map(({ key, value }) => [key, value]))).toEqual(expected);
          expect(calls).toBe(1000);
          expect(world.events.filter(({ type }) => type === "retry").length).toBeGreaterThan(250);
        });
      },
    );
  },
);

it("nothing of all that goes unhandled", async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
});
