import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { onAbort, sleep, unlessAborted } from "../src/abort.ts";
import { answering, collect, refusal, rejection, success } from "./helpers.ts";

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("A signal of many calls has one listener, which an abort takes to all of them, and none afterwards", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const { namespace } = answering(() => new Promise<Response>(() => {}));
  const calls = Array.from({ length: 50 }, (_, i) => rejection(namespace.get(`key-${i}`, { signal })));
  expect(listenersOf(signal)).toBe(1);
  controller.abort(new Error("enough"));
  expect(new Set((await Promise.all(calls)).map(String))).toEqual(new Set(["Error: enough"]));
  expect(listenersOf(signal)).toBe(0);
});

test("A signal whose calls have all ended has no listener", async () => {
  const { signal } = new AbortController();
  const { namespace } = answering(() => success(null));
  await Promise.all(Array.from({ length: 20 }, (_, i) => namespace.delete(`key-${i}`, { signal })));
  expect(listenersOf(signal)).toBe(0);
});

test("Who no longer listens is not called, and may say so twice", () => {
  const controller = new AbortController();
  const called: string[] = [];
  const endFirst = onAbort(controller.signal, () => called.push("first"));
  const endSecond = onAbort(controller.signal, () => called.push("second"));
  endFirst();
  endFirst();
  onAbort(controller.signal, () => called.push("third"));
  controller.abort();
  endSecond();
  expect(called).toEqual(["second", "third"]);
});

test("What is no signal, such as the controller that has it, is refused by every method before a request", async () => {
  const { kv, namespace, requests } = answering(() => success(null));
  const options = { signal: new AbortController() as unknown as AbortSignal };
  const stream = new Blob(["value"]).stream();
  const path = { account_id: "a" };
  const calls: readonly (() => PromiseLike<unknown>)[] = [
    () => namespace.get("key", options),
    () => namespace.get(["key"], options),
    () => namespace.getWithMetadata("key", options),
    () => namespace.put("key", "value", options),
    () => namespace.put("key", stream, options),
    () => namespace.delete("key", options),
    () => namespace.metadata("key", options),
    () => namespace.list(options),
    () => collect(namespace.list(options)),
    () => namespace.bulkPut([{ key: "key", value: "value" }], options),
    () => namespace.bulkDelete(["key"], options),
    () => collect(namespace.bulkGet(["key"], options)),
    () => collect(namespace.entries(options)),
    () => kv.namespaces.create("title", options),
    () => kv.namespaces.list(options),
    () => kv.api.GET("/accounts/{account_id}/storage/kv/namespaces", { params: { path }, ...options }),
  ];
  for (const call of calls) {
    const error = await rejection(call());
    expect(error, String(call)).toMatchObject({
      name: "KVInputError",
      message: "signal is of type object, not an AbortSignal",
    });
  }
  expect(requests).toEqual([]);
});

test("Where a value cannot be read, its metadata is asked for no longer", async () => {
  for (const type of ["arrayBuffer", "stream"] as const) {
    const gone: Promise<void>[] = [];
    const { namespace } = answering(({ path }, { signal }) => {
      if (path.includes("/values/")) return refusal(403, 10000);
      gone.push(new Promise((resolve) => signal.addEventListener("abort", () => resolve())));
      return new Promise<Response>(() => {});
    });
    // The type decides between two overloads.
    const read = namespace.getWithMetadata.bind(namespace) as (key: string, type: string) => Promise<unknown>;
    expect(await rejection(read("key", type))).toMatchObject({ status: 403 });
    expect(gone).toHaveLength(1);
    await Promise.all(gone);
  }
});

test("What has been aborted before waits for nothing", async () => {
  const signal = AbortSignal.abort("before");
  await expect(sleep(1e9, signal)).rejects.toBe("before");
  await expect(unlessAborted(new Promise(() => {}), signal)).rejects.toBe("before");
});

test("A reason that is falsy, which openapi-fetch passes over, is an AbortError that names it", async () => {
  const { namespace, kv } = answering(() => new Promise<Response>(() => {}));
  for (const [reason, text] of [
    [null, "null"],
    [0, "0"],
    ["", '""'],
  ] as const) {
    const signal = AbortSignal.abort(reason);
    const expected = { name: "AbortError", message: `The call was aborted: ${text}` };
    expect(await rejection(namespace.get("k", { signal }))).toMatchObject(expected);
    expect(await rejection(kv.namespaces.list({ signal }))).toMatchObject(expected);
  }
});
