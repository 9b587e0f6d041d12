/** What `wkv namespace` does. */
import { KVAPIError, KVErrorCode, type Namespace } from "../../index.ts";
import type { CommonOptions } from "../command-options.ts";
import { type Connection, connect } from "../connection.ts";
import { CommandError, exitCodes } from "../exit-codes.ts";
import { chooseNamespace } from "../namespaces.ts";
import { confirm, print, printJson, printTable, say, tell } from "../output.ts";
import { counted, printable, quoted } from "../quantities.ts";

export interface ListOptions extends CommonOptions {
  sort: "title" | "id";
}

export interface CreateOptions extends CommonOptions {
  jurisdiction?: "eu" | "us" | "fedramp";
  ifMissing?: boolean;
  dryRun?: boolean;
}

export interface ChangeOptions extends CommonOptions {
  yes?: boolean;
  dryRun?: boolean;
}

export async function list(options: ListOptions): Promise<void> {
  const { kv } = await connect(options);
  const rows: string[][] = [];
  for await (const namespace of kv.namespaces.list({
    per_page: 1000,
    order: options.sort,
    direction: "asc",
  })) {
    if (options.json) await printJson(namespace);
    else rows.push([namespace.id, namespace.title]);
  }
  if (options.json) return;
  if (rows.length === 0) say("the account has no namespaces");
  else await printTable(["ID", "TITLE"], rows);
}

export async function create([title]: string[], options: CreateOptions): Promise<void> {
  const { kv } = await connect(options);
  const { dryRun, ifMissing, jurisdiction } = options;
  if (dryRun) {
    const there = await kv.namespaces.find(title!);
    if (there && !ifMissing) throw taken(title!, contentWith(there));
    const sentence = there ? `${quoted(title!)} is there: ${there.id}` : `would create ${quoted(title!)}`;
    return tell(sentence, there ? { ...there, created: 0 } : { title, created: 1 }, options);
  }
  try {
    await show(await kv.namespaces.create(title!, { jurisdiction }), options);
  } catch (error) {
    if (!(error instanceof KVAPIError) || error.code !== KVErrorCode.titleTaken) throw error;
    const there = await kv.namespaces.find(title!);
    if (ifMissing && there) return show(there, options);
    throw taken(title!, there ? contentWith(there) : "choose another title");
  }
}

const contentWith = ({ id }: Namespace): string => `it is ${id}; --if-missing is content with it`;

function taken(title: string, advice: string): CommandError {
  const message = `the account has a namespace of the title ${quoted(title)} already`;
  return new CommandError(exitCodes.failed, message, { advice });
}

export async function get([name]: string[], options: CommonOptions): Promise<void> {
  const connection = await connect(options);
  await show(await find(connection, name!), options);
}

export async function rename([name, title]: string[], options: ChangeOptions): Promise<void> {
  const connection = await connect(options);
  const { id, title: before } = await find(connection, name!);
  const would = `would rename ${quoted(before)} (${id}) to ${quoted(title!)}`;
  if (options.dryRun) {
    const there = await connection.kv.namespaces.find(title!);
    if (there && there.id !== id) throw taken(title!, `it is ${there.id}`);
    return tell(would, { id, title }, options);
  }
  await show(await connection.kv.namespaces.rename(id, title!), options);
}

export async function remove([name]: string[], options: ChangeOptions): Promise<void> {
  const connection = await connect(options);
  const { id, title } = await find(connection, name!);
  const { keys, list_complete: isWhole } = await connection.kv.namespace(id).list();
  const content = `${isWhole ? "" : "over "}${counted(keys.length, "key")}`;
  const facts = { id, title, deleted: 1 };
  if (options.dryRun) return tell(`would delete ${quoted(title)} (${id}) with ${content}`, facts, options);
  await confirm(`This deletes ${quoted(title)} (${id}) with ${content}`, options);
  await connection.kv.namespaces.delete(id);
  await tell(`deleted ${quoted(title)} (${id})`, facts, options);
}

async function find(connection: Connection, name: string): Promise<Namespace> {
  const { id } = await chooseNamespace(connection, { name });
  return connection.kv.namespaces.get(id);
}

/** The id alone where nobody looks: for `$(wkv namespace create …)`. */
async function show(namespace: Namespace, { json }: CommonOptions): Promise<void> {
  if (json) await printJson(namespace);
  else if (process.stdout.isTTY) await print(`${namespace.id}  ${printable(namespace.title)}\n`);
  else await print(`${namespace.id}\n`);
}
