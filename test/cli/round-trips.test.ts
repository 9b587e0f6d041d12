import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ServerFaults } from "../../src/server/index.ts";
import { limits, type Pair } from "../../src/index.ts";
import { buildCommand, contents, nastyPairs, run, startService } from "../cli-helpers.ts";
import { installNewerNode } from "../newer-node.ts";

let command: ReturnType<typeof buildCommand>;
let newerNode: string;
beforeAll(() => {
  command = buildCommand();
  newerNode = installNewerNode();
});
afterAll(() => command.remove());

/** Values at their limit; each layout and each compression meets both. */
const largeText: Pair = { key: "large", value: "\n".repeat(limits.valueBytes), metadata: "large" };
const largeBytes: Pair = {
  key: "large",
  value: new Uint8Array(limits.valueBytes).map((_, i) => (i * 31 + (i >> 8)) & 0xff),
};

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

interface Round {
  content: readonly Pair[];
  faults?: ServerFaults;
  node?: string;
}

/** Runs commands that all have to go well, after which both namespaces are the same. */
async function goRound({ content, faults, node }: Round, ...commands: string[][]): Promise<void> {
  const service = await startService(command.path, { faults });
  try {
    await service.first.bulkPut(content);
    for (const words of commands) {
      const result = await service.wkv(words, node === undefined ? {} : { node });
      expect(result, `${words.join(" ")}: ${result.stderr}`).toMatchObject({ code: 0 });
    }
    expect(await contents(service.second)).toEqual(await contents(service.first));
  } finally {
    await service.close();
  }
}

const through = (file: string): string[][] => [
  ["export", "first", file],
  ["import", "second", file],
  ["diff", file, "second"],
];

describe("A nasty namespace comes back as it was", () => {
  it.each([
    ["ndjson", largeText],
    ["json", largeBytes],
    ["ndjson.gz", largeBytes],
    ["json.gz", largeText],
    ["ndjson.zst", largeText],
    ["json.zst", largeBytes],
  ])("through .%s", async (format, large) => {
    const node = format.endsWith("zst") ? newerNode : process.execPath;
    await goRound({ content: [...nastyPairs(), large], node }, ...through(`backup.${format}`));
  });

  const back = ["--verify", "--verify-wait", "0"];
  // Most of their time they wait for another try.
  it.concurrent.each<[what: string, commands: string[][]]>([
    ["through .ndjson.gz", through("backup.ndjson.gz")],
    ["through .json", through("backup.json")],
    ["copied, and read back", [["copy", "first", "second", ...back]]],
    ["synchronized", [["sync", "first", "second", "--delete", "--yes"]]],
    [
      "exported and imported, and read back",
      [
        ["export", "first", "backup.ndjson", ...back],
        ["import", "second", "backup.ndjson", ...back],
      ],
    ],
  ])("%s, on a bad day", async (_, commands) => {
    await goRound({ content: nastyPairs(), faults: badDay }, ...commands);
  });
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
  const service = await startService(command.path);
  onTestFinished(service.close);
  const lines = Array.from({ length: 20_000 }, (_, i) => `{"key":"${i}","value":"${"v".repeat(i % 50)}"}\n`);
  const options = { cwd: service.folder, input: lines.join("") };
  expect(await run(newerNode, ["-e", makeParts], options)).toMatchObject({ code: 0 });
  const whole = await service.wkv(["import", "first", "parts.zst", "--json"], { node: newerNode });
  expect(JSON.parse(whole.stdout)).toMatchObject({ written: lines.length });
  const cut = await service.wkv(["import", "second", "cut.zst"], { node: newerNode });
  expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining("cut off or damaged") });
  expect(await contents(service.second)).toEqual([]);
});
