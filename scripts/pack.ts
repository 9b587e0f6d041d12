/** The package as npm would publish it, built beside dist/: whoever is using that is not disturbed. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

export interface Packed {
  /** The file that npm would upload. */
  readonly tarball: string;
  /** What is in it, unpacked. */
  readonly folder: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");

/** As `npm run build` has it: comments are for the declarations alone. */
const documented = ["--emitDeclarationOnly", "--removeComments", "false"];

/** Builds, packs and unpacks within a folder that is there and empty. Types are not checked: `npm run types` does. */
export function pack(into: string): Packed {
  const staged = join(into, "staged");
  mkdirSync(staged);
  const build = [tsc, "-p", "tsconfig.build.json", "--noCheck", "--outDir", join(staged, "dist")];
  for (const options of [[], documented]) {
    execFileSync(process.execPath, [...build, ...options], { cwd: root, stdio: "inherit" });
  }
  for (const name of ["package.json", "README.md", "LICENSE", "CHANGELOG.md"]) {
    if (existsSync(join(root, name))) copyFileSync(join(root, name), join(staged, name));
  }
  const npmPack = ["pack", "--json", "--ignore-scripts", "--pack-destination", into];
  const output = execFileSync("npm", npmPack, { cwd: staged, encoding: "utf8" });
  const [{ filename, files }] = JSON.parse(output) as [Pick<Packed, "files"> & { filename: string }];
  const tarball = join(into, filename);
  execFileSync("tar", ["-xzf", tarball, "-C", into]);
  return { tarball, files, folder: join(into, "package") };
}
