/** Redocly as a child process, and the spec's problems by file and line. */
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

/** What a command wrote; stderr without the box with news of Node's versions. */
export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of Redocly's, with its rules of redocly.yaml. The exit code says only that there is something to say. */
export function redocly(...args: string[]): Promise<Output> {
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  return new Promise((done) => {
    execFile(
      process.execPath,
      [cli, ...args],
      { cwd: root, env, maxBuffer: 64 * 2 ** 20 },
      (_error, stdout, stderr) => done({ stdout, stderr: stderr.replaceAll(/╔.*?╝/gs, "").trim() }),
    );
  });
}

/** What to do about the findings of Redocly's own rules that do not say so. Those of spec/rules do. */
const remedies: Record<string, string> = {
  struct: "write what OpenAPI 3.1 has in this place",
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

/**
 * Every finding of `redocly lint`, warnings included, each with file, line and what to do.
 *
 * @throws SpecError where the spec cannot be read.
 */
export async function lint(spec: string): Promise<string[]> {
  const { stdout, stderr } = await redocly("lint", spec, "--format=json", "--max-problems=1000");
  if (stdout.startsWith("{")) {
    const { problems } = JSON.parse(stdout) as { problems: Problem[] };
    // A schema is told of once for each place that refers to it.
    return [...new Set(problems.map(describe))];
  }
  const [, message, file, place] = /- (.+) in "(.+)" \((\d+:\d+)\)/.exec(stderr) ?? [];
  if (file === undefined) throw new SpecError([stderr]);
  throw new SpecError([`${fromHere(file)}:${place}: ${message}\n    correct the YAML`]);
}
