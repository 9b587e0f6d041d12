import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Missing, Pair } from "../src/index.ts";
import { compareKeys } from "../src/limits.ts";
import { anyBytes, anyForm, anyKey, anyMetadata, anyPairs, anyText } from "./arbitraries.ts";
import { accountId, collect, serve, utf8 } from "./helpers.ts";

/** What a client has of a value after it went to the service and back. */
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const toText = (bytes: Uint8Array): string | undefined => {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return Buffer.from(text).equals(bytes) ? text : undefined;
};

/** toEqual compares byte by byte, which takes its time. */
function expectSame(actual: ArrayBuffer | Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(new Uint8Array(actual), expected)).toBe(0);
}

interface Shown extends Omit<Entry, "value"> {
  text?: string;
  base64?: string;
}

function show(key: string, value: string | Uint8Array, metadata: unknown, expiration?: number): Shown {
  const shown =
    typeof value === "string" ? { text: value } : { base64: Buffer.from(value).toString("base64") };
  return { key, ...shown, metadata, ...(expiration === undefined ? {} : { expiration }) };
}

/** A pair as it should come back. */
function expected({ key, value, metadata, expiration }: Pair): Shown {
  const bytes = typeof value === "string" ? utf8(value) : new Uint8Array(value);
  return show(key, toText(bytes) ?? bytes, metadata === undefined ? null : throughJson(metadata), expiration);
}

async function shown(entries: AsyncIterable<Entry | Missing>): Promise<Shown[]> {
  return (await collect(entries)).map((entry) => {
    if (entry.value === null) throw new Error(`${entry.key} is missing`);
    return show(entry.key, entry.value, entry.metadata, entry.expiration);
  });
}

const sorted = (pairs: Pair[]): Shown[] => pairs.map(expected).sort((a, b) => compareKeys(a.key, b.key));

describe("What is written comes back", () => {
  test("as the same bytes, in whatever form it is given, with metadata or without", async () => {
    const { namespace } = serve();
    const input = anyBytes.chain((bytes) => fc.tuple(fc.constant(bytes), anyForm(bytes)));
    await fc.assert(
      fc.asyncProperty(input, fc.option(anyMetadata, { nil: undefined }), async ([bytes, form], metadata) => {
        await namespace.put("a", form, { metadata });
        expectSame((await namespace.get("a", "arrayBuffer"))!, bytes);
        const stream = await namespace.getWithMetadata("a", "stream");
        expectSame(await new Response(stream.value).bytes(), bytes);
        expect(stream.metadata).toEqual(metadata === undefined ? null : throughJson(metadata));
      }),
    );
  });

  test("as the same text, with metadata or without", async () => {
    const { namespace } = serve();
    await fc.assert(
      fc.asyncProperty(anyText(2000), fc.option(anyMetadata, { nil: undefined }), async (text, metadata) => {
        await namespace.put("a", text, { metadata });
        expect(await namespace.get("a")).toBe(text);
        expect((await namespace.getWithMetadata("a")).value).toBe(text);
        expect((await namespace.get(["a"])).get("a")).toBe(text);
        expectSame((await namespace.get("a", "arrayBuffer"))!, utf8(text));
      }),
    );
  });

  test("under the same key, and no other", async () => {
    const { namespace } = serve();
    await fc.assert(
      fc.asyncProperty(anyKey, async (key) => {
        await namespace.put(key, key, { metadata: 1 });
        expect(await namespace.get(key)).toBe(key);
        expect(await namespace.metadata(key)).toBe(1);
        expect((await namespace.get([key])).get(key)).toBe(key);
        expect((await namespace.list()).keys).toEqual([{ name: key, metadata: 1 }]);
        expect((await namespace.list({ prefix: key })).keys).toHaveLength(1);
        await namespace.delete(key);
        expect((await namespace.list()).keys).toEqual([]);
      }),
    );
  });

  test("with the same metadata, wherever it is read", async () => {
    const { namespace } = serve();
    await fc.assert(
      fc.asyncProperty(anyMetadata, async (metadata) => {
        await namespace.put("one", "v", { metadata });
        await namespace.bulkPut([{ key: "two", value: "v", metadata }]);
        const same = throughJson(metadata);
        expect(await namespace.metadata("one")).toEqual(same);
        expect((await namespace.getWithMetadata("two")).metadata).toEqual(same);
        const { keys } = await namespace.list();
        expect(keys.map((key) => key.metadata)).toEqual([same, same]);
      }),
    );
  });

  test("in bulk: entries gives the pairs that bulkPut was given, and can be given to it", async () => {
    await fc.assert(
      fc.asyncProperty(anyPairs, async (pairs) => {
        const { kv, namespace } = serve();
        const other = kv.namespace((await kv.namespaces.create(`copy of ${accountId}`)).id);
        const { succeeded } = await namespace.bulkPut(pairs);
        expect(succeeded).toBe(pairs.length);
        expect(await shown(namespace.entries())).toEqual(sorted(pairs));
        await other.bulkPut(namespace.entries());
        expect(await shown(other.entries())).toEqual(sorted(pairs));
        const keys = pairs.map(({ key }) => key);
        expect(await shown(other.bulkGet(keys))).toEqual(pairs.map(expected));
        expect((await other.bulkDelete(keys)).succeeded).toBe(pairs.length);
        expect(await collect(other.entries())).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });
});
