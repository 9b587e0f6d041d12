/** Files that are there as a whole or not at all: until they are, what there was before stays. */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { usageError } from "./exit-codes.ts";

/**
 * Where a job writes: the file that a link leads to, so that both names share what lies beside it, or "-".
 *
 * @throws CommandError for a folder and an empty name
 */
export function outputPath(path: string): string {
  if (path === "") throw usageError("the name of the file to write is empty", "- is standard output");
  if (/^\/dev\/(stdout|fd\/1)$/.test(path)) return "-";
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw usageError(`${path} is a folder`, "name a file in it");
  return found?.isFile() && lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
}

/** Where a file is while it is written. */
export const partPath = (path: string): string => `${path}.part`;

/** Whether a path names a file, or nothing yet: standard output, pipes, devices and folders cannot be replaced. */
export const canBeReplaced = (path: string): boolean =>
  path !== "-" && (!existsSync(path) || statSync(path).isFile());

/**
 * Writes a file so that it outlives the machine, readable by its owner alone. A link to a file stays one.
 *
 * `isLocked`: its part, too, is this run's alone, and replaces what a killed run has left. Else the part has a name
 * that nothing has.
 */
export function replaceFile(
  path: string,
  data: string | Uint8Array,
  { isLocked = false }: { isLocked?: boolean } = {},
): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const part = partPath(isLocked ? target : `${target}.${randomUUID().slice(0, 8)}`);
  if (isLocked) rmSync(part, { force: true });
  const file = openSync(part, "wx", 0o600);
  try {
    try {
      writeFileSync(file, data);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, target);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
