import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Edit, editedSpec, lineOf, temporaryFolder } from "../spec-copy.ts";

vi.setConfig({ hookTimeout: 120_000, testTimeout: 120_000 });

const folder = temporaryFolder();
const spec = join(folder, "kv.yaml");
const out = join(folder, "generated");
const reference = join(folder, "rest.html");

let watcher: ChildProcess;
let said = "";

/** All that the watcher says until it has said certain words. */
async function saysUntil(words: RegExp): Promise<string> {
  while (!words.test(said)) await new Promise((more) => watcher.once("message", more));
  const all = said;
  said = "";
  return all;
}

/** All that was written. */
const read = (): Record<string, string> => ({
  ...Object.fromEntries(readdirSync(out).map((name) => [name, readFileSync(join(out, name), "utf8")])),
  reference: readFileSync(reference, "utf8"),
});

const fewerKeys: Edit = { after: "    GetMultiple:\n", from: "maxItems: 100", to: "maxItems: 50" };

beforeAll(async () => {
  writeFileSync(spec, editedSpec());
  const options = ["--watch", "--spec", spec, "--out", out, "--reference", reference];
  watcher = spawn(process.execPath, ["--import", "tsx", "scripts/generate.ts", ...options]);
  for (const stream of [watcher.stdout, watcher.stderr]) {
    stream!.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      watcher.emit("message");
    });
  }
  expect(await saysUntil(/Watching .*\n/)).toMatch(
    /wrote schema\.ts, operations\.ts, requests\.ts\ntypes: no errors/,
  );
});
afterAll(() => void watcher.kill());

test("an edit is written, its types are checked, and the REST reference shows it", async () => {
  writeFileSync(spec, editedSpec(fewerKeys));
  expect(await saysUntil(/ s\n/)).toMatch(
    /generated: wrote operations\.ts, requests\.ts\ntypes: no errors · \S+rest\.html: rebuilt · \d+\.\d s\n$/,
  );
  expect(read()["operations.ts"]).toContain("bulkGetKeys: 50,");
  expect(read()["reference"]).toMatch(/"maxItems":50\b/);
});

test("a bad edit leaves what was made last, and is told with file, line and what to do", async () => {
  const before = read();
  const bad = editedSpec(fewerKeys, {
    after: "operationId: listKeys",
    from: 'schemas/KeysAnswer"',
    to: 'schemas/KeyAnswer"',
  });
  writeFileSync(spec, bad);
  const told = await saysUntil(/stays as it was/);
  const line = lineOf(bad, "operationId: listKeys", "KeyAnswer");
  expect(told).toMatch(
    new RegExp(`^\\S+kv\\.yaml:${line}:\\d+: Can't resolve \\$ref .*\n    correct the \\$ref`),
  );
  expect(read()).toEqual(before);
});

test("an edit that the code does not fit is written, and the place in the code is told", async () => {
  const renamed = editedSpec({ after: "    Direction:\n", from: "name: direction", to: "name: sorting" });
  // As some editors save.
  writeFileSync(`${spec}~`, renamed);
  renameSync(`${spec}~`, spec);
  const told = await saysUntil(/ s\n/);
  expect(told).toMatch(/src\/namespaces\.ts:\d+:\d+: Property 'direction' does not exist on type/);
  expect(told).toContain("that the spec no longer fits: change the code there.");
  expect(read()["schema.ts"]).toContain("sorting?:");
});
