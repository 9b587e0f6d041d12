/**
 * Bundles the package's code: a file for each subpath and for the command, and chunks that they share, so that an
 * error of one subpath is the error of another. Node took two and a half times as long to load one file for each
 * module: bench/cold-import.ts.
 *
 *     tsx scripts/bundle.ts     into dist/
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** The project's root folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

interface Manifest {
  exports: Readonly<Record<string, string | { default: string }>>;
  bin: Readonly<Record<string, string>>;
}

export function bundle(folder: string): void {
  const { exports, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [] : [target.default],
  );
  buildSync({
    absWorkingDir: root,
    entryPoints: [...targets, ...Object.values(bin)].map((file) =>
      file.replace("./dist/", "").replace(/\.js$/, ".ts"),
    ),
    outbase: root,
    outdir: folder,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    packages: "external",
    platform: "neutral",
    format: "esm",
    target: "es2023",
    charset: "utf8",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) bundle(join(root, "dist"));
