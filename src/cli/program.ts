/** The commands of wkv, their options and their help. What a command does is loaded when it is called. */
import { Command } from "commander";

/** The whole command line; the documentation's page of the command is made from it too. */
export function createProgram(): Command {
  const program = new Command("wkv")
    .description("Workers KV from the command line: back up, restore, copy, compare, and serve locally.")
    .showHelpAfterError()
    .enablePositionalOptions();
  return program;
}
