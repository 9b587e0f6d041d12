/** What `wkv bulk` does. */
import { BackupFile, BackupStream } from "../backup-writer.ts";
import type { NamespaceOptions } from "../command-options.ts";
import { type Connection, connect } from "../connection.ts";
import { deleteKeys } from "../delete-keys.ts";
import { CommandError, exitCodes, usageError } from "../exit-codes.ts";
import { inputName, isReadOnce, readFileOf } from "../file-input.ts";
import { decodeKey, type Format, formatOf } from "../formats.ts";
import { report, runJob } from "../job.ts";
import { lock } from "../lock.ts";
import { type ChosenNamespace, chooseNamespace, takeNamespace } from "../namespaces.ts";
import { confirm, tell, warn } from "../output.ts";
import { counted, quoted } from "../quantities.ts";
import { canBeReplaced, outputPath } from "../whole-file.ts";
import { sizeOf } from "../write-pairs.ts";
import { importPairs } from "./import.ts";

export interface PutOptions extends NamespaceOptions {
  concurrency?: number;
  dryRun?: boolean;
}

export interface GetOptions extends NamespaceOptions {
  output?: string;
  format?: string;
}

export interface DeleteOptions extends NamespaceOptions {
  concurrency?: number;
  dryRun?: boolean;
  yes?: boolean;
}

export async function put(words: string[], options: PutOptions): Promise<void> {
  await importPairs(words, { ...options, mode: "overwrite", verifyWait: 0 }, { isResumable: false });
}

interface Begun {
  path: string;
  connection: Connection;
  namespace: ChosenNamespace;
}

async function begin(words: string[], options: NamespaceOptions): Promise<Begun> {
  const { name, rest } = takeNamespace(words, options.binding);
  const [path, surplus] = rest;
  if (path === undefined) throw usageError("FILE is missing", "name a file of keys; - is a pipe");
  if (surplus !== undefined) throw usageError(`${quoted(surplus)} is one word too many`);
  const connection = await connect(options, { isJob: true });
  return { path, connection, namespace: await chooseNamespace(connection, { ...options, name }) };
}

export async function get(words: string[], options: GetOptions): Promise<void> {
  const { path, connection, namespace } = await begin(words, options);
  const { output: given = "-", quiet, json } = options;
  const output = outputPath(given);
  const printsData = output === "-";
  const pairs = await openOutput(output, formatOf(given, options.format));
  const found = { entries: 0, missing: 0 };
  const { figures } = await runJob(
    { connections: [connection], quiet, json, printsData },
    async ({ progress, interruption: { signal } }) => {
      progress.begin({ verb: "reading" });
      for await (const entry of namespace.handle.bulkGet(readFileOf(path, decodeKey, { signal }), {
        signal,
      })) {
        if (entry.value === null) {
          if (found.missing++ < 10) warn(`not there: ${quoted(entry.key)}`);
          continue;
        }
        const written = pairs.write(entry);
        if (written) await written;
        found.entries++;
        progress.add(1, sizeOf(entry.value));
      }
      await pairs.finish();
    },
    () => `${counted(found.entries, "entry", "entries")} read so far`,
  ).catch(async (error: unknown) => {
    if (pairs instanceof BackupFile) await pairs.discard();
    throw error;
  });
  const what = `read ${counted(found.entries, "entry", "entries")} of ${namespace.label}`;
  await report(what, { namespace: namespace.id, ...found }, figures, { json, printsData });
  if (found.missing > 0) {
    throw new CommandError(exitCodes.notFound, `${counted(found.missing, "key is", "keys are")} not there`);
  }
}

async function openOutput(path: string, format: Format): Promise<BackupFile | BackupStream> {
  if (!canBeReplaced(path)) return new BackupStream(path, format);
  await lock(path);
  return BackupFile.open(path, format);
}

export async function remove(words: string[], options: DeleteOptions): Promise<void> {
  const { path, connection, namespace } = await begin(words, options);
  let total: number | undefined;
  if (!isReadOnce(path)) {
    total = 0;
    // A file that is not what it should be is refused before anything is deleted.
    for await (const _ of readFileOf(path, decodeKey)) total++;
  }
  const keys = total === undefined ? `the keys of ${inputName(path)}` : counted(total, "key");
  const would = `would delete ${keys} of ${namespace.label}`;
  if (options.dryRun) return tell(would, { namespace: namespace.id, deleted: total }, options);
  await confirm(`This deletes ${keys} of ${namespace.label} (${namespace.id})`, options);
  const { result: deleted, figures } = await runJob(
    { connections: [connection], quiet: options.quiet, json: options.json },
    (job) => deleteKeys(namespace, path, { ...job, total, concurrency: options.concurrency }),
    () => "some are deleted; the same command again deletes the rest",
  );
  const what = `deleted ${counted(deleted, "key")} of ${namespace.label}`;
  await report(what, { namespace: namespace.id, deleted }, figures, options);
}
