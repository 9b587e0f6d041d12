/** SIGINT once: what is in flight is finished and the place is kept. Twice: the end. */
import { CommandError, exitCodes } from "./exit-codes.ts";
import { warn } from "./output.ts";
import { shellWords } from "./quantities.ts";

/** The reason with which a job's reads are ended. */
class Stopped extends Error {}

/** What a job keeps to be gone on with. */
export interface Kept {
  /** Whether there is something yet. */
  readonly isKept: boolean;
}

export class Interruption {
  readonly #controller = new AbortController();
  readonly #checkpoint: Kept | undefined;

  constructor({ checkpoint }: { checkpoint?: Kept | undefined }) {
    this.#checkpoint = checkpoint;
    process.on("SIGINT", this.#onSignal).on("SIGTERM", this.#onSignal);
  }

  /** Ends what a job reads; what it has read is still written. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isRequested(): boolean {
    return this.signal.aborted;
  }

  /** Whether an error is no more than the end of reading that was asked for. */
  isCauseOf(error: unknown): boolean {
    return error instanceof Stopped;
  }

  /** The end of a job that was interrupted. */
  end(done: string): CommandError {
    return new CommandError(exitCodes.interrupted, `interrupted: ${done}`, this.advice);
  }

  /** How to go on, where there is something to go on with. */
  get advice(): { advice?: string } {
    return this.#checkpoint?.isKept ? { advice: resumeAdvice() } : {};
  }

  stop(): void {
    process.off("SIGINT", this.#onSignal).off("SIGTERM", this.#onSignal);
  }

  readonly #onSignal = (): void => {
    if (this.isRequested) {
      const { advice } = this.advice;
      warn(`stopped${advice === undefined ? "" : `: ${advice}`}`);
      process.exit(exitCodes.interrupted);
    }
    warn("finishing what is in flight; once more to stop at once");
    this.#controller.abort(new Stopped("interrupted"));
  };
}

/** The same command again, with --resume. */
function resumeAdvice(): string {
  const words = process.argv.slice(2).filter((word) => word !== "--resume" && word !== "--restart");
  const at = words.indexOf("--");
  words.splice(at < 0 ? words.length : at, 0, "--resume");
  return `go on with: wkv ${shellWords(words)}`;
}
