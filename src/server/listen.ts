/** The server behind a port of Node. */
// Symbol.asyncDispose is in no library before ESNext: the published declaration brings its own along.
/// <reference lib="esnext.disposable" preserve="true" />
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type * as srvx from "srvx/node";
import { isLoopback } from "../loopback.ts";
import { failure, noRoute, Refusal } from "./answers.ts";
import type { KVServer } from "./server.ts";

export interface ListenOptions {
  /** @default 0, which picks a free one */
  port?: number | undefined;
  /**
   * The address to listen on. On one of this machine alone, requests with a foreign Host header are refused: they
   * come from a web page whose name was made to lead here.
   * @default "127.0.0.1"
   */
  host?: string | undefined;
  /** @internal */
  waits?: Partial<typeof defaultWaits> | undefined;
}

export interface Listening {
  /** The base URL for a client, such as `http://127.0.0.1:8787/client/v4`. */
  readonly url: string;
  /** Ends idle connections, takes no more, and settles when the requests in flight are answered. */
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** How long a connection may take, in milliseconds. */
const defaultWaits = {
  /** To send a request's headers, the first of a connection included. */
  headers: 30_000,
  /** To send a whole request. */
  request: 300_000,
  /** Without a byte either way, within a request or its answer. */
  standstill: 120_000,
  /** For another request. Longer than clients keep a connection for use: none finds it closed in that moment. */
  idle: 75_000,
  /** Between two looks at what has taken too long. */
  check: 5_000,
};

/** How long a client may go on sending what was refused, so that it comes to read the refusal. */
const lingerMilliseconds = 5_000;

/**
 * Puts a server behind a port. Where its `fetch` rejects, the connection breaks off.
 *
 * @throws what Node raises where the address cannot be had, such as EADDRINUSE
 */
export async function listen(
  server: Pick<KVServer, "fetch">,
  options: ListenOptions = {},
): Promise<Listening> {
  // Not in the signature: the declaration would name what is internal, and is stripped of it.
  const { port = 0, host = "127.0.0.1", waits = {} } = options;
  // Neither by a name that a bundler for browsers would look up.
  const { createServer } = process.getBuiltinModule("node:http");
  const adapter = "srvx/node";
  const { NodeRequest, sendNodeResponse } = (await import(adapter)) as typeof srvx;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refused = refuse(request);
    const sent = new Promise((resolve) => response.once("close", resolve));
    const made = refused
      ? failure(refused, "")
      : await server.fetch(new NodeRequest({ req: request, res: response }), { sent });
    await sendNodeResponse(response, made);
  }
  function refuse({ url, headers }: IncomingMessage): Refusal | undefined {
    if (!isPlain(url!)) return noRoute(url!, 400);
    if (!isLocal || isLocalName(headers.host, host)) return undefined;
    return new Refusal(
      403,
      "The Host header is neither of this machine nor the address that is listened on.",
    );
  }
  let inFlight = 0;

  const { headers, request, standstill, idle, check } = { ...defaultWaits, ...waits };
  const limits = {
    headersTimeout: headers,
    requestTimeout: request,
    keepAliveTimeout: idle,
    connectionsCheckingInterval: check,
  };
  const node = createServer(limits, (request, response) => {
    inFlight++;
    response.once("close", () => {
      inFlight--;
      endIdle();
    });
    response.once("finish", () => dropRest(request));
    answer(request, response).catch(() => response.destroy());
  });
  node.timeout = standstill;
  function endIdle(): void {
    if (node.listening) return;
    if (inFlight === 0) node.closeAllConnections();
    else node.closeIdleConnections();
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> =>
    (closing ??= new Promise((resolve, reject) => {
      node.close((error) => (error ? reject(error) : resolve()));
      endIdle();
    }));

  await new Promise<void>((resolve, reject) => {
    node.once("error", reject).listen(port, host, resolve);
  });
  const { address, family, port: actual } = node.address() as AddressInfo;
  const isLocal = isLocalName(address.includes(":") ? `[${address}]` : address);
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${actual}/client/v4`,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Whether a Host header names this machine alone, or the given host. Only programs leave it out, not browsers. */
function isLocalName(header: string | undefined, host?: string): boolean {
  if (header === undefined) return true;
  if (!URL.canParse(`http://${header}`)) return false;
  const { hostname } = new URL(`http://${header}`);
  return isLoopback(hostname) || hostname === host;
}

/**
 * Whether a target means the same after URL parsing, which folds dot segments, reads a backslash as a slash
 * and cuts off a fragment: `DELETE …/values/../../<id>` would reach another namespace.
 */
function isPlain(target: string): boolean {
  const [path] = target.split("?", 1);
  return !target.includes("#") && !/\\|(?:^|\/)(?:\.|%2e){1,2}(?=\/|$)/i.test(path!);
}

/** Drops what a handler has left of a body: the next request of the connection would wait behind it. */
function dropRest(request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), lingerMilliseconds).unref();
  request
    .removeAllListeners("data")
    .once("close", () => clearTimeout(timer))
    .resume();
}
