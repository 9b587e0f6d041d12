/** What a binding is asked for in odd ways. Each operation keeps to keys that begin with its prefix. */

export interface Operation {
  name: string;
  run(kv: KVNamespace, prefix: string): Promise<unknown>;
}

/** Calls that the types do not allow, and that programs make all the same. */
interface Loose {
  get(...parameters: unknown[]): Promise<unknown>;
  getWithMetadata(...parameters: unknown[]): Promise<unknown>;
  put(...parameters: unknown[]): Promise<unknown>;
  delete(...parameters: unknown[]): Promise<unknown>;
  list(...parameters: unknown[]): Promise<unknown>;
}
const loose = (kv: KVNamespace): Loose => kv as unknown as Loose;

/** The outcome in a form that can be compared: how it is refused does not matter, that it is does. */
export async function outcomeOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await shown(await run());
  } catch (error) {
    return { refused: true, because: error instanceof Error ? error.message : String(error) };
  }
}

/** Values that JSON does not hold, said in words. */
async function shown(value: unknown): Promise<unknown> {
  if (value === undefined) return "undefined";
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  if (value instanceof ReadableStream) {
    return { stream: [...new Uint8Array(await new Response(value as BodyInit).arrayBuffer())] };
  }
  if (value instanceof Map)
    return { map: await Promise.all([...value].map((entry) => Promise.all(entry.map(shown)))) };
  if (Array.isArray(value)) return Promise.all(value.map(shown));
  if (typeof value !== "object" || value === null) return value;
  // REST tells when a value expires; the binding does not.
  const fields = Object.entries(value).filter(([name]) => name !== "expiration" || !("value" in value));
  return Object.fromEntries(
    await Promise.all(fields.map(async ([name, field]) => [name, await shown(field)])),
  );
}

const seconds = (): number => Math.floor(Date.now() / 1000);
const bytes = (...numbers: number[]): Uint8Array<ArrayBuffer> => Uint8Array.of(...numbers);
const notText = bytes(0xff, 0, 0xfe, 13, 10);

const values: Record<string, unknown> = {
  "an empty text": "",
  "an umlaut and an emoji": "ä😀",
  "a byte order mark": "\uFEFFtext",
  "line ends and NUL": "a\r\nb\nc\rd\0",
  "a lone surrogate": "\uD800",
  "bytes that are no text": notText,
  "a part of a buffer": new Uint16Array([1, 2, 3, 4]).subarray(1, 3),
  "a DataView": new DataView(bytes(1, 2, 3).buffer, 1),
  "an ArrayBuffer": bytes(1, 2).buffer,
  "no bytes": bytes(),
  JSON: '{"a":[1,null,"b"]}',
  "the JSON null": "null",
  "half of a JSON": "{",
  "a number": 5,
  "a boolean": true,
  null: null,
  undefined: undefined,
  "an object": { a: 1 },
  "an array": [1, 2],
  "a date": new Date(0),
  "a Blob": new Blob(["blob"]),
  "25 MiB and a byte": new Uint8Array(25 * 1024 * 1024 + 1),
};

const puts = Object.entries(values).map(([name, value]): Operation => ({
  name: `put ${name}, and read it in each way`,
  async run(kv, prefix) {
    const key = `${prefix}key`;
    const put = await outcomeOf(() => loose(kv).put(key, value));
    if (name === "25 MiB and a byte") return put;
    const reads = ["text", "json", "arrayBuffer", "stream"].map((type) =>
      outcomeOf(() => loose(kv).get(key, type)),
    );
    return { put, reads: await Promise.all(reads) };
  },
}));

const metadata: Record<string, unknown> = {
  false: false,
  "0": 0,
  "an empty text": "",
  null: null,
  undefined: undefined,
  "an object": { a: { b: [1] } },
  "an empty object": {},
  "an array": [null],
  __proto__: JSON.parse('{"__proto__":1}'),
  "a date": new Date(0),
  "undefined within": { a: undefined },
  "1,024 bytes": "x".repeat(1022),
  "1,025 bytes": "x".repeat(1023),
  "1,024 bytes of umlauts": "ä".repeat(511),
  "a function": () => {},
  "a BigInt": 1n,
};

const metadatas = Object.entries(metadata).map(([name, each]): Operation => ({
  name: `metadata: ${name}`,
  async run(kv, prefix) {
    const key = `${prefix}key`;
    const put = await outcomeOf(() => kv.put(key, "value", { metadata: each }));
    return [put, await kv.getWithMetadata(key), (await kv.list({ prefix })).keys];
  },
}));

