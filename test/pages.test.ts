import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KVAPIError, type KVNamespaceClient, toResult } from "../src/index.ts";
import { cutCursor, itemsOf, pages, readCursor, type Step } from "../src/pages.ts";
import { anyKey, anyText } from "./arbitraries.ts";
import { answering, collect, refusal, rejection, serve, success, unhandledRejections } from "./helpers.ts";

/** Pages of numbers, and how many were asked for. */
function numbers(...sizes: number[]): {
  list: ReturnType<typeof pages<number[], number>>;
  asked: () => number;
} {
  let asked = 0;
  const step = async (at: number): Promise<Step<number[], number>> => {
    asked++;
    const before = sizes.slice(0, at).reduce((sum, size) => sum + size, 0);
    const items = Array.from({ length: sizes[at]! }, (_, i) => before + i);
    return { page: items, items, next: at + 1 < sizes.length ? () => step(at + 1) : undefined };
  };
  return { list: pages(step(0)), asked: () => asked };
}

describe("A list", () => {
  test("is a promise of its first page", async () => {
    const { list, asked } = numbers(2, 2);
    expect(list).toBeInstanceOf(Promise);
    expect(await Promise.all([list, list.then((page) => page.length)])).toEqual([[0, 1], 2]);
    expect(asked()).toBe(1);
  });

  test("gives every item of every page, those of empty pages aside", async () => {
    expect(await collect(numbers(0, 2, 0, 0, 3, 1, 0).list)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await collect(numbers(0).list)).toEqual([]);
  });

  test("that was awaited goes on from that page", async () => {
    const { list, asked } = numbers(2, 2);
    await list;
    expect(await collect(list)).toEqual([0, 1, 2, 3]);
    expect(asked()).toBe(2);
  });

  test("can be iterated again, from its first page", async () => {
    const { list, asked } = numbers(1, 1, 1);
    expect(await collect(list)).toEqual(await collect(list));
    expect(asked()).toBe(5);
  });

  test("of keys can be iterated again, and the service is not blamed for giving the same pages", async () => {
    const { namespace } = answering(({ query }) => {
      const page = Number(query["cursor"] ?? 0);
      return success([{ name: `a${page}` }], { count: 1, cursor: page < 3 ? `${page + 1}` : "" });
    });
    const list = namespace.list();
    const names = ["a0", "a1", "a2", "a3"].map((name) => ({ name }));
    expect(await collect(list)).toEqual(names);
    expect(await Promise.all([collect(list), collect(list)])).toEqual([names, names]);
    expect((await collect(list.pages())).flatMap(({ keys }) => keys)).toEqual(names);
  });

  test("asks for the next page once half of one is taken, and not before", async () => {
    const { list, asked } = numbers(10, 10, 10);
    const iterator = list[Symbol.asyncIterator]();
    for (let i = 0; i < 5; i++) await iterator.next();
    expect(asked()).toBe(1);
    await iterator.next();
    expect(asked()).toBe(2);
    for (let i = 0; i < 9; i++) await iterator.next();
    expect(asked()).toBe(2);
    await iterator.next();
    expect(asked()).toBe(3);
  });

  test("asks nothing more when whoever iterates stops", async () => {
    const { list, asked } = numbers(10, 10);
    for await (const item of list) if (item === 3) break;
    expect(asked()).toBe(1);
  });

  test("is gone through to its end, however the pages fall (a property)", async () => {
    const sizes = fc.array(fc.nat(7), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(sizes, async (given) => {
        const total = given.reduce((sum, size) => sum + size, 0);
        const { list, asked } = numbers(...given);
        expect(await collect(list)).toEqual(Array.from({ length: total }, (_, i) => i));
        expect(asked()).toBe(given.length);
      }),
    );
  });
});

async function* batched(...batches: number[][]): AsyncGenerator<number[], void, undefined> {
  for (const batch of batches) {
    await new Promise((resolve) => setImmediate(resolve));
    yield batch;
  }
}

