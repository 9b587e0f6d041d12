import { describe, expect, test } from "vitest";
import { KVAPIError, KVErrorCode } from "../src/index.ts";
import { answering, collect, namespaceId, refusal, rejection, serve, success } from "./helpers.ts";

const namespace = (i: number, title = `title ${i}`) => ({ id: String(i).padStart(32, "0"), title });

describe("ensure", () => {
  test("gives the one that is there, without a change to it", async () => {
    const { kv, operations } = serve();
    expect(await kv.namespaces.ensure("first")).toMatchObject({ id: namespaceId, title: "first" });
    expect(operations).toEqual(["createNamespace", "listNamespaces"]);
  });

  test("makes it in one request where there is none", async () => {
    const { kv, operations } = serve();
    const { id } = await kv.namespaces.ensure("second");
    expect(operations).toEqual(["createNamespace"]);
    expect(await kv.namespaces.get(id)).toMatchObject({ id, title: "second" });
  });

  test("says that the title is taken, where nobody can be found to have it", async () => {
    const { kv } = answering(({ method }) =>
      method === "POST" ? refusal(400, KVErrorCode.titleTaken) : success([], { total_count: 0 }),
    );
    expect(await rejection(kv.namespaces.ensure("t"))).toMatchObject({ code: KVErrorCode.titleTaken });
  });

  test("looks for nothing after another refusal", async () => {
    const { kv, requests } = answering(() => refusal(403, KVErrorCode.noAccess));
    expect(await rejection(kv.namespaces.ensure("t"))).toMatchObject({ code: KVErrorCode.noAccess });
    expect(requests).toHaveLength(1);
  });
});

describe("find", () => {
  test("takes no title that is only alike", async () => {
    const { kv } = serve();
    await kv.namespaces.create("First");
    expect(await kv.namespaces.find("irst")).toBeNull();
    expect(await kv.namespaces.find("FIRST")).toBeNull();
    expect(await kv.namespaces.find("first ")).toBeNull();
    expect(await kv.namespaces.find("first")).toMatchObject({ id: namespaceId });
  });

  test("asks for 1,000 at a time, and stops where it finds it", async () => {
    const { kv, requests } = answering(({ query }) => {
      const from = (Number(query["page"] ?? 1) - 1) * 1000;
      const result = Array.from({ length: 1000 }, (_, i) => namespace(from + i));
      return success(result, { total_count: 5000 });
    });
    expect(await kv.namespaces.find("title 1100")).toEqual(namespace(1100));
    expect(requests.map(({ query }) => query)).toEqual([
      { per_page: "1000" },
      { per_page: "1000", page: "2" },
    ]);
  });
});

describe("A service that gives fewer to a page than it was asked for", () => {
  const most = 100;
  const all = Array.from({ length: 250 }, (_, i) => namespace(i));
  const capped = (info: (page: number, asked: number) => object): ReturnType<typeof answering> =>
    answering(({ query }) => {
      const page = Number(query["page"] ?? 1);
      return success(all.slice((page - 1) * most, page * most), info(page, Number(query["per_page"])));
    });

  test.each<[string, (page: number, asked: number) => object]>([
    ["and says so", (page) => ({ page, per_page: most, total_count: all.length })],
    ["and says so alone", () => ({ per_page: most })],
    ["and says what it was asked for", (page, asked) => ({ page, per_page: asked, total_count: all.length })],
    ["and says how many there are alone", () => ({ total_count: all.length })],
  ])("%s, is asked for all", async (_, info) => {
    const { kv, requests } = capped(info);
    expect(await collect(kv.namespaces.list({ per_page: 1000 }))).toEqual(all);
    expect(requests).toHaveLength(3);
    expect(await kv.namespaces.find("title 249")).toEqual(namespace(249));
  });

  test("is asked for the rest, from a page on", async () => {
    const { kv, requests } = capped((page) => ({ page, per_page: most, total_count: all.length }));
    expect(await collect(kv.namespaces.list({ page: 2, per_page: 1000 }))).toEqual(all.slice(most));
    expect(requests.map(({ query }) => query["page"])).toEqual(["2", "3"]);
  });
});

describe("rename", () => {
  test("gives the namespace also where the service answers null", async () => {
    const { kv, requests } = answering(({ method }) =>
      success(method === "PUT" ? null : namespace(1, "new")),
    );
    expect(await kv.namespaces.rename(namespace(1).id, "new")).toEqual(namespace(1, "new"));
    expect(requests.map(({ method }) => method)).toEqual(["PUT", "GET"]);
  });

  test("to a title that is taken is refused, to its own is not", async () => {
    const { kv } = serve();
    const { id } = await kv.namespaces.create("second");
    const error = await rejection(kv.namespaces.rename(id, "first"));
    expect(error).toBeInstanceOf(KVAPIError);
    expect(error).toMatchObject({ code: KVErrorCode.titleTaken, status: 400, operation: "renameNamespace" });
    expect(await kv.namespaces.rename(id, "second")).toMatchObject({ id, title: "second" });
  });
});

test("A title is as long as 512 characters, whatever they are", async () => {
  const { kv } = serve();
  for (const title of ["t".repeat(512), "😀".repeat(512), 'é/"\\\n%2F+'.padEnd(512, "日")]) {
    const { id } = await kv.namespaces.create(title);
    expect(await kv.namespaces.find(title)).toMatchObject({ id, title });
  }
});

test("A jurisdiction is set when a namespace is made, and told of it", async () => {
  const { kv } = serve();
  const { id, jurisdiction } = await kv.namespaces.create("eu", { jurisdiction: "eu" });
  expect(jurisdiction).toBe("eu");
  expect(await kv.namespaces.get(id)).toMatchObject({ jurisdiction: "eu" });
  expect(await kv.namespaces.get(namespaceId)).not.toHaveProperty("jurisdiction");
});

test("Deleting a namespace that is not there is refused, deleting one takes all that is in it", async () => {
  const { kv, namespace: first } = serve();
  await first.put("a", "v");
  expect(await kv.namespaces.delete(namespaceId)).toBeUndefined();
  expect(await rejection(first.get("a"))).toMatchObject({ code: KVErrorCode.namespaceNotFound, status: 404 });
  expect(await rejection(kv.namespaces.delete(namespaceId))).toMatchObject({
    code: KVErrorCode.namespaceNotFound,
    attempts: 1,
  });
});
