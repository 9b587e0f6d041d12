import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createKVServer, listen, type Listening } from "../src/server/index.ts";

const folder = new URL("../examples/", import.meta.url);
const examples = readdirSync(folder).filter((name) => name.endsWith(".ts"));

let server: Listening;
beforeAll(async () => {
  server = await listen(createKVServer());
});
afterAll(() => server.close());

describe("examples run as they stand", () => {
  it.each(examples)("%s", async (name) => {
    vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef");
    vi.stubEnv("CLOUDFLARE_API_TOKEN", "a-token");
    vi.stubEnv("CLOUDFLARE_API_BASE_URL", server.url);
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    await import(`../examples/${name}`);
    // Each shows what it did; the guide on reading and writing shows it in comments.
    expect(name === "read-and-write.ts" || log.mock.calls.length > 0).toBe(true);
  });
});

it("the test for Node's own runner passes under it", { timeout: 60_000 }, async () => {
  const file = fileURLToPath(new URL("testing/with-node-test.ts", folder));
  const words = ["--import", "tsx", "--test", "--test-reporter", "tap", file];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  expect(stdout).toMatch(/^# pass 1$/m);
});

// The README's lines may be longer than the formatter's; the marks of regions are for the site.
const lines = (text: string): string => text.replaceAll(/\/\/ #(end)?region.*|\s+/g, "");

describe("every snippet of the README is a part of an example", () => {
  const sources = examples.map((name) => lines(readFileSync(new URL(name, folder), "utf8")));
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

  it("there are snippets", () => expect(snippets.length).toBeGreaterThan(5));

  it.each(snippets.map((code) => [code.split("\n", 1)[0], code] as const))("%s", (_, code) => {
    expect(sources.some((source) => source.includes(lines(code)))).toBe(true);
  });
});
