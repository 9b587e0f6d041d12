/** Servers of bytes, for what no HTTP server does; and the ways to send over a socket. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { KVOptions } from "../src/index.ts";
import { nodeFetch } from "../src/node.ts";

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The base URL of a server that does to each socket what a test wants. */
export async function listenToSockets(act: (socket: Socket, index: number) => void): Promise<string> {
  let index = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    act(socket, index++);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
}

/** The two ways to a socket: what runs on the one runs on the other. */
export const overSockets: [name: string, options: Pick<KVOptions, "fetch">][] = [
  ["globalThis.fetch", {}],
  ["nodeFetch()", { fetch: nodeFetch() }],
];
