/** What `wkv key` does. */
import { writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { NamespaceOptions } from "../command-options.ts";
import { connect } from "../connection.ts";
import { CommandError, exitCodes, usageError } from "../exit-codes.ts";
import { nowhere } from "../nowhere.ts";
import { type ChosenNamespace, chooseNamespace, takeNamespace } from "../namespaces.ts";
import { confirm, print, printJson, printTable, say, tell } from "../output.ts";
import { counted, quoted } from "../quantities.ts";
import { canBeReplaced, replaceFile } from "../whole-file.ts";

export interface ListOptions extends NamespaceOptions {
  prefix?: string;
  limit?: number;
  cursor?: string;
}

export interface GetOptions extends NamespaceOptions {
  output?: string;
}

export interface PutOptions extends NamespaceOptions {
  path?: string;
  metadata?: unknown;
  ttl?: number;
  expiration?: number;
  dryRun?: boolean;
}

export interface DeleteOptions extends NamespaceOptions {
  dryRun?: boolean;
  yes?: boolean;
}

/** The namespace, and the words behind it; a name in brackets is of one that may be missing. */
async function begin(
  words: readonly string[],
  options: NamespaceOptions,
  ...names: string[]
): Promise<{ namespace: ChosenNamespace; rest: string[] }> {
  const { name, rest } = takeNamespace(words, options.binding);
  const missing = names[rest.length];
  if (missing !== undefined && !missing.startsWith("[")) {
    throw usageError(`${missing} is missing`, "wkv key --help shows how");
  }
  // What is too much may be a value: it is not told.
  if (rest.length > names.length) {
    throw usageError("there are too many words", "--binding stands in the place of NAMESPACE");
  }
  const connection = await connect(options);
  return { namespace: await chooseNamespace(connection, { ...options, name }), rest };
}

export async function list(words: string[], options: ListOptions): Promise<void> {
  const { namespace } = await begin(words, options);
  const { prefix } = options;
  const isTable = process.stdout.isTTY && !options.json;
  let left = options.limit ?? Infinity;
  let { cursor } = options;
  let total = 0;
  do {
    const page = await namespace.handle.list({ prefix, cursor, limit: Math.min(left, 1000) });
    if (isTable) {
      const rows = page.keys.map(({ name, expiration, metadata }) => [
        name,
        expiration === undefined ? "" : new Date(expiration * 1000).toISOString().replace(".000", ""),
        metadata === undefined ? "" : JSON.stringify(metadata),
      ]);
      if (rows.length > 0) await printTable(["KEY", "EXPIRES", "METADATA"], rows, { hasHead: total === 0 });
    } else await print(page.keys.map((key) => `${JSON.stringify(key)}\n`).join(""));
    total += page.keys.length;
    left -= page.keys.length;
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor !== undefined && left > 0);
  if (cursor !== undefined && options.json) process.stderr.write(`${JSON.stringify({ cursor })}\n`);
  else if (cursor !== undefined) say(`there are more: --cursor ${cursor}`);
  else if (isTable) say(counted(total, "key"));
}

export async function get(words: string[], options: GetOptions): Promise<void> {
  const { namespace, rest } = await begin(words, options, "KEY");
  const key = rest[0]!;
  if (options.json) {
    for await (const entry of namespace.handle.bulkGet([key])) {
      if (entry.value === null) throw missing(key, namespace);
      const { encodePair } = await import("../formats.ts");
      await deliver(`${encodePair(entry)}\n`, options.output);
    }
    return;
  }
  const value = await namespace.handle.get(key, "arrayBuffer");
  if (value === null) throw missing(key, namespace);
  await deliver(new Uint8Array(value), options.output);
}

async function deliver(data: string | Uint8Array, output: string | undefined): Promise<void> {
  if (output === undefined || output === "-") return print(data);
  if (canBeReplaced(output)) replaceFile(output, data);
  else writeFileSync(output, data);
  say(`wrote ${output}`);
}

export async function put(words: string[], options: PutOptions): Promise<void> {
  const { namespace, rest } = await begin(words, options, "KEY", "[VALUE]");
  const [key, text] = rest as [string, string?];
  const { path, metadata, ttl: expirationTtl, expiration } = options;
  if (text !== undefined && path !== undefined) throw usageError("both VALUE and --path are given");
  const isPiped = path === "-" || (path === undefined && text === undefined);
  if (isPiped && process.stdin.isTTY) {
    throw usageError("there is no value", "write it behind the key, name a file with --path, or pipe it in");
  }
  const value = text ?? (isPiped ? process.stdin : (await open(path!)).createReadStream());
  const handle = options.dryRun ? nowhere() : namespace.handle;
  await handle.put(key, value, { metadata, expirationTtl, expiration });
  const verb = options.dryRun ? "would write" : "wrote";
  const facts = { namespace: namespace.id, key, written: 1 };
  await tell(`${verb} ${quoted(key)} in ${namespace.label}`, facts, options);
}

export async function remove(words: string[], options: DeleteOptions): Promise<void> {
  const { namespace, rest } = await begin(words, options, "KEY");
  const key = rest[0]!;
  if (!options.dryRun) {
    await confirm(`This deletes ${quoted(key)} in ${namespace.label}`, options);
    await namespace.handle.delete(key);
  }
  const verb = options.dryRun ? "would delete" : "deleted";
  const facts = { namespace: namespace.id, key, deleted: 1 };
  await tell(`${verb} ${quoted(key)} in ${namespace.label}`, facts, options);
}

export async function metadata(words: string[], options: NamespaceOptions): Promise<void> {
  const { namespace, rest } = await begin(words, options, "KEY");
  const key = rest[0]!;
  const found = await namespace.handle.metadata(key);
  if (found === null) {
    // No metadata and no key look the same.
    const value = await namespace.handle.get(key, "stream");
    if (value === null) throw missing(key, namespace);
    await value.cancel();
  }
  await printJson(found);
}

function missing(key: string, { label }: ChosenNamespace): CommandError {
  return new CommandError(exitCodes.notFound, `${label} has no key ${quoted(key)}`);
}
