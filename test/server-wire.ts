/** Tests over sockets: servers behind ports, and bytes as they are on the wire. */
import { connect } from "node:net";
import { onTestFinished } from "vitest";
import {
  createKVServer,
  type KVServer,
  type KVServerOptions,
  listen,
  type Listening,
  type ListenOptions,
} from "../src/server/index.ts";
import { accountId, namespaceId } from "./server-helpers.ts";

export const otherId = "00000000000000000000000000000002";
export const namespaces: string = `/client/v4/accounts/${accountId}/storage/kv/namespaces`;
/** The path of a value, of a key that is percent-encoded already. */
export const valuePath = (segment: string): string => `${namespaces}/${namespaceId}/values/${segment}`;

export interface Started {
  listening: Listening;
  port: number;
}

/** A server behind a port, until the test ends. */
export async function start(
  server: Pick<KVServer, "fetch"> = seeded(),
  options: ListenOptions = {},
): Promise<Started> {
  const listening = await listen(server, options);
  onTestFinished(() => listening.close());
  return { listening, port: Number(new URL(listening.url).port) };
}

/** A server with two namespaces. */
export const seeded = (options: KVServerOptions = {}): KVServer =>
  createKVServer({
    accounts: [accountId],
    namespaces: [
      { id: namespaceId, title: "first" },
      { id: otherId, title: "second" },
    ],
    ...options,
  });

/** Sends bytes as they are and gives all that comes back until the connection ends. */
export function exchange(port: number, ...chunks: readonly (string | Uint8Array)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk: Buffer) => (received += chunk.toString("latin1")));
    socket.on("error", reject);
    socket.on("close", () => resolve(received));
    for (const chunk of chunks) socket.write(chunk);
  });
}

/** The head of a request, to localhost where no other host is given. */
export function head(method: string, target: string, ...headers: readonly string[]): string {
  const host = headers.some((header) => header.startsWith("host:")) ? [] : ["host: localhost"];
  const lines = [`${method} ${target} HTTP/1.1`, ...host, "authorization: Bearer t", ...headers];
  return [...lines, "", ""].join("\r\n");
}

export const oneRequest = (port: number, method: string, target: string): Promise<string> =>
  exchange(port, head(method, target, "connection: close"));

export const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

/** A promise, and what resolves it. */
export function latch<T>(): { open: (value: T | PromiseLike<T>) => void; passed: Promise<T> } {
  let open!: (value: T | PromiseLike<T>) => void;
  const passed = new Promise<T>((resolve) => (open = resolve));
  return { open, passed };
}
