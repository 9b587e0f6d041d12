/** A file that a job appends lines to, in step with its checkpoint: what a killed run has written behind it is cut off. */
import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from "node:fs";

/** What a checkpoint keeps of it. */
export interface LineFileState {
  /** In bytes. */
  readonly length: number;
  readonly count: number;
}

export class LineFile {
  readonly path: string;
  #file: number | undefined;
  #length: number;
  #count: number;

  /** `before`: what the checkpoint of an earlier run says. */
  constructor(path: string, before: LineFileState = { length: 0, count: 0 }) {
    this.path = path;
    this.#length = before.length;
    this.#count = before.count;
    if (before.count === 0) return;
    this.#file = openSync(path, "r+");
    ftruncateSync(this.#file, before.length);
  }

  get count(): number {
    return this.#count;
  }

  get state(): LineFileState {
    return { length: this.#length, count: this.#count };
  }

  add(line: string): void {
    // What an earlier job has left under this name is done with.
    this.#file ??= openSync(this.path, "w", 0o600);
    const bytes = Buffer.from(`${line}\n`);
    for (let at = 0; at < bytes.length;)
      at += writeSync(this.#file, bytes, at, bytes.length - at, this.#length + at);
    this.#length += bytes.length;
    this.#count++;
  }

  clear(): void {
    if (this.#file !== undefined) ftruncateSync(this.#file, 0);
    this.#length = this.#count = 0;
  }

  /** A file without lines does not stay. */
  close(): void {
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    if (this.#count === 0) rmSync(this.path);
  }
}
