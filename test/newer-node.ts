/** A Node with SQLite built in, which wrangler takes too. Not in node_modules: there it would run all scripts. */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { npm } from "../scripts/install.ts";

const version = "24.21.0";
const home: string = fileURLToPath(new URL(`../.runtimes/newer-node-${version}`, import.meta.url));

/** Its path. */
export const newerNode: string = join(home, "node_modules/.bin/node");

/** Installs it where it is not yet, and gives its path. */
export function installNewerNode(): string {
  if (existsSync(newerNode)) return newerNode;
  mkdirSync(home, { recursive: true });
  if (!npm(home, "install", "--prefix", home, "--no-save", `node@${version}`)) {
    throw new Error(`node@${version} cannot be installed`);
  }
  return newerNode;
}
