/** A service with any number of keys that it makes up, behind a line and a limit on requests, as a client meets it. */
import { type FaultOptions, withFaults } from "../src/server/faults.ts";

export interface SimulatedService {
  fetch: (request: Request) => Promise<Response>;
  /** How many requests came, and how many of them were refused for their number. */
  readonly counts: { requests: number; throttled: number };
  /** How many bytes were sent to it. */
  readonly sent: { bytes: number };
  /** The keys that were written. */
  readonly written: Set<string>;
}

export interface SimulatedServiceOptions {
  /** How many keys there are to read. */
  keys: number;
  /** What goes wrong, and how long a request takes. */
  faults: FaultOptions;
  /** How many bytes a second the line takes from clients. @default Infinity */
  bytesPerSecond?: number;
}

/** The keys in their order. */
export const keyAt = (index: number): string => `key-${String(index).padStart(9, "0")}`;
export const valueOf = (key: string): string =>
  `the value of ${key}, some one hundred bytes of text as they are `.padEnd(100, ".");

export function createSimulatedService({
  keys,
  faults,
  bytesPerSecond = Infinity,
}: SimulatedServiceOptions): SimulatedService {
  const counts = { requests: 0, throttled: 0 };
  const sent = { bytes: 0 };
  const written = new Set<string>();
  const faulty = withFaults((request) => answer(request, keys, written), faults);
  let isFreeAt = 0;

  async function send(request: Request): Promise<void> {
    const { size } = await request.clone().blob();
    sent.bytes += size;
    // One after the other, as bytes go over a line.
    isFreeAt = Math.max(isFreeAt, performance.now()) + (1000 * size) / bytesPerSecond;
    await new Promise((resolve) => setTimeout(resolve, isFreeAt - performance.now()));
  }

  return {
    counts,
    sent,
    written,
    async fetch(request) {
      counts.requests++;
      if (bytesPerSecond < Infinity && request.body) await send(request);
      const response = await faulty(request);
      if (response.status === 429) counts.throttled++;
      return response;
    },
  };
}

async function answer(request: Request, keys: number, written: Set<string>): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname.endsWith("/keys")) {
    const from = Number(searchParams.get("cursor") ?? 0);
    const until = Math.min(keys, from + Number(searchParams.get("limit")));
    const listed = Array.from({ length: until - from }, (_, i) => ({ name: keyAt(from + i) }));
    return success(listed, { count: listed.length, cursor: until < keys ? String(until) : "" });
  }
  if (pathname.endsWith("/bulk/get")) {
    const asked = (await request.json()) as { keys: string[] };
    return success({ values: Object.fromEntries(asked.keys.map((key) => [key, valueOf(key)])) });
  }
  if (pathname.endsWith("/bulk")) {
    const pairs = (await request.json()) as { key: string }[];
    for (const { key } of pairs) written.add(key);
    return success({ successful_key_count: pairs.length, unsuccessful_keys: [] });
  }
  return new Response(valueOf(pathname.slice(pathname.lastIndexOf("/") + 1)), {
    headers: { "content-type": "application/octet-stream" },
  });
}

function success(result: object, resultInfo?: object): Response {
  return Response.json({
    success: true,
    errors: [],
    messages: [],
    result,
    ...(resultInfo && { result_info: resultInfo }),
  });
}
