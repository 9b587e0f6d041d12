/**
 * What the package declares, subpath by subpath, without comments: a change of the public types is a diff here.
 * Types made from the spec are named and not followed: generated/ shows their changes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

type Exports = Readonly<Record<string, string | { types: string; default: string }>>;

/** The report of each subpath by its file name, from the unpacked package in a folder. */
export function apiReport(folder: string): ReadonlyMap<string, string> {
  const { name, exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    name: string;
    exports: Exports;
  };
  const entries = Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === "string" ? [] : [{ subpath, file: join(folder, target.types) }],
  );
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    { module: ts.ModuleKind.NodeNext, skipLibCheck: true, types: [] },
  );
  const exported = new Map(entries.map(({ file }) => [file, exportsOf(program, file)]));
  const known = new Set([...exported.values()].flat().map(({ symbol }) => symbol));
  return new Map(
    entries.map(({ subpath, file }) => {
      const names = exported.get(file)!;
      const behind = namedBy(program, names, known, folder);
      const title = `# ${join(name, subpath)}\n\nMade by \`npm run report\`.`;
      const more = behind.length > 0 ? `\n\n## Named by these, and not exported\n\n${block(behind)}` : "";
      return [`${subpath.slice(2) || "index"}.md`, `${title}\n\n${block(names)}${more}\n`];
    }),
  );
}

/** A declaration, and the name that it is known by. */
interface Named {
  readonly name: string;
  readonly symbol: ts.Symbol;
}

const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : 1);

function block(names: readonly Named[]): string {
  const texts = names.toSorted(byName).map(({ name, symbol }) => {
    const text = symbol.declarations!.map(print).join("\n");
    return name === symbol.name ? text : `// exported as ${name}\n${text}`;
  });
  return `\`\`\`ts\n${texts.join("\n\n")}\n\`\`\``;
}

const printer = ts.createPrinter({ removeComments: true });

const print = (node: ts.Declaration): string =>
  printer.printNode(ts.EmitHint.Unspecified, statementOf(node), node.getSourceFile());

/** A constant's declaration alone would be without `declare const`. */
const statementOf = (node: ts.Declaration): ts.Node =>
  ts.isVariableDeclaration(node) ? node.parent.parent : node;

function exportsOf(program: ts.Program, file: string): Named[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
  return checker
    .getExportsOfModule(module)
    .map((symbol) => ({ name: symbol.name, symbol: declared(checker, symbol) }));
}

function declared(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The package's other declarations that these lead to. */
function namedBy(
  program: ts.Program,
  names: readonly Named[],
  known: ReadonlySet<ts.Symbol>,
  folder: string,
): Named[] {
  const checker = program.getTypeChecker();
  const seen = new Set(known);
  const found: Named[] = [];
  const isFollowed = (node: ts.Declaration): boolean => {
    const { fileName } = node.getSourceFile();
    const isOurs = fileName.startsWith(folder) && !fileName.includes("/generated/");
    return isOurs && ts.isSourceFile(statementOf(node).parent);
  };
  const visit = (node: ts.Node): void => {
    const at = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined;
    const symbol = at && declared(checker, at);
    if (symbol && !seen.has(symbol) && symbol.declarations?.some(isFollowed)) {
      seen.add(symbol);
      found.push({ name: symbol.name, symbol });
      symbol.declarations.forEach(visit);
    }
    ts.forEachChild(node, visit);
  };
  for (const { symbol } of names) symbol.declarations!.filter(isFollowed).forEach(visit);
  return found;
}
