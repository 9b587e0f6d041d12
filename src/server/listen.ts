/** The server behind a port of Node. */
// Symbol.asyncDispose is in no library before ESNext: the published declaration brings its own along.
/// <reference lib="esnext.disposable" preserve="true" />
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { failure, noRoute } from "./answers.ts";
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
  /** Ends idle connections, takes no more, and settles when the requests in flight are answered. */
  readonly close: () => Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Longer than clients wait before they use an idle connection again: none finds it closed in that moment. */
const keepAliveMilliseconds = 75_000;

/** How long a client may go on sending what was refused, so that it comes to read the refusal. */
const lingerMilliseconds = 5_000;

/**
 * Puts a server behind a port. Where its `fetch` rejects, the connection breaks off.
 *
 * @throws what Node raises where the address cannot be had, such as EADDRINUSE
 */
export async function listen(
  server: Pick<KVServer, "fetch">,
  { port = 0, host = "127.0.0.1" }: ListenOptions = {},
): Promise<Listening> {
  const [{ createServer }, { NodeRequest, sendNodeResponse }] = await Promise.all([
    import("node:http"),
    import("srvx/node"),
  ]);
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url!;
    const made = isPlain(target)
      ? await server.fetch(new NodeRequest({ req: request, res: response }))
      : failure(noRoute(target, 400), "");
    await sendNodeResponse(response, made);
  }
  let inFlight = 0;

  const node = createServer({ keepAliveTimeout: keepAliveMilliseconds }, (request, response) => {
    inFlight++;
    response.once("close", () => {
      inFlight--;
      endIdle();
    });
    response.once("finish", () => dropRest(request));
    answer(request, response).catch(() => response.destroy());
  });
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
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${actual}/client/v4`,
    close,
    [Symbol.asyncDispose]: close,
  };
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
