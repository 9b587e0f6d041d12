/** unstorage's driver cloudflare-kv-http. */
import { createStorage } from "unstorage";
import driver from "unstorage/drivers/cloudflare-kv-http";
import { describe, expect, test } from "vitest";
import { serve, stores } from "./service.ts";

describe.each(stores)("unstorage, on the server with its data %s", async (store) => {
  const { accountId, token, baseUrl } = await serve(store);
  const headers = { authorization: `Bearer ${token}` };
  const address = `${baseUrl}/accounts/${accountId}/storage/kv/namespaces`;
  const made = await fetch(address, { method: "POST", headers, body: JSON.stringify({ title: "first" }) });
  const { result } = (await made.json()) as { result: { id: string } };
  const options = { accountId, namespaceId: result.id, apiToken: token, apiURL: new URL(baseUrl).origin };
  const storage = createStorage({ driver: driver(options) });

  test("sets, gets, asks for and removes items", async () => {
    await storage.setItem("a:b", { value: [1, "ü"] });
    await storage.setItem("empty", "");
    expect(await storage.getItem("a:b")).toEqual({ value: [1, "ü"] });
    expect(await storage.getItem("none")).toBeNull();
    expect([await storage.hasItem("a:b"), await storage.hasItem("none")]).toEqual([true, false]);
    await storage.removeItem("a:b");
    expect(await storage.hasItem("a:b")).toBe(false);
  });

  test("keeps raw bytes, and gives items a time to live", async () => {
    const bytes = Uint8Array.of(0xff, 0, 1);
    await storage.setItemRaw("bytes", bytes);
    expect(new Uint8Array((await storage.getItemRaw("bytes"))!)).toEqual(bytes);
    await storage.setItem("passing", "v", { ttl: 3600 });
    const read = await fetch(`${address}/${result.id}/values/passing`, { headers });
    expect(Number(read.headers.get("expiration"))).toBeGreaterThan(Date.now() / 1000);
  });

  test("lists keys over several pages and clears them all", async () => {
    await storage.setItems(Array.from({ length: 50 }, (_, i) => ({ key: `set:${i}`, value: i })));
    const body = JSON.stringify(Array.from({ length: 2_100 }, (_, i) => ({ key: `put:${i}`, value: "v" })));
    await fetch(`${address}/${result.id}/bulk`, { method: "PUT", headers, body });
    expect(await storage.getKeys("put")).toHaveLength(2_100);
    expect(await storage.getItems(["set:1", "set:2"])).toEqual([
      { key: "set:1", value: 1 },
      { key: "set:2", value: 2 },
    ]);
    await storage.clear();
    expect(await storage.getKeys()).toEqual([]);
  });
});
