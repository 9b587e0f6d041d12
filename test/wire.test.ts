import nock from "nock";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createKV, type KV, type KVNamespaceClient, type KVOptions, type Value } from "../src/index.ts";
import type { OperationId } from "../src/schema.ts";
import { accountId, apiToken, binary, namespaceId } from "./helpers.ts";

const host = "https://api.cloudflare.com";
const collection = "/accounts/{account_id}/storage/kv/namespaces";
const one = `${collection}/{namespace_id}` as const;
const value = `${one}/values/{key_name}` as const;
const listPath = `/client/v4/accounts/${accountId}/storage/kv/namespaces`;
const namespacePath = `${listPath}/${namespaceId}`;
const account = { account_id: accountId };
const path = { ...account, namespace_id: namespaceId };
const namespace = { id: namespaceId, title: "sessions", supports_url_encoding: true };
const bulkResult = { successful_key_count: 2, unsuccessful_keys: [] };

beforeAll(() => nock.disableNetConnect());
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

interface Received {
  uri: string;
  headers: Record<string, string | string[]>;
  body: unknown;
}

/** Answers the next request of a method, whatever it is, and tells what it was. */
function receive(method: string, reply: string | object): Received {
  const received = {} as Received;
  nock(host)
    .intercept(/^/, method)
    .reply(200, function answer(uri, body) {
      Object.assign(received, { uri, headers: this.req.headers, body });
      return reply;
    });
  return received;
}

const success = (result: unknown, result_info?: object): object => ({
  success: true,
  errors: [],
  messages: [],
  result,
  ...(result_info && { result_info }),
});

/** The lines between the parts of a form have no name of their own. */
function withBoundary(body: unknown): unknown {
  if (typeof body !== "string") return body;
  const [line] = body.split("\r\n", 1);
  return line!.startsWith("--") ? body.replaceAll(line!.slice(2), "LINE") : body;
}

interface Wire {
  /** The facade's call; none where the facade does without the operation. */
  facade: ((kv: KV, namespace: KVNamespaceClient) => Promise<unknown>) | undefined;
  raw: (kv: KV) => Promise<{ response: Response }>;
  /** What goes out, by either. */
  sends: string;
  type?: string;
  body?: unknown;
  answer: string | object;
}

const json = "application/json";
const keys = ["a/b", "é"];
const awkward = "a/b +%2F?#";
const encoded = "a%2Fb%20%2B%252F%3F%23";

