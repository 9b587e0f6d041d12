import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createKV, type KVOptions } from "../src/index.ts";
import { createKVServer, listen, type Listening } from "../src/server/index.ts";
import { accountId, apiToken } from "./helpers.ts";

let server: Listening;
beforeAll(async () => {
  server = await listen(createKVServer());
});
afterAll(() => server.close());

/** Keeps the answers to GET, as Next.js does with those of `globalThis.fetch`, unless it is told not to. */
function caching(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  const answers = new Map<string, Response>();
  return async (input, init) => {
    const request = new Request(input, init);
    const isKept = request.method === "GET" && request.cache !== "no-store";
    const kept = answers.get(request.url);
    if (isKept && kept) return kept.clone();
    const response = await fetch(request);
    if (isKept) answers.set(request.url, response.clone());
    return response;
  };
}

async function readTwice(options: Partial<KVOptions>): Promise<(string | null)[]> {
  vi.stubGlobal("fetch", caching(fetch));
  const kv = createKV({ accountId, apiToken, baseUrl: server.url, ...options });
  const namespace = kv.namespace((await kv.namespaces.create(crypto.randomUUID())).id);
  await namespace.put("theme", "dark");
  const first = await namespace.get("theme");
  await namespace.put("theme", "light");
  return [first, await namespace.get("theme")];
}

const fetchAnew = (request: Request): Promise<Response> => fetch(request, { cache: "no-store" });

describe("Where globalThis.fetch keeps answers, as in Next.js", () => {
  it("a plain client reads what was kept", async () => {
    expect(await readTwice({})).toEqual(["dark", "dark"]);
  });

  it("a fetch that passes no-store reads what is there", async () => {
    expect(await readTwice({ fetch: fetchAnew })).toEqual(["dark", "light"]);
  });

  it("the example's route reads what is there", async () => {
    vi.stubGlobal("fetch", caching(fetch));
    vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", accountId);
    vi.stubEnv("CLOUDFLARE_API_TOKEN", apiToken);
    vi.stubEnv("CLOUDFLARE_API_BASE_URL", server.url);
    vi.spyOn(console, "log").mockImplementation(() => {});
    const { GET, PUT } = await import("../examples/next-js.ts");
    const context = { params: Promise.resolve({ name: "language" }) };
    const url = "http://localhost/settings/language";
    expect((await GET(new Request(url), context)).status).toBe(404);
    for (const value of ["en", "de"]) {
      await PUT(new Request(url, { method: "PUT", body: value }), context);
      expect(await (await GET(new Request(url), context)).text()).toBe(value);
    }
  });
});
