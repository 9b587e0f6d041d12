import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What takes minutes: `npm run test:command`. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // Much of the time they wait: for a process to start, or for another try.
    maxWorkers: 2,
  },
});

export default config;
