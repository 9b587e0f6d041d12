/** What `wkv export` does. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync, rmSync } from "node:fs";
import { BackupFile, BackupStream } from "../backup-writer.ts";
import { writeSum } from "../check-sum.ts";
import { Checkpoint } from "../checkpoint.ts";
import { createCompressor } from "../compression.ts";
import { type Connection, connect } from "../connection.ts";
import { usageError } from "../exit-codes.ts";
import { readFileOf } from "../file-input.ts";
import { decodePair, type Format, formatOf } from "../formats.ts";
import { type Job, report, runJob } from "../job.ts";
import { type KeyMapping, keyMapping, type MappingOptions } from "../key-mapping.ts";
import { countKeys, entriesOf, type Place } from "../listing.ts";
import { lock } from "../lock.ts";
import { type ChosenNamespace, chooseNamespace, takeNamespace } from "../namespaces.ts";
import { confirm, say } from "../output.ts";
import { sayPlan } from "../plan.ts";
import { counted, quoted } from "../quantities.ts";
import { verify } from "../verification.ts";
import { canBeReplaced, outputPath, partPath } from "../whole-file.ts";
import { sizeOf } from "../write-pairs.ts";
import type { NamespaceOptions, VerifyOptions, ResumableOptions } from "../command-options.ts";

export interface ExportOptions extends NamespaceOptions, ResumableOptions, MappingOptions, VerifyOptions {
  format?: string;
  limit?: number;
  cursor?: string;
  count: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** What a later run needs to know. */
interface State {
  place: Place;
  /** Of FILE.part, in bytes. */
  length: number;
  entries: number;
  total: number | undefined;
  /** All pairs are in FILE.part; what is left is to make FILE of it. */
  isRead: boolean;
}

/** How long, in ms, and how many keys, lie between two checkpoints at the most. */
const checkpointInterval = { milliseconds: 1000, keys: 1000 };

interface Source {
  connection: Connection;
  namespace: ChosenNamespace;
  mapping: KeyMapping;
  format: Format;
  options: ExportOptions;
}

export async function exportPairs(words: string[], options: ExportOptions): Promise<void> {
  const { name, rest } = takeNamespace(words, options.binding);
  const [given = "-", surplus] = rest;
  if (surplus !== undefined) throw usageError(`${quoted(surplus)} is one word too many`);
  const path = outputPath(given);
  const format = formatOf(given, options.format);
  // A Node without zstd must not find that out at the end.
  if (format.compression) createCompressor(format.compression, path).destroy();
  const mapping = keyMapping(options);
  const connection = await connect(options, { isJob: true });
  const namespace = await chooseNamespace(connection, { ...options, name });
  const source = { connection, namespace, mapping, format, options };
  if (options.dryRun) return tryOut(source);
  if (canBeReplaced(path)) return toFile(source, path);
  if (options.verify || options.resume) throw usageError("only a file can be verified or gone on with");
  await toPipe(source, path);
}

async function tryOut(source: Source): Promise<void> {
  const { connection, namespace, options } = source;
  const { result: entries, figures } = await runJob(
    { connections: [connection], quiet: options.quiet, json: options.json },
    (job) => countAndPlan(source, job),
    () => "nothing was written",
  );
  if (options.json) await report("", { namespace: namespace.id, entries }, figures, options);
}

async function toFile(source: Source, path: string): Promise<void> {
  const { connection, namespace, mapping, format, options } = source;
  await lock(path);
  const checkpoint = await Checkpoint.open<State>(
    options.checkpoint ?? `${path}.checkpoint`,
    {
      command: "export",
      account: connection.accountId,
      namespace: namespace.id,
      prefix: mapping.from,
      renamed: mapping.to,
      layout: format.layout,
      limit: options.limit,
      cursor: options.cursor,
    },
    options,
  );
  const before = checkpoint.state;
  if (!before && existsSync(path)) {
    const why = options.resume ? "No interrupted run is left to go on with: this" : "This";
    await confirm(`${why} replaces ${path}`, options);
  }
  if (before) say(`going on behind ${counted(before.entries, "entry", "entries")}`);

  const state: State = before ?? {
    place: { cursor: options.cursor },
    length: 0,
    entries: 0,
    total: undefined,
    isRead: false,
  };
  const { result: sha256, figures } = await runJob(
    { connections: [connection], quiet: options.quiet, json: options.json, checkpoint },
    async (job) => {
      if (!before) {
        state.total = await countAndPlan(source, job);
      }
      job.progress.begin({ verb: "exporting", total: state.total, done: state.entries });
      const sum = await readAndPublish(source, path, checkpoint, state, job);
      checkpoint.remove();
      if (options.verify) await verifyFile(source, path, { entries: state.entries, sha256: sum }, job);
      return sum;
    },
    () => `${counted(state.entries, "entry", "entries")} written so far`,
  );
  const { entries } = state;
  const what = `exported ${counted(entries, "entry", "entries")} of ${namespace.label} to ${path}`;
  await report(what, { namespace: namespace.id, file: path, entries, sha256 }, figures, options);
}

