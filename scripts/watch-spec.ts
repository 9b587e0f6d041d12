/** Generates at each edit of the spec, checks the types of src/, and rebuilds the REST reference. */
import { readFileSync, watch } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { generate } from "./generate-folder.ts";
import { buildRestReference } from "./rest-reference.ts";
import { createTypeCheck } from "./type-check.ts";

/** Editors write a file in several steps; what follows within this many ms belongs to the same edit. */
const sameEdit = 30;

/** Runs until the process ends. */
export function watchSpec(spec: string, out: string, reference: string | undefined): void {
  const checkTypes = createTypeCheck();
  let seen: string | undefined;
  let running = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function run(): Promise<void> {
    const text = readText(spec);
    if (text === undefined || text === seen) return;
    const isEdit = seen !== undefined;
    seen = text;
    const started = performance.now();
    const files = await generate(spec, out, "write");
    if (!files) return;
    const page =
      isEdit &&
      reference &&
      buildRestReference(spec, reference).then(() => `${shown(reference)}: rebuilt`, told);
    const problems = checkTypes(files);
    if (problems.length > 0) {
      const count = problems.length === 1 ? "One place" : `${problems.length} places`;
      console.error(
        `${problems.join("\n")}\n\n${count} in src/ that the spec no longer fits: change the code there.`,
      );
    }
    const done = [problems.length === 0 && "types: no errors", await page].filter(Boolean);
    console.log([...done, `${((performance.now() - started) / 1000).toFixed(1)} s`].join(" · "));
  }

  function schedule(): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(run).catch(told);
    }, sameEdit);
  }

  // The folder, since editors put a new file in the place of the old one.
  watch(dirname(spec), (_event, name) => {
    if (name === null || name === basename(spec)) schedule();
  });
  async function start(): Promise<void> {
    await run();
    console.log(`Watching ${shown(spec)}; Ctrl+C ends it.`);
    // The second check takes twice as long as those after it, which is not to be the first edit's.
    checkTypes(new Map());
  }
  running = start().catch(told);
}

const shown = (file: string): string => relative(process.cwd(), file);

/** Says what went wrong beyond the spec, and goes on watching. */
function told(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
}

/** Between two steps of an editor there may be no file. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
