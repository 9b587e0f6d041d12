/** The packages that users get with this one, beside it or in it: their licences, and whether installing them runs a script. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundledPackages, root } from "./bundle.ts";

export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly licence: string;
  readonly hasInstallScript: boolean;
}

type Packages = Readonly<Record<string, Locked>>;

interface Locked {
  version: string;
  license?: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  peer?: boolean;
  hasInstallScript?: boolean;
}

const lockedPackages = (): Packages =>
  (JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Packages }).packages;

function describe(packages: Packages, path: string): Dependency {
  const { version, license, hasInstallScript = false } = packages[path]!;
  const name = path.split("node_modules/").at(-1)!;
  return { name, version, licence: license ?? "unknown", hasInstallScript };
}

/** What `npm install workers-kv-rest` brings, as the lockfile has it. */
export function dependencies(): readonly Dependency[] {
  const packages = lockedPackages();
  return Object.entries(packages)
    .filter(
      ([path, { dev, devOptional, optional, peer }]) => path && !(dev || devOptional || optional || peer),
    )
    .map(([path]) => describe(packages, path));
}

/** What has a part in the package's own files. */
export function bundled(): readonly Dependency[] {
  const packages = lockedPackages();
  return bundledPackages().map((path) => describe(packages, path));
}

function table(rows: readonly Dependency[]): string[] {
  return [
    "| Package | Version | Licence |",
    "| ------- | ------- | ------- |",
    ...rows.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    "",
  ];
}

/** The list as it is checked in. */
export function licenceList(): string {
  return (
    [
      "# Licences of what comes with workers-kv-rest",
      "",
      "workers-kv-rest itself is under the [MIT licence](LICENSE). Made by `npm run report`.",
      "",
      "## Installed along with it",
      "",
      ...table(dependencies()),
      "## Bundled into its files",
      "",
      "Their texts are in the package, in `dist/bundled-licences.txt`.",
      "",
      ...table(bundled()),
    ]
      .join("\n")
      .trimEnd() + "\n"
  );
}
