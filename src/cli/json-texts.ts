/** The JSON texts of a file: the elements of an array, or the lines of NDJSON. None is held but a chunk's. */

/** What a JSON text stands for, and which line or element it is, for messages. */
export class JsonItem {
  readonly json: unknown;
  readonly #kind: "line" | "element";
  readonly #number: number;

  constructor(json: unknown, kind: "line" | "element", number: number) {
    this.json = json;
    this.#kind = kind;
    this.#number = number;
  }

  get where(): string {
    return `${this.#kind} ${this.#number}`;
  }
}

const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const [open, close] = [Uint8Array.of(openBracket), Uint8Array.of(closeBracket)];
const byteOrderMark = "\ufeff";

/** A file that is not what it should be; the message says where. */
export class FormatError extends Error {}

/**
 * An array's elements where the first sign is a bracket, else one text a line; those that end in the same chunk
 * come together. What comes before something that is wrong comes before the error.
 *
 * @throws FormatError
 */
export async function* jsonItems(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly JsonItem[], void, undefined> {
  const splitter = new Splitter();
  for await (const chunk of chunks) yield* splitter.split(chunk);
  yield* splitter.end();
}

class Splitter {
  #layout: "unknown" | "lines" | "array" | "ended" = "unknown";
  /** What came of the text at hand in the chunks before. */
  #before: Uint8Array[] = [];
  #number = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  *split(chunk: Uint8Array): Generator<JsonItem[], void, undefined> {
    if (chunk.length === 0) return;
    if (this.#layout === "unknown") {
      chunk = Buffer.concat(this.#take(chunk));
      const text = Buffer.from(chunk).toString("latin1").replace("\u00ef\u00bb\u00bf", "").trimStart();
      if (text === "" || text === "\u00ef" || text === "\u00ef\u00bb") {
        // Blank so far: of that only the lines count, and what may be the first bytes of a mark.
        this.#number += placesOf(newline, chunk).length - 1;
        this.#before.push(chunk.subarray(chunk.length - text.length));
        return;
      }
      this.#layout = text.startsWith("[") ? "array" : "lines";
      if (this.#layout === "array") {
        chunk = chunk.subarray(chunk.indexOf(openBracket) + 1);
        this.#number = 0;
      }
    }
    if (this.#layout === "lines") {
      const end = chunk.lastIndexOf(newline);
      if (end >= 0) yield* this.#lines(Buffer.concat(this.#take(chunk.subarray(0, end))));
      this.#before.push(chunk.subarray(end + 1));
    } else yield* this.#elements(chunk);
  }

  *end(): Generator<JsonItem[], void, undefined> {
    if (this.#layout === "array") {
      throw new FormatError(`it ends within the array, behind element ${this.#number}: it was cut off`);
    }
    if (this.#layout === "ended") return;
    this.#layout = "lines";
    yield* this.#lines(Buffer.concat(this.#take()));
  }

  *#lines(bytes: Uint8Array): Generator<JsonItem[], void, undefined> {
    const items: JsonItem[] = [];
    let number = this.#number;
    try {
      for (const line of this.#decoder.decode(bytes).split("\n")) {
        number++;
        if (line.trim() !== "") items.push(new JsonItem(JSON.parse(line), "line", number));
      }
    } catch {
      yield* this.#oneByOne(bytes, placesOf(newline, bytes));
      return;
    }
    this.#number = number;
    yield items;
  }

  *#elements(chunk: Uint8Array): Generator<JsonItem[], void, undefined> {
    const ends = this.#layout === "array" ? this.#scan(chunk) : [];
    const last = ends.at(-1) ?? -1;
    if (last >= 0) yield* this.#array(chunk.subarray(0, last), ends);
    const rest = chunk.subarray(last + 1);
    if (this.#layout === "array") this.#before.push(rest);
    else if (Buffer.from(rest).toString().trim() !== "")
      throw new FormatError("something follows behind the end of its array");
  }

  /** Many elements are parsed as one array: one by one they would cost twice as much. */
  *#array(chunk: Uint8Array, ends: readonly number[]): Generator<JsonItem[], void, undefined> {
    const bytes = Buffer.concat([open, ...this.#take(chunk), close]);
    let all: unknown[] = [];
    try {
      all = JSON.parse(this.#decoder.decode(bytes)) as unknown[];
    } catch {
      // Which of them is wrong is found out below.
    }
    if (all.length === ends.length) yield all.map((json) => new JsonItem(json, "element", ++this.#number));
    else {
      const texts = bytes.subarray(1, -1);
      const before = texts.length - chunk.length;
      yield* this.#oneByOne(
        texts,
        ends.map((end) => before + end),
      );
    }
  }

  /** Where the elements end, up to the end of the array. What is in a string is passed over as a whole. */
  #scan(chunk: Uint8Array): number[] {
    const ends: number[] = [];
    let depth = this.#depth;
    let isInString = this.#isInString;
    let at = this.#isEscaped ? 1 : 0;
    for (;;) {
      if (isInString) {
        let end = at;
        do end = chunk.indexOf(quote, end) + 1;
        while (end > 0 && isEscaped(chunk, at, end - 1));
        if (end === 0) break;
        at = end;
        isInString = false;
      }
      for (; at < chunk.length && !isInString; at++) {
        const byte = chunk[at]!;
        if (byte === quote) isInString = true;
        else if (byte === openBrace || byte === openBracket) depth++;
        else if (depth > 0) {
          if (byte === closeBrace || byte === closeBracket) depth--;
        } else if (byte === comma) ends.push(at);
        else if (byte === closeBracket) {
          this.#layout = "ended";
          return [...ends, at];
        }
      }
      if (!isInString) break;
    }
    this.#depth = depth;
    this.#isInString = isInString;
    this.#isEscaped = isInString && isEscaped(chunk, at, chunk.length);
    return ends;
  }

  /** Shows which of some texts is wrong, and in what. */
  *#oneByOne(bytes: Uint8Array, ends: readonly number[]): Generator<JsonItem[], void, undefined> {
    const items: JsonItem[] = [];
    const kind = this.#layout === "lines" ? "line" : "element";
    let start = 0;
    try {
      for (const end of ends) {
        const where = `${kind} ${++this.#number}`;
        const text = this.#decode(bytes.subarray(start, end), where);
        start = end + 1;
        if (text.trim() !== "") items.push(new JsonItem(parse(text, where), kind, this.#number));
        else if (kind === "element" && !(this.#layout === "ended" && ends.length === 1 && this.#number === 1))
          throw new FormatError(`${where} is empty`);
      }
    } finally {
      yield items;
    }
  }

  #take(...rest: Uint8Array[]): Uint8Array[] {
    return [...this.#before.splice(0), ...rest];
  }

  #decode(bytes: Uint8Array, where: string): string {
    try {
      const text = this.#decoder.decode(bytes);
      return text.startsWith(byteOrderMark) ? text.slice(1) : text;
    } catch {
      throw new FormatError(`${where} is not UTF-8`);
    }
  }
}

/** Whether what follows a run of backslashes is a part of the string. */
function isEscaped(bytes: Uint8Array, start: number, place: number): boolean {
  let first = place;
  while (first > start && bytes[first - 1] === backslash) first--;
  return (place - first) % 2 === 1;
}

function placesOf(byte: number, bytes: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) places.push(at);
  return [...places, bytes.length];
}

/** The engine's message would quote the text. */
function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError(`${where} is not JSON`);
  }
}
