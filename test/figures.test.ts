import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

test("the README's figures are those that the last run of the benches wrote", () => {
  const figures = /<!-- figures -->\n([^]+?)\n<!-- end -->/.exec(read("README.md"))?.[1];
  expect(figures).toMatch(/\| workers-kv-rest +\|( +\d+\.\d \|){6}/);
  expect(read("bench/RESULTS.md")).toContain(figures);
});