const expirations: Record<string, unknown> = {
  "a ttl of 60": { expirationTtl: 60 },
  "a ttl of 59": { expirationTtl: 59 },
  "a ttl of 0": { expirationTtl: 0 },
  "a negative ttl": { expirationTtl: -1 },
  "a ttl of 60.9": { expirationTtl: 60.9 },
  "a ttl as text": { expirationTtl: "90" },
  "a ttl of NaN": { expirationTtl: NaN },
  "a ttl of null": { expirationTtl: null },
  "a ttl of undefined": { expirationTtl: undefined },
  "a ttl of Infinity": { expirationTtl: Infinity },
  "an expiration of 55 seconds ahead": { expiration: "+55" },
  "an expiration of 100 seconds ahead": { expiration: "+100" },
  "an expiration in the past": { expiration: "-1" },
  "an expiration of 0": { expiration: 0 },
  "an expiration with a fraction": { expiration: "+100.5" },
  "an expiration and a ttl": { expiration: "+1000", expirationTtl: 100 },
  "a past expiration and a ttl": { expiration: 1, expirationTtl: 100 },
};

const expiries = Object.entries(expirations).map(([name, options]): Operation => ({
  name: `expiry: ${name}`,
  async run(kv, prefix) {
    const now = seconds();
    const given = { ...(options as Record<string, unknown>) };
    if (typeof given["expiration"] === "string") given["expiration"] = now + Number(given["expiration"]);
    const put = await outcomeOf(() => loose(kv).put(`${prefix}key`, "value", given));
    const [listed] = (await kv.list({ prefix })).keys;
    // In tens of seconds: two machines are not equally fast.
    const ahead =
      listed?.expiration === undefined ? "never" : Math.round((listed.expiration - now) / 10) * 10;
    return { put, expires: listed ? ahead : "not there" };
  },
}));

const keys: Record<string, unknown> = {
  empty: "",
  ".": ".",
  "..": "..",
  "...": "...",
  "512 bytes": "k".repeat(512),
  "513 bytes": "k".repeat(513),
  "512 bytes of umlauts": "ä".repeat(256),
  "514 bytes of umlauts": "ä".repeat(257),
  "a lone surrogate": "\uDC00",
  slashes: "/a//b/",
  dots: "a/../b/./c",
  percent: "%2F%zz%",
  "plus and space": "a+b c ",
  "question mark and hash": "?a#b&c=d",
  "line end and NUL": "a\nb\0c",
  backslash: "a\\b",
  "a byte order mark": "\uFEFFa",
  __proto__: "__proto__",
  constructor: "constructor",
  "a number": 5,
  null: null,
  undefined: undefined,
};

const keyUses = Object.entries(keys).map(([name, key]): Operation => ({
  name: `a key: ${name}`,
  async run(kv) {
    const use = loose(kv);
    const put = await outcomeOf(() => use.put(key, "value"));
    const read = await outcomeOf(() => use.get(key));
    const many = typeof key === "string" ? await outcomeOf(() => kv.get([key])) : undefined;
    const found = await outcomeOf(async () => {
      const { keys } = await kv.list({ prefix: String(key) });
      return keys.filter((each) => each.name === String(key)).length;
    });
    const gone = await outcomeOf(() => use.delete(key));
    return { put, read, many, found, gone, after: await outcomeOf(() => use.get(key)) };
  },
}));

const types: unknown[] = [
  "blob",
  "",
  null,
  undefined,
  {},
  { type: undefined },
  { type: "json" },
  { type: "nothing" },
  { cacheTtl: 60 },
  { cacheTtl: 30 },
  { cacheTtl: 0 },
  { type: "arrayBuffer", cacheTtl: 3600 },
];

const reads: Operation[] = types.flatMap((type) =>
  (["get", "getWithMetadata"] as const).map((method) => ({
    name: `${method}(key, ${JSON.stringify(type)})`,
    async run(kv: KVNamespace, prefix: string) {
      await kv.put(`${prefix}key`, '"value"', { metadata: 1 });
      return [
        await outcomeOf(() => loose(kv)[method](`${prefix}key`, type)),
        await outcomeOf(() => loose(kv)[method](`${prefix}none`, type)),
      ];
    },
  })),
);

