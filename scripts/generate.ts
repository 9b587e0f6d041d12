/**
 * Writes generated/ from the spec: lint, bundle, types and tables. All of it or nothing.
 *
 *     npm run generate -- [--check] [--spec FILE] [--out DIR]
 *
 * With --check nothing is written; it fails, with a diff, where DIR is not what FILE gives.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { generateFiles } from "./generated-files.ts";
import { root, SpecError } from "./redocly.ts";

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

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: "boolean", default: false },
      spec: { type: "string", default: join(root, "spec/kv.yaml") },
      out: { type: "string", default: join(root, "generated") },
    },
  });
  const out = resolve(values.out);
  const folder = relative(process.cwd(), out) || ".";
  try {
    const files = await generateFiles(resolve(values.spec));
    const old = readFiles(out, files.keys());
    const changed = new Map([...files].filter(([name, text]) => old.get(name) !== text));
    if (changed.size === 0) {
      console.log(`${folder} is what the spec gives.`);
      return 0;
    }
    if (!values.check) {
      writeFiles(out, changed);
      console.log(`${folder}: wrote ${[...changed.keys()].join(", ")}`);
      return 0;
    }
    console.error(difference(readFiles(out, changed.keys()), changed));
    console.error(`${folder} is not what the spec gives. Run \`npm run generate\` and commit the result.`);
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    const { length } = error.problems;
    console.error(error.message);
    console.error(
      `\n${length === 1 ? "One problem" : `${length} problems`} in the spec; ${folder} stays as it was.`,
    );
  }
  return 1;
}

process.exitCode = await main();
