/** The commands of wkv, their options and their help. What a command does is loaded when it is called. */
import { existsSync, readFileSync } from "node:fs";
import { Command } from "commander";
import { termOf } from "./command-options.ts";
import { addBulk } from "./commands/bulk.ts";
import { addCopy } from "./commands/copy.ts";
import { addDiff } from "./commands/diff.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addExport } from "./commands/export.ts";
import { addImport } from "./commands/import.ts";
import { addKey } from "./commands/key.ts";
import { addSync } from "./commands/sync.ts";
import { addNamespace } from "./commands/namespace.ts";
import { addServe } from "./commands/serve.ts";

/** The whole command line; the documentation's page of the command is made from it too. */
export function createProgram(): Command {
  const program = new Command("wkv")
    .description("Workers KV from the command line: back up, restore, copy, compare, and serve locally.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "show this")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: termOf })
    .showHelpAfterError("(--help shows how it is called)")
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText("after", about);
  addNamespace(program);
  addKey(program);
  addBulk(program);
  addExport(program);
  addImport(program);
  addCopy(program);
  addDiff(program);
  addSync(program);
  addDoctor(program);
  addServe(program);
  return program;
}

const about = `
Credentials come from the environment: CLOUDFLARE_ACCOUNT_ID, and
CLOUDFLARE_API_TOKEN (or --token-file), or CLOUDFLARE_EMAIL and
CLOUDFLARE_API_KEY; CLOUDFLARE_API_BASE_URL, else CLOUDFLARE_BASE_URL, says where
the API is. A namespace is named by its id, by its title, or with --binding by
its name in wrangler's configuration.

Exit codes:
  0    done
  1    failed; for diff: there are differences
  2    called in a wrong way
  3    there is no such namespace or key
  4    partly done: what failed is in a file whose name is printed
  130  interrupted; it says how to go on`;

/** src/ and dist/src/ are not equally deep. */
function version(): string {
  for (let folder = new URL(".", import.meta.url); ; folder = new URL("..", folder)) {
    const manifest = new URL("package.json", folder);
    if (existsSync(manifest))
      return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
    if (folder.pathname === "/") return "unknown";
  }
}
