#!/usr/bin/env node
/** wkv: hands the arguments to the command that they name, and turns how it went into an exit code. */
import { CommanderError } from "commander";
import { createProgram } from "./program.ts";

// Whoever reads the output has gone, as `head` does: nobody is left to tell.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(1);
});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageCode(error) : await tell(error);
}

/** commander has said what is wrong; help and version that were asked for are no error. */
function usageCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : 2;
}

async function tell(thrown: unknown): Promise<number> {
  const [{ explain }, { red, warn }] = await Promise.all([import("./exit-codes.ts"), import("./output.ts")]);
  const { message, advice, exitCode } = await explain(thrown);
  warn(`${red("wkv:")} ${message}`);
  if (advice) warn(`     ${advice}`);
  return exitCode;
}