/** Every operation: one that is added to the spec has to be added here. */
const wires: Readonly<Record<OperationId, Wire>> = {
  listNamespaces: {
    facade: (kv) => kv.namespaces.list({ page: 2, per_page: 50, order: "title", direction: "desc" }),
    raw: (kv) =>
      kv.api.GET(collection, {
        params: { path: account, query: { page: 2, per_page: 50, order: "title", direction: "desc" } },
      }),
    sends: `GET ${listPath}?page=2&per_page=50&order=title&direction=desc`,
    answer: success([namespace], { page: 2, per_page: 50, count: 1, total_count: 51 }),
  },
  createNamespace: {
    facade: (kv) => kv.namespaces.create("sessions", { jurisdiction: "eu" }),
    raw: (kv) =>
      kv.api.POST(collection, { params: { path: account }, body: { title: "sessions", jurisdiction: "eu" } }),
    sends: `POST ${listPath}`,
    type: json,
    body: { title: "sessions", jurisdiction: "eu" },
    answer: success(namespace),
  },
  getNamespace: {
    facade: (kv) => kv.namespaces.get(namespaceId),
    raw: (kv) => kv.api.GET(one, { params: { path } }),
    sends: `GET ${namespacePath}`,
    answer: success(namespace),
  },
  renameNamespace: {
    facade: (kv) => kv.namespaces.rename(namespaceId, "é"),
    raw: (kv) => kv.api.PUT(one, { params: { path }, body: { title: "é" } }),
    sends: `PUT ${namespacePath}`,
    type: json,
    body: { title: "é" },
    answer: success(namespace),
  },
  removeNamespace: {
    facade: (kv) => kv.namespaces.delete(namespaceId),
    raw: (kv) => kv.api.DELETE(one, { params: { path } }),
    sends: `DELETE ${namespacePath}`,
    answer: success(null),
  },
  writeMultiple: {
    facade: (_, namespace) =>
      namespace.bulkPut([
        { key: "a/b", value: "text", metadata: 0, expirationTtl: 60.9 },
        { key: "é", value: binary },
      ]),
    raw: (kv) =>
      kv.api.PUT(`${one}/bulk`, {
        params: { path },
        body: [
          { key: "a/b", value: "text", metadata: 0, expiration_ttl: 60 },
          { key: "é", value: "/wD+DQo=", base64: true },
        ],
      }),
    sends: `PUT ${namespacePath}/bulk`,
    type: json,
    body: [
      { key: "a/b", value: "text", metadata: 0, expiration_ttl: 60 },
      { key: "é", value: "/wD+DQo=", base64: true },
    ],
    answer: success(bulkResult),
  },
  deleteMultiple: {
    facade: (_, namespace) => namespace.bulkDelete(keys),
    raw: (kv) => kv.api.POST(`${one}/bulk/delete`, { params: { path }, body: keys }),
    sends: `POST ${namespacePath}/bulk/delete`,
    type: json,
    body: keys,
    answer: success(bulkResult),
  },
  deleteMultipleDeprecated: {
    facade: undefined,
    raw: (kv) => kv.api.DELETE(`${one}/bulk`, { params: { path }, body: keys }),
    sends: `DELETE ${namespacePath}/bulk`,
    type: json,
    body: keys,
    answer: success(bulkResult),
  },
  getMultiple: {
    facade: (_, namespace) => namespace.getWithMetadata(keys),
    raw: (kv) =>
      kv.api.POST(`${one}/bulk/get`, { params: { path }, body: { keys, type: "text", withMetadata: true } }),
    sends: `POST ${namespacePath}/bulk/get`,
    type: json,
    body: { keys, type: "text", withMetadata: true },
    answer: success({ values: { "a/b": null, é: { value: "v", metadata: null } } }),
  },
  listKeys: {
    facade: (_, namespace) => namespace.list({ prefix: awkward, limit: 10, cursor: "c+/=" }),
    raw: (kv) =>
      kv.api.GET(`${one}/keys`, { params: { path, query: { limit: 10, prefix: awkward, cursor: "c+/=" } } }),
    sends: `GET ${namespacePath}/keys?limit=10&prefix=${encoded}&cursor=c%2B%2F%3D`,
    answer: success([], { count: 0, cursor: "" }),
  },
  readMetadata: {
    facade: (_, namespace) => namespace.metadata(awkward),
    raw: (kv) =>
      kv.api.GET(`${one}/metadata/{key_name}`, { params: { path: { ...path, key_name: awkward } } }),
    sends: `GET ${namespacePath}/metadata/${encoded}`,
    answer: success({ a: 1 }),
  },
  readValue: {
    facade: (_, namespace) => namespace.get(awkward),
    raw: (kv) => kv.api.GET(value, { params: { path: { ...path, key_name: awkward } }, parseAs: "text" }),
    sends: `GET ${namespacePath}/values/${encoded}`,
    answer: "the value",
  },
  writeValue: {
    facade: (_, namespace) =>
      namespace.put(awkward, "a\nb\r", { metadata: { a: "é" }, expiration: 4e9, expirationTtl: 60 }),
    raw: (kv) =>
      kv.api.PUT(value, {
        params: { path: { ...path, key_name: awkward }, query: { expiration_ttl: 60 } },
        body: { value: "a\nb\r", metadata: { a: "é" } },
      }),
    sends: `PUT ${namespacePath}/values/${encoded}?expiration_ttl=60`,
    type: "multipart/form-data",
    body: [
      '--LINE\r\nContent-Disposition: form-data; name="value"; filename="blob"',
      "\r\nContent-Type: application/octet-stream\r\n\r\na\nb\r\r\n",
      '--LINE\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"a":"é"}\r\n--LINE--\r\n',
    ].join(""),
    answer: success(null),
  },
  deleteValue: {
    facade: (_, namespace) => namespace.delete(awkward),
    raw: (kv) => kv.api.DELETE(value, { params: { path: { ...path, key_name: awkward } } }),
    sends: `DELETE ${namespacePath}/values/${encoded}`,
    answer: success(null),
  },
};

const makeKV = (options: Partial<KVOptions> = {}): KV => createKV({ accountId, apiToken, ...options });

describe.each(Object.entries(wires))("%s", (_, { facade, raw, sends, type, body = "", answer }) => {
  async function send(call: (kv: KV) => Promise<unknown>): Promise<void> {
    const [method, uri] = sends.split(" ") as [string, string];
    const received = receive(method, answer);
    await call(makeKV());
    const { authorization, "content-type": contentType, ...others } = received.headers;
    expect(received.uri).toBe(uri);
    expect(authorization).toBe(`Bearer ${apiToken}`);
    expect(String(contentType).split(";")[0]).toBe(String(type));
    expect(others).toEqual({ host: "api.cloudflare.com" });
    expect(withBoundary(received.body)).toEqual(body);
  }

  test.skipIf(!facade)("goes out as the spec has it", () =>
    send((kv) => facade!(kv, kv.namespace(namespaceId))),
  );

  test("goes out in the same form from a raw call, and its answer is handed on", () =>
    send(async (kv) => {
      const { response } = await raw(kv);
      expect(response.status).toBe(200);
      expect(response.url).toBe(host + sends.split(" ")[1]);
    }));
});

async function headersOf(options: Partial<KVOptions>): Promise<Received["headers"]> {
  const received = receive("DELETE", success(null));
  await makeKV({ apiToken: undefined, ...options })
    .namespace(namespaceId)
    .delete("a");
  return received.headers;
}

