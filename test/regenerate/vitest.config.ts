import { defineConfig, type ViteUserConfig } from "vitest/config";

/** From an edit in the spec to a typed call. Each starts the generator or the compiler several times. */
const config: ViteUserConfig = defineConfig({
  test: { include: ["*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: "100%" },
});

export default config;
