/** What Workers KV takes, as fast-check makes it: keys, bytes, metadata, pairs. */
import * as fc from "fast-check";
import type { Pair, Value } from "../src/index.ts";
import { keyProblem, metadataProblem } from "../src/limits.ts";
import { awkwardKeys } from "./conformance/values.ts";
import { utf8 } from "./helpers.ts";

/** Any text: every code point, lone surrogates aside. */
export const anyText = (maxLength: number): fc.Arbitrary<string> => fc.string({ unit: "binary", maxLength });

/** Any legal key, up to its 512 bytes. */
export const anyKey: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(...awkwardKeys),
    fc.tuple(fc.constantFrom(...awkwardKeys), anyText(100)).map((parts) => parts.join("")),
    anyText(512),
  )
  .filter((key) => keyProblem(key) === undefined);

/** Any bytes, 0 to 100 kB: short ones of any kind, and long ones that follow from two numbers. */
export const anyBytes: fc.Arbitrary<Uint8Array<ArrayBuffer>> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => new Uint8Array(bytes)),
  anyText(200).map(utf8),
  fc.tuple(fc.nat(100_000), fc.nat(255)).map(([length, step]) => {
    return Uint8Array.from({ length }, (_, i) => (i * step + (i >> 8)) & 0xff);
  }),
);

/** Any JSON that metadata may be, up to its 1,024 bytes. */
export const anyMetadata: fc.Arbitrary<unknown> = fc
  .oneof(
    fc.constantFrom<unknown>(false, 0, "", [], {}, [null], "x".repeat(1022), "é".repeat(511)),
    fc.jsonValue({ maxDepth: 3 }),
    anyText(200),
  )
  .filter((json) => json !== null && metadataProblem(JSON.stringify(json)) === undefined);

/** The same bytes in any of the forms that a value can be given in. */
export function anyForm(bytes: Uint8Array<ArrayBuffer>): fc.Arbitrary<Value> {
  return fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 20_000 })).map(([form, size]): Value => {
    const wide = new Uint8Array([7, ...bytes, 7]);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    switch (form) {
      case 0:
        return bytes.slice().buffer;
      case 1:
        return wide.subarray(1, -1);
      case 2:
        return new DataView(wide.buffer, 1, bytes.length);
      case 3:
        return Buffer.from(bytes);
      case 4:
        return new Blob([bytes], { type: "text/plain;charset=utf-16" });
      case 5:
        return new Blob([bytes]).stream();
      default:
        return chunks();
    }
  });
}

/** Pairs with keys of their own, some with metadata, some with an expiration. */
export const anyPairs: fc.Arbitrary<Pair[]> = fc.uniqueArray(
  fc.record(
    {
      key: anyKey,
      value: fc.oneof(anyText(50), anyBytes),
      metadata: anyMetadata,
      expiration: fc.integer({ min: 4_000_000_000, max: 5_000_000_000 }),
    },
    { requiredKeys: ["key", "value"] },
  ),
  { maxLength: 30, selector: ({ key }) => key },
);
