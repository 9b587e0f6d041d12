/** The JSON texts of a file: the elements of an array, or the lines of NDJSON. None is held but the one at hand. */

/** A JSON text, and which line or element it is, for messages. */
export interface JsonText {
  readonly text: string;
  readonly where: string;
}

const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const byteOrderMark = "\ufeff";

/** A file that is not what it should be; the message says where. */
export class FormatError extends Error {}

/** An array's elements where the first sign is a bracket, else one text a line. */
export async function* jsonTexts(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<JsonText, void, undefined> {
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
  /** Whether an element has to follow: a comma came. */
  #isDue = false;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  *split(chunk: Uint8Array): Generator<JsonText, void, undefined> {
    if (this.#layout === "unknown") {
      const first = Buffer.from(chunk).toString("latin1").replace("\u00ef\u00bb\u00bf", "").trimStart()[0];
      if (first === undefined) return;
      this.#layout = first === "[" ? "array" : "lines";
      if (first === "[") chunk = chunk.subarray(chunk.indexOf(openBracket) + 1);
    }
    yield* this.#layout === "lines" ? this.#lines(chunk) : this.#elements(chunk);
  }

  *end(): Generator<JsonText, void, undefined> {
    if (this.#layout === "array") {
      throw new FormatError(`it ends within the array, behind element ${this.#number}: it was cut off`);
    }
    if (this.#layout === "lines") yield* this.#line([]);
  }

  *#lines(chunk: Uint8Array): Generator<JsonText, void, undefined> {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      yield* this.#line([chunk.subarray(start, end)]);
      start = end + 1;
    }
    if (start < chunk.length) this.#before.push(chunk.subarray(start));
  }

  *#line(rest: readonly Uint8Array[]): Generator<JsonText, void, undefined> {
    this.#number++;
    const text = this.#take(rest);
    if (text.trim() !== "") yield { text, where: this.#where() };
  }

  *#elements(chunk: Uint8Array): Generator<JsonText, void, undefined> {
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (this.#isInString) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (byte === backslash) this.#isEscaped = true;
        else if (byte === quote) this.#isInString = false;
      } else if (byte === quote) this.#isInString = true;
      else if (byte === openBrace || byte === openBracket) this.#depth++;
      else if (this.#depth > 0) {
        if (byte === closeBrace || byte === closeBracket) this.#depth--;
      } else if (byte === comma || byte === closeBracket) {
        if (this.#layout === "ended") throw this.#surplus();
        this.#number++;
        const text = this.#take([chunk.subarray(start, i)]);
        start = i + 1;
        const isEnd = byte === closeBracket;
        const isEmptyArray = isEnd && this.#number === 1 && !this.#isDue;
        if (text.trim() !== "") yield { text, where: this.#where() };
        else if (!isEmptyArray) throw new FormatError(`${this.#where()} is empty`);
        this.#isDue = !isEnd;
        if (isEnd) this.#layout = "ended";
      }
    }
    if (start < chunk.length) this.#before.push(chunk.subarray(start));
    if (this.#layout === "ended" && this.#take([]).trim() !== "") throw this.#surplus();
  }

  #take(rest: readonly Uint8Array[]): string {
    const parts = [...this.#before, ...rest];
    this.#before = [];
    try {
      const text = this.#decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts));
      return text.startsWith(byteOrderMark) ? text.slice(1) : text;
    } catch {
      throw new FormatError(`${this.#where()} is not UTF-8`);
    }
  }

  #where(): string {
    return `${this.#layout === "lines" ? "line" : "element"} ${this.#number}`;
  }

  #surplus(): FormatError {
    return new FormatError("something follows behind the end of its array");
  }
}

/** The value of a text. The engine's message would quote it. */
export function parseText({ text, where }: JsonText): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new FormatError(`${where} is not JSON`);
  }
}