const many: Operation[] = [
  ...["text", "json", "arrayBuffer", "stream", undefined].flatMap((type) =>
    (["get", "getWithMetadata"] as const).map((method) => ({
      name: `${method}([keys], ${JSON.stringify(type)})`,
      async run(kv: KVNamespace, prefix: string) {
        await kv.put(`${prefix}a`, '{"a":1}', { metadata: { a: 1 } });
        await kv.put(`${prefix}b`, "2");
        return loose(kv)[method]([`${prefix}b`, `${prefix}none`, `${prefix}a`], type);
      },
    })),
  ),
  { name: "get([])", run: (kv) => kv.get([]) },
  { name: "get([key, key])", run: (kv, prefix) => kv.get([`${prefix}a`, `${prefix}a`]) },
  {
    name: "get of 101 keys",
    run: async (kv, prefix) => (await kv.get(Array.from({ length: 101 }, (_, i) => prefix + i))).size,
  },
  {
    name: "get([keys]) with bytes among them",
    async run(kv, prefix) {
      await kv.put(`${prefix}a`, notText);
      return kv.get([`${prefix}a`]);
    },
  },
  {
    name: "get([keys], json) with no JSON among them",
    async run(kv, prefix) {
      await kv.put(`${prefix}a`, "{");
      return kv.get([`${prefix}a`], "json");
    },
  },
];

const listOptions: unknown[] = [
  undefined,
  {},
  { limit: 1 },
  { limit: 3 },
  { limit: 0 },
  { limit: -1 },
  { limit: 1000 },
  { limit: 1001 },
  { limit: 1.5 },
  { limit: "2" },
  { limit: null },
  { prefix: null },
  { prefix: undefined },
  { cursor: null },
  { cursor: "" },
  { cursor: "no cursor" },
];

const lists: Operation[] = [
  ...listOptions.map((options) => ({
    name: `list(${JSON.stringify(options)})`,
    async run(kv: KVNamespace, prefix: string) {
      for (const name of ["b", "a", "c"]) await kv.put(prefix + name, "", { metadata: name });
      const hasPrefix = typeof options === "object" && options !== null && "prefix" in options;
      const page = (await loose(kv).list(hasPrefix || !options ? options : { prefix, ...options })) as {
        keys: { name: string }[];
        cursor?: string;
      };
      const own = page.keys.filter(({ name }) => name.startsWith(prefix));
      return { ...page, keys: own, ...("cursor" in page ? { cursor: typeof page.cursor } : {}) };
    },
  })),
  {
    name: "list in pages of 2, in the order of the keys' bytes",
    async run(kv, prefix) {
      for (const name of ["Z", "a/", "a", "é", "\uE000", "😀", "aa"]) await kv.put(prefix + name, "");
      const pages: string[][] = [];
      for (let cursor: string | undefined; ;) {
        const page = await kv.list({ prefix, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        pages.push(page.keys.map(({ name }) => name));
        if (page.list_complete) return pages;
        cursor = page.cursor;
      }
    },
  },
  {
    name: "list with a cursor of another prefix",
    async run(kv, prefix) {
      for (const name of ["a1", "a2", "b1", "b2"]) await kv.put(prefix + name, "");
      const page = await kv.list({ prefix: `${prefix}a`, limit: 1 });
      if (page.list_complete) throw new Error("it is complete");
      return (await kv.list({ prefix: `${prefix}b`, cursor: page.cursor })).keys;
    },
  },
];

const writes: Operation[] = [
  {
    name: "a second put takes the metadata and the expiration away",
    async run(kv, prefix) {
      await kv.put(`${prefix}a`, "1", { metadata: 1, expirationTtl: 60 });
      await kv.put(`${prefix}a`, "2");
      return [await kv.getWithMetadata(`${prefix}a`), (await kv.list({ prefix })).keys];
    },
  },
  {
    name: "put a stream",
    async run(kv, prefix) {
      const stream = new Response("streamed").body!;
      const put = await outcomeOf(() => loose(kv).put(`${prefix}a`, stream));
      return [put, await kv.get(`${prefix}a`)];
    },
  },
  {
    name: "put with options of null",
    async run(kv, prefix) {
      const put = await outcomeOf(() => loose(kv).put(`${prefix}a`, "value", null));
      return [put, await kv.get(`${prefix}a`)];
    },
  },
  { name: "put without a value", run: (kv, prefix) => loose(kv).put(`${prefix}a`) },
  { name: "delete what is not there", run: (kv, prefix) => kv.delete(`${prefix}a`) },
  { name: "delete of keys", run: (kv, prefix) => loose(kv).delete([`${prefix}a`]) },
  { name: "metadata that has a cycle", run: (kv, prefix) => kv.put(`${prefix}a`, "", { metadata: cycle() }) },
];

function cycle(): unknown {
  const self: Record<string, unknown> = {};
  return Object.assign(self, { self });
}

export const operations: readonly Operation[] = [
  ...puts,
  ...metadatas,
  ...expiries,
  ...keyUses,
  ...reads,
  ...many,
  ...lists,
  ...writes,
];
