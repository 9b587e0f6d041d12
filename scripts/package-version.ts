/** What a change of the spec asks of the package's version. */
import type { Class } from "./change-classes.ts";

export type Bump = "major" | "minor" | "patch" | "none";

const bumps: readonly Bump[] = ["none", "patch", "minor", "major"];

const asked: Readonly<Record<Class, Bump>> = {
  breaking: "major",
  added: "minor",
  changed: "minor",
  documentation: "patch",
};

type Version = readonly [major: number, minor: number, patch: number];

function parts(version: string): Version {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  if (patch === undefined) throw new Error(`"${version}" is not a version`);
  return [Number(major), Number(minor), Number(patch)];
}

/** The largest of them. */
export const largest = (all: Iterable<Bump>): Bump =>
  bumps[Math.max(0, ...Array.from(all, (bump) => bumps.indexOf(bump)))]!;

/** What changes ask for. Below 1.0 the minor version counts as major, and the patch version as minor. */
export function bumpFor(classes: Iterable<Class>, version: string): Bump {
  const bump = largest(Array.from(classes, (each) => asked[each]));
  if (parts(version)[0] > 0) return bump;
  return bump === "major" ? "minor" : bump === "minor" ? "patch" : bump;
}

/** The version after a version. */
export function raise(version: string, bump: Bump): string {
  const [major, minor, patch] = parts(version);
  if (bump === "major") return `${major + 1}.0.0`;
  if (bump === "minor") return `${major}.${minor + 1}.0`;
  return bump === "patch" ? `${major}.${minor}.${patch + 1}` : version;
}

/** Whether users of the first version expect the second to break them. */
export function mayBreak(from: string, to: string): boolean {
  const [[major, minor], [newMajor, newMinor]] = [parts(from), parts(to)];
  return newMajor > major || (major === 0 && newMajor === 0 && newMinor > minor);
}
