/** FILE.sum: how many entries a backup has, and its SHA-256. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { replaceFile } from "./whole-file.ts";

export interface CheckSum {
  readonly entries: number;
  readonly sha256: string;
}

export const sumPath = (path: string): string => `${path}.sum`;

/** In the form that `sha256sum --check` reads; to it the first line is a comment. */
export function writeSum(path: string, { entries, sha256 }: CheckSum): void {
  replaceFile(sumPath(path), `# ${entries} entries\n${sha256}  ${basename(path)}\n`, { isLocked: true });
}

/** `undefined` where there is none, or it is not one of ours. */
export function readSum(path: string): CheckSum | undefined {
  let text: string;
  try {
    text = readFileSync(sumPath(path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const [, entries, sha256] = /^# (\d+) entries\n([0-9a-f]{64}) [ *]/.exec(text) ?? [];
  return sha256 === undefined ? undefined : { entries: Number(entries), sha256 };
}
