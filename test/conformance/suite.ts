/** What the cases of the behaviour suite are made of. */
import type { KV, KVNamespaceClient } from "../../src/index.ts";

/** What the cases share. */
export interface Suite {
  readonly accountId: string;
  /** A namespace made for them. Each keeps to keys that begin with its own prefix. */
  readonly namespace: KVNamespaceClient;
  /** Moves the clock of the service forward. Absent where nobody can. */
  readonly advance?: ((seconds: number) => void) | undefined;
}

export interface Case {
  /** What it shows, as a sentence. */
  readonly name: string;
  /** What not every service has: a clock that can be moved, or room for much data. */
  readonly needs?: "clock" | "volume";
  run(kv: KV, suite: Suite): Promise<void>;
}

export const uniqueTitle = (): string => `conformance-${crypto.randomUUID()}`;

/** Seconds since the epoch. */
export const now = (): number => Math.floor(Date.now() / 1000);

/** Bytes that are not UTF-8. */
export const notText: Uint8Array<ArrayBuffer> = Uint8Array.of(0xff, 0x00, 0xfe, 0x0d, 0x0a);

/** What they are as text. */
export const replaced = "\uFFFD\0\uFFFD\r\n";

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

export async function keysOf(namespace: KVNamespaceClient, prefix: string): Promise<string[]> {
  return (await collect(namespace.list({ prefix }))).map(({ name }) => name);
}

/** What getWithMetadata gives where there is no metadata. */
export const withoutMetadata = (value: unknown): object => ({
  value,
  metadata: null,
  expiration: null,
  cacheStatus: null,
});

/** Namespaces of a case's own, gone when it ends. */
export async function withNamespaces(
  kv: KV,
  count: number,
  use: (made: { id: string; title: string }[]) => Promise<void>,
): Promise<void> {
  const made: { id: string; title: string }[] = [];
  try {
    while (made.length < count) made.push(await kv.namespaces.create(uniqueTitle()));
    await use(made);
  } finally {
    for (const { id } of made) await kv.namespaces.delete(id).catch(() => {});
  }
}
