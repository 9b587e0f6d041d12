/** A look through a file of pairs before anything is done with it: whether it is whole, and how much is in it. */
import { createHash } from "node:crypto";
import { readSum, sumPath } from "./check-sum.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { readBatchesOf } from "./file-input.ts";
import { decodePair } from "./formats.ts";
import type { Job } from "./job.ts";
import { compareKeys } from "./key-mapping.ts";
import { counted } from "./quantities.ts";
import { sizeOf } from "./write-pairs.ts";

export interface Inspection {
  readonly entries: number;
  /** Of all values. */
  readonly bytes: number;
  /** Whether its keys are in the order in which they are listed, each once: then it need not be held to be compared. */
  readonly isOrdered: boolean;
  readonly sha256: string;
}

/** @throws CommandError where a line is not what it should be, or FILE.sum says that something changed */
export async function inspect(
  path: string,
  { progress, interruption: { signal } }: Job,
): Promise<Inspection> {
  const hash = createHash("sha256");
  let entries = 0;
  let bytes = 0;
  let isOrdered = true;
  let last: string | undefined;
  for await (const batch of readBatchesOf(path, decodePair, {
    onBytes: (chunk) => hash.update(chunk),
    signal,
  })) {
    for (const { key, value } of batch) {
      bytes += sizeOf(value);
      isOrdered &&= last === undefined || compareKeys(last, key) < 0;
      last = key;
    }
    entries += batch.length;
    progress.add(batch.length, 0);
    signal.throwIfAborted();
  }
  const sha256 = hash.digest("hex");
  const sum = readSum(path);
  if (sum && (sum.sha256 !== sha256 || sum.entries !== entries)) {
    const entriesDiffer =
      sum.entries === entries ? "" : `: ${counted(entries, "entry", "entries")}, not ${sum.entries}`;
    throw new CommandError(exitCodes.failed, `${path} is not what ${sumPath(path)} says${entriesDiffer}`, {
      advice: `it was changed or damaged since it was written; where you changed it, delete ${sumPath(path)}`,
    });
  }
  return { entries, bytes, isOrdered, sha256 };
}
