/** Redocly as a child process: the spec's problems by file and line, and the spec as one document. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

const cli = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");

/** The spec cannot be used. Each problem says where, what is wrong, and what to do. */
export class SpecError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

interface Problem {
  ruleId: string;
  message: string;
  suggest: string[];
  reference?: string;
  location: { source: { ref: string }; start?: { line: number; col: number } }[];
}

/** Runs a command of Redocly's. Its exit code says only that there are problems, stdout which. */
function redocly(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  return new Promise((done) => {
    execFile(
      process.execPath,
      [cli, ...args],
      { cwd: root, env, maxBuffer: 64 * 2 ** 20 },
      (_error, stdout, stderr) => done({ stdout, stderr }),
    );
  });
}

/** What to do about the findings of Redocly's own rules that do not say so. Those of spec/rules do. */
const remedies: Record<string, string> = {
  "no-unresolved-refs": "correct the $ref, or add what it names",
  "operation-operationId-unique": "give one of the two operations another operationId",
};

const fromHere = (file: string): string => relative(process.cwd(), resolve(root, file));

function describe({ ruleId, message, suggest, reference, location }: Problem): string {
  const [place] = location;
  const { line = 1, col = 1 } = place?.start ?? {};
  const where = place ? `${fromHere(place.source.ref)}:${line}:${col}: ` : "";
  const guess = suggest.length > 0 ? `did you mean ${suggest.join(" or ")}?` : undefined;
  const remedy = guess ?? remedies[ruleId] ?? (reference && `see ${reference}`);
  return `${where}${message} (${ruleId})${remedy ? `\n    ${remedy}` : ""}`;
}

/** Redocly's output as JSON. Where there is none, it could not even read the spec, and says so on stderr. */
function parse({ stdout, stderr }: { stdout: string; stderr: string }): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    const [, message, file, place] = /- (.+) in "(.+)" \((\d+:\d+)\)/.exec(stderr) ?? [];
    if (file !== undefined)
      throw new SpecError([`${fromHere(file)}:${place}: ${message}\n    correct the YAML`]);
    // Without the box with news of Node's versions.
    throw new SpecError([stderr.replace(/╔.*╝/s, "").trim()]);
  }
}

/**
 * Every finding of `redocly lint`, warnings included, each with file, line and what to do.
 *
 * @throws SpecError where the spec cannot be read.
 */
export async function lint(spec: string): Promise<string[]> {
  const output = await redocly("lint", spec, "--format=json", "--max-problems=1000");
  const { problems } = parse(output) as { problems: Problem[] };
  return problems.map(describe);
}

/**
 * The spec as one document, without the tables that spec/rules adds for readers.
 *
 * @throws SpecError with every finding of the linter.
 */
export async function bundle(spec: string): Promise<Record<string, unknown>> {
  const [problems, output] = await Promise.all([
    lint(spec),
    redocly("bundle", spec, "--ext=json", "--skip-decorator=kv/list-errors"),
  ]);
  if (problems.length > 0) throw new SpecError(problems);
  return parse(output) as Record<string, unknown>;
}
