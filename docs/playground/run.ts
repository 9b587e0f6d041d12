/** Runs what was typed: its imports become the modules that are given, the rest runs as it stands. */

export type Modules = Readonly<Record<string, object>>;

export interface Run {
  modules: Modules;
  /** What the code may use besides, by name. */
  globals: Readonly<Record<string, unknown>>;
  /** Told the value of each awaited line. */
  show: (value: unknown) => void;
}

const importStatement = /^import\s+(type\s+)?\{([^}]*)\}\s*from\s*["']([^"']+)["'];?/gm;
const otherImport = /^import\b.*$/m;
/** `await …;` on a line of its own; what follows the semicolon is a comment. */
const awaitedLine = /^await ([^;\n]+);([ \t]*\/\/.*)?$/gm;

const AsyncFunction = (async () => {}).constructor as new (
  ...parameters: string[]
) => (...values: unknown[]) => Promise<void>;

/** @throws SyntaxError where the code is none, and what the code throws */
export async function run(code: string, { modules, globals, show }: Run): Promise<void> {
  const body = code
    .replace(importStatement, (statement, isType: string | undefined, names: string, from: string) =>
      isType ? lines(statement) : toConstants(statement, names, from, modules),
    )
    .replace(awaitedLine, (_, expression: string, comment = "") => `$show(await ${expression});${comment}`);
  const other = otherImport.exec(body);
  if (other) throw new SyntaxError(`The playground cannot do this: ${other[0]}`);
  const scope = { ...globals, $modules: modules, $show: show };
  await new AsyncFunction(...Object.keys(scope), `"use strict";{${body}\n}`)(...Object.values(scope));
}

function toConstants(statement: string, names: string, from: string, modules: Modules): string {
  const module = modules[from];
  if (!module) {
    throw new SyntaxError(`The playground has no module "${from}", only ${Object.keys(modules).join(", ")}.`);
  }
  const kept = names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name && !name.startsWith("type "));
  for (const name of kept) {
    const [exported = ""] = name.split(/\s+as\s+/);
    if (!(exported in module)) throw new SyntaxError(`"${from}" has no "${exported}".`);
  }
  const pattern = kept.map((name) => name.replace(/\s+as\s+/, ": ")).join(", ");
  return `const { ${pattern} } = $modules[${JSON.stringify(from)}];${lines(statement)}`;
}

/** The line ends alone, so that the numbers of the lines after it stay. */
function lines(text: string): string {
  return text.replaceAll(/[^\n]/g, "");
}
