/**
 * What the spec means to users that it did not mean before, and which version that asks for.
 *
 *     npm run spec:diff -- [--base REV|FILE] [--spec FILE] [--format text|markdown|json]
 *
 * The base is the committed spec, or in CI that of the last tag. Exit code 1 where a change breaks users and
 * neither package.json nor a changeset raises the version by as much.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { toJSON, toMarkdown, toText } from "./change-report.ts";
import { type Bump, bumpFor, largest, mayBreak, raise } from "./package-version.ts";
import { root } from "./redocly.ts";
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

function git(...args: string[]): string | undefined {
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    return execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 2 ** 20, stdio });
  } catch {
    return undefined;
  }
}

function lastTag(): string | undefined {
  return git("describe", "--tags", "--abbrev=0", "--match=v*")?.trim();
}

interface Base {
  name: string;
  spec: string;
  /** The package's version that has it. A file is of the committed one. */
  version: string;
}

function readBase(given: string | undefined): Base {
  const base = given ?? (process.env["CI"] ? lastTag() : undefined) ?? "HEAD";
  const isFile = existsSync(base);
  const spec = isFile ? readFileSync(base, "utf8") : git("show", `${base}:./spec/kv.yaml`);
  const manifest = git("show", `${isFile ? "HEAD" : base}:./package.json`);
  if (spec === undefined || manifest === undefined) {
    throw new Error(`--base ${base} is no file, and no revision of this repository that has spec/kv.yaml`);
  }
  const { version } = JSON.parse(manifest) as { version: string };
  return { name: isFile ? relative(process.cwd(), base) : base, spec, version };
}

/** The version that is being made: package.json's, raised by the changesets that wait for the next release. */
function readVersion(): string {
  const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
    string,
    string
  >;
  const folder = join(root, ".changeset");
  const names = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".md")) : [];
  const bumps = names.map((file) => {
    const [, head = ""] = /^---\n(.*?)\n---/s.exec(readFileSync(join(folder, file), "utf8")) ?? [];
    return ((parse(head) ?? {}) as Record<string, Bump>)[name!] ?? "none";
  });
  return raise(version!, largest(bumps));
}

async function main(): Promise<number> {
  const format = formats[values.format as keyof typeof formats];
  if (!format) throw new Error(`--format ${values.format} is none of ${Object.keys(formats).join(", ")}`);
  const base = readBase(values.base);
  const comparison = await compareSpecs(
    parseDocument(base.spec),
    parseDocument(readFileSync(values.spec, "utf8")),
  );
  const found = new Set(comparison.changes.map((change) => change.class));
  const bump = bumpFor(found, base.version);
  const verdict = { base: base.name, bump, from: base.version, next: raise(base.version, bump) };
  console.log(format(comparison, verdict));
  const version = readVersion();
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
