/** Checks the types of src/ against files of generated/ that need not be on the disk. */
import { join, relative, resolve } from "node:path";
import ts from "typescript";
import { root } from "./redocly.ts";

export type TypeCheck = (generated: ReadonlyMap<string, string>) => string[];

/** A check that keeps what it has parsed: from the second time on it takes a fraction of the first. */
export function createTypeCheck(): TypeCheck {
  const folders = ["src", "generated"].map((name) => join(root, name));
  const { fileNames, options } = readConfig();
  const rootNames = fileNames.filter((name) => folders.some((folder) => resolve(name).startsWith(folder)));
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  const parsed = new Map<string, { text: string | undefined; file: ts.SourceFile | undefined }>();
  let overlay: ReadonlyMap<string, string> = new Map();
  let program: ts.Program | undefined;

  host.getSourceFile = (name, version) => {
    const text = overlay.get(resolve(name)) ?? (isOurs(name) ? ts.sys.readFile(name) : undefined);
    const known = parsed.get(name);
    if (known && known.text === text) return known.file;
    const file = text === undefined ? read(name, version) : ts.createSourceFile(name, text, version, true);
    parsed.set(name, { text, file });
    return file;
  };

  return (generated) => {
    overlay = new Map([...generated].map(([name, text]) => [join(root, "generated", name), text]));
    program = ts.createProgram(rootNames, options, host, program);
    const check = program.getSemanticDiagnostics.bind(program);
    const ours = program.getSourceFiles().filter(({ fileName }) => isOurs(fileName));
    return [program.getSyntacticDiagnostics(), ...ours.map((file) => check(file))].flat().map(describe);
  };
}

const isOurs = (name: string): boolean => !name.includes("/node_modules/");

function readConfig(): ts.ParsedCommandLine {
  const host = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic(problem: ts.Diagnostic): never {
      throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, "\n"));
    },
  };
  return ts.getParsedCommandLineOfConfigFile(join(root, "tsconfig.json"), { noEmit: true }, host)!;
}

function describe({ file, start = 0, messageText }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, "\n    ");
  if (!file) return text;
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return `${relative(process.cwd(), file.fileName)}:${line + 1}:${character + 1}: ${text}`;
}
