/** Brings the folder generated/ up to the spec, or tells how it differs. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { generateFiles } from "./generated-files.ts";
import { SpecError } from "./redocly.ts";

type Files = ReadonlyMap<string, string>;

function readFiles(folder: string, names: Iterable<string>): Files {
  const read = (name: string): string => {
    try {
      return readFileSync(join(folder, name), "utf8");
    } catch {
      return "";
    }
  };
  return new Map(Array.from(names, (name) => [name, read(name)]));
}

/** Each file appears at once: no reader finds half of one. */
function writeFiles(folder: string, files: Files): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of files) writeFileSync(join(folder, `${name}.tmp`), text);
  for (const name of files.keys()) renameSync(join(folder, `${name}.tmp`), join(folder, name));
}

/** What has to change in the old files to make the new ones, as git shows it. */
function difference(before: Files, after: Files): string {
  const folder = mkdtempSync(join(tmpdir(), "generate-"));
  try {
    writeFiles(join(folder, "committed"), before);
    writeFiles(join(folder, "generated"), after);
    const diff = ["diff", "--no-index", "--no-color", "--no-ext-diff", "committed", "generated"];
    const { stdout, error } = spawnSync("git", diff, {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64 * 2 ** 20,
    });
    return error ? `(no diff: ${error.message})\n` : stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Writes into the folder what the spec gives, or with `check` compares the two, and says on the console what was
 * done. A spec with problems leaves the folder as it was; they are told with file, line and what to do.
 *
 * @returns the files that the spec gives; `undefined` where it has problems, or where a check fails
 */
export async function generate(
  spec: string,
  out: string,
  mode: "write" | "check",
): Promise<Files | undefined> {
  const folder = relative(process.cwd(), out) || ".";
  let files: Files;
  try {
    files = await generateFiles(spec);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const { length } = error.problems;
    const count = length === 1 ? "One problem" : `${length} problems`;
    console.error(`${error.message}\n\n${count} in the spec; ${folder} stays as it was.`);
    return undefined;
  }
  const old = readFiles(out, files.keys());
  const changed = new Map([...files].filter(([name, text]) => old.get(name) !== text));
  if (changed.size === 0) {
    console.log(`${folder} is what the spec gives.`);
  } else if (mode === "write") {
    writeFiles(out, changed);
    console.log(`${folder}: wrote ${[...changed.keys()].join(", ")}`);
  } else {
    console.error(difference(readFiles(out, changed.keys()), changed));
    console.error(`${folder} is not what the spec gives. Run \`npm run generate\` and commit the result.`);
    return undefined;
  }
  return files;
}
