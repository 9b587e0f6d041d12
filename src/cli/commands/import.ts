/** wkv import: the pairs of a file into a namespace. */
import { type Command, Option } from "commander";
import type { ImportOptions } from "../actions/import.ts";
import {
  act,
  concurrencyOption,
  describe,
  dryRunOption,
  withMappingOptions,
  withNamespaceOptions,
  withResumeOptions,
  withVerifyOptions,
} from "../command-options.ts";

export function addImport(program: Command): void {
  const mode = new Option("--mode <mode>", "what to do about keys that are there already");
  const command = describe(program.command("import"), {
    summary: "Write the pairs of a file to a namespace.",
    description:
      "Write the pairs of a file to a namespace: what `wkv export` wrote, or wrangler's bulk commands take. " +
      "A file that is not whole is refused before anything is written. Pairs that have expired are left out.",
    words: "NAMESPACE FILE",
    examples: [
      "wkv import sessions sessions.ndjson.gz --verify",
      "wkv import sessions old.json --mode skip --add-prefix old:",
      "wkv import sessions sessions.ndjson.gz --resume    # after a crash, or Ctrl-C",
      "zcat a.gz b.gz | wkv import sessions -",
    ],
  })
    .argument("[namespace]", "id or title; left out with --binding")
    .argument(
      "[file]",
      "lines of JSON, or a JSON array, plain, .gz or .zst: what it is shows in it; - for a pipe",
    )
    .addOption(mode.choices(["overwrite", "skip", "fail"]).default("overwrite"))
    .addOption(concurrencyOption())
    .addOption(dryRunOption());
  withNamespaceOptions(withResumeOptions(withVerifyOptions(withMappingOptions(command))));
  act<ImportOptions>(command, async (words, options) => {
    const { importPairs } = await import("../actions/import.ts");
    await importPairs(words, options);
  });
}
