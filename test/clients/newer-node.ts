/** wrangler 4.164 needs Node 22 or newer. Outside of node_modules: there it would take over the scripts' Node. */
import { fileURLToPath } from "node:url";

export const newerNode = {
  version: "24.21.0",
  path: fileURLToPath(new URL("../../.runtimes/node24/node_modules/.bin/node", import.meta.url)),
};
