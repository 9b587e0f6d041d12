/** What goes into one bulk request. */
import { utf8Length } from "./limits.ts";

/**
 * So many pairs are written as JSON at a time. As text they are nothing to the garbage collector; one by one they
 * would cost twice as much to write.
 */
const batch = 500;

/** The inputs of one bulk request, by key: the last input of a key stands for those before. */
export class BulkChunk<Wire> {
  /** How many inputs there were of a key, where more than one. */
  readonly repeats: Map<string, number> = new Map();
  /** How many inputs were taken from the source for it, refused ones included. */
  taken = 0;
  /** `lost`: the end of the job came before some of it was done with. */
  state: "open" | "settled" | "lost" = "open";
  readonly #keyOf: (wire: Wire) => string;
  /** What is written, as the items of a JSON array, and how much that is. */
  readonly #texts: string[] = [];
  #written = 0;
  /** How many bytes the first texts take, which have been measured. */
  #bytes = 0;
  #measured = 0;
  /** What is not written yet. */
  #wires: Wire[] = [];
  /**
   * Where each key is, once one does not come after the one before. Until then, as in what was listed or exported,
   * none can be there twice, and nobody has to ask: a Map of them would cost as much as all the rest of a bulk write.
   */
  #places: Map<string, number> | undefined;
  #least = "";
  #most = "";
  #body = "[]";

  constructor(keyOf: (wire: Wire) => string) {
    this.#keyOf = keyOf;
  }

  get size(): number {
    return this.#written + this.#wires.length;
  }

  add(wire: Wire): void {
    const key = this.#keyOf(wire);
    const isFirst = this.size === 0;
    if (!isFirst && key <= this.#most && !this.#places) this.#takeBack();
    const place = this.#places?.get(key);
    if (place !== undefined) {
      this.#wires[place] = wire;
      this.repeats.set(key, (this.repeats.get(key) ?? 1) + 1);
      return;
    }
    if (isFirst || key < this.#least) this.#least = key;
    if (isFirst || key > this.#most) this.#most = key;
    this.#places?.set(key, this.#wires.length);
    this.#wires.push(wire);
    if (this.#wires.length === batch && !this.#places) this.#write();
  }

  /** How many bytes the items take as JSON. */
  measure(): number {
    if (this.#places) return utf8Length(JSON.stringify(this.#wires));
    this.#write();
    while (this.#measured < this.#texts.length) this.#bytes += utf8Length(this.#texts[this.#measured++]!) + 1;
    return this.#bytes;
  }

  /** Ends the adding. Gives the JSON array that is sent. It is parsed again where only some of it was done. */
  seal(): string {
    this.#write();
    this.#body = `[${this.#texts.join()}]`;
    this.#texts.length = 0;
    return this.#body;
  }

  /** Whether a key of it, still open, is in one that is sealed. */
  overlaps(sealed: BulkChunk<Wire>): boolean {
    if (sealed.state === "settled" || this.#least > sealed.#most || this.#most < sealed.#least) return false;
    if (!this.#places) this.#takeBack();
    sealed.#places ??= this.#placesOf(JSON.parse(sealed.#body));
    return this.#wires.some((wire) => sealed.#places!.has(this.#keyOf(wire)));
  }

  /** Lets go of what is done with. */
  settle(): void {
    this.state = "settled";
    this.#places = undefined;
    this.#body = "[]";
  }

  #write(): void {
    if (this.#wires.length === 0) return;
    const text = JSON.stringify(this.#wires).slice(1, -1);
    this.#texts.push(text);
    this.#written += this.#wires.length;
    this.#wires = [];
  }

  /** Back from text, to look up keys. */
  #takeBack(): void {
    this.#write();
    this.#wires = JSON.parse(`[${this.#texts.join()}]`) as Wire[];
    this.#texts.length = this.#written = this.#measured = this.#bytes = 0;
    this.#places = this.#placesOf(this.#wires);
  }

  #placesOf(wires: readonly Wire[]): Map<string, number> {
    return new Map(wires.map((wire, place) => [this.#keyOf(wire), place]));
  }
}
