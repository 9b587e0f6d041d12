/** wkv bulk: many pairs or keys of a file at once, under the names of wrangler's bulk commands. */
import type { Command } from "commander";
import type { PutOptions, GetOptions, DeleteOptions } from "../actions/bulk.ts";
import {
  act,
  addGroup,
  concurrencyOption,
  describe,
  dryRunOption,
  withNamespaceOptions,
  yesOption,
} from "../command-options.ts";

const actions = () => import("../actions/bulk.ts");
const namespaceHelp = "id or title; left out with --binding";
const keysHelp = "keys as JSON: texts, or objects with a name, as `wkv key list` prints them; - for a pipe";

export function addBulk(program: Command): void {
  const group = addGroup(program, "bulk", "Write, read and delete what a file names.");

  const put = describe(group.command("put"), {
    summary: "Write the pairs of a file.",
    description:
      "Write the pairs of a file. `wkv import` does the same for large ones, and can be gone on with.",
    words: "NAMESPACE FILE",
    examples: ["wkv bulk put sessions pairs.json", "wkv bulk put sessions sessions.failed.ndjson"],
  })
    .argument("[namespace]", namespaceHelp)
    .argument(
      "[file]",
      "lines of JSON, or a JSON array, of { key, value, base64, metadata, expiration, expiration_ttl }",
    )
    .addOption(concurrencyOption())
    .addOption(dryRunOption());
  act<PutOptions>(withNamespaceOptions(put), async (words, options) => (await actions()).put(words, options));

  const get = describe(group.command("get"), {
    summary: "Print the pairs of the keys of a file.",
    description: "Print the pairs of the keys of a file, with metadata and expiration, in that order.",
    words: "NAMESPACE FILE",
    examples: [
      "wkv bulk get sessions keys.json",
      "wkv key list sessions --prefix a | wkv bulk get sessions -",
    ],
  })
    .argument("[namespace]", namespaceHelp)
    .argument("[file]", keysHelp)
    .option("-o, --output <file>", "write them to a file, whose ending says the format")
    .option("--format <format>", "ndjson or json, with .gz or .zst behind it");
  act<GetOptions>(withNamespaceOptions(get), async (words, options) => (await actions()).get(words, options));

  const remove = describe(group.command("delete"), {
    summary: "Delete the keys of a file.",
    description: "Delete the keys of a file. Those that are not there are no error.",
    words: "NAMESPACE FILE",
    examples: [
      "wkv bulk delete sessions keys.json",
      "wkv key list sessions --prefix tmp: | wkv bulk delete sessions - --yes",
    ],
  })
    .argument("[namespace]", namespaceHelp)
    .argument("[file]", keysHelp)
    .addOption(concurrencyOption())
    .addOption(dryRunOption())
    .addOption(yesOption());
  act<DeleteOptions>(withNamespaceOptions(remove), async (words, options) =>
    (await actions()).remove(words, options),
  );
}
