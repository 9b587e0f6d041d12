/** The source files as their authors' rules see them: who imports whom, and which names they use. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

export interface Import {
  /** A file relative to the project's root, or the name of a package. */
  target: string;
  /** `type`: gone after compiling; `dynamic`: `import()` at run time. */
  kind: "static" | "type" | "dynamic";
}

export interface SourceFile {
  /** Relative to the project's root. */
  name: string;
  imports: Import[];
  tree: ts.SourceFile;
}

const root = join(import.meta.dirname, "..");

/** Every file of src/. */
export function readSources(): SourceFile[] {
  return readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => parse(join("src", name), readFileSync(join(root, "src", name), "utf8")))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file with this text. */
export function parse(name: string, text: string): SourceFile {
  const tree = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import["kind"]): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    imports.push({
      target: text.startsWith(".") ? relative(root, join(root, dirname(name), text)) : text,
      kind,
    });
  };
  for (const node of nodesOf(tree)) {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node) ? "type" : "static");
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeExport(node) ? "type" : "static");
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument))
      add(node.argument.literal, "type");
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], "dynamic");
    }
  }
  return { name, imports, tree };
}

/** Every node of a tree. */
export function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

const isTypeImport = ({ importClause }: ts.ImportDeclaration): boolean => {
  if (!importClause) return false;
  if (importClause.isTypeOnly) return true;
  const { name, namedBindings } = importClause;
  return !name && namedBindings !== undefined && ts.isNamedImports(namedBindings) && areTypes(namedBindings);
};

const isTypeExport = ({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean =>
  isTypeOnly || (exportClause !== undefined && ts.isNamedExports(exportClause) && areTypes(exportClause));

const areTypes = ({ elements }: ts.NamedImports | ts.NamedExports): boolean =>
  elements.length > 0 && elements.every((element) => element.isTypeOnly);

/** The names that a file takes from its surroundings or declares, without those of properties. */
export function namesIn({ tree }: SourceFile): Set<string> {
  const names = new Set<string>();
  for (const node of nodesOf(tree)) if (ts.isIdentifier(node) && !isPropertyName(node)) names.add(node.text);
  return names;
}

function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  const hasName = ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent);
  return (
    (hasName || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)) && parent.name === node
  );
}