describe("An iterator of items that is asked before it has answered", () => {
  const end = { done: true, value: undefined };

  test("answers in turn, however the batches fall (a property)", async () => {
    const sizes = fc.array(fc.nat(4), { maxLength: 8 });
    const pauses = fc.array(fc.nat(3), { minLength: 20, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(sizes, pauses, async (given, ticks) => {
        let count = 0;
        const iterator = itemsOf(
          (async function* () {
            for (const size of given) yield Array.from({ length: size }, () => count++);
          })(),
        );
        const calls: Promise<IteratorResult<number, undefined>>[] = [];
        for (const tick of ticks) {
          calls.push(iterator.next());
          for (let i = 0; i < tick; i++) await Promise.resolve();
        }
        const total = given.reduce((sum, size) => sum + size, 0);
        const wanted = ticks.map((_, i) => (i < total ? { done: false, value: i } : end));
        expect(await Promise.all(calls)).toEqual(wanted);
      }),
    );
  });

  test("gives an error to the first alone: for the others it has ended", async () => {
    const iterator = pages(Promise.reject<Step<number[], number>>(new Error("first")))[
      Symbol.asyncIterator
    ]();
    const calls = [iterator.next(), iterator.next(), iterator.next()];
    const [first, ...others] = await Promise.allSettled(calls);
    expect(first).toMatchObject({ status: "rejected", reason: { message: "first" } });
    expect(others.map((each) => each.status === "fulfilled" && each.value)).toEqual([end, end]);
  });

  test("gives nothing more once it was closed meanwhile", async () => {
    const iterator = itemsOf(batched([1, 2, 3], [4]));
    const calls = [iterator.next(), iterator.return!(), iterator.next()];
    expect(await Promise.all(calls)).toEqual([end, end, end]);
    expect(await iterator.next()).toEqual(end);
  });
});

async function failAhead(): Promise<Step<number[], number>> {
  throw new Error("ahead");
}

describe("A list that fails", () => {
  test("gives what comes before, and then its error, once", async () => {
    let asked = 0;
    const { namespace } = answering(() => {
      asked++;
      if (asked === 3) return refusal(403, 10000);
      return success([{ name: `a${asked}` }, { name: `b${asked}` }], { count: 2, cursor: `${asked}` });
    });
    const seen: string[] = [];
    const error = await rejection(
      (async () => {
        for await (const { name } of namespace.list()) seen.push(name);
      })(),
    );
    expect(error).toBeInstanceOf(KVAPIError);
    expect(seen).toEqual(["a1", "b1", "a2", "b2"]);
    expect(asked).toBe(3);
  });

  test("is no unhandled rejection where it is iterated, nor where it failed ahead of its reader", async () => {
    const unhandled = unhandledRejections();
    const first = pages(Promise.reject<Step<number[], number>>(new Error("first")));
    expect(await rejection(collect(first))).toMatchObject({ message: "first" });
    const items = [1, 2, 3];
    for await (const item of pages(Promise.resolve({ page: items, items, next: failAhead })))
      if (item === 3) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).toEqual([]);
  });

  test("asks for nothing more once whoever iterates it has stopped, a page that was read ahead neither", async () => {
    const asked: AbortSignal[] = [];
    const gone: Promise<void>[] = [];
    const { namespace } = answering((_, { signal }) => {
      if (asked.push(signal) === 1) return success([{ name: "a" }, { name: "b" }], { count: 2, cursor: "1" });
      gone.push(new Promise((resolve) => signal.addEventListener("abort", () => resolve())));
      return new Promise<Response>(() => {});
    });
    for await (const { name } of namespace.list()) {
      if (name !== "b") continue;
      while (gone.length === 0) await new Promise((resolve) => setImmediate(resolve));
      break;
    }
    await Promise.all(gone);
    expect(asked).toHaveLength(2);
  });

  test("ends at the next item after an abort, also on the last page", async () => {
    const items = Array.from({ length: 10 }, (_, i) => ({ name: `k${i}` }));
    const { namespace } = answering(({ path }) =>
      path.endsWith("/get")
        ? success({
            values: Object.fromEntries(items.map(({ name }) => [name, "v"])),
          })
        : success(items, { count: 10, cursor: "" }),
    );
    const reads: readonly ((signal: AbortSignal) => AsyncIterable<unknown>)[] = [
      (signal) => namespace.list({ signal }),
      (signal) => namespace.bulkGet(items, { signal }),
      (signal) => namespace.entries({ signal }),
    ];
    for (const read of reads) {
      const controller = new AbortController();
      let count = 0;
      const reading = (async () => {
        for await (const _ of read(controller.signal)) if (++count === 3) controller.abort("enough");
      })();
      expect(await rejection(reading)).toBe("enough");
      expect(count).toBe(3);
    }
  });

  test("is a result of toResult", async () => {
    const { namespace } = answering(() => refusal(404, 10013));
    expect(await toResult(namespace.list())).toMatchObject({ data: null, error: { code: 10013 } });
  });

  test("goes on where the same cursor comes again with other keys", async () => {
    let asked = 0;
    const { namespace } = answering(() => {
      const name = `a${asked++}`;
      return success([{ name }], { count: 1, cursor: asked < 4 ? "again" : "" });
    });
    const keys = await collect(namespace.list());
    expect(keys.map(({ name }) => name)).toEqual(["a0", "a1", "a2", "a3"]);
  });

  test("ends with the reason of an abort between two pages", async () => {
    const controller = new AbortController();
    const { namespace, requests } = answering(() =>
      success([{ name: "a" }], { count: 1, cursor: String(requests.length) }),
    );
    const list = namespace.list({ signal: controller.signal });
    const error = await rejection(
      (async () => {
        for await (const _ of list) if (requests.length === 3) controller.abort("enough");
      })(),
    );
    expect(error).toBe("enough");
    expect(requests.length).toBeLessThan(5);
  });
});

/** Every key, in pages of this size; `between` is called after each. */
async function walk(
  namespace: KVNamespaceClient,
  limit: number,
  between: (page: number) => Promise<unknown> = async () => {},
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < 1000; count++) {
    const page = await namespace.list({ prefix: "k", limit, cursor });
    expect(page.keys.length).toBeLessThanOrEqual(limit);
    seen.push(...page.keys.map(({ name }) => name));
    if (page.list_complete) return seen;
    cursor = page.cursor;
    await between(count);
  }
  throw new Error("it does not end");
}

