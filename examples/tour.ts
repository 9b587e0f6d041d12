/**
 * The main job from end to end, on a server of its own: load a real data set, list it, read it, change it.
 * Run it with `npm start`. Against Cloudflare it would be the same but for the options of createKV.
 */
import mimeDb from "mime-db";
import { createKV, limits } from "workers-kv-rest";
import { createKVServer, listen } from "workers-kv-rest/server";

const accountId = "0123456789abcdef0123456789abcdef";
const requests = new Map<string, number>();

await using server = await listen(createKVServer());
const kv = createKV({
  accountId,
  apiToken: "a-token-of-the-tour",
  baseUrl: server.url,
  onEvent({ type, operation }) {
    if (type === "request") requests.set(operation, (requests.get(operation) ?? 0) + 1);
  },
});

title("A namespace");
const { id } = await kv.namespaces.ensure("media types");
const types = kv.namespace(id);
say(`"media types" is ${id}, at ${server.url}`);

title("Load: every media type, its extensions as the value, where it comes from as metadata");
const pairs = Object.entries(mimeDb).map(([type, { source = "none", ...details }]) => ({
  key: type,
  value: JSON.stringify(details),
  metadata: { source },
}));
const written = await types.bulkPut(pairs, {
  onProgress: ({ settled }) => say(`${settled} of ${pairs.length} pairs`),
});
say(
  `${written.succeeded} written with ${written.requests} request(s), up to ${limits.bulkWritePairs} pairs each`,
);

title("List by prefix");
const page = await types.list<{ source: string }>({ prefix: "application/vnd.oasis", limit: 3 });
for (const { name, metadata } of page.keys) say(`${name} (${metadata?.source})`);
let fonts = 0;
for await (const { name } of types.list({ prefix: "font/" })) fonts += name.startsWith("font/") ? 1 : 0;
say(`and ${fonts} under font/, over as many pages as it takes`);

title("Read one: as the Workers binding does, or with what comes along");
say(await types.get("application/atom+xml"));
say(await types.getWithMetadata("application/atom+xml", "json"));
say(await types.get("application/no-such-type"));

title("Read many: 100 keys a request, in any number");
const some = await types.get<{ extensions?: string[] }>(
  pairs.slice(0, 250).map(({ key }) => key),
  "json",
);
const known = [...some.values()].filter((value) => value?.extensions).length;
say(`${some.size} values, ${known} of them with file extensions`);

title("Read all, and write it elsewhere while it is read");
const copy = kv.namespace((await kv.namespaces.create("media types, copied")).id);
const copied = await copy.bulkPut(types.entries());
say(
  `${copied.succeeded} copied with ${copied.requests} writing request(s), metadata and expirations included`,
);

title("Rename and delete");
say(await kv.namespaces.rename(copy.id, "media types, spare copy"));
await copy.delete("application/atom+xml");
await copy.bulkDelete(pairs.slice(0, 100).map(({ key }) => key));
let left = 0;
for await (const _ of copy.list()) left++;
say(`${left} of ${pairs.length} keys are left`);
await kv.namespaces.delete(copy.id);
say((await kv.namespaces.find("media types, spare copy")) ?? "and the copy is gone");

title("A raw call: any operation of the spec, typed, as { data, error, response }");
const { data, error, response } = await kv.api.GET(
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key_name}",
  { params: { path: { account_id: accountId, namespace_id: id, key_name: "image/svg+xml" } } },
);
say({ status: response.status, ray: response.headers.get("cf-ray"), result: data?.result ?? error });

title("What went over the wire");
for (const [operation, count] of requests) say(`${String(count).padStart(4)}  ${operation}`);

function title(text: string): void {
  console.log(`\n${text}`);
}

function say(what: unknown): void {
  console.log(" ", what);
}
