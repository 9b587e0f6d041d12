/** How much memory bodies and values may take at one time. */

/** What takes no more than this need not ask. */
export const smallBytes: number = 1 << 16;

/** A bound on bytes. Who asks for more than is left waits, in the order of asking. */
export class ByteBudget {
  readonly #capacity: number;
  #left: number;
  readonly #waiting: { bytes: number; resolve: () => void }[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#left = capacity;
  }

  /** Settles when the bytes are there; gives what puts them back. More than the capacity counts as that. */
  async take(bytes: number): Promise<() => void> {
    const taken = Math.min(bytes, this.#capacity);
    if (taken > this.#left || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => this.#waiting.push({ bytes: taken, resolve }));
    } else {
      this.#left -= taken;
    }
    let isHeld = true;
    return () => {
      if (isHeld) this.#put(taken);
      isHeld = false;
    };
  }

  #put(bytes: number): void {
    this.#left += bytes;
    for (let first = this.#waiting[0]; first && first.bytes <= this.#left; first = this.#waiting[0]) {
      this.#waiting.shift();
      this.#left -= first.bytes;
      first.resolve();
    }
  }
}
