/** What a job would write, looked at as the library does before it is sent, and not sent. */
import { KVBulkError, type Pair } from "../index.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { nowhere } from "./nowhere.ts";
import { warn } from "./output.ts";
import type { Progress } from "./progress.ts";
import { counted, quoted } from "./quantities.ts";
import { becomes, type Input, mostNamed, noTally, sizeOf, type Tally } from "./write-pairs.ts";

/** Resolves with what would become of the pairs but those that would be refused, each of which it names. */
export async function tryOut(
  source: AsyncIterable<readonly Input<unknown>[]>,
  progress: Progress,
  onRefused: () => void,
): Promise<Tally> {
  const tally = { ...noTally };
  let named = 0;
  async function* pairs(): AsyncGenerator<Pair, void, undefined> {
    for await (const inputs of source) {
      for (const { pair, isThere } of inputs) {
        const fate = isThere ? "left" : becomes(pair);
        progress.add(1, fate === "written" ? sizeOf(pair.value) : 0);
        tally[fate]++;
        if (fate === "written") yield pair;
      }
    }
  }
  try {
    await nowhere().bulkPut(pairs(), {
      onFailure({ key, error }) {
        tally.written--;
        onRefused();
        if (named++ < mostNamed) warn(`would not be written: ${quoted(key)}: ${error?.message}`);
      },
    });
  } catch (error) {
    if (!(error instanceof KVBulkError)) throw error;
    if (error.cause !== undefined) throw error.cause;
  }
  return tally;
}

/** The end of a dry run of a job that would do all but some pairs. */
export function wouldFail(refused: number): CommandError {
  return new CommandError(
    exitCodes.partlyDone,
    `${counted(refused, "entry", "entries")} would not be written`,
  );
}
