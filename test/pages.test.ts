import { describe, expect, it } from "vitest";
import { answering, collect, refusal, serve, success } from "./helpers.ts";

describe("The pages of a list", () => {
  it("come with the cursors to go on from, one without keys among them", async () => {
    const { namespace, requests } = answering(({ query }) => {
      const at = Number(query["cursor"] ?? 0);
      const keys = at === 1 ? [] : [{ name: `key ${at}` }];
      return success(keys, { count: keys.length, cursor: at < 2 ? String(at + 1) : "" });
    });
    const pages = await collect(namespace.list({ prefix: "key" }).pages());
    expect(pages.map(({ keys }) => keys.map(({ name }) => name))).toEqual([["key 0"], [], ["key 2"]]);
    expect(pages.map((page) => (page.list_complete ? undefined : page.cursor))).toEqual([
      "1",
      "2",
      undefined,
    ]);
    expect(requests.map(({ query }) => query["prefix"])).toEqual(["key", "key", "key"]);
  });

  it("can be gone on with from the cursor of any of them", async () => {
    const { namespace } = serve();
    const names = Array.from({ length: 35 }, (_, i) => `key ${i}`).sort();
    await namespace.bulkPut(names.map((key) => ({ key, value: "" })));
    const pages = await collect(namespace.list({ limit: 10 }).pages());
    expect(pages.map(({ keys }) => keys.length)).toEqual([10, 10, 10, 5]);
    for (const [i, page] of pages.slice(0, -1).entries()) {
      const rest = await collect(namespace.list({ cursor: page.list_complete ? "" : page.cursor }));
      expect(rest.map(({ name }) => name)).toEqual(names.slice((i + 1) * 10));
    }
  });

  it("one that fails rejects there, and those before it were given", async () => {
    const { namespace } = answering(({ query }) =>
      query["cursor"] ? refusal(403, 10000) : success([{ name: "key" }], { count: 1, cursor: "next" }),
    );
    const seen: string[] = [];
    const all = (async () => {
      for await (const { keys } of namespace.list().pages()) seen.push(...keys.map(({ name }) => name));
    })();
    await expect(all).rejects.toMatchObject({ name: "KVAPIError", code: 10000 });
    expect(seen).toEqual(["key"]);
  });
});
