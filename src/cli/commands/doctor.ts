/** wkv doctor: whether everything is there that the other commands need. */
import type { Command } from "commander";
import { act, describe, type NamespaceOptions, withNamespaceOptions } from "../command-options.ts";

export function addDoctor(program: Command): void {
  const command = describe(program.command("doctor"), {
    summary: "Try what the other commands need.",
    description:
      "Try what the other commands need: the address, the token, the account, the permissions, the clock, the " +
      "request budget. It says what is wrong and what to do, and changes nothing.",
    words: "[NAMESPACE]",
    examples: ["wkv doctor", "wkv doctor sessions", "wkv doctor --json | jq 'select(.state != \"ok\")'"],
  }).argument("[namespace]", "one to try too, by id or title");
  act<NamespaceOptions>(withNamespaceOptions(command), async (words, options) => {
    const { doctor } = await import("../actions/doctor.ts");
    await doctor(words, options);
  });
}
