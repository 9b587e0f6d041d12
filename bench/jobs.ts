/** The jobs that every subject does. */
import type { Pair } from "../src/index.ts";
import type { Subject } from "./subjects.ts";

export interface Job {
  title: string;
  /** What the job needs of a subject. */
  needs: keyof Subject;
  /** How many keys the namespace lists. */
  keys: number;
  /** Code that has run is compiled, and connections are open: neither is a part of a call's cost. */
  warmUp: (subject: Subject) => Promise<unknown>;
  run: (subject: Subject) => Promise<unknown>;
}

const concurrency = 50;
const value = "v".repeat(100);

async function together(calls: number, call: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < calls) await call(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

/** The same for all who write, a file for a command too. */
export function* pairs(count: number): Generator<Pair, void, undefined> {
  for (let i = 0; i < count; i++) yield { key: nameAt(i), value, metadata: { i } };
}

/** In the order of a hash, with a page of text each: what pairs look like that are no list's. */
function* scattered(count: number): Generator<Pair, void, undefined> {
  const page = "v".repeat(2_000);
  // A prime to `count`: each once.
  for (let i = 0; i < count; i++) yield { key: nameAt((i * 7_919) % count), value: page, metadata: { i } };
}

function* keys(count: number): Generator<string, void, undefined> {
  for (let i = 0; i < count; i++) yield nameAt(i);
}

const nameAt = (i: number): string => `key-${String(i).padStart(8, "0")}-of-a-key-of-some-length`;

async function exactly(expected: number, counted: Promise<number>): Promise<void> {
  const count = await counted;
  if (count !== expected) throw new Error(`counted ${count}, not ${expected}`);
}

const calls = {
  get: (subject: Subject, i: number): Promise<unknown> => subject.get(nameAt(i)),
  put: (subject: Subject, i: number): Promise<unknown> => subject.put(nameAt(i), value),
};

const singles = (needs: "get" | "put", count: number): Job => ({
  title: `${count.toLocaleString("en")} ${needs}s, ${concurrency} at a time`,
  needs,
  keys: 1,
  warmUp: (subject) => together(Math.min(2_000, 2 * count), (i) => calls[needs](subject, i)),
  run: (subject) => together(count, (i) => calls[needs](subject, i)),
});

const lists = (count: number): Job => ({
  title: `list ${count.toLocaleString("en")} keys`,
  needs: "list",
  keys: count,
  warmUp: (subject) => subject.get(nameAt(0)),
  run: (subject) => exactly(count, subject.list!()),
});

const bulkPuts = (count: number): Job => ({
  title: `bulk put of ${count.toLocaleString("en")} pairs from a generator`,
  needs: "bulkPut",
  keys: 1,
  warmUp: (subject) => subject.bulkPut!(pairs(20_000)),
  run: (subject) => subject.bulkPut!(pairs(count)),
});

const scatteredBulkPuts = (count: number): Job => ({
  title: `bulk put of ${count.toLocaleString("en")} pairs of 2 kB in no order`,
  needs: "bulkPut",
  keys: 1,
  warmUp: (subject) => subject.bulkPut!(scattered(2_000)),
  run: (subject) => subject.bulkPut!(scattered(count)),
});

const bulkGets = (count: number): Job => ({
  title: `bulk get of ${count.toLocaleString("en")} keys`,
  needs: "bulkGet",
  keys: 1,
  warmUp: (subject) => subject.bulkGet!(keys(5_000)),
  run: (subject) => exactly(count, subject.bulkGet!(keys(count))),
});

const entries = (count: number): Job => ({
  title: `entries of a namespace of ${count.toLocaleString("en")}`,
  needs: "entries",
  keys: count,
  warmUp: (subject) => subject.bulkGet!(keys(5_000)),
  run: (subject) => exactly(count, subject.entries!()),
});

const copies = (count: number): Job => ({
  title: `copy of a namespace of ${count.toLocaleString("en")}`,
  needs: "copy",
  keys: count,
  warmUp: (subject) => subject.bulkGet!(keys(5_000)),
  run: (subject) => exactly(count, subject.copy!()),
});

/** A job by the size that its name ends in. */
const sized = (name: string, job: (count: number) => Job): [string, Job][] =>
  Object.entries({ "10k": 10_000, "100k": 100_000, "1m": 1_000_000 }).map(([size, count]) => [
    `${name}-${size}`,
    job(count),
  ]);

export const jobs: Readonly<Record<string, Job>> = {
  get: singles("get", 5_000),
  put: singles("put", 5_000),
  "get-some": singles("get", 500),
  "put-some": singles("put", 500),
  ...Object.fromEntries([
    ...sized("list", lists),
    ...sized("bulk-put", bulkPuts),
    ...sized("scattered-put", scatteredBulkPuts),
    ...sized("bulk-get", bulkGets),
    ...sized("entries", entries),
    ...sized("copy", copies),
  ]),
};
