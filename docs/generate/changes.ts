/** What the repository keeps beside the docs: the change log, the versions of the spec, the measurements. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { toMarkdown } from "../../scripts/change-report.ts";
import { bumpFor } from "../../scripts/package-version.ts";
import { compareSpecs } from "../../scripts/spec-changes.ts";
import { type Json, parseDocument } from "../../scripts/spec-document.ts";
import { root, writePage } from "./site.ts";

/** Prints what git prints; undefined outside a repository, and for what it does not know. */
function git(...args: string[]): string | undefined {
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    return execFileSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 2 ** 20, stdio });
  } catch {
    return undefined;
  }
}

export async function writeChanges(): Promise<void> {
  const file = join(root, "CHANGELOG.md");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const log = existsSync(file)
    ? readFileSync(file, "utf8")
        .replace(/^# .*\n/, "")
        .replaceAll("<", "&lt;")
    : `\n${version} is the first version.\n`;
  await writePage("changes.md", `# Change log\n${log}`);
  await writePage("spec-changes.md", await specChanges());
  const results = join(root, "bench/RESULTS.md");
  // What it links to are files of the repository, and no pages.
  const measured = existsSync(results)
    ? readFileSync(results, "utf8")
        .replace(/^# .*\n/, "")
        .replaceAll(/\[([^\]]+)\]\((?!https?:)[^)]*\)/g, "$1")
        .replaceAll("<", "&lt;")
    : "";
  if (measured) await writePage("guide/measurements.md", `# Measurements\n${measured}`);
}

async function specChanges(): Promise<string> {
  const tags = (git("tag", "--list", "v*", "--sort=version:refname") ?? "").split("\n").filter(Boolean);
  const versions = tags
    .map((tag) => ({ tag, spec: git("show", `${tag}:./spec/kv.yaml`) }))
    .filter((each): each is { tag: string; spec: string } => each.spec !== undefined)
    .map(({ tag, spec }) => ({ tag, spec: parseDocument(spec) }));
  const current = parseDocument(readFileSync(join(root, "spec/kv.yaml"), "utf8"));
  const released = versions.at(-1);
  const sections = await Promise.all(
    versions.slice(1).map(({ tag, spec }, i) => section(tag, versions[i]!, spec)),
  );
  if (released) sections.push(await section("Not released yet", released, current));
  const { version } = current["info"] as { version: string };
  return `---
outline: [2, 3]
---

# Changes of the API's description

What each release of the package changed in \`spec/kv.yaml\`, classed by what it means to callers: **breaking**,
**added**, **changed**, **documentation**. \`npm run spec:diff\` tells it for a change that is being made.

${sections.length > 0 ? sections.toReversed().join("\n\n") : `The description is at version ${version}, its first.`}
`;
}

async function section(title: string, base: { tag: string; spec: Json }, spec: Json): Promise<string> {
  const comparison = await compareSpecs(base.spec, spec);
  const bump = bumpFor(new Set(comparison.changes.map((change) => change.class)), base.tag.slice(1));
  const verdict = { base: base.tag, bump, from: base.tag.slice(1), next: title.replace(/^v/, "") };
  return `## ${title}\n\n${toMarkdown(comparison, verdict).replaceAll("<", "&lt;")}`;
}
