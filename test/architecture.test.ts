import ts from "typescript";
import { describe, expect, test } from "vitest";
import { namesIn, nodesOf, parse, readSources, type SourceFile } from "./source-files.ts";

const sources = readSources();
const isCore = ({ name }: SourceFile): boolean => /^src\/[^/]+$/.test(name);
const isIn =
  (folder: string) =>
  ({ name }: SourceFile): boolean =>
    name.startsWith(`src/${folder}/`);
const core = sources.filter(isCore);
/** What is for Node alone. */
const isOfNode = (name: string): boolean => /^src\/node(-fetch)?\.ts$/.test(name);
const everywhere = core.filter(({ name }) => !isOfNode(name));

/** The layers of the core, each above the one before. */
const layers: readonly (readonly string[])[] = [
  ["errors", "limits", "input", "loopback", "schema", "abort"],
  ["answer", "transport", "retry", "rate-limit", "window", "request-size", "bulk-chunk"],
  ["api"],
  ["values", "pages", "keys", "reads", "bulk", "bulk-outcome", "bulk-get", "binding"],
  ["namespace", "namespaces"],
  ["client"],
  ["index", "node", "node-fetch"],
];
const levelOf = (name: string): number =>
  layers.findIndex((layer) => layer.some((each) => name === `src/${each}.ts`));

const isFile = (target: string): boolean => target.endsWith(".ts");

/** Imports that a rule does not allow, as "file → target". */
function broken(
  files: readonly SourceFile[],
  allows: (target: string, file: SourceFile) => boolean,
): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter(({ target }) => !allows(target, file))
      .map(({ target }) => `${file.name} → ${target}`),
  );
}

/** The files on a cycle of imports, types counted. */
function cyclesIn(files: readonly SourceFile[]): string[] {
  const remaining = new Map(files.map(({ name, imports }) => [name, imports.map(({ target }) => target)]));
  for (let before = -1; before !== remaining.size;) {
    before = remaining.size;
    for (const [name, targets] of remaining)
      if (!targets.some((each) => remaining.has(each))) remaining.delete(name);
  }
  return [...remaining.keys()];
}

/** A file and all that it imports on the way, without what is gone after compiling or loaded later. */
function staticGraph(start: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(start)) return seen;
  seen.add(start);
  const imports = sources.find(({ name }) => name === start)?.imports ?? [];
  for (const { target, kind } of imports) if (kind === "static") staticGraph(target, seen);
  return seen;
}

describe("In the core", () => {
  test("every file has its layer, and every name of a layer is a file", () => {
    expect(core.map(({ name }) => name)).toEqual(
      layers
        .flat()
        .map((name) => `src/${name}.ts`)
        .toSorted(),
    );
  });

  test("imports run only downward", () => {
    const upward = broken(
      core,
      (target, { name }) =>
        !target.startsWith("src/") || (levelOf(target) >= 0 && levelOf(target) <= levelOf(name)),
    );
    expect(upward).toEqual([]);
  });

  test("openapi-fetch is imported by api.ts alone, and no other package by anybody", () => {
    const others = broken(
      core,
      (target, { name }) =>
        isFile(target) || (target === "openapi-fetch" && name === "src/api.ts") || isOfNode(name),
    );
    expect(others).toEqual([]);
  });

  test("nothing is taken from Node, save in the files for it", () => {
    expect(broken(everywhere, (target) => !target.startsWith("node:"))).toEqual([]);
    const foreign = ["process", "console", "Buffer", "require", "global", "setImmediate", "__dirname"];
    for (const file of everywhere) {
      const names = namesIn(file);
      expect([file.name, foreign.filter((name) => names.has(name))]).toEqual([file.name, []]);
    }
  });

  test("no module keeps state", () => {
    const stateful = core.flatMap(({ name, tree }) =>
      tree.statements
        .filter((node) => ts.isVariableStatement(node) && !(node.declarationList.flags & ts.NodeFlags.Const))
        .map((node) => `${name}: ${node.getText().slice(0, 40)}`),
    );
    expect(stateful).toEqual([]);
  });

  test("no object is asked whether it is a Response or Request of this realm", () => {
    const asked = core.flatMap(({ name, tree }) =>
      [...nodesOf(tree)]
        .filter(ts.isBinaryExpression)
        .filter(({ operatorToken }) => operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword)
        .filter(({ right }) => /^(Response|Request|Headers)$/.test(right.getText()))
        .map((node) => `${name}: ${node.getText()}`),
    );
    expect(asked).toEqual([]);
  });
});

