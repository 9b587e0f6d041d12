/** Installs the clients, the packed package, and a Node that wrangler takes. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { installPacked, npm } from "../../scripts/install.ts";
import { newerNode } from "./newer-node.ts";

const folder = dirname(fileURLToPath(import.meta.url));
installPacked(folder);
if (!existsSync(newerNode.path)) {
  const home = join(folder, "../../.runtimes/node24");
  mkdirSync(home, { recursive: true });
  if (!npm(home, "install", "--prefix", home, "--no-save", `node@${newerNode.version}`)) {
    throw new Error(`node@${newerNode.version} cannot be installed`);
  }
}
