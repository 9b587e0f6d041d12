/** The suite bundled for a runtime. What it takes from src/ is the installed package there. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, type BuildOptions, type OnResolveResult } from "esbuild";

/** For a runtime that finds the package in node_modules by itself. */
export const bundleProgram = (source: string): Promise<string> =>
  bundle(source, { path: "workers-kv-rest", external: true }, { external: ["node:*"] });

/** For a runtime that has no node_modules: the package installed in a folder goes into the bundle. */
export const bundleWhole = (source: string, folder: string, condition: string): Promise<string> =>
  bundle(
    source,
    { path: createRequire(join(folder, "package.json")).resolve("workers-kv-rest") },
    { conditions: [condition] },
  );

async function bundle(source: string, target: OnResolveResult, options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    entryPoints: [source],
    write: false,
    bundle: true,
    format: "esm",
    logLevel: "silent",
    plugins: [
      {
        name: "package",
        setup(bundler) {
          bundler.onResolve({ filter: /\/src\/index\.ts$|^workers-kv-rest$/ }, () => target);
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}
