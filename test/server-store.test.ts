import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entries, Store, StoredEntry } from "../src/server/index.ts";
import { storeKinds, stores } from "./server-helpers.ts";

const entry = (key: string, expiration?: number): StoredEntry => ({
  key,
  value: new Uint8Array(),
  metadata: undefined,
  expiration,
});

const bytes = (key: string): Buffer => Buffer.from(key);
const named = (i: number): string => String(i).padStart(5, "0");

let made = 0;
async function newEntries(store: Store): Promise<Entries> {
  const id = String(++made);
  await store.create({ id, accountId: "a", title: id });
  return (await store.open("a", id))!.entries;
}

/** Few characters, so that keys meet; of 1 to 4 bytes, on both sides of the surrogates. */
const someKey = fc
  .array(fc.constantFrom("a", "b", "é", "\uD7FF", "\uE000", "\uFFFF", "🔑"), { minLength: 1, maxLength: 4 })
  .map((characters) => characters.join(""));

const step = fc.oneof(
  fc.record({ write: fc.array(fc.record({ key: someKey, ttl: fc.option(fc.nat(5), { nil: undefined }) })) }),
  fc.record({ delete: fc.array(someKey) }),
  fc.record({ wait: fc.nat(3) }),
  fc.record({ sweep: fc.constant(true) }),
  fc.record({ get: someKey }),
  fc.record({
    prefix: fc.oneof(fc.constant(""), someKey),
    after: fc.oneof(fc.constant(""), someKey),
    limit: fc.nat(8),
  }),
);

describe.each(storeKinds)("a store %s", (kind) => {
  test("gives what a sorted map would, whatever is written, deleted, awaited and listed", async () => {
    const store = stores[kind]();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const entries = await newEntries(store);
        const model = new Map<string, number | undefined>();
        let now = 0;
        for (const each of steps) {
          if ("write" in each) {
            const added = each.write.map(({ key, ttl }) => entry(key, ttl === undefined ? ttl : now + ttl));
            await entries.write(added);
            for (const { key, expiration } of added) model.set(key, expiration);
          } else if ("delete" in each) {
            await entries.delete(each.delete);
            for (const key of each.delete) model.delete(key);
          } else if ("wait" in each) {
            now += each.wait;
          } else if ("sweep" in each) {
            await store.sweep!(now);
          } else {
            const alive = [...model].filter(([, expiration]) => expiration === undefined || expiration > now);
            if ("get" in each) {
              const has = alive.some(([key]) => key === each.get);
              expect((await entries.get(each.get, now))?.key).toBe(has ? each.get : undefined);
              continue;
            }
            const expected = alive
              .map(([key]) => key)
              .sort((a, b) => bytes(a).compare(bytes(b)))
              .filter((key) => key.startsWith(each.prefix) && bytes(key).compare(bytes(each.after)) > 0);
            const found = await entries.list(each, now);
            expect(found.map(({ key }) => key)).toEqual(expected.slice(0, each.limit));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("keeps the order over many blocks of keys, through deletes from the middle", async () => {
    const entries = await newEntries(stores[kind]());
    const shuffled = Array.from({ length: 10_000 }, (_, i) => named((i * 7_919) % 10_000));
    await entries.write(shuffled.map((key) => entry(key)));
    await entries.delete(shuffled.filter((key) => Number(key) >= 1_000 && Number(key) < 9_000));
    const found = await entries.list({ prefix: "", after: named(998), limit: 3 }, 0);
    expect(found.map(({ key }) => key)).toEqual([named(999), named(9_000), named(9_001)]);
    expect(await entries.list({ prefix: "", after: "", limit: 10_000 }, 0)).toHaveLength(2_000);
    await entries.delete(shuffled);
    expect(await entries.list({ prefix: "", after: "", limit: 10 }, 0)).toEqual([]);
  });

  test("lets no account see a namespace of another, and frees a title with its namespace", async () => {
    const store = stores[kind]();
    expect(await store.create({ id: "1", accountId: "a", title: "t" })).toBe(true);
    expect(await store.create({ id: "2", accountId: "a", title: "t" })).toBe(false);
    expect(await store.create({ id: "3", accountId: "b", title: "t" })).toBe(true);
    expect(await store.open("b", "1")).toBeUndefined();
    expect(await store.rename("a", "1", "t")).toBe(true);
    await store.remove("a", "1");
    expect(await store.namespaces("a")).toEqual([]);
    expect(await store.create({ id: "2", accountId: "a", title: "t" })).toBe(true);
  });
});
