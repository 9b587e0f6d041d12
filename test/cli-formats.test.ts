import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { differences, fingerprint, merge } from "../src/cli/comparison.ts";
import { decompress } from "../src/cli/compression.ts";
import { decodeKey, decodePair, encodePair, formatOf, namesFile } from "../src/cli/formats.ts";
import { FormatError, JsonItem, jsonItems } from "../src/cli/json-texts.ts";
import { compareKeys, keyMapping } from "../src/cli/key-mapping.ts";
import { count, duration, printable, shellWords, size } from "../src/cli/quantities.ts";
import type { Pair } from "../src/index.ts";
import { compareKeys as compareByCodePoints } from "../src/limits.ts";
import { anyBytes, anyKey, anyMetadata, anyText } from "./arbitraries.ts";
import { collect, rejection, utf8 } from "./helpers.ts";

/** The same bytes in pieces of any sizes. */
async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const length = sizes[i % sizes.length] ?? bytes.length;
    yield Buffer.from(bytes.subarray(at, at + length));
    at += length;
  }
}

const values = async (text: string, sizes: readonly number[] = []): Promise<unknown[]> =>
  (await collect(jsonItems(pieces(utf8(text), sizes)))).flat().map(({ json }) => json);

const anySizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
/** Strings in which a quote or a bracket may be the end of something, or not. */
const anyTrap = fc.string({ unit: fc.constantFrom('"', "\\", "[", "]", "{", "}", ",", "\n", "x") });
const anyJson = fc.oneof(fc.jsonValue({ maxDepth: 4 }), anyTrap, fc.dictionary(anyTrap, fc.array(anyTrap)));

const readPair = (text: string): Pair => decodePair(new JsonItem(JSON.parse(text), "line", 7));
const readKey = (json: unknown): string => decodeKey(new JsonItem(json, "line", 1));
const format = (path: string, given?: string): unknown => Object.values(formatOf(path, given));

async function plain(bytes: Uint8Array, sizes: readonly number[] = [3]): Promise<string> {
  return Buffer.concat(await collect(decompress(pieces(bytes, sizes), "file"))).toString();
}

async function* given(all: readonly string[]): AsyncGenerator<string> {
  yield* all;
}

const same = (key: string): string => key;

