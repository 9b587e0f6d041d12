import { describe, expect, test } from "vitest";
import { KVAPIError, KVErrorCode } from "../src/index.ts";
import {
  accountId,
  answering,
  binary,
  namespaceId,
  refusal,
  rejection,
  serve,
  success,
  withoutPauses,
} from "./helpers.ts";

const collection = "/accounts/{account_id}/storage/kv/namespaces";
const one = `${collection}/{namespace_id}` as const;
const value = `${one}/values/{key_name}` as const;
const path = { account_id: accountId, namespace_id: namespaceId };
const params = { path: { ...path, key_name: "a" } };

describe("A raw call", () => {
  test("gives data or error, and the response, and rejects for no status", async () => {
    const { kv } = serve();
    const found = await kv.api.GET(one, { params: { path } });
    expect(found.data).toMatchObject({ success: true, result: { id: namespaceId } });
    expect(found.error).toBeUndefined();
    expect(found.response.status).toBe(200);
    const unknown = { ...path, namespace_id: "0".repeat(32) };
    const missing = await kv.api.GET(one, { params: { path: unknown } });
    expect(missing.data).toBeUndefined();
    expect(missing.error).toMatchObject({
      success: false,
      errors: [{ code: KVErrorCode.namespaceNotFound }],
    });
    expect(missing.response.status).toBe(404);
  });

  test("gives a value in the form that is asked for", async () => {
    const { kv, namespace } = serve();
    await namespace.put("a", binary);
    const { data: buffer } = await kv.api.GET(value, { params, parseAs: "arrayBuffer" });
    expect(new Uint8Array(buffer!)).toEqual(binary);
    const { data: blob } = await kv.api.GET(value, { params, parseAs: "blob" });
    expect(await blob!.bytes()).toEqual(binary);
    const { data: stream } = await kv.api.GET(value, { params, parseAs: "stream" });
    expect(await new Response(stream).bytes()).toEqual(binary);
  });

  test("gives a response that can be read in every way, and again", async () => {
    const { kv, namespace } = serve();
    await namespace.put("a", '{"b":1}', { expiration: 4e9 });
    const { response } = await kv.api.GET(value, { params, parseAs: "text" });
    expect(await response.text()).toBe('{"b":1}');
    expect(await response.json()).toEqual({ b: 1 });
    expect((await response.arrayBuffer()).byteLength).toBe(7);
    expect(await response.clone().text()).toBe('{"b":1}');
    expect(response.bodyUsed).toBe(false);
    expect((await response.blob()).size).toBe(7);
    expect(response.headers.get("expiration")).toBe("4000000000");
    const form = new FormData();
    form.append("a", "b");
    const { kv: other } = answering(() => new Response(form));
    const answered = (await other.api.GET(value, { params, parseAs: "stream" })).response;
    expect((await answered.formData()).get("a")).toBe("b");
    expect([answered.bodyUsed, answered.redirected, answered.type]).toEqual([true, false, "default"]);
  });

  test("goes through the same policies as the facade's", async () => {
    withoutPauses();
    const answers = [refusal(503, 0), success([], { count: 0 })];
    const { kv, requests } = answering(() => answers.shift()!);
    const { data } = await kv.api.GET(`${one}/keys`, { params: { path } });
    expect(data!.result).toEqual([]);
    expect(requests).toHaveLength(2);
  });

  test("ends with the reason of its signal", async () => {
    const { kv } = answering(() => new Promise<Response>(() => {}));
    const controller = new AbortController();
    const call = kv.api.GET(one, { params: { path }, signal: controller.signal });
    controller.abort("enough");
    expect(await rejection(call)).toBe("enough");
  });

  test("is no way to send to an operation that the spec does not have", async () => {
    const { kv, requests } = answering(() => success(null));
    const elsewhere = "/accounts/{account_id}/workers/scripts" as typeof collection;
    expect(await rejection(kv.api.GET(elsewhere, { params: { path } }))).toMatchObject({
      name: "KVInputError",
    });
    expect(await rejection(kv.api.PATCH(collection as never, { params: { path } } as never))).toMatchObject({
      name: "KVInputError",
    });
    expect(requests).toEqual([]);
  });
});

test("A raw call that a proxy answers with its page, and 200, rejects with what was wrong", async () => {
  const headers = { "content-type": "text/html" };
  const { kv } = answering(() => new Response("<html>Sign in</html>", { headers }), { retry: false });
  for (const call of [
    () => kv.api.GET(`${one}/keys`, { params: { path } }),
    () => kv.api.GET(value, { params: { path: { ...path, key_name: "k" } } }),
  ]) {
    const error = await rejection(call());
    expect(error).toBeInstanceOf(KVAPIError);
    expect(String(error)).toMatch(/the service answered 200/);
  }
});

describe("Middleware", () => {
  test("sees raw calls, and may answer in the service's place", async () => {
    const { kv, namespace, requests } = answering(() => success({ a: 1 }));
    const seen: string[] = [];
    kv.api.use({
      onRequest({ schemaPath, request }) {
        seen.push(`${request.method} ${schemaPath}`);
        return schemaPath === one ? success({ id: "made up", title: "t" }) : undefined;
      },
    });
    const { data } = await kv.api.GET(one, { params: { path } });
    expect(data!.result.id).toBe("made up");
    await kv.api.GET(`${one}/metadata/{key_name}`, { params });
    expect(seen).toEqual([`GET ${one}`, `GET ${one}/metadata/{key_name}`]);
    expect(requests).toHaveLength(1);

    expect(await namespace.metadata("a")).toEqual({ a: 1 });
    expect(seen).toHaveLength(2);
  });

  test("may add a header to what is sent", async () => {
    const { kv, requests } = answering(() => success(null));
    kv.api.use({
      onRequest({ request }) {
        request.headers.set("x-trace", "1");
      },
    });
    await kv.api.DELETE(value, { params });
    expect(requests[0]!.headers.get("x-trace")).toBe("1");
  });

  test("may replace an answer", async () => {
    const { kv } = answering(() => success(null));
    kv.api.use({ onResponse: async ({ response }) => (response.ok ? refusal(418, 1) : undefined) });
    expect((await kv.api.DELETE(value, { params })).error).toMatchObject({ errors: [{ code: 1 }] });
  });
});

test("Every call of the facade is told of as the operation that its request is", async () => {
  const told: string[] = [];
  const { kv, namespace, operations } = serve({
    onEvent: ({ type, operation }) => type === "request" && told.push(operation),
  });
  const { id } = await kv.namespaces.create("second");
  await kv.namespaces.get(id);
  await kv.namespaces.rename(id, "third");
  await kv.namespaces.list();
  await kv.namespaces.delete(id);
  await namespace.put("a", "b", { metadata: 1 });
  await namespace.get("a");
  await namespace.getWithMetadata("a", "arrayBuffer");
  await namespace.getWithMetadata("a");
  await namespace.list();
  await namespace.delete("a");
  await namespace.bulkPut([{ key: "a", value: "b" }]);
  await namespace.bulkDelete(["a"]);
  expect(told).toEqual(operations);
  expect(new Set(told).size).toBe(13);
});

test("A raw call without the parameters of its path is refused, and names the first", async () => {
  const { kv, requests } = answering(() => success(null));
  const call = kv.api.GET(one, {} as never);
  await expect(call).rejects.toThrow(/^the call has no account_id for its path$/);
  expect(requests).toEqual([]);
});
