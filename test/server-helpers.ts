/** A server for tests of what goes in and comes out of it, and the paths and bodies they need. */
import { expect } from "vitest";
import { createKVServer, type KVServerOptions } from "../src/server/index.ts";

export const accountId = "0123456789abcdef0123456789abcdef";
export const otherAccountId = "f".repeat(32);
export const namespaceId = "00000000000000000000000000000001";
export const unknownId = "99999999999999999999999999999999";
export const keys = `/namespaces/${namespaceId}/keys`;
export const bulk = `/namespaces/${namespaceId}/bulk`;
export const value = (key: string): string => `/namespaces/${namespaceId}/values/${encodeURIComponent(key)}`;
export const metadata = (key: string): string =>
  `/namespaces/${namespaceId}/metadata/${encodeURIComponent(key)}`;
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

export interface Envelope {
  success: boolean;
  errors: { code: number; message: string; source?: { pointer: string }; error_chain?: { code: number }[] }[];
  messages: unknown[];
  result: any;
  result_info: { count: number; cursor: string };
}

/** A server with one namespace, a clock that stands still, and requests to it. */
export function startServer(options: KVServerOptions = {}) {
  const clock = { seconds: 1_800_000_000 };
  const server = createKVServer({
    accounts: [accountId],
    namespaces: [{ id: namespaceId, title: "first" }],
    now: () => clock.seconds * 1000 + 999,
    ...options,
  });
  const send = (
    method: string,
    path: string,
    init: RequestInit & { json?: unknown } = {},
  ): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (!headers.has("authorization") && !headers.has("x-auth-key"))
      headers.set("authorization", "Bearer token");
    const url = path.startsWith("http")
      ? path
      : `https://kv.test/client/v4/accounts/${accountId}/storage/kv${path}`;
    const body = "json" in init ? JSON.stringify(init.json) : (init.body ?? null);
    return server.fetch(new Request(url, { duplex: "half", ...init, method, headers, body } as RequestInit));
  };
  const ask = async (...request: Parameters<typeof send>): Promise<Envelope & { status: number }> => {
    const response = await send(...request);
    return { status: response.status, ...((await response.json()) as Envelope) };
  };
  const put = async (key: string, body: BodyInit, query = ""): Promise<void> => {
    expect(await ask("PUT", value(key) + query, { body })).toMatchObject({ status: 200, result: null });
  };
  const read = async (key: string): Promise<Uint8Array> => {
    const response = await send("GET", value(key));
    expect(response.status).toBe(200);
    return new Uint8Array(await response.arrayBuffer());
  };
  const names = async (query = ""): Promise<string[]> =>
    (await ask("GET", keys + query)).result.map(({ name }: { name: string }) => name);
  return { server, clock, send, ask, put, read, names };
}

export function form(fields: Record<string, string | Blob>): FormData {
  const made = new FormData();
  for (const [name, field] of Object.entries(fields)) made.append(name, field);
  return made;
}

export const multipart = { "content-type": "multipart/form-data; boundary=a-line-between" };

export const pair = (fields: object): { json: unknown } => ({ json: [{ key: "a", value: "", ...fields }] });

/** A multipart body by hand: FormData rewrites line breaks in text fields. */
export function rawForm(...parts: readonly { head: string; body: Uint8Array }[]): Uint8Array<ArrayBuffer> {
  const chunks = parts.flatMap(({ head, body }) => [
    utf8(`--a-line-between\r\nContent-Disposition: form-data; ${head}\r\n\r\n`),
    body,
    utf8("\r\n"),
  ]);
  return new Uint8Array(Buffer.concat([...chunks, utf8("--a-line-between--\r\n")]));
}
