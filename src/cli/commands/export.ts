/** wkv export: the pairs of a namespace into a file. */
import type { Command } from "commander";
import type { ExportOptions } from "../actions/export.ts";
import {
  act,
  countOption,
  describe,
  dryRunOption,
  limitOption,
  withMappingOptions,
  withNamespaceOptions,
  withResumeOptions,
  withVerifyOptions,
  yesOption,
} from "../command-options.ts";

export function addExport(program: Command): void {
  const command = describe(program.command("export"), {
    summary: "Write the pairs of a namespace to a file.",
    description:
      "Write the pairs of a namespace to a file: values byte for byte, metadata, and when they expire. " +
      "It is no snapshot: what changes meanwhile may be in it or not.",
    words: "NAMESPACE [FILE]",
    examples: [
      "wkv export sessions sessions.ndjson.gz",
      "wkv export sessions sessions.ndjson.gz --resume    # after a crash, or Ctrl-C",
      "wkv export --binding CACHE --prefix user: | jq -r .key",
    ],
  })
    .argument("[namespace]", "id or title; left out with --binding")
    .argument(
      "[file]",
      "the ending says the format: .ndjson or .json (as wrangler's), with .gz or .zst; - for a pipe",
    )
    .option("--format <format>", "ndjson or json, with .gz or .zst behind it, where no ending says so")
    .addOption(limitOption("at most so many pairs"))
    .option("--cursor <cursor>", "begin at the cursor of a list")
    .addOption(countOption())
    .addOption(dryRunOption())
    .addOption(yesOption());
  withNamespaceOptions(withResumeOptions(withVerifyOptions(withMappingOptions(command))));
  act<ExportOptions>(command, async (words, options) => {
    const { exportPairs } = await import("../actions/export.ts");
    await exportPairs(words, options);
  });
}
