/**
 * A backup while it is written. Its pairs go to FILE.part, uncompressed, so that a run can go on behind any of
 * them; FILE comes into being at the end, as a whole.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { PassThrough, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Pair } from "../index.ts";
import { sumPath } from "./check-sum.ts";
import { createCompressor } from "./compression.ts";
import { encodePair, type Format, framing } from "./formats.ts";
import { checkIsThere } from "./line-file.ts";
import { partPath } from "./whole-file.ts";

/** Where pairs go. */
export interface PairOutput {
  /** Resolves when more may come. */
  write(pair: Pair): Promise<void> | undefined;
  finish(): Promise<unknown>;
}

/** So many characters are held before they are written. */
const heldCharacters = 256 * 1024;

/** Pairs as the text of a format; `entries` is how many there are before the first. */
class Text {
  readonly #frame: ReturnType<typeof framing>;
  #entries: number;
  #parts: string[] = [];
  #length = 0;

  constructor(format: Format, entries: number) {
    this.#frame = framing(format);
    this.#entries = entries;
  }

  get isLarge(): boolean {
    return this.#length >= heldCharacters;
  }

  add(pair: Pair): void {
    const text = (this.#entries++ === 0 ? this.#frame.first : this.#frame.between) + encodePair(pair);
    this.#parts.push(text);
    this.#length += text.length;
  }

  take(): string {
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    return text;
  }

  get end(): string {
    return this.#entries === 0 ? this.#frame.none : this.#frame.last;
  }
}

export class BackupFile implements PairOutput {
  readonly #path: string;
  readonly #format: Format;
  readonly #part: FileHandle;
  readonly #text: Text;
  #length: number;
  /** What was held then is lost: nothing behind it may be kept. */
  #failure: { error: unknown } | undefined;

  private constructor(
    path: string,
    format: Format,
    part: FileHandle,
    before: { length: number; entries: number },
  ) {
    this.#path = path;
    this.#format = format;
    this.#part = part;
    this.#text = new Text(format, before.entries);
    this.#length = before.length;
  }

  static async open(path: string, format: Format, before = { length: 0, entries: 0 }): Promise<BackupFile> {
    // A Node without zstd must not find that out at the end.
    if (format.compression) createCompressor(format.compression, path).destroy();
    checkIsThere(partPath(path), before.length);
    const part = await open(partPath(path), before.length > 0 ? "r+" : "w", 0o600);
    await part.truncate(before.length);
    return new BackupFile(path, format, part, before);
  }

  write(pair: Pair): Promise<void> | undefined {
    this.#text.add(pair);
    return this.#text.isLarge ? this.#append(this.#text.take()) : undefined;
  }

  /** Writes all that is held, so that it outlives the machine; resolves with how many bytes there are. */
  async flush(): Promise<number> {
    await this.#append(this.#text.take());
    await this.#part.datasync();
    return this.#length;
  }

  /** Makes FILE of it; gives its check sum. A run that ends within it can do it again. */
  async finish(): Promise<string> {
    await this.flush();
    await this.#append(this.#text.end);
    await this.close();
    return publish(this.#path, this.#format);
  }

  async close(): Promise<void> {
    await this.#part.close();
  }

  /** Leaves nothing of it, and FILE as it was. */
  async discard(): Promise<void> {
    await this.close();
    await rm(partPath(this.#path), { force: true });
    await rm(finishedPath(this.#path, this.#format), { force: true });
  }

  async #append(text: string): Promise<void> {
    if (this.#failure) throw this.#failure.error;
    const bytes = Buffer.from(text);
    try {
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await this.#part.write(bytes, at, bytes.length - at, this.#length + at);
        at += bytesWritten;
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
    this.#length += bytes.length;
  }
}

/** What is renamed to FILE. */
const finishedPath = (path: string, { compression }: Format): string =>
  compression ? `${partPath(path)}.${compression}` : partPath(path);

/** Compresses what has to be, and renames; gives the check sum. */
async function publish(path: string, format: Format): Promise<string> {
  const { compression } = format;
  const part = partPath(path);
  const hash = createHash("sha256");
  const read = createReadStream(part, { highWaterMark: 256 * 1024 });
  const hashed = async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const finished = finishedPath(path, format);
  if (compression) {
    const target = createWriteStream(finished, { mode: 0o600, flush: true });
    await pipeline(read, createCompressor(compression, path), hashed, target);
  } else for await (const chunk of read) hash.update(chunk as Buffer);
  // A sum of what FILE was before must never stand beside what it is now.
  await rm(sumPath(path), { force: true });
  await rename(finished, path);
  if (compression) await rm(part);
  return hash.digest("hex");
}

/** Pairs to a pipe or device, compressed where the format says so. Nothing of it can be gone on with. */
export class BackupStream implements PairOutput {
  readonly #text: Text;
  readonly #head: Writable;
  readonly #done: Promise<void>;

  constructor(path: string, format: Format) {
    const isStandardOutput = path === "-";
    const target = isStandardOutput ? process.stdout : createWriteStream(path);
    this.#text = new Text(format, 0);
    const { compression } = format;
    const head = compression
      ? createCompressor(compression, isStandardOutput ? "standard output" : path)
      : new PassThrough();
    this.#head = head;
    // Standard output stays open, and its last error comes too late to be met here: src/cli/index.ts does.
    this.#done = pipeline(head, target, { end: !isStandardOutput });
    // Its failure is met where it is awaited.
    this.#done.catch(() => {});
  }

  write(pair: Pair): Promise<void> | undefined {
    this.#text.add(pair);
    return this.#text.isLarge ? this.#send() : undefined;
  }

  async finish(): Promise<void> {
    this.#head.end(this.#text.take() + this.#text.end);
    await this.#done;
  }

  async #send(): Promise<void> {
    if (!this.#head.write(this.#text.take())) await Promise.race([once(this.#head, "drain"), this.#done]);
  }
}
