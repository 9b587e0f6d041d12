/** Installs the clients, the packed package, and a Node that wrangler takes. */
import { installPacked } from "../../scripts/install.ts";
import { installNewerNode } from "../newer-node.ts";

installPacked(import.meta.dirname);
installNewerNode();
