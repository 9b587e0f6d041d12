/**
 * Bundles the package's code: a file for each subpath and for the command, and chunks that they share, so that an
 * error of one subpath is the error of another. Node took two and a half times as long to load one file for each
 * module: bench/cold-import.ts. Of a package that is no dependency of the manifest, what is used goes in.
 *
 *     tsx scripts/bundle.ts     into dist/
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildResult, buildSync, type Metafile } from "esbuild";

/** The project's root folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

interface Manifest {
  exports: Readonly<Record<string, string | { default: string }>>;
  bin: Readonly<Record<string, string>>;
  dependencies: Readonly<Record<string, string>>;
  peerDependencies: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
const library = Object.values(manifest.exports).flatMap((target) =>
  typeof target === "string" ? [] : [target.default],
);

const build = (): BuildResult<{ metafile: true; write: false }> =>
  buildSync({
    absWorkingDir: root,
    entryPoints: [...library, ...Object.values(manifest.bin)].map((file) =>
      file.replace("./dist/", "").replace(/\.js$/, ".ts"),
    ),
    outbase: root,
    // Wherever the files are written: the maps name the sources from here.
    outdir: dist,
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    // commander and cli-progress among them: CommonJS that requires Node's modules, which an ES module cannot.
    external: ["node:*", ...Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })],
    // jsonc-parser's `main` is a kind of CommonJS that cannot be bundled.
    mainFields: ["module", "main"],
    platform: "neutral",
    format: "esm",
    target: "es2023",
    charset: "utf8",
    legalComments: "eof",
    sourcemap: "external",
    metafile: true,
    write: false,
  });

/** Writes what is published but for the declarations. */
export function bundle(folder: string): void {
  const { outputFiles, metafile } = build();
  // Not the command's own: they are 317 KB, and 216 are left to install (test/slow/package.test.ts).
  const mapped = reachable(metafile, library);
  for (const { path, text } of outputFiles) {
    const code = path.replace(/\.map$/, "");
    const isMapped = mapped.has(relative(root, code));
    if (path !== code && !isMapped) continue;
    const target = join(folder, relative(dist, path));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(
      target,
      path === code && isMapped ? `${text}//# sourceMappingURL=${basename(path)}.map\n` : text,
    );
  }
  writeFileSync(join(folder, "bundled-licences.txt"), packagesIn(metafile).map(licenceText).join("\n"));
}

/** The output files that some of them load, at once or later. */
function reachable({ outputs }: Metafile, entries: readonly string[]): ReadonlySet<string> {
  const found = new Set(entries.map((file) => file.replace("./", "")));
  for (const file of found) {
    for (const { path, external } of outputs[file]!.imports) if (!external) found.add(path);
  }
  return found;
}

/** The folders, below the root, of the packages of which something is in the bundle. */
export const bundledPackages = (): readonly string[] => packagesIn(build().metafile);

function packagesIn({ outputs }: Metafile): readonly string[] {
  const inputs = Object.values(outputs).flatMap((output) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)].toSorted();
}

/** What a package asks those to pass on who pass on its code. */
function licenceText(folder: string): string {
  const name = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each));
  if (name === undefined) throw new Error(`${folder} has no licence: its code cannot be published`);
  const title = folder.split("node_modules/").at(-1)!;
  return `${title}\n\n${readFileSync(join(root, folder, name), "utf8").trim()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) bundle(dist);
