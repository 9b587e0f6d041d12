/** Installs the packed package, and what the suites that need other packages have in lockfiles of their own. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { pack, type Packed, root } from "./pack.ts";

/** Runs npm, up to three times: a registry may be out of reach for a moment. Whether it went well. */
export function npm(folder: string, ...args: readonly string[]): boolean {
  for (let tries = 1; tries <= 3; tries++) {
    const { status } = spawnSync("npm", [...args, "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status === 0) return true;
  }
  return false;
}

/** When a file was last changed, in ms; 0 where there is none. */
const changed = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Installs what a folder's lockfile has, unless that was done. */
export function installLocked(folder: string): void {
  const lock = join(folder, "package-lock.json");
  if (changed(join(folder, "node_modules/.package-lock.json")) >= changed(lock)) return;
  console.log(`Installing the packages of ${relative(root, lock)}`);
  if (!npm(folder, "ci")) throw new Error(`npm ci failed in ${folder}`);
}

/** Installs what a folder's lockfile has, and the packed package beside it. */
export function installPacked(folder: string): Packed {
  installLocked(folder);
  const into = join(folder, "node_modules/.packed");
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  const packed = pack(into);
  if (!npm(folder, "install", "--no-save", packed.tarball))
    throw new Error(`npm install failed in ${folder}`);
  return packed;
}
