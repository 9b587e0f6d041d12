/** The pairs that a job could not write, in a file that is ready for `wkv bulk put`. */
import { readFileSync } from "node:fs";
import type { Pair } from "../index.ts";
import { encodePair } from "./formats.ts";
import { LineFile } from "./line-file.ts";

export class FailedPairs extends LineFile {
  /** The keys of those that this run has added. */
  readonly #added = new Set<string>();

  addPair(pair: Pair): void {
    this.#added.add(pair.key);
    this.add(encodePair(pair));
  }

  /** Drops those that did not stay failed: a later pair of the same key was written, and must not be undone. */
  keep(failed: ReadonlySet<string>): void {
    if ([...this.#added].every((key) => failed.has(key))) return;
    const lines = readFileSync(this.path, "utf8").split("\n").slice(0, -1);
    this.clear();
    for (const line of lines) {
      const { key } = JSON.parse(line) as Pair;
      if (failed.has(key) || !this.#added.has(key)) this.add(line);
    }
  }
}
