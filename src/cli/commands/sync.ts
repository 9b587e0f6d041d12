/** wkv sync: one namespace made like another one. */
import type { Command } from "commander";
import type { SyncOptions } from "../actions/sync.ts";
import {
  act,
  concurrencyOption,
  countOption,
  describe,
  dryRunOption,
  withBetweenOptions,
  withMappingOptions,
  withResumeOptions,
  yesOption,
} from "../command-options.ts";

export function addSync(program: Command): void {
  const command = describe(program.command("sync"), {
    summary: "Make a namespace like another one.",
    description:
      "Make a namespace like another one: write what is missing or different, and with --delete take away what is " +
      "too much. Only what differs is written, and billed.",
    words: "FROM TO",
    examples: [
      "wkv sync production staging --dry-run",
      "wkv sync production staging --delete --yes",
      "wkv sync production staging --prefix user: --delete    # touches no other keys",
    ],
  })
    .argument("[from]", "id or title; left out with --binding")
    .argument("[to]", "id or title; left out with --to-binding")
    .option("--delete", "delete what TO has and FROM has not, among the keys that are taken")
    .addOption(countOption())
    .addOption(concurrencyOption())
    .addOption(dryRunOption())
    .addOption(yesOption());
  withBetweenOptions(withResumeOptions(withMappingOptions(command)));
  act<SyncOptions>(command, async (words, options) => {
    const { sync } = await import("../actions/sync.ts");
    await sync(words, options);
  });
}
