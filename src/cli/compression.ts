/** gzip and zstd, as far as this Node has them. */
import { pipeline, type Transform } from "node:stream";
import zlib from "node:zlib";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { FormatError } from "./json-texts.ts";

/** Since Node 22.15 and 23.8. */
const zstd = zlib as unknown as {
  createZstdCompress?: () => Transform;
  createZstdDecompress?: () => Transform;
};

export const hasZstd: boolean = zstd.createZstdCompress !== undefined;

function noZstd(what: string): CommandError {
  return new CommandError(
    exitCodes.failed,
    `${what} is zstd, which Node ${process.version} does not have; Node 22.15 and newer do`,
    { advice: "use .gz, or the program zstd through a pipe" },
  );
}

export function createCompressor(compression: "gzip" | "zstd", name: string): Transform {
  if (compression === "gzip") return zlib.createGzip();
  if (!zstd.createZstdCompress) throw noZstd(name);
  return zstd.createZstdCompress();
}

/** Decompresses by the magic number that the bytes begin with; what has none passes as it is. */
export async function* decompress(
  chunks: AsyncIterable<Buffer>,
  name: string,
): AsyncGenerator<Buffer, void, undefined> {
  const reader = new ByteReader(chunks);
  const start = await reader.peek(4);
  if (start[0] === 0x1f && start[1] === 0x8b) {
    yield* through(reader.rest(), zlib.createGunzip());
  } else if (start.length === 4 && (start.readUInt32LE(0) === zstdMagic || isSkippable(start))) {
    if (!zstd.createZstdDecompress) throw noZstd(name);
    while ((await reader.peek(1)).length > 0) {
      if (isSkippable(await reader.peek(4))) await skipFrame(reader);
      else yield* through(zstdFrame(reader), zstd.createZstdDecompress());
    }
  } else yield* reader.rest();
}

async function* through(
  chunks: AsyncIterable<Buffer>,
  transform: Transform,
): AsyncGenerator<Buffer, void, undefined> {
  // A failure of either reaches whoever iterates.
  pipeline(chunks, transform, () => {});
  try {
    yield* transform as AsyncIterable<Buffer>;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (/^(Z_|ZSTD_)/.test(code)) throw new FormatError(damaged);
    throw error;
  }
}

const damaged = "it is cut off or damaged: it cannot be decompressed";

const zstdMagic = 0xfd2fb528;
const isSkippable = (start: Buffer): boolean =>
  start.length === 4 && start.readUInt32LE(0) >>> 4 === 0x184d2a5;

/**
 * One frame of zstd (RFC 8878 §3.1.1), cut out of what may hold several: Node's decompressor drops those behind
 * the first without a word, and one that is cut off ends like a whole one (22.23, 24.21).
 */
async function* zstdFrame(reader: ByteReader): AsyncGenerator<Buffer, void, undefined> {
  const start = await reader.read(5);
  if (start.readUInt32LE(0) !== zstdMagic) throw new FormatError(damaged);
  const descriptor = start[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  yield start;
  yield await reader.read(windowBytes + dictionaryBytes + sizeBytes);
  for (let isLast = false; !isLast;) {
    const header = await reader.read(3);
    const bits = header.readUIntLE(0, 3);
    isLast = (bits & 1) === 1;
    const isRepeat = ((bits >> 1) & 3) === 1;
    yield header;
    yield await reader.read(isRepeat ? 1 : bits >> 3);
  }
  const hasCheckSum = (descriptor & 4) !== 0;
  if (hasCheckSum) yield await reader.read(4);
}

async function skipFrame(reader: ByteReader): Promise<void> {
  const header = await reader.read(8);
  await reader.read(header.readUInt32LE(4));
}

/** Bytes by number out of chunks as they come. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, which stay; fewer where the end comes before. */
  async peek(length: number): Promise<Buffer> {
    while (this.#held.length < length) {
      const { done, value } = await this.#chunks.next();
      if (done) break;
      this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
    }
    return this.#held.subarray(0, length);
  }

  async read(length: number): Promise<Buffer> {
    const bytes = await this.peek(length);
    if (bytes.length < length) throw new FormatError(damaged);
    this.#held = this.#held.subarray(length);
    return bytes;
  }

  async *rest(): AsyncGenerator<Buffer, void, undefined> {
    if (this.#held.length > 0) yield this.#held;
    for (;;) {
      const { done, value } = await this.#chunks.next();
      if (done) return;
      yield value;
    }
  }
}
