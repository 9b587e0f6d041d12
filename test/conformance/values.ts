/** Cases of the behaviour suite: keys, and values one by one. */
import { limits } from "../../src/index.ts";
import { equal, failed } from "../assert.ts";
import { type Case, collect, keysOf, notText, replaced, withoutMetadata } from "./suite.ts";

/** Keys that URLs, JSON, sorting or objects treat in some way of their own. */
export const awkwardKeys: readonly string[] = [
  "...",
  "/",
  "//a//",
  "a/b",
  "a/../b",
  "./a",
  "%",
  "%2F",
  "%2e%2e",
  "100%",
  "+",
  "a+b",
  " ",
  " a b ",
  "?a=b&c",
  "#a",
  "a;b,c:d@e!$*~(f)|[g]",
  '"quotes"',
  "'",
  "\\",
  "^",
  "\u001F",
  "\t\r\n",
  "\u007F",
  "é",
  "e\u0301",
  "日本語",
  "😀",
  "\uFEFFa",
  "\uFFFD",
  "\u2028",
  "__proto__",
  "constructor",
  "toString",
];

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export const valueCases: readonly Case[] = [
  {
    name: "An empty value is a value, however it is written and read",
    async run(_, { namespace }) {
      await namespace.put("empty/text", "");
      await namespace.put("empty/bytes", new Uint8Array(), { metadata: "kept" });
      await namespace.bulkPut([{ key: "empty/bulk", value: "" }]);
      for (const key of ["empty/text", "empty/bytes", "empty/bulk"]) {
        equal(await namespace.get(key), "", key);
        equal(await namespace.get(key, "arrayBuffer"), new ArrayBuffer(0), key);
        equal(await new Response(await namespace.get(key, "stream")).text(), "", key);
      }
      equal((await namespace.getWithMetadata("empty/bytes")).metadata, "kept");
      equal((await namespace.getWithMetadata("empty/text")).value, "");
      equal((await namespace.getWithMetadata("empty/text", "arrayBuffer")).value, new ArrayBuffer(0));
      equal(
        [...(await namespace.get(["empty/bulk", "empty/none"]))],
        [
          ["empty/bulk", ""],
          ["empty/none", null],
        ],
      );
    },
  },
  {
    name: "A key with a slash, a percent sign, quotes or control characters is one key",
    async run(_, { namespace }) {
      const keys = awkwardKeys.map((key) => `odd/${key}`);
      for (const [i, key] of keys.entries()) await namespace.put(key, `value ${i}`, { metadata: i });
      for (const [i, key] of keys.entries()) {
        equal(await namespace.get(key), `value ${i}`, key);
        equal(await namespace.metadata(key), i, key);
      }
      equal(
        [...(await namespace.get(keys))],
        keys.map((key, i) => [key, `value ${i}`]),
      );
      equal((await keysOf(namespace, "odd/")).toSorted(), keys.toSorted());
      await namespace.delete("odd/a/b");
      equal(await namespace.get("odd/a/b"), null);
      await namespace.bulkDelete(keys);
      equal(await keysOf(namespace, "odd/"), []);
    },
  },
  {
    name: "A key that begins with an awkward character is one too",
    async run(_, { namespace }) {
      for (const key of awkwardKeys) await namespace.put(key, key, { metadata: key });
      for (const key of awkwardKeys) {
        const { value, metadata } = await namespace.getWithMetadata(key);
        equal([value, metadata], [key, key], key);
      }
      const found = await namespace.get([...awkwardKeys]);
      for (const key of awkwardKeys) {
        equal(found.get(key), key, key);
        await namespace.delete(key);
        equal(await namespace.get(key), null, key);
      }
    },
  },
  {
    name: "A key of 512 bytes is taken, whatever its characters",
    async run(_, { namespace }) {
      for (const key of ["x".repeat(512), "é".repeat(256), "😀".repeat(128), "%".repeat(512)]) {
        await namespace.put(key, "long");
        equal(await namespace.get(key), "long", key);
        await namespace.bulkDelete([key]);
        equal(await namespace.get(key), null, key);
      }
    },
  },
  {
    name: "A byte order mark, line ends and NUL stay in a value as they are",
    async run(_, { namespace }) {
      const value = "\uFEFFa\nb\rc\r\nd\0\u2028e\uFEFF";
      await namespace.put("exact/alone", value);
      await namespace.put("exact/beside", value, { metadata: { with: "\n" } });
      await namespace.bulkPut([{ key: "exact/bulk", value }]);
      for (const key of ["exact/alone", "exact/beside", "exact/bulk"]) {
        equal(await namespace.get(key), value, key);
        equal(await namespace.get(key, "arrayBuffer"), bytesOf(value), key);
        equal((await namespace.getWithMetadata(key)).value, value, key);
        equal((await namespace.get([key])).get(key), value, key);
      }
      equal(await namespace.metadata("exact/beside"), { with: "\n" });
    },
  },
  {
    name: "Bytes that are not text come back byte for byte, one by one and in bulk",
    async run(_, { namespace }) {
      const value = Uint8Array.from({ length: 1024 }, (_, i) => (i * 7) % 256);
      await namespace.put("bytes/alone", value);
      await namespace.put("bytes/beside", value.buffer, { metadata: true });
      await namespace.bulkPut([{ key: "bytes/bulk", value, metadata: [0] }]);
      for (const key of ["bytes/alone", "bytes/beside", "bytes/bulk"]) {
        equal(await namespace.get(key, "arrayBuffer"), value, key);
        equal(await new Response(await namespace.get(key, "stream")).arrayBuffer(), value, key);
      }
      const entries = await collect(namespace.entries({ prefix: "bytes/" }));
      equal(
        entries.map(({ key, value, metadata }) => [key, value, metadata]),
        [
          ["bytes/alone", value, null],
          ["bytes/beside", value, true],
          ["bytes/bulk", value, [0]],
        ],
      );
    },
  },
  {
    name: "A value can be given as text, buffer, view, Blob, stream or async iterable",
    async run(_, { namespace }) {
      const value = bytesOf("some text é");
      async function* chunks() {
        yield value.subarray(0, 5);
        yield value.subarray(5);
      }
      const wide = new Uint8Array([0, ...value, 0]);
      const forms = {
        text: "some text é",
        buffer: value.buffer,
        view: wide.subarray(1, -1),
        data: new DataView(wide.buffer, 1, value.length),
        blob: new Blob([value], { type: "text/html" }),
        stream: new Blob([value]).stream(),
        iterable: chunks(),
      };
      for (const [name, form] of Object.entries(forms)) {
        await namespace.put(`forms/${name}`, form);
        equal(await namespace.get(`forms/${name}`, "arrayBuffer"), value, name);
      }
      await namespace.put("forms/beside", new Blob([value]).stream(), { metadata: "too" });
      equal((await namespace.getWithMetadata("forms/beside", "arrayBuffer")).value, value);
    },
  },
  {
    name: "A value of 25 MiB is taken, and read as text, bytes and stream",
    needs: "volume",
    async run(_, { namespace }) {
      const value = new Uint8Array(limits.valueBytes).fill(0x61);
      value[0] = 0x62;
      await namespace.put("large/bytes", value, { metadata: "large" });
      equal((await namespace.get("large/bytes"))!.length, value.length);
      const stream = (await namespace.get("large/bytes", "stream"))!;
      equal(new Uint8Array(await new Response(stream).arrayBuffer()), value);
      const { value: read, metadata } = await namespace.getWithMetadata("large/bytes", "arrayBuffer");
      equal([read!.byteLength, metadata], [value.length, "large"]);
      await namespace.delete("large/bytes");
    },
  },
  {
    name: "JSON is parsed, and a value that is none is an error that names its key and not the value",
    async run(_, { namespace }) {
      await namespace.put("json/object", '{"a":[1,null]}');
      await namespace.put("json/null", "null");
      await namespace.put("json/broken", "{secret");
      equal(await namespace.get("json/object", "json"), { a: [1, null] });
      equal(await namespace.get("json/object", { type: "json", cacheTtl: 60 }), { a: [1, null] });
      equal((await namespace.getWithMetadata("json/object", "json")).value, { a: [1, null] });
      equal(
        [...(await namespace.get(["json/object", "json/null"], "json")).values()],
        [{ a: [1, null] }, null],
      );
      for (const call of [
        namespace.get("json/broken", "json"),
        namespace.getWithMetadata("json/broken", "json"),
        namespace.get(["json/object", "json/broken"], "json"),
      ]) {
        const { message } = await failed(call);
        equal([message.includes("json/broken"), message.includes("secret")], [true, false], message);
      }
    },
  },
  {
    name: "A value that is not text is read with U+FFFD as text, and never refused",
    async run(_, { namespace }) {
      await namespace.put("fffd", notText, { metadata: "m" });
      equal(await namespace.get("fffd"), replaced);
      const { value, metadata } = await namespace.getWithMetadata("fffd");
      equal([value, metadata], [replaced, "m"]);
      const both = await namespace.getWithMetadata("fffd", "arrayBuffer");
      equal([both.value, both.metadata], [notText, "m"]);
      equal((await namespace.get(["fffd", "missing"])).get("fffd"), replaced);
      const many = await namespace.getWithMetadata(["fffd", "missing"]);
      equal(many.get("fffd"), { ...withoutMetadata(replaced), metadata: "m" });
      equal(many.get("missing"), withoutMetadata(null));
    },
  },
];
