/** curl: each call as the documentation of the API has it. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytes, serve, stores, temporaryFolder } from "./service.ts";

describe.each(stores)("curl, on the server with its data %s", async (store) => {
  const { accountId, token, baseUrl } = await serve(store);
  const folder = temporaryFolder();
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return name;
  };

  /** What curl prints: the body, then its --write-out. */
  function raw(path: string, ...words: readonly string[]): Promise<Buffer> {
    const url = `${baseUrl}/accounts/${accountId}/storage/kv/namespaces${path}`;
    const credentials = words.some((word) => word.startsWith("X-Auth"))
      ? []
      : ["-H", `Authorization: Bearer ${token}`];
    const common = ["--silent", "--show-error", "--path-as-is", "--max-time", "30", ...credentials];
    return new Promise((resolve, reject) => {
      execFile(
        "curl",
        [...common, ...words, url],
        { cwd: folder, encoding: "buffer", maxBuffer: 2 ** 25 },
        (error, stdout) => (error ? reject(error) : resolve(stdout)),
      );
    });
  }
  const curl = async (path: string, ...words: readonly string[]): Promise<any> =>
    JSON.parse((await raw(path, ...words)).toString());
  const statusOf = async (path: string, ...words: readonly string[]): Promise<number> =>
    Number(await raw(path, ...words, "--output", "discarded", "--write-out", "%{http_code}"));

  const { result } = await curl("", "-H", "Content-Type: application/json", "-d", '{"title":"first"}');
  const namespace = `/${result.id}`;

  test("lists, gets, renames and deletes namespaces", async () => {
    const { id } = (await curl("", "-d", '{"title":"second"}')).result;
    expect((await curl(`/${id}`, "-X", "PUT", "-d", '{"title":"renamed"}')).result).toMatchObject({
      id,
      title: "renamed",
    });
    expect((await curl("?order=title&per_page=1")).result_info).toEqual({
      count: 1,
      page: 1,
      per_page: 1,
      total_count: 2,
    });
    expect((await curl(`/${id}`, "-X", "DELETE")).result).toBeNull();
    expect((await curl(`/${id}`)).errors[0].code).toBe(10013);
  });

  test("puts values as data, files and forms, and gets them", async () => {
    const value = (key: string): string => `${namespace}/values/${key}`;
    expect(await curl(value("data"), "-X", "PUT", "--data-binary", "a\nb")).toMatchObject({
      success: true,
      result: null,
    });
    await curl(value("file?expiration_ttl=3600"), "-T", file("bytes", bytes));
    await curl(value("form"), "-X", "PUT", "-F", "value=@bytes", "-F", 'metadata={"a":1}');
    await curl(value("text"), "-X", "PUT", "-F", "metadata=[1]", "--form-string", "value=a\nb");
    await curl(value("%2E%2E%2Fx"), "-X", "PUT", "-d", "@bytes");
    await curl(value("large"), "-T", file("large", new Uint8Array(25 * 2 ** 20)));

    expect((await raw(value("data"))).toString()).toBe("a\nb");
    expect(new Uint8Array(await raw(value("file")))).toEqual(bytes);
    expect(new Uint8Array(await raw(value("form")))).toEqual(bytes);
    expect((await raw(value("text"))).toString()).toBe("a\nb");
    expect((await raw(value("large"))).length).toBe(25 * 2 ** 20);
    expect((await raw(value("file"), "-D", "-", "--output", "discarded")).toString()).toMatch(
      /^expiration: \d{10}\r$/m,
    );
    expect((await curl(`${namespace}/metadata/form`)).result).toEqual({ a: 1 });
    expect(
      (await curl(`${namespace}/keys?limit=10`)).result.map(({ name }: { name: string }) => name),
    ).toEqual(["../x", "data", "file", "form", "large", "text"]);
    expect(await curl(value("data"), "-X", "DELETE")).toMatchObject({ success: true });
    expect(await statusOf(value("data"))).toBe(404);
  });

  test("writes, gets and deletes many, in both forms", async () => {
    const pairs = [
      { key: "b1", value: "1" },
      { key: "b2", value: "Mg==", base64: true, metadata: { m: 2 } },
    ];
    const put = await curl(
      `${namespace}/bulk`,
      "-X",
      "PUT",
      "-d",
      `@${file("pairs", JSON.stringify(pairs))}`,
    );
    expect(put.result).toEqual({ successful_key_count: 2, unsuccessful_keys: [] });
    const body = JSON.stringify({ keys: ["b1", "b2", "b3"], withMetadata: true });
    expect((await curl(`${namespace}/bulk/get`, "-d", body)).result.values).toEqual({
      b1: { value: "1", metadata: null },
      b2: { value: "2", metadata: { m: 2 } },
      b3: null,
    });
    expect((await curl(`${namespace}/bulk/delete`, "-d", '["b1"]')).result.successful_key_count).toBe(1);
    expect(
      (await curl(`${namespace}/bulk`, "-X", "DELETE", "-d", '["b2"]')).result.successful_key_count,
    ).toBe(1);
    expect((await curl(`${namespace}/keys?prefix=b`)).result).toEqual([]);
  });

  test("is refused what is no path, and the namespace survives it", async () => {
    for (const path of ["/values/..", "/values/%2e%2e", "//", "/", "/values/"]) {
      expect(await statusOf(`${namespace}${path}`, "-X", "DELETE")).toBeGreaterThanOrEqual(400);
    }
    expect(await statusOf(namespace)).toBe(200);
  });

  test("is refused a foreign host, an upload that is too large, and credentials that are none", async () => {
    expect(await statusOf(namespace, "-H", "Host: evil.example")).toBe(403);
    const tooLarge = file("too-large", new Uint8Array(25 * 2 ** 20 + 1));
    expect(await statusOf(`${namespace}/values/a`, "-T", tooLarge)).toBe(413);
    expect(await statusOf(`${namespace}/values/a`, "-T", tooLarge, "-H", "Transfer-Encoding: chunked")).toBe(
      413,
    );
    expect(await statusOf("", "-H", "X-Auth-Key: k")).toBe(400);
    expect(await statusOf("", "-H", `X-Auth-Key: ${token}`, "-H", "X-Auth-Email: a@b.c")).toBe(200);
  });
});
