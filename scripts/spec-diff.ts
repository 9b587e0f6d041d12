/**
 * What the spec means to users that it did not mean before, and which version that asks for.
 *
 *     npm run spec:diff -- [--base REV|FILE] [--spec FILE] [--format text|markdown|json]
 *
 * The base is the committed spec, or in CI that of the last tag. Exit code 1 where a change breaks users and
 * neither package.json nor a changeset raises the version by as much.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { toJSON, toMarkdown, toText } from "./change-report.ts";
import { bumpFor, mayBreak, raise } from "./package-version.ts";
import { root } from "./redocly.ts";
import { lastTag, readBase, readVersion } from "./spec-base.ts";
import { compareSpecs } from "./spec-changes.ts";
import { parseDocument } from "./spec-document.ts";

const formats = { text: toText, markdown: toMarkdown, json: toJSON };

const { values } = parseArgs({
  options: {
    base: { type: "string" },
    spec: { type: "string", default: join(root, "spec/kv.yaml") },
    format: { type: "string", default: "text" },
  },
});

async function main(): Promise<number> {
  const format = formats[values.format as keyof typeof formats];
  if (!format) throw new Error(`--format ${values.format} is none of ${Object.keys(formats).join(", ")}`);
  const committed = (process.env["CI"] && lastTag(root)) || "HEAD";
  const base = readBase(root, values.base ?? committed);
  const comparison = await compareSpecs(
    parseDocument(base.spec),
    parseDocument(readFileSync(values.spec, "utf8")),
  );
  const found = new Set(comparison.changes.map((change) => change.class));
  const bump = bumpFor(found, base.version);
  const verdict = { base: base.name, bump, from: base.version, next: raise(base.version, bump) };
  console.log(format(comparison, verdict));
  const version = readVersion(root);
  if (!found.has("breaking") || mayBreak(base.version, version)) return 0;
  console.error(
    `\nThis breaks users of ${base.version}, and the next version is ${version}: take the change back, or ` +
      `raise it to ${verdict.next} (\`npm run changeset\`).`,
  );
  return 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
