/** Installs what the suite is about, and the packed package. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { installPacked } from "../../scripts/install.ts";

installPacked(dirname(fileURLToPath(import.meta.url)));
