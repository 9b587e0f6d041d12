/** A file or pipe as it is read: decompressed by what it begins with, its JSON texts one at a time. */
import { constants, createReadStream, open, statSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { decompress } from "./compression.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { FormatError, type JsonItem, jsonItems } from "./json-texts.ts";

export interface ReadOptions {
  /** Told of the file's own bytes as they are read, before they are decompressed. */
  onBytes?: ((chunk: Buffer) => void) | undefined;
  /** How many texts to pass over, which an earlier run has dealt with. */
  skip?: number | undefined;
  /** Ends it with its reason, though nothing comes: a pipe may stay open and silent. */
  signal?: AbortSignal | undefined;
}

/** Whether what is there is gone once it is read, as in a pipe, under whatever name. */
export function isReadOnce(path: string): boolean {
  if (path === "-") return true;
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && !found.isFile() && !found.isDirectory();
}

/** The name of a file in messages. */
export function inputName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/**
 * What the JSON texts of a file stand for, or of standard input where the path is "-"; as many together as a chunk
 * has, since to await each by itself would cost more than to read it.
 */
export async function* readBatchesOf<T>(
  path: string,
  decode: (item: JsonItem) => T,
  { onBytes, skip = 0, signal }: ReadOptions = {},
): AsyncGenerator<readonly T[], void, undefined> {
  let number = 0;
  const name = inputName(path);
  try {
    for await (const items of jsonItems(decompress(readRaw(path, onBytes, signal), name))) {
      const batch: T[] = [];
      try {
        for (const item of items) if (number++ >= skip) batch.push(decode(item));
      } finally {
        yield batch;
      }
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new CommandError(exitCodes.failed, `${name}: ${error.message}`, { cause: error });
  }
}

/** The same, one at a time. */
export async function* readFileOf<T>(
  ...words: Parameters<typeof readBatchesOf<T>>
): AsyncGenerator<T, void, undefined> {
  for await (const batch of readBatchesOf(...words)) for (const each of batch) yield each;
}

async function openRaw(path: string): Promise<Readable> {
  if (path === "-") return process.stdin;
  if (statSync(path, { throwIfNoEntry: false })?.isFIFO()) {
    // To open and to read a silent pipe, as files are, holds a thread that nothing ends, nor the process with it.
    // Elsewhere than on Linux, one that nothing writes to yet could pass for one that is at its end.
    const flags = constants.O_RDONLY | (process.platform === "linux" ? constants.O_NONBLOCK : 0);
    return new Socket({ fd: await promisify(open)(path, flags), writable: false });
  }
  return createReadStream(path, { highWaterMark: 256 * 1024 });
}

async function* readRaw(
  path: string,
  onBytes: ReadOptions["onBytes"],
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const source = await openRaw(path);
  if (signal?.aborted) source.destroy();
  signal?.throwIfAborted();
  signal?.addEventListener("abort", () => source.destroy(signal.reason as Error), { once: true });
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onBytes?.(chunk);
    yield chunk;
  }
}
