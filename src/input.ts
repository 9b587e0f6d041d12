import { inputsProblem, refuse } from "./limits.ts";

/** What a job takes its inputs from, one after the other. */
export class Input<T> {
  readonly #isAsync: boolean;
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  #isClosed = false;

  private constructor(source: Iterable<T> | AsyncIterable<T>) {
    this.#isAsync = Symbol.asyncIterator in source;
    try {
      this.#iterator =
        Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    } catch (error) {
      // One that cannot even begin fails as one that fails later does: where its first input is taken.
      this.#iterator = {
        next() {
          throw error;
        },
      };
    }
  }

  /** Opens a source; where the rest of what was given is refused, closes it again: nobody else would. */
  static open<T>(source: Iterable<T> | AsyncIterable<T>, check: () => void): Input<T> {
    refuse(inputsProblem(source));
    const input = new Input(source);
    try {
      check();
    } catch (error) {
      input.close().catch(() => {});
      throw error;
    }
    return input;
  }

  /** Whether nothing more comes of it: it has ended, failed or been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Hands on inputs while more are wanted. Rejects with what the source or the hand-over fails with. */
  async take(isWanted: () => boolean, each: (input: T) => void): Promise<void> {
    while (!this.#isClosed && isWanted()) {
      let next: IteratorResult<T> | undefined;
      try {
        const coming = this.#iterator.next();
        // Awaiting each input of an array would cost more than all the rest.
        next = this.#isAsync ? await coming : (coming as IteratorResult<T>);
      } finally {
        // One that has ended, or fails, is closed by itself.
        if (!next || next.done) this.#isClosed = true;
      }
      if (!next.done) each(next.value);
    }
  }

  /** Tells the source that no more is wanted, and rejects with what that fails with. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#iterator.return?.();
  }
}
