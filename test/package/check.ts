/** What registries, bundlers and other people's compilers make of the packed package. Nothing may be found. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPacked } from "../../scripts/install.ts";
import { root } from "../../scripts/pack.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const { tarball } = installPacked(folder);
const tool = (name: string): string => join(folder, "node_modules/.bin", name);
// Not the older one that attw brings along.
const tsc = createRequire(join(root, "package.json")).resolve("typescript/lib/tsc.js");

const checks: readonly (readonly [what: string, command: string, ...args: string[]])[] = [
  ["publint --strict", tool("publint"), "--strict", tarball],
  // What is ESM alone: CommonJS requires it on Node 20.19 and newer, which attw does not know of.
  ["attw", tool("attw"), tarball, "--profile", "esm-only"],
  ...["dom", "node", "workers"].map(
    (types) =>
      [`a project with ${types} types`, process.execPath, tsc, "-p", `tsconfig.${types}.json`] as const,
  ),
  ["stack traces", process.execPath, "--enable-source-maps", "stack-traces.mjs"],
];

let failed = 0;
for (const [what, command, ...args] of checks) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  console.log(`${status === 0 ? "passed" : "FAILED"}: ${what}`);
  if (status === 0) continue;
  failed++;
  console.log(stdout);
}
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exitCode = Math.min(failed, 1);
