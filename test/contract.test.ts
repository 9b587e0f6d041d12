import { describe, expect, test } from "vitest";
import { createContract, operationCount } from "./contract.ts";
import { accountId, apiToken, namespaceId, success } from "./helpers.ts";

const base = `https://api.cloudflare.com/client/v4/accounts/${accountId}/storage/kv/namespaces`;
const values = `${base}/${namespaceId}/values`;
const authorization = `Bearer ${apiToken}`;
const json = (body: unknown): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "content-type": "application/json" },
});
const form = (fields: Record<string, string | Blob>): RequestInit => {
  const body = new FormData();
  for (const [name, field] of Object.entries(fields)) body.append(name, field);
  return { body };
};
const refused = (status: number, code: number): Response =>
  Response.json(
    { success: false, errors: [{ code, message: "no" }], messages: [], result: null },
    { status },
  );
const namespace = { id: namespaceId, title: "first" };

async function ask(method: string, url: string, init: RequestInit, answer: Response) {
  const contract = createContract();
  const headers = new Headers(init.headers);
  headers.set("authorization", authorization);
  const fetch = contract.guard(async () => answer);
  const { status } = await fetch(new Request(url, { ...init, method, headers }));
  return { ...contract, status };
}

test("It reads all 14 operations from the spec", () => {
  expect(operationCount).toBe(14);
});

describe("A request is against the spec", () => {
  test.each<[string, string, string, RequestInit, RegExp]>([
    ["with a path that no operation has", "GET", `${base}/${namespaceId}/values/`, {}, /no such operation/],
    ["with a method that the path does not take", "PATCH", base, {}, /no such operation/],
    ["with a parameter that the spec does not have", "GET", `${base}?pages=1`, {}, /query.pages is not/],
    ["with a parameter out of bounds", "GET", `${base}?per_page=1001`, {}, /query.per_page must be <= 1000/],
    ["with a parameter of another type", "GET", `${base}?page=one`, {}, /query.page must be integer/],
    ["with a parameter twice", "GET", `${base}?page=1&page=2`, {}, /page is there 2 times/],
    [
      "with an id that is too long",
      "GET",
      `${base}/${"a".repeat(33)}`,
      {},
      /path.namespace_id must NOT have more/,
    ],
    ["with a key over its limit in bytes", "GET", `${values}/${"%C3%A9".repeat(257)}`, {}, /x-max-bytes/],
    [
      "with a header that the spec does not have",
      "GET",
      base,
      { headers: { "cf-kv-metadata": "{}" } },
      /cf-kv-metadata is not/,
    ],
    ["with a body where there is none", "DELETE", `${values}/a`, { body: "{}" }, /there is a body/],
    [
      "with a content type that the spec does not have",
      "PUT",
      `${values}/a`,
      json({ value: "v" }),
      /content type "application\/json"/,
    ],
    [
      "with a field that the spec does not have",
      "POST",
      base,
      json({ title: "t", name: "n" }),
      /body must NOT have additional/,
    ],
    ["without a field that it needs", "POST", base, json({}), /body must have required property 'title'/],
    [
      "with more items than allowed",
      "POST",
      `${base}/${namespaceId}/bulk/get`,
      json({ keys: Array.from({ length: 101 }, String) }),
      /more than 100 items/,
    ],
    [
      "with metadata over its limit in bytes",
      "PUT",
      `${values}/a`,
      form({ value: new Blob(["v"]), metadata: JSON.stringify("é".repeat(512)) }),
      /x-max-bytes/,
    ],
    ["with a value as a text part", "PUT", `${values}/a`, form({ value: "v" }), /line breaks change/],
    [
      "with a part that the spec does not have",
      "PUT",
      `${values}/a`,
      form({ value: new Blob(), expiration: "1" }),
      /additional properties/,
    ],
  ])("%s", async (_, method, url, init, problem) => {
    const { status, violations } = await ask(method, url, init, success(null));
    expect(violations).toEqual([expect.stringMatching(problem)]);
    expect(status).toBe(418);
  });
});

describe("An answer is against the spec", () => {
  const envelope = { success: true, errors: [], messages: [], result: namespace };
  test.each<[string, Response, RegExp]>([
    ["with a status that the spec does not have", new Response(null, { status: 304 }), /the status 304/],
    [
      "with a header that the spec does not have",
      Response.json(envelope, { headers: { expiration: "1" } }),
      /header expiration/,
    ],
    [
      "with a content type that the spec does not have",
      new Response("{}", { headers: { "content-type": "text/json" } }),
      /text\/json/,
    ],
    [
      "with a field that the spec does not have",
      success({ ...namespace, beta: true }),
      /answer\/result must NOT have additional/,
    ],
    [
      "with a field of another type",
      success({ ...namespace, title: 1 }),
      /answer\/result\/title must be string/,
    ],
    [
      "without a field that it needs",
      Response.json({ ...envelope, messages: undefined }),
      /required property 'messages'/,
    ],
    [
      "with a code that the operation does not have",
      refused(404, 10009),
      /the code 10009 with the status 404/,
    ],
    ["with a code under another status", refused(400, 10013), /the code 10013 with the status 400/],
    [
      "with JSON that is none",
      new Response("{", { headers: { "content-type": "application/json" } }),
      /SyntaxError/,
    ],
  ])("%s", async (_, answer, problem) => {
    const { status, violations } = await ask("GET", `${base}/${namespaceId}`, {}, answer);
    expect(violations).toEqual([expect.stringMatching(problem)]);
    expect(status).toBe(418);
  });

  test.each([
    ["text where JSON was asked for with metadata", { type: "json", withMetadata: true }, { a: "v" }],
    ["an entry where text was asked for", { type: "text" }, { a: { value: "v", metadata: null } }],
    ["a number where text was asked for", {}, { a: 1 }],
    ["an entry without metadata where it was asked for", { withMetadata: true }, { a: { value: "v" } }],
  ])("with %s", async (_, options, found) => {
    const { violations } = await ask(
      "POST",
      `${base}/${namespaceId}/bulk/get`,
      json({ keys: ["a"], ...options }),
      success({ values: found }),
    );
    expect(violations).toHaveLength(1);
  });
});

test("What keeps to the spec passes as it is", async () => {
  const answer = success(namespace);
  const { seen, status, violations } = await ask("GET", `${base}/${namespaceId}`, {}, answer);
  expect({ seen, status, violations }).toEqual({ seen: ["getNamespace"], status: 200, violations: [] });
});
