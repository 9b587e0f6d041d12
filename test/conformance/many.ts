/** Cases of the behaviour suite: lists and bulk jobs. */
import type { Entry, Pair } from "../../src/index.ts";
import { equal } from "../assert.ts";
import { type Case, collect, keysOf, notText, now, replaced, withNamespaces } from "./suite.ts";

export const manyCases: readonly Case[] = [
  {
    name: "Many keys are read at once, in the order given, bytes and missing ones among them",
    needs: "volume",
    async run(_, { namespace }) {
      const pairs = Array.from({ length: 250 }, (_, i): Pair => {
        const isBinary = i % 40 === 7;
        return { key: `many/${i}`, value: isBinary ? notText : `value ${i}`, metadata: { i } };
      });
      equal((await namespace.bulkPut(pairs)).succeeded, 250);
      const keys = [...pairs.map(({ key }) => key).toReversed(), "many/none", "many/3"];
      const found = await namespace.get(keys);
      equal([...found.keys()], [...new Set(keys)]);
      equal(found.get("many/3"), "value 3");
      equal(found.get("many/7"), replaced);
      equal(found.get("many/none"), null);
      equal((await namespace.getWithMetadata(keys)).get("many/47")!.metadata, { i: 47 });
      const items = await collect(namespace.bulkGet(keys));
      equal(
        items.map(({ key }) => key),
        keys,
      );
      equal(items.at(-1), { key: "many/3", value: "value 3", metadata: { i: 3 } });
      equal(items.at(-2), { key: "many/none", value: null });
      equal(items[250 - 1 - 87], { key: "many/87", value: notText, metadata: { i: 87 } });
      equal(await namespace.get([]), new Map());
      await namespace.bulkDelete(pairs.map(({ key }) => key));
      equal(await keysOf(namespace, "many/"), []);
    },
  },
  {
    name: "Keys are listed in the order of their UTF-8 bytes",
    async run(_, { namespace }) {
      const keys = ["Z", "a", "a/", "aa", "é", "\uE000", "\uFFFD", "😀"].map((key) => `order/${key}`);
      await namespace.bulkPut(keys.toReversed().map((key) => ({ key, value: "v" })));
      equal(await keysOf(namespace, "order/"), keys);
    },
  },
  {
    name: "A prefix goes along with the cursor, however small the pages",
    async run(_, { namespace }) {
      const inside = Array.from({ length: 25 }, (_, i) => `page/+ ${String(i).padStart(2, "0")}`);
      const outside = ["page/", "page/,", "page/z"];
      await namespace.bulkPut([...inside, ...outside].map((key) => ({ key, value: "v", metadata: key })));
      for (const limit of [1, 3, 9, 10, 11, 25, 1000]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await namespace.list({ prefix: "page/+", limit, cursor });
          equal(page.keys.length <= limit, true, `a page of ${page.keys.length} keys, asked for ${limit}`);
          seen.push(...page.keys.map(({ name }) => name));
          cursor = page.list_complete ? undefined : page.cursor;
        } while (cursor !== undefined);
        equal(seen, inside, `the keys in pages of ${limit}`);
      }
      const listed = await collect(namespace.list({ prefix: "page/+", limit: 10 }));
      equal(
        listed,
        inside.map((name) => ({ name, metadata: name })),
      );
      equal(await namespace.list({ prefix: "page/none" }), {
        list_complete: true,
        keys: [],
        cacheStatus: null,
      });
      equal((await collect(namespace.list({ prefix: "" }))).length >= 28, true);
    },
  },
  {
    name: "A bulk job reports what it did, and nothing to do is nothing asked",
    async run(_, { namespace }) {
      const nothing = { succeeded: 0, expired: 0, requests: 0 };
      equal(await namespace.bulkPut([]), nothing);
      equal(await namespace.bulkDelete([]), nothing);
      equal(await collect(namespace.bulkGet([])), []);
      const pairs = [
        { key: "bulk/a", value: "1" },
        { key: "bulk/b", value: notText, metadata: 0 },
        { key: "bulk/late", value: "late", expiration: now() + 30 },
        { key: "bulk/a", value: "2" },
      ];
      equal(await namespace.bulkPut(pairs), { succeeded: 3, expired: 1, requests: 1 });
      equal(await collect(namespace.bulkGet(["bulk/late", "bulk/b", "bulk/a"])), [
        { key: "bulk/late", value: null },
        { key: "bulk/b", value: notText, metadata: 0 },
        { key: "bulk/a", value: "2", metadata: null },
      ]);
      const keys = ["bulk/a", "bulk/b", "bulk/never"];
      equal(await namespace.bulkDelete(keys), { succeeded: 3, expired: 0, requests: 1 });
      equal(await keysOf(namespace, "bulk/"), []);
    },
  },
  {
    name: "The entries of a namespace can be written to another as they are",
    async run(kv, { namespace }) {
      const expiration = now() + 7200;
      const pairs: Pair[] = [
        { key: "copy/text", value: "\uFEFFtext\r\n", metadata: { a: 1 } },
        { key: "copy/bytes", value: notText, metadata: "" },
        { key: "copy/empty", value: "" },
        { key: "copy/expires", value: "v", expiration },
      ];
      await namespace.bulkPut(pairs);
      await withNamespaces(kv, 1, async ([made]) => {
        const target = kv.namespace(made!.id);
        const report = await target.bulkPut(namespace.entries({ prefix: "copy/" }));
        equal(report, { succeeded: 4, expired: 0, requests: 1 });
        const expected: Entry[] = [
          { key: "copy/bytes", value: notText, metadata: "" },
          { key: "copy/empty", value: "", metadata: null },
          { key: "copy/expires", value: "v", metadata: null, expiration },
          { key: "copy/text", value: "\uFEFFtext\r\n", metadata: { a: 1 } },
        ];
        equal(await collect(target.entries()), expected);
      });
    },
  },
];
