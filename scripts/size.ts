/** What the package weighs: in a program's bundle, module by module, and installed. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { dependencies } from "./licences.ts";
import { root } from "./pack.ts";

/** A program that reads, writes and lists. */
const program = `
  import { createKV } from "workers-kv-rest";
  const settings = createKV({ accountId: "account", apiToken: "token" }).namespace("namespace");
  await settings.put("key", "value");
  console.log(await settings.get("key"), await settings.list());
`;

export interface BundleSize {
  /** Bytes of the whole bundle, minified and compressed by gzip -9. */
  readonly gzip: number;
  readonly minified: number;
  /** The minified bytes of each module that is in it, largest first. */
  readonly modules: readonly { readonly module: string; readonly minified: number }[];
}

/** Bundles a program with the unpacked package of a folder; and with src/, which tells the modules apart. */
export async function bundleSize(folder: string): Promise<BundleSize> {
  const options = {
    stdin: { contents: program, resolveDir: folder },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
    outdir: folder,
    absWorkingDir: root,
  } as const;
  const { outputFiles } = await build(options);
  const { contents } = outputFiles[0]!;
  const alias = { "workers-kv-rest": join(root, "src/index.ts") };
  const { metafile } = await build({ ...options, alias, metafile: true });
  const modules = Object.entries(Object.values(metafile.outputs)[0]!.inputs)
    .map(([path, { bytesInOutput }]) => ({ module: path, minified: bytesInOutput }))
    .filter(({ minified }) => minified > 0)
    .toSorted((a, b) => b.minified - a.minified);
  return { gzip: gzipSync(contents, { level: 9 }).length, minified: contents.length, modules };
}

/** The bytes of all files of the package in a folder and of what is installed along with it. */
export function installedSize(folder: string): Readonly<Record<string, number>> {
  const others = dependencies().map(({ name }) => [name, sizeOf(join(root, "node_modules", name))] as const);
  return { "workers-kv-rest": sizeOf(folder), ...Object.fromEntries(others) };
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0);
}
