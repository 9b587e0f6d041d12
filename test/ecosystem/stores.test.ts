import KeyvCloudflareKV from "@keyv/cloudflare-kv";
import Keyv from "keyv";
import { createStorage } from "unstorage";
import cloudflareKVBindingDriver from "unstorage/drivers/cloudflare-kv-binding";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Backends, start } from "./backends.ts";

let backends: Backends;
beforeAll(async () => {
  backends = await start();
});
afterAll(() => backends.close());

/** What a program does with a namespace, done with the binding and with the handle. */
async function both(use: (kv: KVNamespace) => Promise<unknown>): Promise<unknown> {
  const [ofBinding, ofHandle] = [await use(backends.workerd.binding), await use(backends.node.handle)];
  expect(ofHandle).toEqual(ofBinding);
  return ofHandle;
}

describe("unstorage's cloudflare-kv-binding driver", () => {
  it("stores, finds, lists and clears over the handle as over the binding", async () => {
    const outcome = await both(async (binding) => {
      const storage = createStorage({ driver: cloudflareKVBindingDriver({ binding, base: "unstorage" }) });
      await storage.setItem("user:ada", { age: 36 });
      await storage.setItem("user:bob", "text", { ttl: 1 });
      await storage.setItem("other", 5);
      const had = await storage.hasItem("user:ada");
      const items = await storage.getItems(["user:ada", "user:bob", "none"]);
      const keys = await storage.getKeys("user");
      await storage.removeItem("user:ada");
      const left = await storage.getKeys();
      await storage.clear();
      return { had, items, keys, left, after: await storage.getKeys() };
    });
    expect(outcome).toEqual({
      had: true,
      items: [
        { key: "user:ada", value: { age: 36 } },
        { key: "user:bob", value: "text" },
        { key: "none", value: null },
      ],
      keys: ["user:ada", "user:bob"],
      left: ["other", "user:bob"],
      after: [],
    });
  });
});

describe("Keyv's Cloudflare KV adapter", () => {
  it("stores, expires, iterates and clears over the handle as over the binding", async () => {
    const outcome = await both(async (kvNamespace) => {
      const errors: unknown[] = [];
      const store = new KeyvCloudflareKV({ kvNamespace, namespace: "keyv" });
      const keyv = new Keyv({ store, namespace: "keyv" });
      keyv.on("error", (error: unknown) => errors.push(error));
      await keyv.set("a", { nested: [1, null] });
      await keyv.set("b", "long", 3_600_000);
      await keyv.set("c", "short", 1000);
      const fresh = await keyv.getMany(["a", "b", "c", "none"]);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2000 });
      const later = await keyv.getMany(["a", "b", "c"]);
      vi.useRealTimers();
      const entries: unknown[] = [];
      for await (const entry of keyv.iterator!()) entries.push(entry);
      const deleted = [await keyv.delete("a"), await keyv.delete("a")];
      await keyv.clear();
      return { fresh, later, entries, deleted, after: await keyv.get("b"), errors };
    });
    expect(outcome).toMatchObject({
      fresh: [{ nested: [1, null] }, "long", "short", undefined],
      later: [{ nested: [1, null] }, "long", undefined],
      entries: [
        ["a", { nested: [1, null] }],
        ["b", "long"],
      ],
      deleted: [true, false],
      after: undefined,
      errors: [],
    });
  });
});
