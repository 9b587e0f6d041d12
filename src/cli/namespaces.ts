/** Which namespace is meant: by its id, its title, or the name of a binding. */
import type { KVNamespaceClient } from "../index.ts";
import type { Connection } from "./connection.ts";
import { CommandError, exitCodes, usageError } from "./exit-codes.ts";
import { quoted } from "./quantities.ts";

export interface NamespaceChoice {
  /** An id or a title. */
  name?: string | undefined;
  /** Stands in its place. */
  binding?: string | undefined;
  preview?: boolean | undefined;
}

export interface ChosenNamespace {
  readonly id: string;
  /** As it was named, for messages. */
  readonly label: string;
  readonly handle: KVNamespaceClient;
}

export async function chooseNamespace(
  { kv, config }: Connection,
  { name, binding, preview = false }: NamespaceChoice,
): Promise<ChosenNamespace> {
  const choose = (id: string, label: string): ChosenNamespace => ({ id, label, handle: kv.namespace(id) });
  if (binding !== undefined) {
    if (!config) {
      throw usageError(
        "--binding needs a wrangler.jsonc, wrangler.json or wrangler.toml in this folder or one above it",
        "name the namespace by its id or title instead, or the file with --config",
      );
    }
    const id = config.namespaceId(binding, preview);
    return choose(id, `${binding} (${id})`);
  }
  if (name === undefined)
    throw usageError("no namespace is named", "give its id, its title, or --binding NAME");
  // Ids are written with and without capitals.
  if (/^[0-9a-f]{32}$/i.test(name)) return choose(name.toLowerCase(), name);
  const found = await kv.namespaces.find(name);
  if (found) return choose(found.id, quoted(name));
  throw new CommandError(exitCodes.notFound, `the account has no namespace of the title ${quoted(name)}`, {
    advice: "`wkv namespace list` shows them",
  });
}

/** The words after the command, the namespace first unless a binding stands for it. */
export function takeNamespace(
  words: readonly (string | undefined)[],
  binding: string | undefined,
): { name: string | undefined; rest: string[] } {
  const given = words.filter((word) => word !== undefined);
  return binding === undefined ? { name: given[0], rest: given.slice(1) } : { name: undefined, rest: given };
}
