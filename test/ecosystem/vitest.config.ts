import { join } from "node:path";
import { defineConfig } from "vitest/config";

// The examples lie outside of this folder, and name the package as its users do.
const installed = join(import.meta.dirname, "node_modules/workers-kv-rest/dist/src");

export default defineConfig({
  resolve: {
    alias: [
      { find: /^workers-kv-rest$/, replacement: `${installed}/index.js` },
      { find: /^workers-kv-rest\/node$/, replacement: `${installed}/node.js` },
    ],
  },
  test: {
    include: ["*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    unstubEnvs: true,
    restoreMocks: true,
  },
});
