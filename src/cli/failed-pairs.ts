/** The file of the pairs that a job could not write: ready for `wkv bulk put`, and kept in step with the checkpoint. */
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import type { Pair } from "../index.ts";
import { encodePair } from "./formats.ts";

export class FailedPairs {
  readonly path: string;
  #file: number | undefined;
  #length: number;
  #count: number;
  /** The keys of those that this run has added. */
  readonly #added = new Set<string>();

  /** `before`: what an earlier run has left. */
  constructor(path: string, before: { length: number; count: number } = { length: 0, count: 0 }) {
    this.path = path;
    this.#length = before.length;
    this.#count = before.count;
    if (before.count === 0) return;
    this.#file = openSync(path, "r+", 0o600);
    ftruncateSync(this.#file, before.length);
  }

  get count(): number {
    return this.#count;
  }

  /** What a checkpoint keeps. */
  get state(): { length: number; count: number } {
    return { length: this.#length, count: this.#count };
  }

  add(pair: Pair): void {
    // An earlier job's file of this name is done with: this one begins its own.
    this.#file ??= openSync(this.path, "w", 0o600);
    this.#added.add(pair.key);
    this.#append(encodePair(pair));
  }

  /** Drops those that did not stay failed: a later pair of the same key was written, and must not be undone. */
  keep(failed: ReadonlySet<string>): void {
    if ([...this.#added].every((key) => failed.has(key))) return;
    const lines = readFileSync(this.path, "utf8").split("\n").slice(0, -1);
    ftruncateSync(this.#file!, 0);
    this.#length = this.#count = 0;
    for (const line of lines) {
      const { key } = JSON.parse(line) as Pair;
      if (failed.has(key) || !this.#added.has(key)) this.#append(line);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    if (this.#count === 0) rmSync(this.path, { force: true });
  }

  #append(line: string): void {
    this.#length += writeSync(this.#file!, `${line}\n`, this.#length);
    this.#count++;
  }
}
