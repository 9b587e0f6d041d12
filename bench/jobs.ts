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

function* pairs(count: number): Generator<Pair, void, undefined> {
  for (let i = 0; i < count; i++) yield { key: nameAt(i), value, metadata: { i } };
}

function* keys(count: number): Generator<string, void, undefined> {
  for (let i = 0; i < count; i++) yield nameAt(i);
}

const nameAt = (i: number): string => `key-${String(i).padStart(8, "0")}-of-a-key-of-some-length`;

async function exactly(expected: number, counted: Promise<number>): Promise<void> {
  const count = await counted;
  if (count !== expected) throw new Error(`counted ${count}, not ${expected}`);
}

function single(
  title: string,
  needs: "get" | "put",
  call: (subject: Subject, i: number) => Promise<unknown>,
): Job {
  return {
    title,
    needs,
    keys: 1,
    warmUp: (subject) => together(2_000, (i) => call(subject, i)),
    run: (subject) => together(5_000, (i) => call(subject, i)),
  };
}

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

export const jobs: Record<string, Job> = {
  get: single("5,000 gets, 50 at a time", "get", (subject, i) => subject.get(nameAt(i))),
  put: single("5,000 puts, 50 at a time", "put", (subject, i) => subject.put(nameAt(i), value)),
  "list-100k": lists(100_000),
  "list-1m": lists(1_000_000),
  "bulk-put-100k": bulkPuts(100_000),
  "bulk-put-1m": bulkPuts(1_000_000),
  "bulk-get-10k": bulkGets(10_000),
  "bulk-get-100k": bulkGets(100_000),
  "entries-10k": entries(10_000),
  "entries-100k": entries(100_000),
};