describe("The JSON texts of a file", () => {
  it("are the elements of an array or the lines, wherever the pieces end (a property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyJson), anySizes, fc.constantFrom(0, 2), async (all, sizes, indent) => {
        const array = JSON.stringify(all, null, indent);
        expect(await values(array, sizes)).toEqual(JSON.parse(array));
        // An array as the first line would be read as the one that holds all.
        const lines = all.filter((json) => !Array.isArray(json)).map((json) => JSON.stringify(json));
        const parsed = lines.map((line) => JSON.parse(line) as unknown);
        expect(await values(lines.join("\n"), sizes)).toEqual(parsed);
        expect(await values(lines.map((line) => `${line}\r\n\n`).join(""), sizes)).toEqual(parsed);
      }),
    );
  });

  it("an array that is cut off anywhere is refused (a property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyJson, { minLength: 1 }), fc.nat(), anySizes, async (all, at, sizes) => {
        const text = JSON.stringify(all);
        const cut = utf8(text).slice(0, 1 + (at % (utf8(text).length - 1)));
        expect(await rejection(collect(jsonItems(pieces(cut, sizes))))).toBeInstanceOf(FormatError);
      }),
    );
  });

  it.each([
    ["[1,]", "element 2 is empty"],
    ["[,1]", "element 1 is empty"],
    ["[1 2]", "element 1 is not JSON"],
    ["[1]]", "something follows"],
    ["[1]\n[2]", "something follows"],
    ["[1,2,},4]", "element 3 is not JSON"],
    ["[1,2\\,3]", "element 2 is not JSON"],
    ["0\n1,2\n[3\n4]", "line 2 is not JSON"],
    ["{]}", "line 1 is not JSON"],
    ['"a"\nb', "line 2 is not JSON"],
  ])("%s: %s", async (text, message) => {
    expect(await rejection(values(text))).toMatchObject({ message: expect.stringContaining(message) });
  });

  it("a mark at the start, and space around everything, are no part of them", async () => {
    expect(await values(' \n\ufeff[ 1 , "\ufeff" ]\n ')).toEqual([1, "\ufeff"]);
    expect(await values('\ufeff"a"\n\n"b"')).toEqual(["a", "b"]);
    expect(await values("[]")).toEqual([]);
    expect(await values("")).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5])(
    "a mark and blank lines before them are taken in pieces of %i too",
    async (size) => {
      expect(await values("\ufeff[[1],2]", [size])).toEqual([[1], 2]);
      expect(await values(" \n\ufeff\n[1]", [size])).toEqual([1]);
      expect(await values('\ufeff"a"\n"b"', [size])).toEqual(["a", "b"]);
      expect(await values("\n \n", [size])).toEqual([]);
      const message = (text: string): Promise<unknown> =>
        rejection(values(text, [size])).then((error) => (error as Error).message);
      expect(await message("\n\r\n0\nx\n")).toBe("line 4 is not JSON");
      expect(await message("\n\n[0,x]")).toBe("element 2 is not JSON");
      const cut = utf8("\n\ufeff").subarray(0, 3);
      expect(await rejection(collect(jsonItems(pieces(cut, [size]))))).toMatchObject({
        message: "line 2 is not UTF-8",
      });
    },
  );

  it.each([
    ["line", '"a"\n"'],
    ["element", '["a","'],
  ])("bytes that are no UTF-8 are refused, with the %s", async (kind, start) => {
    const bytes = Buffer.concat([utf8(start), Uint8Array.of(0xff), utf8('"\n]')]);
    expect(await rejection(collect(jsonItems(pieces(bytes, []))))).toMatchObject({
      message: `${kind} 2 is not UTF-8`,
    });
  });

  it("what comes before one that is wrong is given, and counted on from the pieces before (a property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyJson), anySizes, fc.boolean(), async (all, sizes, isArray) => {
        const texts = [...all, "x"].map((json) => JSON.stringify(json).replace(/^"x"$/, "x"));
        const first = texts.indexOf("x");
        const text = isArray ? `[${texts.join(",")}]` : `7\n${texts.join("\n")}`;
        const given: unknown[] = [];
        const read = async (): Promise<void> => {
          for await (const items of jsonItems(pieces(utf8(text), sizes))) given.push(...items);
        };
        const where = isArray ? `element ${first + 1}` : `line ${first + 2}`;
        expect(await rejection(read())).toMatchObject({ message: `${where} is not JSON` });
        expect(given).toHaveLength(isArray ? first : first + 1);
      }),
    );
  });
});

describe("A pair in a file", () => {
  it("comes back as it was (a property)", () => {
    const anyPair = fc.record(
      {
        key: anyKey,
        value: fc.oneof(anyText(300), anyBytes),
        metadata: anyMetadata,
        expiration: fc.nat(),
        expirationTtl: fc.integer({ min: 60 }),
      },
      { requiredKeys: ["key", "value"] },
    );
    fc.assert(
      fc.property(anyPair, (pair) => {
        const { value, ...rest } = readPair(encodePair(pair));
        expect(rest).toEqual(JSON.parse(JSON.stringify({ ...pair, value: undefined })));
        expect(typeof value).toBe(typeof pair.value);
        expect(Buffer.from(value as string).equals(Buffer.from(pair.value as string))).toBe(true);
      }),
    );
  });

  it.each([
    ["[]", "is no object"],
    ["7", "is no object"],
    ['{"value":"SECRET"}', 'no "key"'],
    ['{"key":1,"value":"SECRET"}', 'no "key"'],
    ['{"key":"a","value":{"SECRET":1}}', 'no "value"'],
    ['{"key":"a","value":"SECRET","expiration":"1"}', '"expiration"'],
    ['{"key":"a","value":"SECRET!","base64":true}', "not base64"],
    ['{"key":"a","value":"SECRET', "is not JSON"],
  ])("%s is refused, without what is in it", async (text, message) => {
    const lines = collect(jsonItems(pieces(utf8(`${"0\n".repeat(6)}${text}`), [])));
    const error = await rejection(lines.then((items) => decodePair(items.flat()[6]!)));
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toContain("line 7");
    expect((error as Error).message).not.toContain("SECRET");
  });

  it("a key is text, or an object with a name or a key", () => {
    expect([readKey("a"), readKey({ name: "b" }), readKey({ key: "c", value: "" })]).toEqual(["a", "b", "c"]);
    for (const json of [null, 1, {}, { name: 1 }, ["a"]]) expect(() => readKey(json)).toThrow(FormatError);
  });
});

