/** One job in a process of its own: the job, how many keys, the base URL. Prints the most memory it took, in KiB. */
import { createKV, type Pair } from "../src/index.ts";

const [name, keys, baseUrl] = process.argv.slice(2);
const count = Number(keys);
const accountId = "0123456789abcdef0123456789abcdef";
const kv = createKV({ accountId, apiToken: "token", baseUrl });
// The sink lists as many keys as the id says.
const namespace = kv.namespace(`${count}x`);

function* pairs(): Generator<Pair> {
  for (let i = 0; i < count; i++) yield { key: `key-${i}`, value: `${i}`.padEnd(100, "v") };
}

async function countOf(source: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of source) found++;
  return found;
}

/** What each gives is how many keys it was about. */
const jobs: Record<string, () => Promise<number>> = {
  nothing: async () => (await kv.namespace("1x").list()).keys.length * count,
  "bulkPut of a generator": async () => (await namespace.bulkPut(pairs())).succeeded,
  "list, every key": () => countOf(namespace.list()),
  "entries, an export": () => countOf(namespace.entries()),
  "bulkPut of entries, a copy": async () => (await namespace.bulkPut(namespace.entries())).succeeded,
};

const done = await jobs[name!]!();
if (done !== count) throw new Error(`${name}: ${done} of ${count} keys`);
console.log(process.resourceUsage().maxRSS);
