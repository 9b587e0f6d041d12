// #region client
import Cloudflare from "cloudflare";

const account_id = process.env["CLOUDFLARE_ACCOUNT_ID"]!;
const client = new Cloudflare({ apiToken: process.env["CLOUDFLARE_API_TOKEN"]! });
const { id: namespace_id } = await client.kv.namespaces.create({ account_id, title: "settings" });
// #endregion client

// #region write
await client.kv.namespaces.values.update("theme", {
  account_id,
  namespace_id,
  value: "dark",
  // As an object it would be lost: it has to be text.
  metadata: JSON.stringify({ by: "ada" }),
  expiration_ttl: 3600,
});
// #endregion write

// #region read
const response = await client.kv.namespaces.values.get("theme", { account_id, namespace_id });
console.log(await response.text());
const metadata = await client.kv.namespaces.metadata.get("theme", { account_id, namespace_id });
console.log(metadata);
// #endregion read

// #region missing
try {
  await client.kv.namespaces.values.get("no such key", { account_id, namespace_id });
} catch (error) {
  if (!(error instanceof Cloudflare.NotFoundError)) throw error;
  console.log("missing");
}
// #endregion missing

// #region bulk
const pairs = Array.from({ length: 12_000 }, (_, i) => ({ key: `user:${i}`, value: `name ${i}` }));
for (let i = 0; i < pairs.length; i += 10_000) {
  const body = pairs.slice(i, i + 10_000);
  const result = await client.kv.namespaces.bulkUpdate(namespace_id, { account_id, body });
  if (result?.unsuccessful_keys?.length) throw new Error("some were not written");
}
const keys = pairs.slice(0, 250).map(({ key }) => key);
let read = 0;
for (let i = 0; i < keys.length; i += 100) {
  const some = keys.slice(i, i + 100);
  const result = await client.kv.namespaces.bulkGet(namespace_id, { account_id, keys: some });
  read += Object.keys(result?.values ?? {}).length;
}
console.log(read);
// #endregion bulk

// #region list
let count = 0;
for await (const key of client.kv.namespaces.keys.list(namespace_id, { account_id, prefix: "user:" })) {
  count += key.name.startsWith("user:") ? 1 : 0;
}
console.log(count);
// #endregion list
