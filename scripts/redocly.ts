/** Redocly as a child process: the spec's problems by file and line, and the spec as one document. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root: string = fileURLToPath(new URL("..", import.meta.url));

const cli = createRequire(import.meta.url).resolve("@redocly/cli/bin/cli.js");

/** What is wrong with the spec, a line each, fit to be read by a person. */
export class SpecError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

interface Problem {
  ruleId: string;
  message: string;
  suggest: string[];
  reference?: string;
  location: { source: { ref: string }; pointer?: string; start?: { line: number; col: number } }[];
}

/** Runs the command. Its own exit code says only that there are problems, which stdout has in full. */
function redocly(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true", NO_COLOR: "1" };
  return new Promise((resolve) => {
    const options = { cwd: root, env, maxBuffer: 64 * 2 ** 20 };
    execFile(process.execPath, [cli, ...args], options, (_error, stdout, stderr) => resolve({ stdout, stderr }));
  });
}

const remedies: Record<string, string> = {
  "no-unresolved-refs": "correct the $ref, or add what it names",
  "operation-operationId-unique": "give one of the operations another operationId",
};

function describe({ ruleId, message, suggest, reference, location }: Problem): string {
  const [place] = location;
  const where = place === undefined ? "" : `${place.source.ref}:${place.start?.line ?? 1}:${place.start?.col ?? 1} `;
  const remedy =
    remedies[ruleId] ??
    (suggest.length > 0 ? `did you mean ${suggest.join(" or ")}?` : reference && `see ${reference}`);
  return `${where}${message} (${ruleId})${remedy ? `\n    ${remedy}` : ""}`;
}

/** Every finding of `redocly lint`, warnings included, each with file, line and what to do. */
export async function lint(spec: string): Promise<string[]> {
  const { stdout, stderr } = await redocly("lint", spec, "--format=json", "--max-problems=1000");
  let report: { problems: Problem[] };
  try {
    report = JSON.parse(stdout);
  } catch {
    throw new Error(`redocly lint gave no report:\n${stderr || stdout}`);
  }
  return report.problems.map(describe);
}

/**
 * The spec as one document, linted.
 *
 * @throws SpecError with every finding of the linter.
 */
export async function bundle(spec: string): Promise<Record<string, unknown>> {
  const [problems, { stdout, stderr }] = await Promise.all([
    lint(spec),
    redocly("bundle", spec, "--ext=json"),
  ]);
  if (problems.length > 0) throw new SpecError(problems);
  try {
    return JSON.parse(stdout);
  } catch {
    throw new SpecError([`${spec} cannot be bundled:\n${stderr || stdout}`]);
  }
}
