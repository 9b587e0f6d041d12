/** wkv sync: one namespace made like another one. */
import type { Command } from "commander";
import {
  act,
  type BetweenOptions,
  concurrencyOption,
  countOption,
  describe,
  dryRunOption,
  type ResumableOptions,
  withBetweenOptions,
  withMappingOptions,
  withResumeOptions,
  yesOption,
} from "../command-options.ts";
import type { MappingOptions } from "../key-mapping.ts";

export interface SyncOptions extends BetweenOptions, ResumableOptions, MappingOptions {
  delete?: boolean;
  concurrency?: number;
  count: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

export function addSync(program: Command): void {
  const command = describe(program.command("sync"), {
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
