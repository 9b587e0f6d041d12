/** A file that a job appends lines to, in step with its checkpoint: what a killed run has written behind it is cut off. */
import { closeSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { CommandError, exitCodes } from "./exit-codes.ts";

/** What a checkpoint keeps of it. */
export interface LineFileState {
  /** In bytes. */
  readonly length: number;
  readonly count: number;
}

/** Before a run goes on behind what an earlier one has written. */
export function checkIsThere(path: string, length: number): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size >= length) return;
  throw new CommandError(
    exitCodes.failed,
    `${path} has ${size} bytes of the ${length} that the interrupted run has written to it`,
    { advice: "put it back, or begin anew with --restart" },
  );
}

export interface LineFileOptions {
  /** What the checkpoint of an earlier run says. */
  before?: LineFileState | undefined;
  /** Not to be gone on with: a name that is taken is another run's, and this one takes the next. */
  isOwn?: boolean;
}

export class LineFile {
  #path: string;
  readonly #isOwn: boolean;
  #file: number | undefined;
  #length: number;
  #count: number;

  constructor(path: string, { before, isOwn = false }: LineFileOptions = {}) {
    const { length, count } = before ?? { length: 0, count: 0 };
    this.#path = path;
    this.#isOwn = isOwn;
    this.#length = length;
    this.#count = count;
    if (count === 0) return;
    checkIsThere(path, length);
    this.#file = openSync(path, "r+");
    ftruncateSync(this.#file, length);
  }

  get path(): string {
    return this.#path;
  }

  get count(): number {
    return this.#count;
  }

  get state(): LineFileState {
    return { length: this.#length, count: this.#count };
  }

  add(line: string): void {
    this.#file ??= this.#create();
    const bytes = Buffer.from(`${line}\n`);
    for (let at = 0; at < bytes.length;)
      at += writeSync(this.#file, bytes, at, bytes.length - at, this.#length + at);
    this.#length += bytes.length;
    this.#count++;
  }

  #create(): number {
    // What an earlier run of the same job has left under this name is done with.
    if (!this.#isOwn) return openSync(this.#path, "w", 0o600);
    const name = this.#path;
    for (let number = 2; ; number++) {
      try {
        return openSync(this.#path, "wx", 0o600);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        this.#path = name.replace(/(?=\.failed\.ndjson$)/, `.${number}`);
      }
    }
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
    if (this.#count === 0) rmSync(this.#path);
  }
}
