import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareKeys,
  expirationProblem,
  expirationTtlProblem,
  keyProblem,
  metadataProblem,
  textProblem,
  utf8Length,
} from "../src/limits.ts";
import { findOperation, operations } from "../src/schema.ts";
import { anyText } from "./arbitraries.ts";

/** Any text of UTF-16 units, lone surrogates among them. */
const anyUnits = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 })), {
    maxLength: 300,
  })
  .map((units) => String.fromCharCode(...units));

describe("Keys are compared by their bytes of UTF-8", () => {
  test("whatever they hold (a property)", () => {
    fc.assert(
      fc.property(anyText(20), anyText(20), (a, b) => {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
        expect(Math.sign(compareKeys(a, b))).toBe(expected);
        expect(Math.sign(compareKeys(a + b, a))).toBe(b === "" ? 0 : 1);
      }),
      { numRuns: 500 },
    );
  });

  test("at the edges of the surrogates", () => {
    const keys = ["", "\0", "\uD7FF", "\uE000", "\uFFFF", "\u{10000}", "\u{10FFFF}"];
    expect(keys.toReversed().sort(compareKeys)).toEqual(keys);
  });
});

describe("A rule is broken exactly where its limit is passed (properties)", () => {
  test("for keys: 1 to 512 bytes, no dots alone, no lone surrogates", () => {
    fc.assert(
      fc.property(fc.oneof(anyUnits, anyText(300), fc.constantFrom(".", "..", "...")), (key) => {
        const bytes = Buffer.byteLength(key);
        const isLegal = bytes >= 1 && bytes <= 512 && key !== "." && key !== ".." && key.isWellFormed();
        expect(keyProblem(key) === undefined).toBe(isLegal);
        expect(utf8Length(key)).toBe(bytes);
        expect(textProblem(key) === undefined).toBe(key.isWellFormed());
      }),
      { numRuns: 500 },
    );
  });

  test("for metadata: 1,024 bytes of JSON, no lone surrogates in names or texts", () => {
    fc.assert(
      fc.property(fc.oneof(anyUnits, anyText(500)), fc.boolean(), (text, isName) => {
        const json = JSON.stringify(isName ? { [text]: [1] } : ["\\ud800", { a: text }]);
        const isLegal = Buffer.byteLength(json) <= 1024 && text.isWellFormed();
        expect(metadataProblem(json) === undefined).toBe(isLegal);
      }),
      { numRuns: 500 },
    );
  });

  test("for expirations: 60 seconds ahead at least, to the millisecond", () => {
    const now = 1_800_000_000_000;
    fc.assert(
      fc.property(fc.integer({ min: -100_000, max: 200_000 }), (ms) => {
        expect(expirationProblem((now + ms) / 1000, now) === undefined).toBe(ms >= 60_000);
        expect(expirationTtlProblem(ms / 1000) === undefined).toBe(ms >= 60_000);
      }),
    );
    for (const not of [NaN, Infinity, -Infinity]) {
      expect(expirationProblem(not, now)).toContain(String(not));
      expect(expirationTtlProblem(not)).toContain(String(not));
    }
  });
});

/** A path with its parameters filled in. */
const made = (path: string): string => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `${name}%2F..`);

describe("An operation is found by method and path", () => {
  test.each(Object.entries(operations))("%s, with its parameters as sent", (operation, { method, path }) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const params = Object.fromEntries(names.map((name) => [name, `${name}%2F..`]));
    expect(findOperation(method, made(path))).toEqual({ operation, params });
  });

  test.each(Object.values(operations))(
    "$method $path: a slash more or less is another path",
    ({ method, path }) => {
      const sent = made(path);
      expect(findOperation(method, `${sent}/`)).toBeUndefined();
      expect(findOperation(method, sent.slice(1))).toBeUndefined();
      expect(findOperation(method, sent.replace("/storage", "//storage"))).toBeUndefined();
      expect(findOperation(method.toLowerCase(), sent)).toBeUndefined();
      expect(findOperation("PATCH", sent)).toBeUndefined();
    },
  );

  test("and not by an empty parameter", () => {
    for (const { method, path } of Object.values(operations)) {
      expect(findOperation(method, path.replaceAll(/\{\w+\}/g, ""))).toBeUndefined();
    }
  });
});
