/** Data on stdout, talk on stderr. */
import { once } from "node:events";
import { styleText } from "node:util";
import { exitCodes, usageError, CommandError } from "./exit-codes.ts";
import { printable } from "./quantities.ts";

let isQuiet = false;
let bar: Bar | undefined;

/** A progress bar on the terminal's last line. */
interface Bar {
  start(): void;
  stop(): void;
}

export function setQuiet(quiet: boolean): void {
  isQuiet = quiet;
}

/** The bar that is shown from now on, in the place of the one before. */
export function setBar(next: Bar | undefined): void {
  bar?.stop();
  bar = next;
  bar?.start();
}

// It hides the cursor; whoever ends the process within a job gets it back.
process.once("exit", () => setBar(undefined));

/** A line for people. `--quiet` leaves it out. */
export function say(line: string): void {
  if (!isQuiet) warn(line);
}

/** A line for people that has to be seen. */
export function warn(line: string): void {
  bar?.stop();
  process.stderr.write(`${line}\n`);
  bar?.start();
}

/** Data; resolves when more may be written. */
export async function print(data: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(data)) await once(process.stdout, "drain");
}

export async function printJson(value: unknown): Promise<void> {
  await print(`${JSON.stringify(value)}\n`);
}

/** What a command did, or with `--dry-run` would do: a sentence for people, or the facts for programs. */
export async function tell(
  sentence: string,
  facts: Readonly<Record<string, unknown>>,
  { json, dryRun }: { json?: boolean; dryRun?: boolean },
): Promise<void> {
  if (json) await printJson({ ...facts, dryRun });
  else say(sentence);
}

/** https://no-color.org */
function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
}

function bold(text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return hasColours(stream) ? styleText("bold", text) : text;
}

export function red(text: string, stream: NodeJS.WriteStream = process.stderr): string {
  return hasColours(stream) ? styleText("red", text) : text;
}

/** Rows in columns, as wide as the widest of them. */
export async function printTable(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { hasHead = true }: { hasHead?: boolean } = {},
): Promise<void> {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  ");
  const head = hasHead ? [bold(line(columns))] : [];
  await print([...head, ...cells.map(line), ""].join("\n"));
}

/** Asks before something is destroyed. Without a terminal to ask on, `--yes` is the only answer. */
export async function confirm(what: string, { yes }: { yes?: boolean | undefined }): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw usageError(`${what}, and there is no terminal to ask on`, "add --yes if that is what you want");
  }
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C and Ctrl-D close it; the question alone would never be answered then.
  const closed = new Promise<string>((resolve) => terminal.once("close", () => resolve("")));
  const answer = await Promise.race([terminal.question(`${what}. Go on? [y/N] `), closed]);
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new CommandError(exitCodes.failed, "not confirmed: nothing was done");
}
