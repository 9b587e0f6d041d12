import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ServerFaults } from "../../src/server/index.ts";
import { limits, type Pair } from "../../src/index.ts";
import { buildCommand, contents, nastyPairs, run, type Service, startService } from "../cli-helpers.ts";
import { installNewerNode } from "../newer-node.ts";

let command: ReturnType<typeof buildCommand>;
let service: Service | undefined;
let newerNode: string;
beforeAll(() => {
  command = buildCommand();
  newerNode = installNewerNode();
});
afterAll(() => command.remove());
afterEach(() => service?.close());

/** Values at their limit, as text and as bytes, beside what is hard to carry. */
function pairs(): Pair[] {
  const bytes = new Uint8Array(limits.valueBytes).map((_, i) => (i * 31 + (i >> 8)) & 0xff);
  return [
    ...nastyPairs(),
    { key: "large text", value: "\n".repeat(limits.valueBytes), metadata: "large" },
    { key: "large bytes", value: bytes },
  ];
}

/** A day on which much goes wrong, and nothing for good. */
const badDay: ServerFaults = {
  seed: 7,
  mostInARow: 2,
  rates: [
    { share: 0.05, what: 500 },
    { share: 0.05, what: 503, headers: { "retry-after": "0" } },
    { share: 0.05, what: 429, headers: { "retry-after": "0" } },
    { share: 0.05, what: "reset" },
    { share: 0.03, what: "lostAnswer" },
    { share: 0.03, what: "brokenBody" },
    { share: 0.03, what: "page" },
    { share: 0.3, what: "emptyPage", operations: ["listKeys"] },
    { share: 0.3, what: "partialBulk", operations: ["writeMultiple", "deleteMultiple"] },
    { share: 0.05, what: 524, operations: ["writeMultiple", "getMultiple"] },
  ],
};

describe.each([
  ["on a good day", undefined],
  ["on a bad day", badDay],
])("A nasty namespace, %s", (_, faults) => {
  it.each(["ndjson", "json", "ndjson.gz", "json.gz", "ndjson.zst", "json.zst"])(
    "comes back as it was through .%s",
    async (format) => {
      service = await startService(command.path, { faults });
      await service.first.bulkPut(pairs());
      const file = `backup.${format}`;
      const node = format.endsWith("zst") ? newerNode : process.execPath;
      for (const words of [
        ["export", "first", file, "--verify", "--verify-wait", "0"],
        ["import", "second", file, "--verify", "--verify-wait", "0"],
        ["diff", "first", "second"],
        ["diff", file, "second"],
        ["sync", "first", "second", "--delete", "--yes"],
      ]) {
        const result = await service.wkv(words, { node });
        expect(result, `${words.join(" ")}: ${result.stderr}`).toMatchObject({ code: 0 });
      }
      expect(await contents(service.second)).toEqual(await contents(service.first));
    },
  );
});

/** Lines of pairs as zstd, in two parts with something to be skipped between, and the same cut off. */
const makeParts = `
  const { readFileSync, writeFileSync } = require("node:fs");
  const { zstdCompressSync } = require("node:zlib");
  const text = readFileSync(0, "utf8");
  const [first, second] = [text.slice(0, 100_000), text.slice(100_000)].map((part) => zstdCompressSync(part));
  const skipped = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const whole = Buffer.concat([first, skipped, second]);
  writeFileSync("parts.zst", whole);
  writeFileSync("cut.zst", whole.subarray(0, -7));`;

it("several parts of zstd in one file are read to the end, and one that is cut off is refused", async () => {
  service = await startService(command.path);
  const lines = Array.from({ length: 20_000 }, (_, i) => `{"key":"${i}","value":"${"v".repeat(i % 50)}"}\n`);
  const options = { cwd: service.folder, input: lines.join("") };
  expect(await run(newerNode, ["-e", makeParts], options)).toMatchObject({ code: 0 });
  const whole = await service.wkv(["import", "first", "parts.zst", "--json"], { node: newerNode });
  expect(JSON.parse(whole.stdout)).toMatchObject({ written: lines.length });
  const cut = await service.wkv(["import", "second", "cut.zst"], { node: newerNode });
  expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining("cut off or damaged") });
  expect(await contents(service.second)).toEqual([]);
});
