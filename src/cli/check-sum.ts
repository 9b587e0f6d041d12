/** FILE.sum: how many entries a backup has, and its SHA-256. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

export interface CheckSum {
  readonly entries: number;
  readonly sha256: string;
}

export const sumPath = (path: string): string => `${path}.sum`;

/** In the form that `sha256sum --check` reads; to it the first line is a comment. */
export function writeSum(path: string, { entries, sha256 }: CheckSum): void {
  const temporary = `${sumPath(path)}.part`;
  writeFileSync(temporary, `# ${entries} entries\n${sha256}  ${basename(path)}\n`, { mode: 0o600 });
  renameSync(temporary, sumPath(path));
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
