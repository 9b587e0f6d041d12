/** The tests of the server and its stores, on a Node that has SQLite built in. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "vitest";
import { installNewerNode } from "../newer-node.ts";
import { root } from "./build.ts";

test("the server's tests pass with node:sqlite", { timeout: 300_000 }, async () => {
  const vitest = join(createRequire(import.meta.url).resolve("vitest/package.json"), "../vitest.mjs");
  await promisify(execFile)(installNewerNode(), [vitest, "run", "test/server"], { cwd: root });
});
