/** The behaviour suite as a program that any runtime runs, against the package as it is installed. */
import { cases, open } from "../conformance.ts";
import { createKV } from "workers-kv-rest";

/** Where the suite's server is. */
export interface Place {
  baseUrl: string;
  /** Moves the server's clock: so many seconds are appended. */
  clockUrl: string;
  accountId: string;
  apiToken: string;
}

export interface Outcome {
  name: string;
  /** Absent where it passed. */
  error?: string;
}

export async function runSuite({ baseUrl, clockUrl, accountId, apiToken }: Place): Promise<Outcome[]> {
  const kv = createKV({ accountId, apiToken, baseUrl });
  const suite = await open(kv, accountId, (seconds) =>
    holdUntil(fetch(clockUrl + seconds, { method: "POST" })),
  );
  const outcomes: Outcome[] = [];
  for (const each of cases) {
    const { name } = each;
    try {
      await each.run(kv, suite);
      outcomes.push({ name });
    } catch (error) {
      outcomes.push({ name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  await suite.close();
  return outcomes;
}

/** Whatever is sent next waits for a promise: the suite moves the clock without awaiting anything. */
function holdUntil(moved: Promise<unknown>): void {
  const { fetch } = globalThis;
  globalThis.fetch = async (...request) => {
    await moved;
    globalThis.fetch = fetch;
    return fetch(...request);
  };
}
