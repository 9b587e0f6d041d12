/** Cloudflare's SDK for TypeScript: every call that it has for Workers KV. */
import Cloudflare, { APIError, toFile } from "cloudflare";
import { describe, expect, test } from "vitest";
import { bytes, serve, stores } from "./service.ts";

describe.each(stores)("cloudflare, on the server with its data %s", async (store) => {
  const { accountId: account_id, token, baseUrl } = await serve(store);
  const client = new Cloudflare({ apiToken: token, baseURL: baseUrl, maxRetries: 0 });
  const { namespaces } = client.kv;
  const { id } = await namespaces.create({ account_id, title: "first" });

  async function namesOf(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of namespaces.keys.list(id, { account_id, prefix, limit: 10 }))
      names.push(name);
    return names;
  }

  test("has the base URL from the environment variable that is printed for it", async () => {
    process.env["CLOUDFLARE_BASE_URL"] = baseUrl;
    const fromEnvironment = new Cloudflare({ apiToken: token });
    delete process.env["CLOUDFLARE_BASE_URL"];
    expect((await fromEnvironment.kv.namespaces.get(id, { account_id })).title).toBe("first");
  });

  test("creates, reads, renames, lists and deletes namespaces", async () => {
    const made = await Promise.all(
      Array.from({ length: 25 }, (_, i) =>
        namespaces.create({ account_id, title: `n${String(i).padStart(2, "0")}` }),
      ),
    );
    expect(await namespaces.update(made[0]!.id, { account_id, title: "renamed" })).toMatchObject({
      id: made[0]!.id,
      title: "renamed",
    });
    expect(await namespaces.get(made[0]!.id, { account_id })).toMatchObject({
      title: "renamed",
      supports_url_encoding: true,
    });
    const titles: string[] = [];
    for await (const { title } of namespaces.list({
      account_id,
      per_page: 10,
      order: "title",
      direction: "desc",
    })) {
      titles.push(title);
    }
    expect(titles).toEqual([
      "renamed",
      ...made
        .slice(1)
        .map(({ title }) => title)
        .toReversed(),
      "first",
    ]);
    for (const each of made) await namespaces.delete(each.id, { account_id });
    expect((await namespaces.list({ account_id })).result).toHaveLength(1);
  });

  test("writes text, files and metadata, and reads them", async () => {
    const key = "a/b c%2F?#ü🔑";
    const file = await toFile(bytes, "value.bin");
    await namespaces.values.update(key, {
      account_id,
      namespace_id: id,
      value: file as unknown as string,
      metadata: JSON.stringify({ a: [1] }),
      expiration_ttl: 3600,
    });
    const response = await namespaces.values.get(key, { account_id, namespace_id: id });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
    expect(Number(response.headers.get("expiration")) - Date.now() / 1000).toBeGreaterThan(3_500);
    expect(await namespaces.metadata.get(key, { account_id, namespace_id: id })).toEqual({ a: [1] });

    const expiration = Math.floor(Date.now() / 1000) + 1_000;
    await namespaces.values.update(key, { account_id, namespace_id: id, value: "text ü", expiration });
    const text = await namespaces.values.get(key, { account_id, namespace_id: id });
    expect([await text.text(), text.headers.get("expiration")]).toEqual(["text ü", String(expiration)]);
    expect(await namespaces.metadata.get(key, { account_id, namespace_id: id })).toBeNull();
    await namespaces.values.delete(key, { account_id, namespace_id: id });
    await expect(namespaces.values.get(key, { account_id, namespace_id: id })).rejects.toMatchObject({
      status: 404,
      errors: [{ code: 10009, message: "get: 'key not found'" }],
    });
  });

  test("writes, reads, lists over several pages and deletes many", async () => {
    const body = Array.from({ length: 35 }, (_, i) => ({
      key: `many:${String(i).padStart(2, "0")}`,
      value: `${i}`,
    }));
    const names = body.map(({ key }) => key);
    expect(await namespaces.bulkUpdate(id, { account_id, body })).toEqual({
      successful_key_count: 35,
      unsuccessful_keys: [],
    });
    const base64 = [{ key: "many:35", value: "/wA=", base64: true, metadata: { m: 1 } }];
    await namespaces.keys.bulkUpdate(id, { account_id, body: base64 });
    expect(await namesOf("many:")).toEqual([...names, "many:35"]);
    expect(await namespaces.bulkGet(id, { account_id, keys: ["many:07", "none"] })).toEqual({
      values: { "many:07": "7", none: null },
    });
    expect(
      await namespaces.keys.bulkGet(id, { account_id, keys: ["many:07"], type: "json", withMetadata: true }),
    ).toEqual({ values: { "many:07": { value: 7, metadata: null } } });
    expect(await namespaces.bulkDelete(id, { account_id, body: names.slice(0, 20) })).toMatchObject({
      successful_key_count: 20,
    });
    await namespaces.keys.bulkDelete(id, { account_id, body: [...names.slice(20), "many:35"] });
    expect(await namesOf("many:")).toEqual([]);
  });

  test.each([
    ["another token", { apiToken: "another" }, 403, 10001],
    ["a malformed token", { apiToken: "a b" }, 400, 6003],
    ["an unknown email and key", { apiToken: null, apiEmail: "a@example.com", apiKey: "abc" }, 403, 9103],
  ])("sees its errors for %s", async (_, credentials, status, code) => {
    const other = new Cloudflare({ baseURL: baseUrl, maxRetries: 0, ...credentials });
    const error: unknown = await other.kv.namespaces.list({ account_id }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status, errors: [{ code }] });
  });

  test("is told who it is, and of its account", async () => {
    expect(await client.user.tokens.verify()).toMatchObject({ status: "active" });
    expect((await client.accounts.list()).result).toMatchObject([{ id: account_id }]);
    expect((await client.memberships.list()).result).toMatchObject([{ account: { id: account_id } }]);
  });
});
