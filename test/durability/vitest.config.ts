import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  test: {
    include: ["*.test.ts"],
    globalSetup: "build.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Each measures memory or time of its own processes.
    fileParallelism: false,
  },
});

export default config;
