#!/usr/bin/env node
/** wkv: hands the arguments to the command that they name, and turns how it went into an exit code. */
import { CommanderError } from "commander";
import { exitCodes, explain } from "./exit-codes.ts";
import { createProgram } from "./program.ts";

let told: Promise<number> | undefined;

process.stdout.on("error", (failure: NodeJS.ErrnoException) => {
  // Whoever reads the output has gone, as `head` does: nobody is left to tell.
  if (failure.code === "EPIPE") process.exit(exitCodes.failed);
  void tell(failure).then((code) => process.exit(code));
});
// What cannot be told is no reason to stop what is to be done.
process.stderr.on("error", () => {});

try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? usageCode(error) : await tell(error);
}

/** commander has said what is wrong; help and version that were asked for are no error. */
function usageCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? 0 : 2;
}

/** The first error: what stdout does not take also fails whoever writes to it. */
function tell(thrown: unknown): Promise<number> {
  return (told ??= tellNow(thrown));
}

async function tellNow(thrown: unknown): Promise<number> {
  const { red, warn } = await import("./output.ts");
  const { message, advice, exitCode } = await explain(thrown);
  warn(`${red("wkv:")} ${message}`);
  if (advice) warn(`     ${advice}`);
  return exitCode;
}
