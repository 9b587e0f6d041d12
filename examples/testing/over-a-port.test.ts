// #region port
import { expect, test, vi } from "vitest";
import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";
import { createKVServer, listen } from "workers-kv-rest/server";

test("a program that is configured by its environment finds the server behind its port", async () => {
  await using server = await listen(createKVServer());
  vi.stubEnv("CLOUDFLARE_API_BASE_URL", server.url); // wrangler and this client
  vi.stubEnv("CLOUDFLARE_BASE_URL", server.url); // Cloudflare's SDK
  vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef");
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "any");

  const { title } = await createKV(fromEnv()).namespaces.create("settings");
  expect(title).toBe("settings");
});
// #endregion port
