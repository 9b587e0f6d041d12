/** The code of the guides on moving: both sides do the same, and leave the same behind. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createKV, type Entry } from "../../src/index.ts";
import { createKVServer, listen } from "../../src/server/index.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const accountId = "6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8";
const namespaceId = "b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93";
const apiToken = "a-token-for-tests";
const run = promisify(execFile);

interface Outcome {
  lines: string[];
  /** Everything that is stored, by the namespace's title. */
  stored: Record<string, Omit<Entry, "expiration">[]>;
  /** The keys that expire. */
  expiring: string[];
}

/** Runs a file on a server of its own. */
async function outcomeOf(file: string): Promise<Outcome> {
  const server = createKVServer({ accounts: [accountId], namespaces: [{ id: namespaceId, title: "given" }] });
  await using listening = await listen(server);
  const folder = await mkdtemp(join(tmpdir(), "moving-"));
  const env = {
    PATH: `${here}node_modules/.bin:${process.env["PATH"]}`,
    HOME: folder,
    CLOUDFLARE_ACCOUNT_ID: accountId,
    CLOUDFLARE_API_TOKEN: apiToken,
    CLOUDFLARE_API_BASE_URL: listening.url,
    CLOUDFLARE_BASE_URL: listening.url,
    CLOUDFLARE_API_ORIGIN: new URL(listening.url).origin,
    NAMESPACE_ID: namespaceId,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
  };
  const command: [string, string[]] = file.endsWith(".sh")
    ? ["bash", ["-eu", join(here, "moving", file)]]
    : [
        process.execPath,
        [
          join(root, "node_modules/tsx/dist/cli.mjs"),
          "--tsconfig",
          join(here, "tsconfig.json"),
          join(here, "moving", file),
        ],
      ];
  try {
    const { stdout } = await run(...command, { cwd: folder, env, timeout: 150_000 });
    const kv = createKV({ accountId, apiToken, fetch: server.fetch, rateLimit: false });
    const stored: Outcome["stored"] = {};
    const expiring: string[] = [];
    for await (const { id, title } of kv.namespaces.list()) {
      stored[title] = [];
      for await (const { expiration, ...entry } of kv.namespace(id).entries()) {
        stored[title].push(entry);
        if (expiration !== undefined) expiring.push(entry.key);
      }
    }
    return { lines: stdout.trim().split("\n"), stored, expiring };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("moving here", () => {
  it.each(["cloudflare-sdk", "unstorage", "fetch"])(
    "from %s: the same output, and the same is stored",
    async (from) => {
      const before = await outcomeOf(`${from}/before.ts`);
      const after = await outcomeOf(`${from}/after.ts`);
      expect(Object.values(after.stored).flat().length).toBeGreaterThan(1);
      expect(after.lines.length).toBeGreaterThan(1);
      expect(after).toEqual(before);
      expect(after.expiring).toHaveLength(1);
    },
  );

  it("from wrangler: the same is stored, and what it tells is among what wrangler tells", async () => {
    const before = await outcomeOf("wrangler/before.sh");
    const after = await outcomeOf("wrangler/after.ts");
    expect(after.stored["given"]).toHaveLength(1501);
    expect(after.stored).toEqual(before.stored);
    expect(after.expiring).toEqual(before.expiring);
    expect(before.lines).toEqual(expect.arrayContaining(after.lines));
  });

  it("from Elixir: a refusal is a value, and a raw call has its status", async () => {
    const { lines, stored } = await outcomeOf("elixir/after.ts");
    expect(lines).toEqual([expect.stringContaining("already exists"), "dark", "200"]);
    expect(stored["settings"]).toEqual([{ key: "theme", value: "dark", metadata: null }]);
  });
});
