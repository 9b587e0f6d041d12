// #region setup
const api = process.env["CLOUDFLARE_API_BASE_URL"] ?? "https://api.cloudflare.com/client/v4";
const account = process.env["CLOUDFLARE_ACCOUNT_ID"]!;
const namespace = process.env["NAMESPACE_ID"]!;
const base = `${api}/accounts/${account}/storage/kv/namespaces/${namespace}`;
const headers = { authorization: `Bearer ${process.env["CLOUDFLARE_API_TOKEN"]}` };

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(base + path, { ...init, headers });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}
// #endregion setup

// #region write
const form = new FormData();
form.append("value", "dark");
form.append("metadata", JSON.stringify({ by: "ada" }));
await call(`/values/${encodeURIComponent("theme")}?expiration_ttl=3600`, { method: "PUT", body: form });
// #endregion write

// #region read
console.log(await (await call("/values/theme")).text());
// #endregion read

// #region bulk
const pairs = Array.from({ length: 12_000 }, (_, i) => ({ key: `user:${i}`, value: `name ${i}` }));
for (let i = 0; i < pairs.length; i += 10_000) {
  await call("/bulk", { method: "PUT", body: JSON.stringify(pairs.slice(i, i + 10_000)) });
}
// #endregion bulk

// #region list
let count = 0;
let cursor = "";
do {
  const query = new URLSearchParams({ prefix: "user:", cursor });
  const page = (await (await call(`/keys?${query}`)).json()) as {
    result: { name: string }[];
    result_info: { cursor?: string };
  };
  count += page.result.length;
  cursor = page.result_info.cursor ?? "";
} while (cursor);
console.log(count);
// #endregion list
