/** What the site shows as code is code: a file that is run elsewhere, or checked by the compiler here. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { createProgram } from "../../src/cli/program.ts";
import { condense } from "../generate/condense.ts";
import { toJavaScript } from "../generate/snippets.ts";

const docs = fileURLToPath(new URL("..", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(path, "utf8");

const pages = ["", "guide", "moving", "reference"].flatMap((folder) =>
  readdirSync(join(docs, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

/** What tsc says of a module beside the examples; nothing where it compiles. */
function problemsOf(modules: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  Object.assign(options, { isolatedDeclarations: false, declaration: false });
  const host = ts.createCompilerHost(options);
  const plain = ts.createCompilerHost(options);
  host.fileExists = (path) => modules.has(path) || plain.fileExists(path);
  host.readFile = (path) => modules.get(path) ?? plain.readFile(path);
  const program = ts.createProgram([...modules.keys()], options, host);
  return [...modules.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}

describe("code blocks", () => {
  it.each(pages)("of %s are files that are run, where they are code", (page) => {
    const written = [...read(join(docs, page)).matchAll(/^```(\w+)/gm)].map(([, language]) => language);
    expect(written.filter((language) => !["sh", "json", "text", "http"].includes(language!))).toEqual([]);
  });

  it.each(pages)("of %s name files and regions that are there", (page) => {
    for (const [, path, region] of read(join(docs, page)).matchAll(/^<<< @\/([^#{\s]+)(?:#([\w-]+))?/gm)) {
      const text = read(join(docs, path!));
      if (region) expect(text, `${path}#${region}`).toContain(`#region ${region}\n`);
    }
  });

  // The command's own page is made from it.
  it.each(pages.filter((page) => page !== "reference/command.md"))(
    "of %s call the command as it is",
    (page) => {
      for (const [, line] of read(join(docs, page)).matchAll(/^(?:wkv|npx workers-kv-rest)( .*)?$/gm)) {
        const words = (line ?? "")
          .replace(/ [#|>].*/, "")
          .trim()
          .split(/\s+/)
          .filter(Boolean);
        const inherited = ["--help"];
        let command = createProgram();
        for (let next; (next = command.commands.find((each) => each.name() === words[0])); words.shift())
          command = next;
        const known = command.options.flatMap(({ short, long }) => [short, long]);
        const given = words.filter((word) => word.startsWith("-")).map((word) => word.split("=")[0]!);
        expect(
          given.filter((option) => ![...known, ...inherited].includes(option)),
          line,
        ).toEqual([]);
        expect(command.commands.length === 0 || given.includes("--help"), line).toBe(true);
      }
    },
  );

  it("in doc comments compile", () => {
    const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
    const examples = sources
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) =>
        Array.from(read(join(root, "src", file)).matchAll(/@example\n((?:\s*\* (?!@).*\n)+)/g)),
      )
      .map(([, lines]) => lines!.replaceAll(/^\s*\* ?/gm, ""));
    expect(examples.length).toBeGreaterThan(3);
    const modules = examples.map((example, i): [string, string] => [
      join(root, `examples/of-doc-comment-${i}.ts`),
      `import { createKV, toResult, type KV } from "workers-kv-rest";
import { createKVServer, sqliteStore } from "workers-kv-rest/server";
import { fromEnv, nodeFetch } from "workers-kv-rest/node";
declare const kv: KV, accountId: string, apiToken: string, id: string;
void [createKV, toResult, createKVServer, sqliteStore, fromEnv, nodeFetch, kv, accountId, apiToken, id];
export async function example() {
${example.startsWith("import ") ? example.replace(/^import .*$/gm, "") : example}
}`,
    ]);
    expect(problemsOf(new Map(modules))).toEqual([]);
  });

  it("that do not compile are found", () => {
    const wrong = join(root, "examples/of-doc-comment-wrong.ts");
    expect(problemsOf(new Map([[wrong, "export const number: number = 'text';"]]))).toHaveLength(1);
  });
});

describe("the playground's JavaScript", () => {
  it("is the example without its types", () => {
    const typed = `import { type Entry, createKV } from "a";
import type { KV } from "b";
interface Gone {
  a: string;
}
const kept: Map<string, Gone> = new Map<string, Gone>();
function* each<T>(list: readonly T[], rest?: number): Iterable<T> {
  yield list[0]!;
  yield (rest as unknown) satisfies unknown;
}
// #region shown
await kv.get<Gone>("key", "json"); // "<not> a type"
// #endregion shown
`;
    expect(toJavaScript(typed, "some.ts")).toBe(`import { createKV } from "a";
const kept = new Map();
function* each(list, rest) {
  yield list[0];
  yield (rest);
}
await kv.get("key", "json"); // "<not> a type"
`);
  });
});

describe("the reference of a name", () => {
  it("has overloads in one block, links their types once, and keeps every word", () => {
    const page = `# KV

## Methods

### get()

#### Call Signature

\`\`\`ts
get(key: string): Promise<A>;
\`\`\`

Defined in: [a.ts:1](a)

Reads a value.

##### Parameters

| Parameter | Type |
| ------ | ------ |
| \`key\` | \`string\` |

##### Returns

\`Promise\`\\<[\`A\`](A.md)\\>

##### Inherited from

[\`Base\`](Base.md).[\`get\`](Base.md#get)

#### Call Signature

\`\`\`ts
get(keys: string[]): Promise<A[]>;
\`\`\`

Defined in: [a.ts:2](a)

##### Parameters

| Parameter | Type | Description |
| ------ | ------ | ------ |
| \`keys\` | \`string\`[] | at most 100 |

##### Returns

\`Promise\`\\<[\`A\`](A.md)[]\\>

in the order of the keys

##### Throws

KVInputError

***

### limit

Defined in: [a.ts:3](a)

#### Default

\`\`\`ts
none at all
\`\`\`
`;
    expect(condense(page)).toBe(`# KV

## Methods

### get()

\`\`\`ts
get(key: string): Promise<A>;
get(keys: string[]): Promise<A[]>;
\`\`\`

[a.ts:1](a){.source-link}

Reads a value.

##### Parameters

| Parameter | Type | Description |
| ------ | ------ | ------ |
| \`keys\` | \`string\`[] | at most 100 |

##### Returns

\`Promise\`\\<[\`A\`](A.md)[]\\>

in the order of the keys

##### Throws

KVInputError

Types: [\`A\`](A.md)

***

### limit

[a.ts:3](a){.source-link}

Default: none at all
`);
  });
});
