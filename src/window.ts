/** How many requests went out of late, and who waits: the two structures of the rate limit. */

/** At most so many requests in any time of that length, by when they were answered. */
export class Window {
  readonly #requests: number;
  readonly #length: number;
  readonly #answered = new Line<number>();

  constructor(requests: number, length: number) {
    this.#requests = requests;
    this.#length = length;
  }

  add(now: number): void {
    this.#drop(now);
    this.#answered.join(now);
  }

  left(inFlight: number, now: number): number {
    this.#drop(now);
    return this.#requests - inFlight - this.#answered.size;
  }

  /** When there is room for one more beside the reserve, those in flight and those before. */
  free(reserve: number, inFlight: number, before: number, now: number): number {
    const requests = this.#requests - reserve;
    const rounds = Math.floor(before / requests);
    const excess = (before % requests) + 1 - (this.left(inFlight, now) - reserve);
    if (excess <= 0) return now + rounds * this.#length;
    return (this.#answered.at(excess - 1) ?? now) + (rounds + 1) * this.#length;
  }

  #drop(now: number): void {
    while (this.#answered.size > 0 && this.#answered.at(0)! <= now - this.#length) this.#answered.leave();
  }
}

/** A queue that can be left from any place. All takes constant time. */
export class Line<T> {
  readonly #items = new Map<number, T>();
  #first = 0;
  #next = 0;

  get size(): number {
    return this.#items.size;
  }

  /** Gives the place. */
  join(item: T): number {
    this.#items.set(this.#next, item);
    return this.#next++;
  }

  leave(place: number = this.#first): void {
    this.#items.delete(place);
    while (this.#first < this.#next && !this.#items.has(this.#first)) this.#first++;
  }

  /** The item so many behind the first, where none left from between. */
  at(index: number): T | undefined {
    return this.#items.get(this.#first + index);
  }

  /** From the first on; whoever iterates may let them leave. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    for (let place = this.#first; place < this.#next; place++) {
      const item = this.#items.get(place);
      if (item !== undefined) yield item;
    }
  }
}
