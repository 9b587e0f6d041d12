/** Copies of the spec with something changed, for the tests of its rules and of the generator. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const specFile: string = fileURLToPath(new URL("../spec/kv.yaml", import.meta.url));

/** A new folder, which goes away when the tests of the file are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "spec-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Replaces the first `from` that follows `after`. */
export interface Edit {
  after: string;
  from: string;
  to: string;
}

/** The spec with parts replaced; an edit that finds nothing to replace is an error. */
export function editedSpec(...edits: readonly Edit[]): string {
  return edits.reduce(
    (text, { after, from, to }) => {
      const start = indexOf(text, after, 0);
      const index = indexOf(text, from, start);
      return text.slice(0, index) + to + text.slice(index + from.length);
    },
    readFileSync(specFile, "utf8"),
  );
}

/** The line, counted from 1, of the first `text` that follows `after`. */
export function lineOf(spec: string, after: string, text: string): number {
  return spec.slice(0, indexOf(spec, text, indexOf(spec, after, 0))).split("\n").length;
}

function indexOf(text: string, part: string, from: number): number {
  const index = text.indexOf(part, from);
  if (index === -1) throw new Error(`the spec has no ${JSON.stringify(part)} there`);
  return index;
}

let copies = 0;

/** Writes a spec into a file of its own in the folder, and gives its path. */
export function saveSpec(folder: string, text: string): string {
  const file = join(folder, `kv-${++copies}.yaml`);
  writeFileSync(file, text);
  return file;
}
