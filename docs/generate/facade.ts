/** The reference of the public names, from their doc comments, and the pages of the source that it links to. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Application, type TypeDocOptions } from "typedoc";
import type { PluginOptions } from "typedoc-plugin-markdown";
import { condense } from "./condense.ts";
import { docs, root, writePage } from "./site.ts";

const out = join(docs, "reference/facade");
const entries = join(docs, "generate/entries");

const options: TypeDocOptions & Partial<PluginOptions> & { docsRoot: string } = {
  entryPoints: ["workers-kv-rest.ts", "workers-kv-rest/server.ts", "workers-kv-rest/node.ts"].map((entry) =>
    join(entries, entry),
  ),
  tsconfig: join(docs, "tsconfig.facade.json"),
  basePath: root,
  displayBasePath: root,
  plugin: ["typedoc-plugin-markdown", "typedoc-vitepress-theme"],
  readme: "none",
  // The types are the compiler's to check, on their own files.
  skipErrorChecking: true,
  excludeExternals: true,
  excludeInternal: true,
  disableGit: true,
  gitRevision: "main",
  sourceLinkTemplate: "/reference/source/{path}.html#L{line}",
  blockTags: [
    "@constant",
    "@default",
    "@description",
    "@enum",
    "@example",
    "@format",
    "@module",
    "@param",
    "@returns",
    "@throws",
  ],
  sort: ["source-order"],
  groupOrder: ["Functions", "Interfaces", "Classes", "Variables", "Type Aliases"],
  pageTitleTemplates: { index: "The package", module: "{name}", member: "{name}" },
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandParameters: true,
  expandObjects: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "list",
  classPropertiesFormat: "list",
  typeAliasPropertiesFormat: "table",
  enumMembersFormat: "table",
  propertyMembersFormat: "table",
  docsRoot: docs,
  out,
  logLevel: "Error",
};

const sourceLink = /\(\/reference\/source\/([^)]+)\.html#L\d+\)/g;

export async function writeFacade(): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await rm(join(docs, "reference/source"), { recursive: true, force: true });
  const app = await Application.bootstrapWithPlugins(options);
  const project = await app.convert();
  if (!project) throw new Error("the reference could not be made from the doc comments");
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error("the reference could not be made from the doc comments");
  const sources = new Set<string>();
  for (const name of await readdir(out, { recursive: true })) {
    if (!name.endsWith(".md")) continue;
    const file = join(out, name);
    const text = await readFile(file, "utf8");
    for (const [, source] of text.matchAll(sourceLink)) sources.add(source!);
    await writeFile(file, condense(text));
  }
  await Promise.all([...sources].map(writeSourcePage));
}

/** A page of source that the reference leads to, with an anchor for each line. What is generated is not coloured. */
async function writeSourcePage(file: string): Promise<void> {
  await writePage(
    `reference/source/${file}.md`,
    `---
search: false
outline: false
aside: false
pageClass: source-page
---

# ${file}

<<< @/../${file}{${file.startsWith("generated/") ? "txt" : "ts"} source-lines}
`,
  );
}
