/** Jobs as users have them, against a service as it is on an ordinary day, in time that passes at once. */
import { createKV, type KVNamespaceClient, type KVOptions } from "../src/index.ts";
import type { FaultOptions } from "../src/server/faults.ts";
import { createSimulatedService, keyAt, type SimulatedService, valueOf } from "./simulated-service.ts";

export interface Outcome {
  requests: number;
  /** Requests that were refused because there were too many. */
  throttled: number;
  /** How long it took, in seconds. */
  seconds: number;
  /** The least time in which it can be done, in seconds. */
  optimum: number;
}

/** Cloudflare's limit, 50 to 300 ms to and fro, and one request in a hundred that fails. */
const ordinaryDay: FaultOptions = {
  latency: [50, 300],
  requestLimit: true,
  rates: [
    { share: 0.004, what: 503 },
    { share: 0.002, what: "reset" },
    { share: 0.002, what: "brokenBody" },
    { share: 0.002, what: 502 },
  ],
};

/** How many bytes a second the line takes: 100 Mbit/s. */
const bytesPerSecond = 12_500_000;
const window = 300;
const requestsPerWindow = 1200;
const averageLatency = 0.175;

function connect({ fetch }: SimulatedService, options: Partial<KVOptions> = {}): KVNamespaceClient {
  const accountId = "0123456789abcdef0123456789abcdef";
  return createKV({ accountId, apiToken: "token", fetch, ...options }).namespace("f".repeat(32));
}

async function measure(
  service: SimulatedService,
  optimum: (requests: number) => number,
  act: () => Promise<void>,
): Promise<Outcome> {
  const started = performance.now();
  await act();
  const seconds = (performance.now() - started) / 1000;
  return { ...service.counts, seconds, optimum: optimum(service.counts.requests) };
}

/** So many requests started evenly, as the limit would have it. */
const paced = (requests: number): number => (requests * window) / requestsPerWindow;

async function readAll(namespace: KVNamespaceClient, keys: number): Promise<void> {
  let count = 0;
  for await (const { key, value } of namespace.entries()) {
    if (key !== keyAt(count) || value !== valueOf(key)) throw new Error(`${key} is not what it should be`);
    count++;
  }
  if (count !== keys) throw new Error(`${count} of ${keys} keys were read`);
}

/** Every key with its value, through `entries()`. */
export function exportAll(keys: number, faults: FaultOptions = ordinaryDay): Promise<Outcome> {
  const service = createSimulatedService({ keys, faults });
  const requests = keys / 1000 + keys / 100;
  return measure(
    service,
    () => paced(requests),
    () => readAll(connect(service), keys),
  );
}

/** As many keys written, through `bulkPut()`. */
export function importAll(keys: number, faults: FaultOptions = ordinaryDay): Promise<Outcome> {
  const service = createSimulatedService({ keys: 0, faults, bytesPerSecond });
  function* pairs(): Generator<{ key: string; value: string }> {
    for (let i = 0; i < keys; i++) yield { key: keyAt(i), value: valueOf(keyAt(i)) };
  }
  const bytes = keys * JSON.stringify({ key: keyAt(0), value: valueOf(keyAt(0)) }).length;
  return measure(
    service,
    () => bytes / bytesPerSecond + averageLatency,
    async () => {
      const { succeeded } = await connect(service).bulkPut(pairs());
      if (succeeded !== keys || service.written.size !== keys) throw new Error("not all was written");
    },
  );
}

/** Two programs that know of each other by the Ratelimit headers alone, each exporting. */
export function exportTwice(keys: number, faults: FaultOptions = ordinaryDay): Promise<Outcome> {
  const service = createSimulatedService({ keys, faults });
  const requests = 2 * (keys / 1000 + keys / 100);
  return measure(
    service,
    () => paced(requests),
    async () => {
      await Promise.all([readAll(connect(service), keys), readAll(connect(service), keys)]);
    },
  );
}

/** Several programs, each with so many single reads at a time. */
export function readSingly(
  programs: number,
  calls: number,
  concurrency: number,
  faults: FaultOptions = ordinaryDay,
): Promise<Outcome> {
  const service = createSimulatedService({ keys: 0, faults });
  return measure(
    service,
    // All at once in each window.
    (requests) => Math.floor((requests - 1) / requestsPerWindow) * window,
    async () => {
      await Promise.all(
        Array.from({ length: programs }, async () => {
          const namespace = connect(service, { retry: { maxDelay: 600_000 } });
          let next = 0;
          const work = async (): Promise<void> => {
            while (next < calls) {
              const key = keyAt(next++);
              if ((await namespace.get(key)) !== valueOf(key))
                throw new Error(`${key} is not what it should be`);
            }
          };
          await Promise.all(Array.from({ length: concurrency }, work));
        }),
      );
    },
  );
}
