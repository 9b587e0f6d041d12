/**
 * Runs the behaviour suite in each runtime, with the packed package installed, against the local server.
 *
 *     npm run test:runtimes -- [NAME…]   only those whose name begins so
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { npm } from "../../scripts/install.ts";
import { pack, root } from "../../scripts/pack.ts";
import type * as Server from "../../src/server/index.ts";
import { type Runtime, runtimes } from "./runtimes.ts";
import type { Place } from "./suite.ts";

const home = join(root, ".runtimes");
const accountId = "0123456789abcdef0123456789abcdef";
const apiToken = "a-token-of-the-suite";

/** A project with the packed package as its one dependency. */
function createApp(): string {
  const app = join(home, "app");
  rmSync(app, { recursive: true, force: true });
  mkdirSync(join(app, "packed"), { recursive: true });
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true, type: "module" }));
  if (!npm(app, "install", pack(join(app, "packed")).tarball))
    throw new Error("the package cannot be installed");
  return app;
}

/** A folder with the runtime's packages, kept from one run to the next; `undefined` where they cannot be had. */
function install({ name, packages }: Runtime): string | undefined {
  const folder = join(home, name.replaceAll(/[^\w.]+/g, "-"));
  const manifest = join(folder, "package.json");
  const wanted = JSON.stringify({ private: true, dependencies: packages });
  const isWhole = existsSync(manifest) && existsSync(join(folder, "node_modules"));
  const isThere = isWhole && readFileSync(manifest, "utf8") === wanted;
  if (isThere) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(manifest, wanted);
  if (npm(folder, "install", "--no-package-lock")) return folder;
  rmSync(folder, { recursive: true });
  return undefined;
}

/** Starts the installed package's own server. Beside the API it has an empty page, and moves its clock. */
async function serve(app: string): Promise<{ place: Place; page: string; close: () => Promise<void> }> {
  const file = join(app, "node_modules/workers-kv-rest/dist/src/server/index.js");
  const { createKVServer, listen } = (await import(pathToFileURL(file).href)) as typeof Server;
  let ahead = 0;
  const server = createKVServer({
    accounts: [accountId],
    tokens: [apiToken],
    now: () => Date.now() + ahead * 1000,
  });
  const listening = await listen({
    async fetch(request) {
      const { pathname, origin } = new URL(request.url);
      if (pathname === "/") return new Response("", { headers: { "content-type": "text/html" } });
      if (!pathname.startsWith("/clock/")) return server.fetch(request);
      ahead += Number(pathname.slice("/clock/".length));
      return new Response(origin);
    },
  });
  const { origin } = new URL(listening.url);
  const place = { baseUrl: listening.url, clockUrl: `${origin}/clock/`, accountId, apiToken };
  return { place, page: origin, close: listening.close };
}

const names = process.argv.slice(2);
const chosen = runtimes.filter(
  ({ name }) => names.length === 0 || names.some((each) => name.startsWith(each)),
);
const app = createApp();
const { place, page, close } = await serve(app);
const count = { passed: 0, failed: 0, skipped: 0 };
for (const runtime of chosen) {
  const missing = runtime.missing?.();
  const folder = missing === undefined ? install(runtime) : undefined;
  if (folder === undefined) {
    console.log(`${runtime.name}: skipped, ${missing ?? "its packages cannot be installed"}`);
    count.skipped++;
    continue;
  }
  try {
    const outcomes = await runtime.run(folder, app, place, page);
    const failures = outcomes.filter(({ error }) => error !== undefined);
    for (const { name, error } of failures) console.log(`${runtime.name}: FAILED: ${name}\n${error}`);
    const passed = outcomes.length - failures.length;
    count.passed += passed;
    count.failed += failures.length;
    console.log(`${runtime.name}: ${passed} passed, ${failures.length} failed`);
  } catch (error) {
    count.failed++;
    console.log(`${runtime.name}: FAILED`, error);
  }
}
await close();
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
// A run of nothing is no good run.
process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
