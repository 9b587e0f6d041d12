/** A server for tests of what goes in and comes out of it, and the paths and bodies they need. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import {
  createKVServer,
  type KVServer,
  type KVServerOptions,
  memoryStore,
  type SQLiteStore,
  type Store,
} from "../src/server/index.ts";
import { loadSQLite, type OpenDatabase } from "../src/server/sqlite.ts";
import { openStore } from "../src/server/sqlite-store.ts";

export const accountId = "0123456789abcdef0123456789abcdef";
export const otherAccountId: string = "f".repeat(32);
export const namespaceId = "00000000000000000000000000000001";
export const unknownId = "99999999999999999999999999999999";
export const keys: string = `/namespaces/${namespaceId}/keys`;
export const bulk: string = `/namespaces/${namespaceId}/bulk`;
export const value = (key: string): string => `/namespaces/${namespaceId}/values/${encodeURIComponent(key)}`;
export const metadata = (key: string): string =>
  `/namespaces/${namespaceId}/metadata/${encodeURIComponent(key)}`;
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "workers-kv-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export const openDatabase: OpenDatabase = await loadSQLite();

/** Each kind of store, empty. */
export const stores: Readonly<Record<StoreKind, () => Store>> = {
  "in memory": memoryStore,
  "on disk": () => diskStore(temporaryFolder()),
};

export const storeKinds = ["in memory", "on disk"] as const;
export type StoreKind = (typeof storeKinds)[number];

/** A store that is closed after the test. */
export function diskStore(folder: string): SQLiteStore {
  const store = openStore(folder, openDatabase);
  onTestFinished(() => store.close());
  return store;
}

/** The kind that tests of the server use. */
let kind: StoreKind = "in memory";
export const newStore = (): Store => stores[kind]();
export function useStore(given: StoreKind): void {
  kind = given;
}

export interface Envelope {
  success: boolean;
  errors: { code: number; message: string; source?: { pointer: string }; error_chain?: { code: number }[] }[];
  messages: unknown[];
  result: any;
  result_info: { count: number; cursor: string };
}

export type Init = RequestInit & { json?: unknown };

export interface TestServer {
  server: KVServer;
  /** Stands still until it is set. */
  clock: { seconds: number };
  /** A request of the account, or to a whole URL; with a token where it has no other credentials. */
  send: (method: string, path: string, init?: Init) => Promise<Response>;
  ask: (method: string, path: string, init?: Init) => Promise<Envelope & { status: number }>;
  /** Writes a value, which must be taken. */
  put: (key: string, body: BodyInit, query?: string) => Promise<void>;
  /** The bytes of a value, which must be there. */
  read: (key: string) => Promise<Uint8Array>;
  /** The keys of one page. */
  names: (query?: string) => Promise<string[]>;
}

/** A server with one namespace. */
export function startServer(options: KVServerOptions = {}): TestServer {
  const clock = { seconds: 1_800_000_000 };
  const server = createKVServer({
    store: newStore(),
    accounts: [accountId],
    namespaces: [{ id: namespaceId, title: "first" }],
    now: () => clock.seconds * 1000 + 999,
    ...options,
  });
  const send: TestServer["send"] = (method, path, init = {}) => {
    const headers = new Headers(init.headers);
    const hasCredentials = headers.has("authorization") || headers.has("x-auth-key");
    if (!hasCredentials) headers.set("authorization", "Bearer token");
    const url = path.startsWith("http")
      ? path
      : `https://kv.test/client/v4/accounts/${accountId}/storage/kv${path}`;
    const body = "json" in init ? JSON.stringify(init.json) : (init.body ?? null);
    return server.fetch(new Request(url, { duplex: "half", ...init, method, headers, body } as RequestInit));
  };
  const ask: TestServer["ask"] = async (...request) => {
    const response = await send(...request);
    return { status: response.status, ...((await response.json()) as Envelope) };
  };
  const put: TestServer["put"] = async (key, body, query = "") => {
    expect(await ask("PUT", value(key) + query, { body })).toMatchObject({ status: 200, result: null });
  };
  const read: TestServer["read"] = async (key) => {
    const response = await send("GET", value(key));
    expect(response.status).toBe(200);
    return new Uint8Array(await response.arrayBuffer());
  };
  const names: TestServer["names"] = async (query = "") =>
    (await ask("GET", keys + query)).result.map(({ name }: { name: string }) => name);
  return { server, clock, send, ask, put, read, names };
}

export function form(fields: Record<string, string | Blob>): FormData {
  const made = new FormData();
  for (const [name, field] of Object.entries(fields)) made.append(name, field);
  return made;
}

export const multipart: Record<string, string> = {
  "content-type": "multipart/form-data; boundary=a-line-between",
};

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
