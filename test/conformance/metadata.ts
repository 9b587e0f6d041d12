/** Cases of the behaviour suite: metadata and expiry. */
import { equal } from "../assert.ts";
import { type Case, collect, keysOf, notText, now, withoutMetadata } from "./suite.ts";

export const metadataCases: readonly Case[] = [
  {
    name: "Metadata may be any JSON: false, 0 and the empty string are metadata, null is none",
    async run(_, { namespace }) {
      const kinds = [
        false,
        0,
        "",
        true,
        -1.5,
        "text",
        [],
        [null],
        {},
        { a: { b: ["c"] } },
        { ["__proto__"]: 1 },
      ];
      for (const [i, metadata] of kinds.entries()) await namespace.put(`meta/one/${i}`, "v", { metadata });
      await namespace.bulkPut(kinds.map((metadata, i) => ({ key: `meta/bulk/${i}`, value: "v", metadata })));
      for (const [i, expected] of kinds.entries()) {
        for (const key of [`meta/one/${i}`, `meta/bulk/${i}`]) {
          equal(await namespace.metadata(key), expected, key);
          equal((await namespace.getWithMetadata(key)).metadata, expected, key);
          equal((await namespace.list({ prefix: key, limit: 1 })).keys[0]!.metadata, expected, key);
        }
      }
      await namespace.put("meta/none", "v", { metadata: null });
      equal(await namespace.metadata("meta/none"), null);
      equal((await namespace.list({ prefix: "meta/none" })).keys, [{ name: "meta/none" }]);
    },
  },
  {
    name: "Metadata of 1,024 bytes is taken",
    async run(_, { namespace }) {
      for (const metadata of ["x".repeat(1022), "é".repeat(511), ["y".repeat(1020)]]) {
        await namespace.put("meta/full", notText, { metadata });
        equal(await namespace.metadata("meta/full"), metadata);
        await namespace.bulkPut([{ key: "meta/full/bulk", value: "v", metadata }]);
        equal(await namespace.metadata("meta/full/bulk"), metadata);
      }
    },
  },
  {
    name: "A write without metadata and expiration removes those of the write before",
    async run(_, { namespace }) {
      await namespace.put("over", "first", { metadata: "m", expirationTtl: 3600 });
      await namespace.put("over", "second");
      equal(await namespace.getWithMetadata("over"), withoutMetadata("second"));
      equal((await namespace.list({ prefix: "over" })).keys, [{ name: "over" }]);
    },
  },
  {
    name: "An expiration is told in seconds, wherever a key or value is read",
    async run(_, { namespace }) {
      const expiration = now() + 7200;
      await namespace.put("expires/text", "v", { expiration });
      await namespace.put("expires/bytes", notText, { expiration: expiration + 0.9, metadata: "m" });
      await namespace.bulkPut([{ key: "expires/bulk", value: "v", expiration }]);
      for (const key of ["expires/text", "expires/bytes", "expires/bulk"]) {
        equal((await namespace.getWithMetadata(key)).expiration, expiration, key);
        equal((await namespace.getWithMetadata(key, "stream")).expiration, expiration, key);
      }
      const listed = await collect(namespace.list({ prefix: "expires/" }));
      equal(
        listed.map((key) => key.expiration),
        [expiration, expiration, expiration],
      );
      const entries = await collect(namespace.entries({ prefix: "expires/" }));
      equal(
        entries.map((entry) => entry.expiration),
        [expiration, expiration, expiration],
      );
    },
  },
  {
    name: "A time to live counts from the write, and wins over an expiration",
    async run(_, { namespace }) {
      const before = now();
      await namespace.put("ttl/one", "v", { expirationTtl: 3600, expiration: 1 });
      await namespace.bulkPut([{ key: "ttl/bulk", value: "v", expirationTtl: 3600, expiration: 1 }]);
      for (const { expiration = 0 } of await collect(namespace.list({ prefix: "ttl/" }))) {
        // The service's clock need not be ours.
        equal(expiration > before + 3300 && expiration < before + 4200, true, `the expiration ${expiration}`);
      }
    },
  },
  {
    name: "What has expired is neither read nor listed, and can be written again",
    needs: "clock",
    async run(_, { namespace, advance }) {
      await namespace.put("gone/soon", "v", { expirationTtl: 60, metadata: "m" });
      await namespace.put("gone/later", "v", { expirationTtl: 3600 });
      advance!(50);
      equal(await namespace.get("gone/soon"), "v");
      advance!(11);
      equal(await namespace.get("gone/soon"), null);
      equal(await namespace.getWithMetadata("gone/soon"), withoutMetadata(null));
      equal(await namespace.metadata("gone/soon"), null);
      equal((await namespace.get(["gone/soon", "gone/later"])).get("gone/soon"), null);
      equal(await keysOf(namespace, "gone/"), ["gone/later"]);
      await namespace.put("gone/soon", "again");
      equal(await namespace.getWithMetadata("gone/soon"), withoutMetadata("again"));
    },
  },
];
