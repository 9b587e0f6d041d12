/** A file or pipe as it is read: decompressed by what it begins with, its JSON texts one at a time. */
import { createReadStream } from "node:fs";
import { decompress } from "./compression.ts";
import { CommandError, exitCodes } from "./exit-codes.ts";
import { FormatError, type JsonText, jsonTexts } from "./json-texts.ts";

export interface ReadOptions {
  /** Told of the file's own bytes as they are read, before they are decompressed. */
  onBytes?: ((chunk: Buffer) => void) | undefined;
  /** How many texts to pass over, which an earlier run has dealt with. */
  skip?: number | undefined;
}

/** The name of a file in messages. */
export function inputName(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** What the JSON texts of a file stand for, or of standard input where the path is "-". */
export async function* readFileOf<T>(
  path: string,
  decode: (source: JsonText) => T,
  { onBytes, skip = 0 }: ReadOptions = {},
): AsyncGenerator<T, void, undefined> {
  let number = 0;
  const name = inputName(path);
  try {
    for await (const source of jsonTexts(decompress(readRaw(path, onBytes), name))) {
      if (number++ >= skip) yield decode(source);
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new CommandError(exitCodes.failed, `${name}: ${error.message}`, { cause: error });
  }
}

async function* readRaw(
  path: string,
  onBytes: ReadOptions["onBytes"],
): AsyncGenerator<Buffer, void, undefined> {
  const source = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 });
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onBytes?.(chunk);
    yield chunk;
  }
}
