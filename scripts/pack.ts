/** The package as npm would publish it, built beside dist/: whoever is using that is not disturbed. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundle, root } from "./bundle.ts";

export { root } from "./bundle.ts";

export interface Packed {
  /** The file that npm would upload. */
  readonly tarball: string;
  /** What is in it, unpacked. */
  readonly folder: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");

/** Builds, packs and unpacks within a folder that is there and empty. Types are not checked: `npm run types` does. */
export function pack(into: string): Packed {
  const staged = join(into, "staged");
  mkdirSync(staged);
  const dist = join(staged, "dist");
  const declarations = [tsc, "-p", "tsconfig.build.json", "--noCheck", "--outDir", dist];
  execFileSync(process.execPath, declarations, { cwd: root, stdio: "inherit" });
  bundle(dist);
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
