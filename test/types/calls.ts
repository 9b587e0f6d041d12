/** What calls give, and calls that do not compile. Each project compiles it with its own surroundings. */
import {
  createKV,
  type Entry,
  type KV,
  KVAPIError,
  KVBulkError,
  KVErrorCode,
  type KVNamespaceClient,
  type KVOptions,
  limits,
  type ListKey,
  type Missing,
  type Namespace,
  type OperationId,
  type Result,
  toResult,
} from "workers-kv-rest";
import { equals } from "./equals.ts";

declare const kv: KV;
declare const namespace: KVNamespaceClient;
declare const signal: AbortSignal;
interface User {
  name: string;
}

// An option decides the type of the result.
equals<Promise<string | null>>()(namespace.get("a"));
equals<Promise<string | null>>()(namespace.get("a", "text"));
equals<Promise<string | null>>()(namespace.get("a", {}));
equals<Promise<string | null>>()(namespace.get("a", { signal, cacheTtl: 60 }));
equals<Promise<unknown>>()(namespace.get("a", "json"));
equals<Promise<User | null>>()(namespace.get<User>("a", "json"));
equals<Promise<User | null>>()(namespace.get<User>("a", { type: "json", signal }));
equals<Promise<ArrayBuffer | null>>()(namespace.get("a", "arrayBuffer"));
equals<Promise<ArrayBuffer | null>>()(namespace.get("a", { type: "arrayBuffer" }));
equals<Promise<ReadableStream | null>>()(namespace.get("a", "stream"));
equals<Promise<ReadableStream | null>>()(namespace.get("a", { type: "stream" }));
equals<Promise<Map<string, string | null>>>()(namespace.get(["a"]));
equals<Promise<Map<string, string | null>>>()(namespace.get(["a", "b"] as const));
equals<Promise<Map<string, number | null>>>()(namespace.get<number>(["a"] as readonly string[], "json"));
equals<Promise<Map<string, string | null>>>()(namespace.get(["a"], { type: "text" }));
equals<Promise<Map<string, User | null>>>()(namespace.get<User>(["a"], "json"));

equals<string | null>()((await namespace.getWithMetadata("a")).value);
equals<unknown>()((await namespace.getWithMetadata("a")).metadata);
equals<User | null>()((await namespace.getWithMetadata<User>("a")).metadata);
equals<number | null>()((await namespace.getWithMetadata("a", "stream")).expiration);
equals<null>()((await namespace.getWithMetadata("a")).cacheStatus);
equals<ArrayBuffer | null>()((await namespace.getWithMetadata("a", { type: "arrayBuffer" })).value);
equals<ReadableStream | null>()((await namespace.getWithMetadata("a", "stream")).value);
equals<[User | null, string[] | null]>()(
  await namespace
    .getWithMetadata<User, string[]>("a", "json")
    .then(({ value, metadata }): [User | null, string[] | null] => [value, metadata]),
);
equals<string | null | undefined>()((await namespace.getWithMetadata(["a"])).get("a")?.value);

equals<Promise<User | null>>()(namespace.metadata<User>("a"));
equals<Promise<void>>()(namespace.put("a", "v"));
equals<Promise<void>>()(namespace.delete("a", { signal }));

// What toResult gives keeps the types of the call.
equals<Promise<Result<User | null>>>()(toResult(namespace.get<User>("a", "json")));
equals<Promise<Result<Namespace>>>()(toResult(kv.namespaces.get("id")));
const result = await toResult(kv.namespaces.get("id"));
if (result.error) equals<null>()(result.data);
else equals<Namespace>()(result.data);

// Lists are a page and all items.
for await (const key of namespace.list<User>({ prefix: "a" })) equals<ListKey<User>>()(key);
for await (const each of kv.namespaces.list({ order: "title" })) equals<Namespace>()(each);
const page = await namespace.list();
if (!page.list_complete) equals<string>()(page.cursor);
equals<string>()((await kv.namespaces.list()).result[0]?.title ?? "");
for await (const item of namespace.bulkGet(["a", { name: "b" }])) {
  equals<Entry | Missing>()(item);
  if (item.value === null) equals<Missing>()(item);
  else equals<unknown>()(item.metadata);
}
await namespace.bulkPut(namespace.entries());
await namespace.bulkPut([{ key: "a", value: new Uint8Array(), metadata: 0, expirationTtl: 60 }]);
await namespace.bulkDelete(new Set(["a"]));

// Codes, limits and operations are literals.
equals<10014>()(KVErrorCode.titleTaken);
equals<100>()(limits.bulkGetKeys);
export const operation: OperationId = "readValue";
const error: unknown = null;
if (error instanceof KVAPIError) equals<number | undefined>()(error.code);
if (error instanceof KVBulkError) equals<readonly string[]>()(error.unsuccessfulKeys);

