/** The packages that users get along with this one: their licences, and whether installing them runs a script. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./pack.ts";

export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  readonly hasInstallScript: boolean;
}

interface Locked {
  version: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  peer?: boolean;
  hasInstallScript?: boolean;
}

/** What `npm install workers-kv-rest` brings, as the lockfile has it. */
export function dependencies(): readonly Dependency[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, Locked>>;
  };
  return Object.entries(lock.packages)
    .filter(
      ([path, { dev, devOptional, optional, peer }]) => path && !(dev || devOptional || optional || peer),
    )
    .map(([path, { version, license, hasInstallScript = false }]) => ({
      name: path.split("node_modules/").at(-1)!,
      version,
      licence: license ?? "unknown",
      hasInstallScript,
    }));
}

/** The list as it is checked in. */
export function licenceList(): string {
  const rows = dependencies().map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`);
  return [
    "# Licences of what is installed along with workers-kv-rest",
    "",
    "workers-kv-rest itself is under the [MIT licence](LICENSE). Made by `npm run report`.",
    "",
    "| Package | Version | Licence |",
    "| ------- | ------- | ------- |",
    ...rows,
    "",
  ].join("\n");
}
