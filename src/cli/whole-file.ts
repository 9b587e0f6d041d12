/** Files that are there as a whole or not at all: until they are, what there was before stays. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";

/** Where a file is while it is written. */
export const partPath = (path: string): string => `${path}.part`;

/** Whether a path names what is no file, and cannot come into being as a whole. */
export const isPipe = (path: string): boolean =>
  path === "-" || (existsSync(path) && !statSync(path).isFile());

/** Writes a file so that it outlives the machine. */
export function replaceFile(path: string, data: string | Uint8Array): void {
  const part = partPath(path);
  const file = openSync(part, "w", 0o600);
  try {
    writeFileSync(file, data);
    fsyncSync(file);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
}