it("the format shows in the ending, and NDJSON is what it is without", () => {
  expect(format("a.json")).toEqual(["json", undefined]);
  expect(format("a.jsonl.gz")).toEqual(["ndjson", "gzip"]);
  expect(format("a.json.zst")).toEqual(["json", "zstd"]);
  expect(format("backup")).toEqual(["ndjson", undefined]);
  expect(format("backup.gz")).toEqual(["ndjson", "gzip"]);
  expect(format("-", "json.gz")).toEqual(["json", "gzip"]);
  expect(format("backup.gz", "json")).toEqual(["json", "gzip"]);
  expect(format("a.jsonl.gz", "ndjson")).toEqual(["ndjson", "gzip"]);
  expect(format("a.txt", "json.zst")).toEqual(["json", "zstd"]);
});

it("a format is one of four words, and not another than the ending says", () => {
  for (const given of ["csv", "", "hello.json.gz", "json.gz ", ".json", "gz"]) {
    expect(() => format("-", given)).toThrow(`--format is "${given}"`);
  }
  for (const [path, given] of [
    ["a.ndjson.gz", "json"],
    ["a.json", "json.gz"],
    ["a.json.gz", "json.zst"],
    ["backup.gz", "json.zst"],
  ] as const) {
    expect(() => format(path, given)).toThrow(`the ending of ${path} says another`);
  }
});

it("a file shows in its ending, or in a folder before it where it is there", () => {
  expect(["-", "a.json", "a.ndjson.zst", "dump.gz", "none/a.zst", "test/cli"].map(namesFile)).toEqual(
    Array.from({ length: 6 }, () => true),
  );
  expect(["dump", "none/dump", "test", "gz", "a.jsonx", "a.json b"].map(namesFile)).not.toContain(true);
});

describe("Decompressing", () => {
  it("goes by what is there, through several parts, in pieces of any size", async () => {
    const parts = Buffer.concat([gzipSync("one "), gzipSync("two")]);
    for (const sizes of [[1], [3, 7], [1000]]) {
      expect(await plain(parts, sizes)).toBe("one two");
      expect(await plain(utf8("plain"), sizes)).toBe("plain");
    }
    expect(await plain(utf8(""))).toBe("");
  });

  it("refuses what is cut off or damaged", async () => {
    const whole = gzipSync("text that is long enough to be cut");
    for (const bytes of [
      whole.subarray(0, -5),
      whole.subarray(0, 15),
      Buffer.concat([whole, whole.subarray(0, 9)]),
    ]) {
      expect(await rejection(plain(bytes))).toMatchObject({
        message: expect.stringContaining("cut off or damaged"),
      });
    }
  });
});

