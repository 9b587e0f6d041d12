/**
 * Builds the site into docs/.vitepress/dist.
 *
 *     npm run docs                  for https://…/workers-kv-rest/
 *     DOCS_BASE=/ npm run docs      for a host of its own
 *     npm run docs:preview          serves what was built
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { installLocked } from "../scripts/install.ts";
import { docs } from "./generate/site.ts";

function vitepress(...args: string[]): void {
  const bin = join(docs, "node_modules/vitepress/bin/vitepress.js");
  const { status } = spawnSync(process.execPath, [bin, ...args], { cwd: docs, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** Everything that is made from the spec, the source and the examples. */
async function generate(): Promise<void> {
  // Loaded here, since what they need is installed above.
  const [{ writeChanges }, { writeCommand }, { writeFacade }, { writeRestReference }] = await Promise.all([
    import("./generate/changes.ts"),
    import("./generate/command.ts"),
    import("./generate/facade.ts"),
    import("./generate/rest.ts"),
  ]);
  const [{ writeComparison }, { writeSnippets }, { writeTables }] = await Promise.all([
    import("./generate/comparison.ts"),
    import("./generate/snippets.ts"),
    import("./generate/tables.ts"),
  ]);
  await Promise.all([
    writeChanges(),
    writeCommand(),
    writeComparison(),
    writeFacade(),
    writeRestReference(),
    writeSnippets(),
    writeTables(),
  ]);
}

const [task = "build", ...rest] = process.argv.slice(2);
installLocked(docs);
if (task === "preview") vitepress("preview", ".", ...rest);
else if (task === "generate") await generate();
else if (task === "pages") vitepress("build", ".", ...rest);
else if (task === "build") {
  await generate();
  vitepress("build", ".", ...rest);
} else throw new Error(`"${task}" is none of build, generate, pages, preview`);
