import { defineConfig, type ViteUserConfig } from "vitest/config";

/** What takes seconds: the package as it is packed, all of the server on disk, thousands of faults, days simulated. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ["*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: "100%",
    restoreMocks: true,
  },
});

export default config;
