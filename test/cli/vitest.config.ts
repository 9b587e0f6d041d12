import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What takes minutes: `npm run test:command`. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // Processes are killed at requests, and measured: not beside each other.
    fileParallelism: false,
  },
});

export default config;
