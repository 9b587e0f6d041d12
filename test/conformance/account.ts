/** Cases of the behaviour suite: namespaces, raw calls, what is not there, and what is given up. */
import { KVErrorCode } from "../../src/index.ts";
import { equal, refusedWith } from "../assert.ts";
import { type Case, collect, keysOf, uniqueTitle, withNamespaces, withoutMetadata } from "./suite.ts";

const collection = "/accounts/{account_id}/storage/kv/namespaces";
const one = `${collection}/{namespace_id}` as const;

/** The result of a raw call that went well. */
function resultOf({ response, data }: { response: Response; data?: unknown }, operation: string): unknown {
  equal(response.status, 200, operation);
  return (data as { result?: unknown } | undefined)?.result;
}

const done = (count: number): object => ({ successful_key_count: count, unsuccessful_keys: [] });

export const accountCases: readonly Case[] = [
  {
    name: "A missing key is null, a missing namespace is an error",
    async run(kv, { namespace }) {
      equal(await namespace.get("missing"), null);
      equal(await namespace.get("missing", "json"), null);
      equal(await namespace.get("missing", "arrayBuffer"), null);
      equal(await namespace.get("missing", "stream"), null);
      equal(await namespace.metadata("missing"), null);
      for (const type of ["text", "stream"] as const) {
        equal(
          await namespace.getWithMetadata("missing", { type } as { type: "text" }),
          withoutMetadata(null),
        );
      }
      equal(await namespace.delete("missing"), undefined);
      const nowhere = kv.namespace("0".repeat(32));
      for (const start of [
        () => nowhere.get("a"),
        () => nowhere.get(["a"]),
        () => nowhere.getWithMetadata("a"),
        () => nowhere.getWithMetadata("a", "stream"),
        () => nowhere.metadata("a"),
        () => nowhere.put("a", "v"),
        () => nowhere.delete("a"),
        () => nowhere.list(),
        () => collect(nowhere.entries()),
        () => kv.namespaces.get(nowhere.id),
        () => kv.namespaces.rename(nowhere.id, "title"),
        () => kv.namespaces.delete(nowhere.id),
      ]) {
        equal((await refusedWith(KVErrorCode.namespaceNotFound, start())).status, 404);
      }
      await refusedWith(KVErrorCode.invalidNamespaceId, kv.namespaces.get("no-id"));
    },
  },
  {
    name: "A namespace is made, found, renamed and removed",
    async run(kv) {
      const title = uniqueTitle();
      const made = await kv.namespaces.create(title);
      try {
        equal(made.title, title);
        equal((await kv.namespaces.get(made.id)).title, title);
        equal((await kv.namespaces.find(title))!.id, made.id);
        equal((await kv.namespaces.ensure(title)).id, made.id);
        const renamed = `${title} é/%+"`;
        equal((await kv.namespaces.rename(made.id, renamed)).title, renamed);
        equal((await kv.namespaces.get(made.id)).title, renamed);
        equal(await kv.namespaces.find(title), null);
      } finally {
        await kv.namespaces.delete(made.id);
      }
      await refusedWith(KVErrorCode.namespaceNotFound, kv.namespaces.delete(made.id));
      equal(await kv.namespaces.find(title), null);
    },
  },
  {
    name: "A namespace that is not there is made by ensure",
    async run(kv) {
      const title = uniqueTitle();
      const { id } = await kv.namespaces.ensure(title);
      equal((await kv.namespaces.ensure(title)).id, id);
      await kv.namespaces.delete(id);
    },
  },
  {
    name: "A title that is taken is refused, in creating and in renaming",
    async run(kv) {
      await withNamespaces(kv, 2, async ([first, second]) => {
        await refusedWith(KVErrorCode.titleTaken, kv.namespaces.create(first!.title));
        await refusedWith(KVErrorCode.titleTaken, kv.namespaces.rename(second!.id, first!.title));
        equal((await kv.namespaces.rename(first!.id, first!.title)).title, first!.title);
      });
    },
  },
  {
    name: "Namespaces are listed page by page, sorted as asked",
    async run(kv) {
      await withNamespaces(kv, 5, async (made) => {
        const titles = made.map(({ title }) => title).toSorted();
        const ours = (listed: { title: string }[]): string[] =>
          listed.map(({ title }) => title).filter((title) => titles.includes(title));
        for (const per_page of [2, 3, 1000]) {
          equal(ours(await collect(kv.namespaces.list({ per_page, order: "title" }))), titles);
        }
        const backwards = kv.namespaces.list({ per_page: 4, order: "title", direction: "desc" });
        equal(ours(await collect(backwards)), titles.toReversed());
        const { result, result_info } = await kv.namespaces.list({ per_page: 2, page: 2 });
        equal([result.length, result_info.page, result_info.per_page, result_info.count], [2, 2, 2, 2]);
        const far = await kv.namespaces.list({ page: 10_000 });
        equal(far.result, []);
      });
    },
  },
  {
    name: "Every operation can be called raw, and answers as the spec says",
    async run(kv, { accountId, namespace }) {
      const path = { account_id: accountId, namespace_id: namespace.id };
      const params = { path: { ...path, key_name: "raw/a" } };
      const written = await kv.api.PUT(`${one}/values/{key_name}`, { params, body: "raw\n" });
      equal(resultOf(written, "writeValue"), null);
      const form = { value: new Blob(["v\n"]), metadata: { a: 1 } };
      resultOf(await kv.api.PUT(`${one}/values/{key_name}`, { params, body: form }), "writeValue as a form");
      const read = await kv.api.GET(`${one}/values/{key_name}`, { params, parseAs: "text" });
      resultOf(read, "readValue");
      equal(read.data, "v\n");
      equal(resultOf(await kv.api.GET(`${one}/metadata/{key_name}`, { params }), "readMetadata"), { a: 1 });
      resultOf(await kv.api.DELETE(`${one}/values/{key_name}`, { params }), "deleteValue");
      const pairs = ["raw/b", "raw/c", "raw/d"].map((key) => ({ key, value: "1" }));
      const keys = pairs.map(({ key }) => key);
      equal(
        resultOf(await kv.api.PUT(`${one}/bulk`, { params: { path }, body: pairs }), "writeMultiple"),
        done(3),
      );
      const values = { "raw/b": 1, "raw/c": 1, "raw/d": 1 };
      const body = { keys, type: "json" as const };
      equal(resultOf(await kv.api.POST(`${one}/bulk/get`, { params: { path }, body }), "getMultiple"), {
        values,
      });
      const query = { prefix: "raw/" };
      const listed = resultOf(await kv.api.GET(`${one}/keys`, { params: { path, query } }), "listKeys");
      equal(
        listed,
        keys.map((name) => ({ name })),
      );
      const old = await kv.api.DELETE(`${one}/bulk`, { params: { path }, body: ["raw/b"] });
      equal(resultOf(old, "deleteMultipleDeprecated"), done(1));
      const rest = { params: { path }, body: ["raw/c", "raw/d"] };
      equal(resultOf(await kv.api.POST(`${one}/bulk/delete`, rest), "deleteMultiple"), done(2));
      equal(await keysOf(namespace, "raw/"), []);

      const missing = await kv.api.GET(`${one}/values/{key_name}`, { params, parseAs: "text" });
      equal([missing.response.status, missing.data], [404, undefined]);
      equal(missing.error && typeof missing.error === "object" && missing.error.errors?.[0]?.code, 10009);
    },
  },
  {
    name: "Namespaces can be made, renamed and removed raw",
    async run(kv, { accountId }) {
      const title = uniqueTitle();
      const made = await kv.api.POST(collection, {
        params: { path: { account_id: accountId } },
        body: { title },
      });
      const namespace_id = made.data!.result.id;
      const params = { path: { account_id: accountId, namespace_id } };
      equal((await kv.api.GET(one, { params })).data!.result.title, title);
      await kv.api.PUT(one, { params, body: { title: `${title}-2` } });
      const query = { per_page: 1000, order: "id", direction: "desc" } as const;
      const { data } = await kv.api.GET(collection, { params: { path: { account_id: accountId }, query } });
      equal(data!.result.find(({ id }) => id === namespace_id)!.title, `${title}-2`);
      equal((await kv.api.DELETE(one, { params })).data!.result, null);
    },
  },
  {
    name: "A signal that is aborted ends a call with its reason, before anything is sent",
    async run(kv, { namespace }) {
      const signal = AbortSignal.abort("enough");
      for (const start of [
        () => namespace.get("a", { type: "text", signal }),
        () => namespace.getWithMetadata("a", { type: "stream", signal }),
        () => namespace.put("a", "v", { signal }),
        () => namespace.delete("a", { signal }),
        () => namespace.metadata("a", { signal }),
        () => namespace.list({ signal }),
        () => namespace.bulkPut([{ key: "a", value: "v" }], { signal }),
        () => namespace.bulkDelete(["a"], { signal }),
        () => collect(namespace.bulkGet(["a"], { signal })),
        () => collect(namespace.entries({ signal })),
        () => kv.namespaces.list({ signal }),
        () => kv.namespaces.create("a", { signal }),
        () => kv.namespaces.delete("a", { signal }),
      ]) {
        const outcome = await Promise.resolve(start()).then(
          () => "it was done",
          (reason: unknown) => reason,
        );
        equal(outcome, "enough");
      }
    },
  },
];
