/**
 * The site's tests: what its pages say, checked with the real packages, and the pages themselves in a real
 * browser. Installs what they need: this folder's lockfile, and Debian's Chromium where apt is.
 *
 *     npm run test:docs
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { installLocked } from "../../scripts/install.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

const bin = `${root}node_modules/.bin`;

/** Ends this process as the command ends, where that is not well. */
async function run(command: string, ...args: string[]): Promise<void> {
  const [status] = (await once(
    spawn(`${bin}/${command}`, args, { cwd: root, stdio: "inherit" }),
    "exit",
  )) as [number | null];
  if (status !== 0) process.exit(status ?? 1);
}

async function installChromium(): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (findChromium() || !isRoot || spawnSync("apt-get", ["--version"]).status !== 0) return;
  for (let tries = 1; tries <= 3 && !findChromium(); tries++) {
    console.log(`Installing Debian's chromium, attempt ${tries}`);
    spawnSync("sh", ["-c", "apt-get update -qq && apt-get install -y -qq chromium"], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }
}

/** The types and the manners of the site's own code. */
async function check(): Promise<void> {
  const parts = [
    "build",
    "comparison",
    "explorer",
    "generate",
    "playground",
    ".vitepress/config",
    ".vitepress/theme",
  ];
  const tests = readdirSync(here).filter((name) => name.endsWith(".ts"));
  const code = [
    ...parts.map((name) => (existsSync(`${root}docs/${name}.ts`) ? `docs/${name}.ts` : `docs/${name}`)),
    ...tests.map((name) => `docs/test/${name}`),
  ];
  await run("tsc", "-p", "docs");
  await run("tsc", "-p", "docs/test");
  await run("oxlint", "-c", "docs/.oxlintrc.json", ...code);
  await run("oxfmt", "--check", ...code);
}

installLocked(here);
// It needs the packages that have just been installed.
const { findChromium } = await import("./chromium.ts");
await installChromium();
// It installs the site's packages, and makes the files that its sources import.
await run("tsx", "docs/build.ts", "generate");
await Promise.all([run("tsx", "docs/build.ts", "pages"), check()]);
await run("vitest", "run", "--config", "docs/test/vitest.config.ts", ...process.argv.slice(2));
if (!findChromium()) {
  const skipped = readdirSync(here).filter(
    (name) => name.endsWith(".test.ts") && readFileSync(here + name, "utf8").includes("skipIf(!chromium)"),
  );
  console.warn(`SKIPPED: the browser tests of ${skipped.length} files (${skipped.join(", ")}).`);
  console.warn("There is no Chromium here, and it could not be installed; CHROMIUM may name one.");
}