describe("The credentials", () => {
  test("are an email and a key, where no token is given", async () => {
    const headers = await headersOf({ apiEmail: "a@example.com", apiKey: "0123abcd" });
    expect(headers).toEqual({
      host: "api.cloudflare.com",
      "x-auth-email": "a@example.com",
      "x-auth-key": "0123abcd",
    });
  });

  test("are asked for before each request, where the token is a function", async () => {
    const tokens = ["first", "second"];
    const kv = makeKV({ apiToken: async () => tokens.shift()! });
    for (const token of ["first", "second"]) {
      const received = receive("GET", success(null));
      await kv.namespace(namespaceId).metadata("a");
      expect(received.headers["authorization"]).toBe(`Bearer ${token}`);
    }
  });
});

describe("A value goes out byte for byte", () => {
  const text = '{"value":"v\n"}';
  const bytes = new TextEncoder().encode(text);
  const wide = new Uint8Array([1, ...bytes, 1]);
  const forms: [string, () => Value][] = [
    ["text", () => text],
    ["an ArrayBuffer", () => bytes.buffer],
    ["a view", () => wide.subarray(1, -1)],
    ["a Blob with a type of its own", () => new Blob([bytes], { type: "application/json" })],
    ["a stream", () => new Blob([bytes]).stream()],
  ];

  test.each(forms)("as %s, and not as JSON", async (_, make) => {
    const kv = makeKV({ retry: false });
    const facade = (): Promise<unknown> => kv.namespace(namespaceId).put("a", make());
    const raw = (): Promise<unknown> =>
      kv.api.PUT(value, { params: { path: { ...path, key_name: "a" } }, body: make() as string });
    for (const call of [facade, raw]) {
      const received = receive("PUT", success(null));
      await call();
      expect(received.body).toBe(text);
      expect(received.headers["content-type"]).toBe("application/octet-stream");
    }
  });

  test("where it is not text", async () => {
    const received = receive("PUT", success(null));
    await makeKV().namespace(namespaceId).put("a", binary);
    // What is not UTF-8, nock hands on in hexadecimal.
    expect(received.body).toBe("ff00fe0d0a");
  });

  test("as a form that the caller made", async () => {
    const body = new FormData();
    body.append("metadata", "1");
    body.append("value", new Blob(["v"]));
    const received = receive("PUT", success(null));
    await makeKV().api.PUT(value, { params: { path: { ...path, key_name: "a" } }, body: body as never });
    expect(withBoundary(received.body)).toMatch(/^--LINE\r\n.*name="metadata"\r\n\r\n1\r\n--LINE/s);
    expect(received.headers["content-type"]).toMatch(/^multipart\/form-data; boundary=/);
  });
});

describe("A key is one segment of the path, percent-encoded", () => {
  test.each([
    ["...", "..."],
    ["a/../b", "a%2F..%2Fb"],
    ["/", "%2F"],
    ["%2e%2e", "%252e%252e"],
    ["100%", "100%25"],
    ["a+b c", "a%2Bb%20c"],
    ["?q=1&r#f", "%3Fq%3D1%26r%23f"],
    ["\u001F^\"'\\", "%1F%5E%22'%5C"],
    [";:@=,$", "%3B%3A%40%3D%2C%24"],
    ["é😀", "%C3%A9%F0%9F%98%80"],
    ["\r\n\0", "%0D%0A%00"],
  ])("%j", async (key, segment) => {
    const kv = makeKV();
    const raw = (): Promise<unknown> =>
      kv.api.DELETE(value, { params: { path: { ...path, key_name: key } } });
    for (const call of [() => kv.namespace(namespaceId).delete(key), raw]) {
      const received = receive("DELETE", success(null));
      await call();
      expect(received.uri).toBe(`${namespacePath}/values/${segment}`);
    }
  });
});

describe("An answer comes in byte for byte", () => {
  test("as text that was compressed", async () => {
    const { gzipSync } = await import("node:zlib");
    nock(host)
      .get(`${namespacePath}/values/a`)
      .reply(200, gzipSync("\uFEFFcompressed"), { "content-encoding": "gzip", expiration: "4000000000" });
    expect(await makeKV().namespace(namespaceId).get("a")).toBe("\uFEFFcompressed");
  });

  test("as bytes and in chunks", async () => {
    nock(host).get(`${namespacePath}/values/a`).twice().reply(200, Buffer.from(binary));
    const namespace = makeKV().namespace(namespaceId);
    expect(await namespace.get("a", "arrayBuffer")).toEqual(binary.buffer);
    const stream = await namespace.get("a", "stream");
    expect(await new Response(stream).bytes()).toEqual(binary);
  });
});

test("fetch is looked up when a call is made, so that nock sees clients made before it", async () => {
  nock.restore();
  const kv = makeKV();
  nock.activate();
  nock(host).get(`${namespacePath}/values/a`).reply(200, "seen");
  expect(await kv.namespace(namespaceId).get("a")).toBe("seen");
});
