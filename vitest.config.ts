import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Those that replace modules or fetch, or ask what the process holds. */
const alone: string[] = [
  "bulk-faults",
  "caching-fetch",
  "examples",
  "node-fetch",
  "spec-limits",
  "transport",
  "wire",
].map((name) => `test/${name}.test.ts`);

const config: ViteUserConfig = defineConfig({
  resolve: {
    // The examples name the package as its users do.
    alias: [
      { find: /^workers-kv-rest$/, replacement: source("index.ts") },
      { find: /^workers-kv-rest\/server$/, replacement: source("server/index.ts") },
      { find: /^workers-kv-rest\/node$/, replacement: source("node.ts") },
    ],
  },
  test: {
    projects: [
      {
        // Importing what they share anew for each file is a fifth of the whole run.
        extends: true,
        test: {
          name: "shared",
          include: ["test/*.test.ts", "examples/testing/*.test.ts"],
          exclude: alone,
          isolate: false,
          setupFiles: "test/left-behind.ts",
        },
      },
      { extends: true, test: { name: "alone", include: alone } },
    ],
    // Much of it is waiting: the default leaves one of two cores idle.
    maxWorkers: "100%",
    testTimeout: 20_000,
    hookTimeout: 20_000,
    restoreMocks: true,
    unstubGlobals: true,
    unstubEnvs: true,
  },
});

export default config;
