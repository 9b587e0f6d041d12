import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());
const { id } = await kv.namespaces.ensure("lists");
const users = kv.namespace(id);
await users.put("user:ada", "");

// #region main
// One page, as the binding gives it …
const page = await users.list({ prefix: "user:", limit: 100 });
console.log(page.keys, page.list_complete ? "the end" : page.cursor);

// … or every key of every page, one page read ahead.
for await (const { name, metadata, expiration } of users.list({ prefix: "user:" })) {
  console.log(name, metadata, expiration);
}

// Namespaces are listed in the same way.
for await (const namespace of kv.namespaces.list()) console.log(namespace.title);
// #endregion main
