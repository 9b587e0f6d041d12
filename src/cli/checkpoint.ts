/** What a job needs to go on where it stopped: kept beside its file, replaced as a whole, never half written. */
import { readFileSync, rmSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { CommandError, exitCodes, usageError } from "./exit-codes.ts";
import { lock } from "./lock.ts";
import { partPath, replaceFile } from "./whole-file.ts";

export interface ResumeOptions {
  /** Go on where an earlier run stopped, if there was one. */
  resume?: boolean | undefined;
  /** Drop what an earlier run has left, and begin anew. */
  restart?: boolean | undefined;
}

/** What a job is about: a checkpoint of another one must not be gone on with. */
export type JobDescription = Readonly<Record<string, string | number | boolean | undefined>>;

const version = 1;

export class Checkpoint<State extends object> {
  readonly path: string;
  readonly #job: JobDescription;
  /** What the earlier run has left; `undefined` where there was none. */
  readonly state: State | undefined;
  #isKept: boolean;

  private constructor(path: string, job: JobDescription, state: State | undefined) {
    this.path = path;
    this.#job = job;
    this.state = state;
    this.#isKept = state !== undefined;
  }

  /** Whether there is something to go on with. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /**
   * @throws CommandError where an interrupted run is there and it is not said what to do about it, where another run
   * is at work, or where nothing can be written
   */
  static async open<State extends object>(
    path: string,
    given: JobDescription,
    options: ResumeOptions,
  ): Promise<Checkpoint<State>> {
    if (options.resume && options.restart) throw usageError("--resume and --restart cannot both be meant");
    await lock(path, "--checkpoint names another place to keep what --resume needs");
    // As JSON has it, without what is undefined.
    const job = JSON.parse(JSON.stringify(given)) as JobDescription;
    const found = read<State>(path);
    if (!found || options.restart) return new Checkpoint<State>(path, job, undefined);
    if (!options.resume) {
      throw usageError(
        `${path} is of a run that was interrupted`,
        "add --resume to go on where it stopped, or --restart to begin anew",
      );
    }
    if (found.version !== version || !found.state) {
      throw new CommandError(exitCodes.failed, `${path} is no checkpoint of this version of wkv`, {
        advice: "begin anew with --restart",
      });
    }
    if (!isDeepStrictEqual(found.job, job)) {
      const names = Object.keys({ ...found.job, ...job }).filter((name) => found.job[name] !== job[name]);
      const changes = names.map((name) => `${name} was ${shown(found.job[name])} and is ${shown(job[name])}`);
      throw usageError(
        `${path} is of another job: ${changes.join(", ")}`,
        "call it as it was called before, or with --restart to begin anew",
      );
    }
    return new Checkpoint<State>(path, job, found.state);
  }

  save(state: State): void {
    const text = JSON.stringify({ version, job: this.#job, state });
    replaceFile(this.path, text, { isLocked: true });
    this.#isKept = true;
  }

  remove(): void {
    rmSync(partPath(this.path), { force: true });
    rmSync(this.path, { force: true });
    this.#isKept = false;
  }
}

/** Of any version. What is none is somebody's data, under a name that was given: it is not to be replaced. */
interface Found<State> {
  version: number;
  job: JobDescription;
  state?: State;
}

function read<State>(path: string): Found<State> | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const found = JSON.parse(text) as Partial<Found<State>> | null;
    if (typeof found?.version === "number" && found.job) return found as Found<State>;
  } catch {
    // Told below.
  }
  throw usageError(
    `${path} is there, and is no checkpoint of wkv's`,
    "name another file with --checkpoint, or delete it",
  );
}

const shown = (value: unknown): string => (value === undefined ? "not given" : JSON.stringify(value));
