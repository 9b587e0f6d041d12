/** What the spec is compared with, and the version of the package that is being made. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "yaml";
import { type Bump, largest, raise } from "./package-version.ts";

export interface Base {
  readonly name: string;
  /** The text of the spec. */
  readonly spec: string;
  /** The package's version that has it; that of the last commit, where the base is a file. */
  readonly version: string;
}

function git(folder: string, ...args: string[]): string | undefined {
  try {
    const stdio: ["ignore", "pipe", "ignore"] = ["ignore", "pipe", "ignore"];
    return execFileSync("git", args, { cwd: folder, encoding: "utf8", maxBuffer: 64 * 2 ** 20, stdio });
  } catch {
    return undefined;
  }
}

/** The last release before the commit that is checked out. */
export const lastTag = (folder: string): string | undefined =>
  git(folder, "describe", "--tags", "--abbrev=0", "--match=v*")?.trim();

/** The spec of a file or revision, and the version that goes with it. */
export function readBase(folder: string, base: string): Base {
  const isFile = existsSync(base);
  const spec = isFile ? readFileSync(base, "utf8") : git(folder, "show", `${base}:./spec/kv.yaml`);
  const manifest = git(folder, "show", `${isFile ? "HEAD" : base}:./package.json`);
  if (spec === undefined || manifest === undefined) {
    throw new Error(`${base} is no file, and no revision of this repository that has spec/kv.yaml`);
  }
  const { version } = JSON.parse(manifest) as { version: string };
  return { name: isFile ? relative(process.cwd(), base) : base, spec, version };
}

/** The version of package.json, raised by the changesets that wait for the next release. */
export function readVersion(folder: string): string {
  const manifest = readFileSync(join(folder, "package.json"), "utf8");
  const { name, version } = JSON.parse(manifest) as { name: string; version: string };
  const waiting = join(folder, ".changeset");
  const files = existsSync(waiting) ? readdirSync(waiting).filter((file) => file.endsWith(".md")) : [];
  const bumps = files.map((file): Bump => {
    const [, head = ""] = /^---\r?\n(.*?)\r?\n---/s.exec(readFileSync(join(waiting, file), "utf8")) ?? [];
    return ((parse(head) ?? {}) as Record<string, Bump>)[name] ?? "none";
  });
  return raise(version, largest(bumps));
}