describe("A page cut below REST's least", () => {
  test("has a cursor that says after which key, and of which page (a property)", () => {
    fc.assert(
      fc.property(anyKey, anyText(50), (after, cursor) => {
        const { cursor: given = "", ...rest } = readCursor(cutCursor(cursor, after));
        expect([given, rest.after]).toEqual([cursor, after]);
        if (!cursor.startsWith("workers-kv-rest:")) {
          expect(readCursor(cursor)).toEqual(cursor === "" ? {} : { cursor });
        }
      }),
    );
  });

  const keys = Array.from({ length: 35 }, (_, i) => `k${String(i).padStart(2, "0")}`);

  test("skips and repeats nothing, whatever its size", async () => {
    const { namespace } = serve();
    await namespace.bulkPut([...keys, "j", "l"].map((key) => ({ key, value: "v" })));
    for (let limit = 1; limit <= 12; limit++) expect(await walk(namespace, limit)).toEqual(keys);
  });

  test("skips and repeats nothing that stays, while other keys come and go", async () => {
    const { namespace } = serve();
    await namespace.bulkPut(keys.map((key) => ({ key, value: "v" })));
    const seen = await walk(namespace, 4, async (page) => {
      await namespace.bulkDelete(keys.filter((_, i) => i % 2 === 1 && i > page && i < page + 20));
      // As many as push what was given already onto the service's next page.
      const added = page < 3 ? keys.map((key) => ({ key: `${key}+${page}`, value: "v" })) : [];
      await namespace.bulkPut(added);
    });
    expect(seen).toEqual([...new Set(seen)].toSorted());
    const stayed = keys.filter((_, i) => i % 2 === 0);
    expect(seen.filter((key) => stayed.includes(key))).toEqual(stayed);
  });

  test("may hold no keys and go on, where the rest of the service's page was deleted", async () => {
    const { namespace } = serve();
    await namespace.bulkPut(keys.map((key) => ({ key, value: "v" })));
    const first = await namespace.list({ limit: 5 });
    if (first.list_complete) throw new Error("it should go on");
    await namespace.bulkDelete(keys.slice(5, 35));
    await namespace.bulkPut([{ key: "z", value: "v" }]);
    const rest = await collect(namespace.list({ limit: 5, cursor: first.cursor }));
    expect(rest).toEqual([{ name: "z" }]);
  });

  test("can be iterated from in the middle", async () => {
    const { namespace } = serve();
    await namespace.bulkPut(keys.map((key) => ({ key, value: "v" })));
    const first = await namespace.list({ limit: 3 });
    if (first.list_complete) throw new Error("it should go on");
    const rest = await collect(namespace.list({ limit: 7, cursor: first.cursor }));
    expect(rest.map(({ name }) => name)).toEqual(keys.slice(3));
  });
});

const answerPages = (total: number, info: (page: number) => object | undefined) =>
  answering(({ query }) => {
    const page = Number(query["page"] ?? 1);
    const size = Number(query["per_page"] ?? 20);
    const all = Array.from({ length: total }, (_, i) => ({
      id: String(i).padStart(32, "0"),
      title: `t${i}`,
    }));
    return success(all.slice((page - 1) * size, page * size), info(page));
  });

describe("The numbered pages of namespaces", () => {
  test.each([
    ["the count of all", (page: number) => ({ page, total_count: 50 }), 3],
    ["a count of all that is too small", () => ({ total_count: 20 }), 1],
    ["no count, so that a short page ends them", () => ({ count: 20 }), 3],
    ["no result_info", () => undefined, 3],
  ])("end by %s", async (_, info, asked) => {
    const { kv, requests } = answerPages(50, info);
    const listed = await collect(kv.namespaces.list());
    expect(listed).toHaveLength(Math.min(50, asked * 20));
    expect(requests.map(({ query }) => query["page"])).toEqual([undefined, "2", "3"].slice(0, asked));
  });

  test("end with an empty page, where the last one was full", async () => {
    const { kv, requests } = answerPages(40, () => undefined);
    expect(await collect(kv.namespaces.list())).toHaveLength(40);
    expect(requests).toHaveLength(3);
  });

  test("begin where they are asked to, and keep size and order", async () => {
    const { kv, requests } = answerPages(50, (page) => ({ page, total_count: 50 }));
    const listed = await collect(kv.namespaces.list({ page: 2, per_page: 15, order: "title" }));
    expect(listed.map(({ title }) => title)).toEqual(Array.from({ length: 35 }, (_, i) => `t${i + 15}`));
    expect(requests.map(({ query }) => query)).toEqual(
      ["2", "3", "4"].map((page) => ({ page, per_page: "15", order: "title" })),
    );
  });
});

describe("The pages of a list", () => {
  test("come with the cursors to go on from, one without keys among them", async () => {
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

  test("can be gone on with from the cursor of any of them", async () => {
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

  test("one that fails rejects there, and those before it were given", async () => {
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