// Raw calls are typed by the spec.
const path = { account_id: "a", namespace_id: "n" };
const valuePath = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}";
const { data } = await kv.api.GET("/accounts/{account_id}/storage/kv/namespaces/{namespace_id}", {
  params: { path },
});
equals<string | undefined>()(data?.result.title);

// A value of a raw call is bytes or text, by itself or with its metadata.
const params = { path: { ...path, key_name: "a" } };
for (const body of ["v", new Blob([]), new Uint8Array(), new ArrayBuffer(1), { value: "v", metadata: [0] }]) {
  await kv.api.PUT(valuePath, { params, body });
}

// Options may be given as undefined, also under exactOptionalPropertyTypes.
await namespace.put("a", "v", { expiration: undefined, expirationTtl: undefined, metadata: undefined });
await namespace.bulkPut([{ key: "a", value: "v", expiration: undefined, expirationTtl: undefined }]);
await namespace.list({ prefix: undefined, limit: undefined, cursor: undefined, signal: undefined });
await namespace.get("a", { type: "json", signal: undefined });
createKV({ accountId: "a", apiToken: undefined, apiEmail: "e", apiKey: "k", fetch: undefined });
export const options: KVOptions = {
  accountId: "a",
  apiToken: async () => "t",
  retry: false,
  rateLimit: false,
};

/** Never called: each of these is wrong. */
export function wrongCalls(): unknown[] {
  return [
    // @ts-expect-error no account
    createKV({ apiToken: "t" }),
    // @ts-expect-error a token is text or gives text
    createKV({ accountId: "a", apiToken: 5 }),
    // @ts-expect-error retry is options or false
    createKV({ accountId: "a", apiToken: "t", retry: true }),
    // @ts-expect-error an option that there is not
    createKV({ accountId: "a", apiToken: "t", retries: 5 }),
    // @ts-expect-error a type that no value has
    namespace.get("a", "blob"),
    // @ts-expect-error many keys cannot be read as a stream
    namespace.get(["a"], "stream"),
    // @ts-expect-error nor as bytes
    namespace.get(["a"], { type: "arrayBuffer" }),
    // @ts-expect-error nor with metadata
    namespace.getWithMetadata(["a"], "arrayBuffer"),
    // @ts-expect-error a key is text
    namespace.get(5),
    // @ts-expect-error a value is no number
    namespace.put("a", 5),
    // @ts-expect-error a value is no object
    namespace.put("a", { b: 1 }),
    // @ts-expect-error a value is not null
    namespace.put("a", null),
    // @ts-expect-error a time to live is a number
    namespace.put("a", "v", { expirationTtl: "60" }),
    // @ts-expect-error an option that there is not
    namespace.put("a", "v", { ttl: 60 }),
    // @ts-expect-error a limit is a number
    namespace.list({ limit: "10" }),
    // @ts-expect-error a pair has a value
    namespace.bulkPut([{ key: "a" }]),
    // @ts-expect-error a pair's value is no Blob
    namespace.bulkPut([{ key: "a", value: new Blob([]) }]),
    // @ts-expect-error keys are text
    namespace.bulkDelete([1]),
    // @ts-expect-error items that may be missing are no pairs
    namespace.bulkPut(namespace.bulkGet(["a"])),
    // @ts-expect-error a title is needed
    kv.namespaces.create(),
    // @ts-expect-error no such jurisdiction
    kv.namespaces.create("t", { jurisdiction: "mars" }),
    // @ts-expect-error no such order
    kv.namespaces.list({ order: "name" }),
    // @ts-expect-error a handle is asked for by its id
    kv.namespace(),
    // @ts-expect-error no such path
    kv.api.GET("/accounts/{account_id}/storage/kv", { params: { path } }),
    // @ts-expect-error no such method there
    kv.api.POST("/accounts/{account_id}/storage/kv/namespaces/{namespace_id}", { params: { path } }),
    // @ts-expect-error a value is no number
    kv.api.PUT(valuePath, { params, body: 5 }),
    // @ts-expect-error a form without its value
    kv.api.PUT(valuePath, { params, body: { metadata: 1 } }),
    // @ts-expect-error a path without its key
    kv.api.GET(valuePath, { params: { path } }),
  ];
}

// @ts-expect-error a cursor is there only where a list goes on
export const cursor: string = page.cursor;
// @ts-expect-error a value may be missing
export const length: number = (await namespace.get("a")).length;
// @ts-expect-error an id does not change
namespace.id = "b";
// @ts-expect-error not every number is a code
export const code: (typeof KVErrorCode)[keyof typeof KVErrorCode] = 1;
