/** wkv copy: the pairs of a namespace into another one. */
import type { Command } from "commander";
import type { CopyOptions } from "../actions/copy.ts";
import {
  act,
  concurrencyOption,
  countOption,
  describe,
  dryRunOption,
  limitOption,
  withBetweenOptions,
  withMappingOptions,
  withResumeOptions,
  withVerifyOptions,
} from "../command-options.ts";

export function addCopy(program: Command): void {
  const command = describe(program.command("copy"), {
    summary: "Copy the pairs of a namespace to another one.",
    description:
      "Copy the pairs of a namespace to another one, of the same account or not: values byte for byte, metadata, " +
      "and when they expire. What is there under the same keys is replaced; the rest stays.",
    words: "FROM TO",
    examples: [
      "wkv copy sessions sessions-2025",
      "wkv copy sessions sessions --to-account $OTHER --to-token-file other-token --verify",
      "wkv copy --binding CACHE --env production --to-binding CACHE --to-env staging --prefix user:",
    ],
  })
    .argument("[from]", "id or title; left out with --binding")
    .argument("[to]", "id or title; left out with --to-binding")
    .addOption(limitOption("at most so many pairs"))
    .addOption(countOption())
    .addOption(concurrencyOption())
    .addOption(dryRunOption());
  withBetweenOptions(withResumeOptions(withVerifyOptions(withMappingOptions(command))));
  act<CopyOptions>(command, async (words, options) => {
    const { copyPairs } = await import("../actions/copy.ts");
    await copyPairs(words, options);
  });
}
