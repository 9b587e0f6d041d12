/** What every job has around it: progress, interruption, and an end that says what was done. */
import { setFlagsFromString } from "node:v8";
import { Interruption, type Kept } from "./interruption.ts";
import { CommandError, explain } from "./exit-codes.ts";
import { Progress, type ProgressOptions } from "./progress.ts";
import { printJson, say } from "./output.ts";
import { counted, duration, size } from "./quantities.ts";

export interface Job {
  progress: Progress;
  interruption: Interruption;
}

export interface JobOptions extends ProgressOptions {
  /** What the same command with --resume goes on with, where it can. */
  checkpoint?: Kept | undefined;
}

/** Runs a job; `done` says for the end of an interrupted one how far it came. */
export async function runJob<T>(
  options: JobOptions,
  run: (job: Job) => Promise<T>,
  done: () => string,
): Promise<{ result: T; figures: Figures }> {
  // Else V8 lets garbage grow to several times what is alive: 280 MB for a million entries instead of 150.
  setFlagsFromString("--heap-growing-percent=50");
  const interruption = new Interruption(options);
  const progress = await Progress.start(options);
  try {
    const result = await run({ progress, interruption });
    if (interruption.isRequested) throw interruption.end(done());
    const { bytes, requests, milliseconds } = progress;
    return { result, figures: { bytes, requests, milliseconds } };
  } catch (error) {
    if (interruption.isCauseOf(error)) throw interruption.end(done());
    // One of our own knows better what to do next.
    if (!options.checkpoint || error instanceof CommandError) throw error;
    const explained = await explain(error);
    const { exitCode, message } = explained;
    const advice = [explained.advice, interruption.advice.advice].filter(Boolean).join("; ");
    throw new CommandError(exitCode, `${message} (${done()})`, { advice, cause: error });
  } finally {
    progress.stop();
    interruption.stop();
  }
}

export interface Figures {
  bytes: number;
  requests: number;
  milliseconds: number;
}

interface ReportOptions {
  json?: boolean | undefined;
  printsData?: boolean;
  dryRun?: boolean;
}

/** The last line of a job: for people on stderr; for programs on stdout, or behind the data on stderr. */
export async function report(
  what: string,
  facts: Readonly<Record<string, unknown>>,
  { bytes, requests, milliseconds }: Figures,
  { json = false, printsData = false, dryRun }: ReportOptions,
): Promise<void> {
  if (!json) {
    const amount = bytes > 0 ? `${size(bytes)} in ` : "";
    say(`${what}: ${amount}${duration(milliseconds)}, ${counted(requests, "request")}`);
    return;
  }
  const line = { ...facts, dryRun, bytes, requests, seconds: Math.round(milliseconds) / 1000 };
  if (printsData) process.stderr.write(`${JSON.stringify(line)}\n`);
  else await printJson(line);
}
