import { createKV, type Entry } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());
const source = kv.namespace((await kv.namespaces.ensure("whole: source")).id);
const target = kv.namespace((await kv.namespaces.ensure("whole: target")).id);
await source.bulkPut(
  Array.from({ length: 250 }, (_, i) => ({ key: `draft:${i}`, value: `text ${i}`, metadata: { words: i } })),
);

// #region copy
// Read and written at once, with metadata, expirations and binary values; memory stays flat.
const copied = await target.bulkPut(source.entries());
console.log(copied.succeeded, "copied");
// #endregion copy

// #region change
// Any generator may stand in between: here only long drafts, under another name.
async function* published(entries: AsyncIterable<Entry>): AsyncIterable<Entry> {
  for await (const entry of entries) {
    const { words } = entry.metadata as { words: number };
    if (words >= 200) yield { ...entry, key: entry.key.replace("draft:", "published:") };
  }
}
console.log(await target.bulkPut(published(source.entries({ prefix: "draft:" }))));
// #endregion change

// #region empty
// Delete all that starts with a prefix. Without one, it is the whole namespace.
console.log(await target.bulkDelete(target.list({ prefix: "draft:" })));
// #endregion empty

// #region resume
// `settled` counts the inputs, from the first on, that are done with: where to begin again after a crash.
let done = 0;
await target.bulkPut(source.entries(), { onProgress: ({ settled }) => (done = settled) });
console.log(done, "need not be written again");
// #endregion resume
