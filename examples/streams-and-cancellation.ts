import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());
const { id } = await kv.namespaces.ensure("streams");
const files = kv.namespace(id);

// #region stream
// What is read as a stream begins before it has arrived as a whole.
await files.put("report.csv", new Blob(["name,visits\n", "ada,7\n".repeat(50_000)]));
const stream = await files.get("report.csv", "stream");
let bytes = 0;
for await (const chunk of stream ?? []) bytes += chunk.length;
console.log(bytes, "bytes came in");
// #endregion stream

// #region generator
// A value may be a stream or a generator of bytes. It is read first, up to the 25 MiB a value may have, so
// that it can be sent again.
async function* rows(): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  for (let i = 0; i < 1000; i++) yield encoder.encode(`${i}\n`);
}
await files.put("rows.txt", rows());
// #endregion generator

// #region signal
// A signal ends a call at once, pauses and queues included. What rejects is the signal's own reason.
const reading = new AbortController();
reading.abort(new Error("the reader went away"));
try {
  await files.get("report.csv", { type: "text", signal: reading.signal });
} catch (error) {
  console.log(String(error)); // Error: the reader went away
}

// A time limit for all of a job.
await files.bulkDelete(["rows.txt", "report.csv"], { signal: AbortSignal.timeout(30_000) });
// #endregion signal