async function readAndPublish(
  { namespace, mapping, format, options }: Source,
  path: string,
  checkpoint: Checkpoint<State>,
  state: State,
  { progress, interruption }: Job,
): Promise<string> {
  if (state.isRead && !existsSync(partPath(path))) {
    // The earlier run has renamed it.
    const sha256 = await hashOf(path);
    writeSum(path, { entries: state.entries, sha256 });
    return sha256;
  }
  const file = await BackupFile.open(path, format, state);
  const save = async (): Promise<void> => {
    state.length = await file.flush();
    checkpoint.save(state);
  };
  try {
    let saved = performance.now();
    let unsaved = 0;
    const listing = {
      prefix: mapping.from,
      place: state.place,
      limit: options.limit === undefined ? undefined : options.limit - state.entries,
      signal: interruption.signal,
    };
    for await (const { entry, place } of state.isRead ? [] : entriesOf(namespace.handle, listing)) {
      if (entry) {
        const written = file.write({ ...entry, key: mapping.map(entry.key)! });
        if (written) await written;
        state.entries++;
        progress.add(1, sizeOf(entry.value));
      }
      state.place = place;
      const { milliseconds, keys } = checkpointInterval;
      if (++unsaved < keys && performance.now() - saved < milliseconds) continue;
      await save();
      saved = performance.now();
      unsaved = 0;
    }
    state.isRead = true;
    await save();
    const sha256 = await file.finish();
    writeSum(path, { entries: state.entries, sha256 });
    return sha256;
  } catch (error) {
    // Where that fails too, the last checkpoint is what a later run goes on from.
    if (!state.isRead && state.entries > 0) await save().catch(() => {});
    await file.close();
    if (state.entries === 0) rmSync(partPath(path), { force: true });
    throw error;
  }
}

async function toPipe(source: Source, path: string): Promise<void> {
  const { connection, namespace, mapping, format, options } = source;
  const printsData = path === "-";
  let entries = 0;
  const { figures } = await runJob(
    { connections: [connection], quiet: options.quiet, json: options.json, printsData },
    async (job) => {
      const output = new BackupStream(path, format);
      // Only where somebody looks is it worth a request for each 1,000 keys.
      const total = process.stderr.isTTY ? await countAndPlan(source, job) : undefined;
      job.progress.begin({ verb: "exporting", total });
      const { signal } = job.interruption;
      const { limit, cursor } = options;
      const listing = { prefix: mapping.from, place: { cursor }, limit, signal };
      for await (const { entry } of entriesOf(namespace.handle, listing)) {
        if (!entry) continue;
        const written = output.write({ ...entry, key: mapping.map(entry.key)! });
        if (written) await written;
        entries++;
        job.progress.add(1, sizeOf(entry.value));
      }
      await output.finish();
    },
    () => `${counted(entries, "entry", "entries")} written so far`,
  );
  const what = `exported ${counted(entries, "entry", "entries")} of ${namespace.label}`;
  await report(what, { namespace: namespace.id, entries }, figures, { ...options, printsData });
}

async function countAndPlan(
  { connection, namespace, mapping, options }: Source,
  job: Job,
): Promise<number | undefined> {
  const { count, limit = Infinity, cursor, quiet, dryRun } = options;
  if (!dryRun && (!count || quiet)) return undefined;
  job.progress.begin({ verb: "counting" });
  const listing = { prefix: mapping.from, place: { cursor }, limit, signal: job.interruption.signal };
  const total = await countKeys(namespace.handle, listing, (keys) => job.progress.add(keys, 0));
  sayPlan(`${counted(total, "key")} to export`, { listed: total, read: total }, connection.budget);
  return total;
}

async function verifyFile(
  { namespace, mapping, options }: Source,
  path: string,
  { entries, sha256 }: { entries: number; sha256: string },
  job: Job,
): Promise<void> {
  const hash = createHash("sha256");
  let found = 0;
  async function* pairs(): ReturnType<typeof readFileOf<ReturnType<typeof decodePair>>> {
    for await (const pair of readFileOf(path, decodePair, { onBytes: (chunk) => hash.update(chunk) })) {
      found++;
      yield { ...pair, key: mapping.unmap(pair.key) };
    }
  }
  await verify(pairs(), namespace.handle, { waitSeconds: options.verifyWait, job, total: entries });
  if (found === entries && hash.digest("hex") === sha256) return;
  throw new Error(`${path} is not what was written to it: the disk lost something`);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
