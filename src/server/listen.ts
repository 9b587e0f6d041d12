/** The server behind a port of Node. */
import type { RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { KVServer } from "./server.ts";

export interface ListenOptions {
  /** @default 0, which picks a free one */
  port?: number | undefined;
  /** The address to listen on. @default "127.0.0.1" */
  host?: string | undefined;
}

export interface Listening {
  /** The base URL for a client, such as `http://127.0.0.1:8787/client/v4`. */
  readonly url: string;
  /** Takes no more connections, ends idle ones at once, and settles when the requests in flight are answered. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts a server behind a port.
 *
 * @throws what Node raises where the address cannot be had, such as EADDRINUSE
 */
export async function listen(server: KVServer, { port = 0, host = "127.0.0.1" }: ListenOptions = {}): Promise<Listening> {
  const [{ createServer }, { toNodeHandler }] = await Promise.all([import("node:http"), import("srvx/node")]);
  const node = createServer(toNodeHandler((request) => server.fetch(request)) as RequestListener);
  await new Promise<void>((resolve, reject) => {
    node.once("error", reject).listen(port, host, resolve);
  });
  const { address, port: actual, family } = node.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve, reject) => void node.close((error) => (error ? reject(error) : resolve())));
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${actual}/client/v4`,
    close,
    [Symbol.asyncDispose]: close,
  };
}
