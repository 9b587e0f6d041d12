/** The playground's menu: examples as JavaScript, since a page has no compiler. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import ts from "typescript";
import { root, writePage } from "./site.ts";

/** In the order of the menu. The names are files of examples/. */
const menu: Readonly<Record<string, string>> = {
  "quick-start": "Get started",
  "read-and-write": "Read and write",
  "expiry-and-metadata": "JSON, expiry, metadata",
  lists: "List",
  bulk: "Bulk: 25,000 pairs in three requests",
  "whole-namespace": "A whole namespace",
  "streams-and-cancellation": "Streams and cancellation",
  errors: "Errors",
  "bad-days": "A bad day: failures and leftovers",
  "request-budget": "The request budget",
  results: "Results as values",
  "any-binding": "Where a binding is wanted",
  "raw-calls": "Any operation of the API",
  testing: "Test without an account",
};

export async function writeSnippets(): Promise<void> {
  const snippets = await Promise.all(
    Object.entries(menu).map(async ([id, title]) => {
      const text = await readFile(join(root, `examples/${id}.ts`), "utf8");
      return { id, title, code: toJavaScript(text, `${id}.ts`) };
    }),
  );
  await writePage(".vitepress/generated/snippets.json", JSON.stringify(snippets));
}

/** Takes the types out and leaves all else as it was written, which no compiler does. */
export function toJavaScript(text: string, name: string): string {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const cuts: [start: number, end: number][] = [];
  const cut = (from: number, to: number): void => void cuts.push([from, to]);

  function visit(node: ts.Node): void {
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      return cut(node.getStart(), lineEnd(node.end));
    }
    if (ts.isImportDeclaration(node) && node.importClause?.isTypeOnly) {
      return cut(node.getStart(), lineEnd(node.end));
    }
    if (ts.isImportSpecifier(node) && node.isTypeOnly) return cut(node.getFullStart(), node.end + 1);
    if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isNonNullExpression(node)) {
      cut(node.expression.end, node.end);
      return visit(node.expression);
    }
    if ("typeArguments" in node) cutList(node.typeArguments as ts.NodeArray<ts.Node> | undefined);
    if ("typeParameters" in node) cutList(node.typeParameters as ts.NodeArray<ts.Node> | undefined);
    if (ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isFunctionLike(node)) {
      if (node.type) cut(node.type.getFullStart() - 1, node.type.end);
      if ("questionToken" in node && node.questionToken) cut(node.questionToken.pos, node.questionToken.end);
    }
    ts.forEachChild(node, (child) => {
      if (!ts.isTypeNode(child)) visit(child);
    });
  }

  function cutList(list: ts.NodeArray<ts.Node> | undefined): void {
    if (list) cut(list.pos - 1, list.end + 1);
  }
  const lineEnd = (at: number): number => (text[at] === "\n" ? at + 1 : at);

  visit(file);
  const javaScript = cuts
    .toSorted(([a], [b]) => b - a)
    .reduce((rest, [from, to]) => rest.slice(0, from) + rest.slice(to), text)
    .replaceAll(/^[ \t]*\/\/ #(end)?region.*\n/gm, "");
  const { diagnostics = [] } = ts.transpileModule(javaScript, {
    reportDiagnostics: true,
    fileName: name.replace(".ts", ".js"),
    compilerOptions: { allowJs: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
  });
  const [problem] = diagnostics;
  if (problem) {
    throw new Error(
      `${name} is no JavaScript without its types: ${ts.flattenDiagnosticMessageText(problem.messageText, "\n")}`,
    );
  }
  return javaScript;
}
