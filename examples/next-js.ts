import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

// #region client
// lib/settings.ts: Next.js may keep what a GET is answered with, and give it again. This client asks anew.
const kv = createKV({ ...fromEnv(), fetch: (request) => fetch(request, { cache: "no-store" }) });
const { id } = await kv.namespaces.ensure("next.js");
const settings = kv.namespace(id);
// #endregion client

// #region route
// app/settings/[name]/route.ts
interface Context {
  params: Promise<{ name: string }>;
}

export async function GET(_: Request, { params }: Context): Promise<Response> {
  const value = await settings.get((await params).name);
  return value === null ? new Response("no such setting", { status: 404 }) : new Response(value);
}

export async function PUT(request: Request, { params }: Context): Promise<Response> {
  await settings.put((await params).name, await request.text());
  return new Response(null, { status: 204 });
}
// #endregion route

// What Next.js does with it, at http://localhost:3000/settings/theme.
const context = { params: Promise.resolve({ name: "theme" }) };
const url = "http://localhost:3000/settings/theme";
await PUT(new Request(url, { method: "PUT", body: "dark" }), context);
console.log(await (await GET(new Request(url), context)).text());
