/** The inputs of one bulk request, by key: the last input of a key stands for those before. */
export class BulkChunk<Wire> {
  /** What is sent. */
  readonly wires: Wire[] = [];
  /** How many inputs there were of a key, where more than one. */
  readonly repeats: Map<string, number> = new Map();
  /** How many inputs were taken from the source for it, refused ones included. */
  taken = 0;
  /** `lost`: the end of the job came before some of it was done with. */
  state: "open" | "settled" | "lost" = "open";
  readonly #keyOf: (wire: Wire) => string;
  /**
   * Where each key is. While every key comes after the one before, as in what was listed or exported, none can be
   * there twice, and nobody has to ask: a Map of them would cost as much as all the rest of a bulk write.
   */
  #places: Map<string, number> | undefined;
  #least = "";
  #most = "";
  #body = "[]";

  constructor(keyOf: (wire: Wire) => string) {
    this.#keyOf = keyOf;
  }

  add(wire: Wire): void {
    const { wires } = this;
    const key = this.#keyOf(wire);
    const isFirst = wires.length === 0;
    const place = this.#places || (!isFirst && key <= this.#most) ? this.#placeOf(key) : undefined;
    if (place !== undefined) {
      wires[place] = wire;
      this.repeats.set(key, (this.repeats.get(key) ?? 1) + 1);
      return;
    }
    if (isFirst || key < this.#least) this.#least = key;
    if (isFirst || key > this.#most) this.#most = key;
    this.#places?.set(key, wires.length);
    wires.push(wire);
  }

  /**
   * Ends the adding. What was added is kept as the JSON array that is sent, which is nothing to the garbage
   * collector; it is parsed again where only some of it was done.
   */
  seal(): string {
    this.#body = JSON.stringify(this.wires);
    this.wires.length = 0;
    return this.#body;
  }

  /** Whether a key is in both, one open and the other sealed. */
  overlaps(sealed: BulkChunk<Wire>): boolean {
    if (sealed.state === "settled" || this.#least > sealed.#most || this.#most < sealed.#least) return false;
    return this.wires.some((wire) => sealed.#placeOf(this.#keyOf(wire)) !== undefined);
  }

  /** Lets go of what is done with. */
  settle(): void {
    this.state = "settled";
    this.#places = undefined;
    this.#body = "[]";
  }

  #placeOf(key: string): number | undefined {
    if (!this.#places) {
      const wires = this.wires.length > 0 ? this.wires : (JSON.parse(this.#body) as Wire[]);
      this.#places = new Map(wires.map((wire, place) => [this.#keyOf(wire), place]));
    }
    return this.#places.get(key);
  }
}