describe("Comparing", () => {
  const keys = fc.uniqueArray(anyKey).map((all) => all.sort(compareKeys));

  it("orders keys as the service does (a property)", () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Math.sign(compareByCodePoints(a, b)));
      }),
    );
  });

  it("puts two ordered sets side by side (a property)", async () => {
    await fc.assert(
      fc.asyncProperty(keys, keys, async (as, bs) => {
        const both = await collect(merge(given(as), given(bs), same, same));
        expect(both.flatMap(({ a }) => a ?? [])).toEqual(as);
        expect(both.flatMap(({ b }) => b ?? [])).toEqual(bs);
        expect(both.filter(({ a, b }) => a !== undefined && b !== undefined).map(({ a }) => a)).toEqual(
          as.filter((key) => bs.includes(key)),
        );
      }),
    );
  });

  it("refuses a set that is not in order", async () => {
    const mixed = collect(merge(given(["b", "a"]), given([]), same, same));
    expect(await rejection(mixed)).toMatchObject({ message: expect.stringContaining("not in the order") });
  });

  it("sees values as bytes and metadata as what it stands for", () => {
    const pair = { key: "a", value: "text", metadata: { a: 1, b: [{ c: 2, d: 3 }] } };
    const equal = { key: "a", value: utf8("text"), metadata: { b: [{ d: 3, c: 2 }], a: 1 } };
    expect(differences(fingerprint(pair), fingerprint(equal))).toEqual([]);
    const other = { key: "a", value: "Text", metadata: { a: 1, b: [{ c: 2 }] }, expiration: 5 };
    expect(differences(fingerprint(pair), fingerprint(other))).toEqual(["value", "metadata", "expiration"]);
    const relative = { ...other, expirationTtl: 60 };
    expect(differences(fingerprint(pair), fingerprint(relative))).toEqual(["value", "metadata"]);
    // No metadata, and metadata that is falsy, are two things.
    expect(
      differences(fingerprint({ key: "a", value: "" }), fingerprint({ key: "a", value: "", metadata: 0 })),
    ).toEqual(["metadata"]);
  });
});

describe("The names of keys where they go", () => {
  it("are those that begin so, with one beginning for another, and back", () => {
    const { from, to, map, unmap } = keyMapping({ prefix: "user:a", stripPrefix: "user:", addPrefix: "u/" });
    expect([from, to]).toEqual(["user:a", "u/a"]);
    expect([map("user:abc"), map("user:b"), map("abc")]).toEqual(["u/abc", undefined, undefined]);
    expect(unmap("u/abc")).toBe("user:abc");
    expect(() => keyMapping({ prefix: "a", stripPrefix: "b" })).toThrow("no key has both");
  });

  it.each([
    [{}, true],
    [{ addPrefix: "z" }, true],
    [{ prefix: "user:", addPrefix: "u" }, false],
    [{ prefix: "user:", addPrefix: "user:" }, true],
    [{ stripPrefix: "old:" }, true],
    [{ prefix: "old:a", stripPrefix: "old:" }, false],
    [{ prefix: "user:", addPrefix: "old:" }, false],
    [{ stripPrefix: "old:", addPrefix: "new:" }, false],
    [{ stripPrefix: "old:", addPrefix: "ol" }, true],
  ])("%o: whether a namespace would be given its own copies again is %s", (options, overlaps) => {
    expect(keyMapping(options).overlaps).toBe(overlaps);
  });
});

describe("Numbers in words", () => {
  it("are as people write them", () => {
    expect([0, 999, 1000, 1234567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0, 1, 999, 1000, 12_345_678, 5e12].map(size)).toEqual([
      "0 bytes",
      "1 byte",
      "999 bytes",
      "1.0 kB",
      "12.3 MB",
      "5.0 TB",
    ]);
    expect([5, 1000, 59_400, 60_000, 61_000, 3_600_000, 13_875_000].map(duration)).toEqual([
      "5 ms",
      "1 s",
      "59 s",
      "1 min",
      "1 min 1 s",
      "1 h",
      "3 h 51 min",
    ]);
  });

  it("what would move a cursor, and what a shell would take apart, is shown as it is", () => {
    expect(printable("a\u001b[31m\n\u202eb")).toBe("a\\u001b[31m\\u000a\\u202eb");
    expect(shellWords(["export", "a b", "it's", "--x=1", ""])).toBe("export 'a b' 'it'\\''s' --x=1 ''");
  });
});
