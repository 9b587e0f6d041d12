import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  resolve: {
    alias: [
      { find: /^workers-kv-rest$/, replacement: source("index.ts") },
      { find: /^workers-kv-rest\/server$/, replacement: source("server/index.ts") },
      { find: /^workers-kv-rest\/node$/, replacement: source("node.ts") },
    ],
  },
  test: {
    include: ["*.test.ts"],
    // A browser and real clients, on two cores; the site for a root is built beside the tests of the other.
    maxWorkers: 2,
    // What is waited for are events; how long a busy machine may take for them is not what is tested.
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    restoreMocks: true,
  },
});

export default config;
