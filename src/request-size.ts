/** Learns how large a request may be, from those that failed for their size and those that worked. */
export class RequestSize {
  readonly #most: number;
  #limit: number;
  #worked = 0;

  constructor(most: number) {
    this.#most = most;
    this.#limit = most;
  }

  get limit(): number {
    return this.#limit;
  }

  get isLowered(): boolean {
    return this.#limit < this.#most;
  }

  failed(size: number): void {
    // What has worked at this size fails for another reason.
    if (size <= this.#worked) return;
    this.#limit = Math.min(this.#limit, Math.max(this.#worked, Math.ceil(size / 2)));
  }

  worked(size: number): void {
    this.#worked = Math.max(this.#worked, size);
    this.#limit = Math.min(this.#most, Math.max(this.#limit, size));
  }
}
