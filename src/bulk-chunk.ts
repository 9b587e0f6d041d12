/** What goes into one bulk request. */

/** The body of a bulk request: a JSON array. */
export type BulkBody = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function toBody(wires: readonly unknown[]): BulkBody {
  return encoder.encode(JSON.stringify(wires));
}

function fromBody<Wire>(body: BulkBody): Wire[] {
  return JSON.parse(decoder.decode(body)) as Wire[];
}

/** What one bulk request carries: bytes, which are parsed again, once, only where some of it was not done. */
export class BulkPart<Wire> {
  readonly body: BulkBody;
  readonly size: number;
  #wires: readonly Wire[] | undefined;

  constructor(body: BulkBody, size: number) {
    this.body = body;
    this.size = size;
  }

  get wires(): readonly Wire[] {
    return (this.#wires ??= fromBody<Wire>(this.body));
  }

  only(isWanted: (wire: Wire) => boolean): BulkPart<Wire> {
    return BulkPart.#of(this.wires.filter(isWanted));
  }

  halves(): [BulkPart<Wire>, BulkPart<Wire>] {
    const half = Math.ceil(this.size / 2);
    return [BulkPart.#of(this.wires.slice(0, half)), BulkPart.#of(this.wires.slice(half))];
  }

  static #of<Wire>(wires: readonly Wire[]): BulkPart<Wire> {
    return new BulkPart(toBody(wires), wires.length);
  }
}

/**
 * So many pairs are written as JSON at a time, as the bytes that are sent: those are nothing to the garbage
 * collector. One by one they would cost twice as much to write.
 */
const batch = 500;
const comma = 0x2c;

/** The inputs of one bulk request, by key: the last input of a key stands for those before. */
export class BulkChunk<Wire> {
  /** How many inputs there were of a key, where more than one. */
  readonly repeats: Map<string, number> = new Map();
  /** How many inputs were taken from the source for it, refused ones included. */
  taken = 0;
  /** `lost`: the end of the job came before some of it was done with. */
  state: "open" | "settled" | "lost" = "open";
  readonly #keyOf: (wire: Wire) => string;
  /** What is written: a JSON array from the first byte to the end. */
  #bytes: BulkBody;
  #end = 0;
  #written = 0;
  /** What is not written yet. */
  #wires: Wire[] = [];
  /**
   * The last place of each key, once one does not come after the one before. Until then, as in what was listed or
   * exported, none can be there twice, and nobody has to ask: a Map of them would cost as much as all the rest of a
   * bulk write.
   */
  #places: Map<string, number> | undefined;
  #least = "";
  #most = "";

  /** `memory` is what it is written into: that of a request which is done with, so that none is left behind. */
  constructor(keyOf: (wire: Wire) => string, memory: BulkBody) {
    this.#keyOf = keyOf;
    this.#bytes = memory;
  }

  /** How many items it will send. */
  get size(): number {
    return this.#places?.size ?? this.#added;
  }

  get #added(): number {
    return this.#written + this.#wires.length;
  }

  add(wire: Wire): void {
    const key = this.#keyOf(wire);
    const isFirst = this.#added === 0;
    if (!isFirst && key <= this.#most) {
      this.#places ??= this.#read();
      if (this.#places.has(key)) this.repeats.set(key, (this.repeats.get(key) ?? 1) + 1);
    }
    if (isFirst || key < this.#least) this.#least = key;
    if (isFirst || key > this.#most) this.#most = key;
    this.#places?.set(key, this.#added);
    this.#wires.push(wire);
    if (this.#wires.length === batch) this.#write();
  }

  /** How many bytes it takes, with earlier inputs of a key. */
  measure(): number {
    this.#write();
    return this.#end;
  }

  /** Ends the adding. Gives what is sent. */
  seal(): BulkPart<Wire> {
    this.#write();
    if (this.#added > this.size) {
      const places = this.#places!;
      this.#wires = this.#parsed.filter((wire, place) => places.get(this.#keyOf(wire)) === place);
      this.#end = this.#written = 0;
      this.#write();
    }
    return new BulkPart(this.#body, this.size);
  }

  /** Whether a key of it, still open, is in one that is sealed. */
  overlaps(sealed: BulkChunk<Wire>): boolean {
    if (this.size === 0 || sealed.size === 0 || sealed.state === "settled") return false;
    if (this.#least > sealed.#most || this.#most < sealed.#least) return false;
    this.#places ??= this.#read();
    sealed.#places ??= sealed.#read();
    for (const key of this.#places.keys()) if (sealed.#places.has(key)) return true;
    return false;
  }

  /** Lets go of what is done with, and gives its memory. */
  settle(): BulkBody {
    this.state = "settled";
    this.#places = undefined;
    return this.#bytes;
  }

  get #body(): BulkBody {
    return this.#bytes.subarray(0, this.#end);
  }

  get #parsed(): Wire[] {
    return this.#end === 0 ? [] : fromBody<Wire>(this.#body);
  }

  /** Looks up the places of what was added so far. */
  #read(): Map<string, number> {
    const added = [...this.#parsed, ...this.#wires];
    return new Map(added.map((wire, place) => [this.#keyOf(wire), place]));
  }

  #write(): void {
    if (this.#wires.length === 0) return;
    // Its opening bracket takes the place of the closing one before.
    const start = Math.max(0, this.#end - 1);
    let at = start;
    for (let rest = JSON.stringify(this.#wires); ; this.#grow()) {
      const { read, written } = encoder.encodeInto(rest, this.#bytes.subarray(at));
      at += written;
      rest = rest.slice(read);
      if (rest === "") break;
    }
    if (start > 0) this.#bytes[start] = comma;
    this.#end = at;
    this.#written += this.#wires.length;
    this.#wires = [];
  }

  #grow(): void {
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
