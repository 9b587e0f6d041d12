import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Backends, start } from "./backends.ts";

let backends: Backends;
beforeAll(async () => {
  backends = await start();
});
afterAll(() => backends.close());

/** The example's middleware, which runs when it is loaded. */
async function load(): Promise<typeof import("../../examples/express.ts")> {
  vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef");
  vi.stubEnv("CLOUDFLARE_API_TOKEN", "any");
  vi.stubEnv("CLOUDFLARE_API_BASE_URL", backends.url);
  vi.spyOn(console, "log").mockImplementation(() => {});
  return import("../../examples/express.ts");
}

it("Express serves pages from the handle as from the binding, and hands what fails to its error handler", async () => {
  const { pages } = await load();
  for (const kv of [backends.workerd.binding, backends.node.handle]) {
    await kv.put("/a b", "<h1>ä</h1>");
    const app = express();
    app.use("/pages", pages(kv));
    const server = await new Promise<Server>((resolve) => {
      const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
    });
    const { port } = server.address() as AddressInfo;
    const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}/pages${path}`);
    const page = await ask("/a%20b");
    expect([page.status, await page.text()]).toEqual([200, "<h1>ä</h1>"]);
    expect((await ask("/none")).status).toBe(404);
    expect((await ask(`/${"x".repeat(600)}`)).status).toBe(500);
    server.close();
  }
});
