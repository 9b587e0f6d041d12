/** wkv diff: what two namespaces or files differ in. */
import type { Command } from "commander";
import type { DiffOptions } from "../actions/diff.ts";
import { act, describe, withBetweenOptions } from "../command-options.ts";

export function addDiff(program: Command): void {
  const command = describe(program.command("diff"), {
    summary: "Say what two namespaces or files differ in.",
    description:
      "Say which keys are only in A (-), only in B (+), and in both with another value, metadata or expiration (~). " +
      "It prints no values. The exit code is 0 where there is no difference and 1 where there are some.",
    words: "A B",
    examples: [
      "wkv diff sessions sessions-2025",
      "wkv diff sessions.ndjson.gz sessions",
      "wkv diff monday.ndjson.gz tuesday.ndjson.gz --json | jq -r .key",
    ],
  })
    .argument("[a]", "a namespace's id or title, or a file of pairs; left out with --binding")
    .argument("[b]", "the same; left out with --to-binding")
    .option("--prefix <text>", "only keys that begin with it")
    .option(
      "--no-values",
      "compare keys, metadata and expirations alone: 1,000 keys a request instead of 100",
    );
  act<DiffOptions>(withBetweenOptions(command), async (words, options) => {
    const { diff } = await import("../actions/diff.ts");
    await diff(words, options);
  });
}
