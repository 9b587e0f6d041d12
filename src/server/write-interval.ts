/** The service takes about one write a second of one key (its limits page). */

/** Tells of each write whether it comes too soon after the one before. Times are in ms. */
export class WriteInterval {
  readonly #interval: number;
  readonly #now: () => number;
  /** When each key was last written, the oldest first. */
  readonly #written = new Map<string, number>();

  constructor(interval: number, now: () => number) {
    this.#interval = interval;
    this.#now = now;
  }

  /** Whether the key may be written now, which it then counts as. */
  take(namespaceId: string, key: string): boolean {
    const now = this.#now();
    for (const [name, at] of this.#written) {
      if (now - at < this.#interval) break;
      this.#written.delete(name);
    }
    const name = `${namespaceId} ${key}`;
    if (this.#written.has(name)) return false;
    this.#written.set(name, now);
    return true;
  }
}