describe("In all of src/", () => {
  test("there is no cycle, types counted", () => {
    expect(cyclesIn(sources)).toEqual([]);
  });

  test("generated/ is imported by schema.ts, and its requests by the server", () => {
    const others = broken(
      sources,
      (target, { name }) =>
        !target.startsWith("generated/") ||
        (target === "generated/requests.ts" ? name.startsWith("src/server/") : name === "src/schema.ts"),
    );
    expect(others).toEqual([]);
  });

  test("there are no enums and no default exports", () => {
    for (const { name, tree } of sources) {
      const nodes = [...nodesOf(tree)];
      const kinds = nodes.filter((node) => ts.isEnumDeclaration(node) || ts.isExportAssignment(node));
      const defaults = nodes.filter(
        (node) => node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent),
      );
      expect([name, kinds.length + defaults.length]).toEqual([name, 0]);
    }
  });
});

describe("The server", () => {
  const server = sources.filter(isIn("server"));

  test("imports no part of the client but the spec's tables, the rules and the errors", () => {
    const others = broken(
      server,
      (target) =>
        !isFile(target) ||
        /^(src\/(server\/.*|schema|limits|errors|loopback)|generated\/requests)\.ts$/.test(target),
    );
    expect(others).toEqual([]);
  });

  test("loads nothing of Node's on import: it runs in a browser", () => {
    const graph = [...staticGraph("src/server/index.ts")];
    expect(graph).toContain("src/server/listen.ts");
    expect(graph.filter((target) => target.startsWith("node:") || /\bnode\b/.test(target))).toEqual([]);
    expect(graph.filter((target) => !isFile(target))).toEqual(["@remix-run/multipart-parser"]);
  });
});

test("The command imports the package as its users do, and Node's modules and packages", () => {
  const command = sources.filter(isIn("cli"));
  const others = broken(
    command,
    (target) =>
      !isFile(target) || /^src\/(cli|server)\//.test(target) || /^src\/(index|node)\.ts$/.test(target),
  );
  expect(others).toEqual([]);
});

describe("The rules themselves see", () => {
  const file = parse(
    "src/made-up.ts",
    `import { a, type B } from "./api.ts";
     import type { C } from "./client.ts";
     import { type D } from "./keys.ts";
     export { type E } from "./reads.ts";
     export * from "./values.ts";
     import "node:fs";
     type F = import("./pages.ts").Pages<1, 2>;
     const later = () => import("srvx/node");
     console.log(a.process, { console: 1 }, process);`,
  );

  test("imports of every kind", () => {
    expect(file.imports).toEqual([
      { target: "src/api.ts", kind: "static" },
      { target: "src/client.ts", kind: "type" },
      { target: "src/keys.ts", kind: "type" },
      { target: "src/reads.ts", kind: "type" },
      { target: "src/values.ts", kind: "static" },
      { target: "node:fs", kind: "static" },
      { target: "src/pages.ts", kind: "type" },
      { target: "srvx/node", kind: "dynamic" },
    ]);
  });

  test("names of the surroundings, and not properties", () => {
    const { tree } = file;
    expect(namesIn({ ...file, tree }).has("process")).toBe(true);
    expect(namesIn(parse("src/b.ts", "a.process; ({ console: 1 }); interface G { Buffer: 1 }"))).toEqual(
      new Set(["a", "G"]),
    );
  });

  test("a cycle of types", () => {
    const cycle = [
      parse("src/a.ts", 'import type { B } from "./b.ts";'),
      parse("src/b.ts", 'import { a } from "./a.ts";'),
      parse("src/c.ts", 'import { a } from "./a.ts";'),
      parse("src/d.ts", "export const d = 1;"),
    ];
    expect(cyclesIn(cycle)).toEqual(["src/a.ts", "src/b.ts", "src/c.ts"]);
  });
});
