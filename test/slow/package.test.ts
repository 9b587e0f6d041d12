import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiReport } from "../../scripts/api-report.ts";
import { bundled, dependencies, licenceList } from "../../scripts/licences.ts";
import { pack, type Packed, root } from "../../scripts/pack.ts";
import { bundleSize, installedSize } from "../../scripts/size.ts";

interface Manifest {
  exports: Record<string, string | { types: string; default: string }>;
  bin?: Record<string, string>;
  repository?: unknown;
  scripts: Record<string, string>;
}

interface SourceMap {
  sources: string[];
  sourcesContent: string[];
}

/**
 * Bytes after gzip -9, a ratchet. Some 2,400 are openapi-fetch, 7,400 sending (transport, retries, request budget,
 * reading answers), 7,800 the handles (values, keys, pages, bulk), 2,500 the spec's operations, limits and errors.
 */
const bundleBudget = 22_400;

// Below the root, whose node_modules has what the package needs.
const cache = join(root, "node_modules/.cache");
let temporary: string;
let packed: Packed;
let manifest: Manifest;
beforeAll(() => {
  mkdirSync(cache, { recursive: true });
  temporary = mkdtempSync(join(cache, "package-"));
  packed = pack(temporary);
  manifest = JSON.parse(read("package.json")) as Manifest;
}, 60_000);
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(join(packed.folder, path), "utf8");
const paths = (): string[] => packed.files.map(({ path }) => path);
const entries = (): [subpath: string, target: { types: string; default: string }][] =>
  Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === "string" ? [] : [[subpath, target]],
  );

describe("The tarball", () => {
  it("holds what users need, and nothing else", () => {
    const needed =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/bundled-licences\.txt|dist\/(src|generated|chunks)\/.+\.(js|js\.map|d\.ts))$/;
    expect(paths().filter((path) => !needed.test(path))).toEqual([]);
    expect(paths()).toEqual(expect.arrayContaining(["README.md", "LICENSE", "dist/src/index.js"]));
  });

  it("has every file that its manifest names", () => {
    const named = [
      ...entries().flatMap(([, target]) => Object.values(target)),
      ...Object.values(manifest.bin ?? {}),
    ].map((path) => path.replace("./", ""));
    expect(named.filter((path) => !paths().includes(path))).toEqual([]);
    expect(named.length).toBeGreaterThan(5);
  });

  it("documents its declarations", () => {
    expect(read("dist/src/client.d.ts")).toContain("/** Workers KV of one account. */");
  });

  it("has maps with the sources of what a program imports, and of nothing else", () => {
    const library = filesOf(entries().map(([, target]) => target.default));
    const mapped = paths().filter((path) => read(path).includes("//# sourceMappingURL="));
    expect(mapped.toSorted()).toEqual(library);
    expect(paths().filter((path) => path.endsWith(".map"))).toHaveLength(library.length);
    for (const path of library) {
      const [, name] = /\n\/\/# sourceMappingURL=(\S+)\n$/.exec(read(path)) ?? [];
      const { sources, sourcesContent } = JSON.parse(read(join(dirname(path), name!))) as SourceMap;
      // Beside dist/ in the package, where the sources stand in the project.
      const here = sources.map((source) => readFileSync(join(root, dirname(path), source), "utf8"));
      expect([path, here]).toEqual([path, sourcesContent]);
    }
  });

  it("has what is bundled only where the server and the command are, under its own licence", () => {
    const core = [".", "./node"].map((subpath) => (manifest.exports[subpath] as { default: string }).default);
    const others = paths().filter((path) => path.endsWith(".js") && !filesOf(core).includes(path));
    const bundledIn = (path: string): string[] =>
      [...read(path).matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)/gm)].map(([, name]) => name!);
    expect(filesOf(core).flatMap(bundledIn)).toEqual([]);
    const names = [...new Set(others.flatMap(bundledIn))].toSorted();
    expect(names).toEqual(bundled().map(({ name }) => name));
    const licences = read("dist/bundled-licences.txt");
    expect(names.filter((name) => !licences.includes(`${name}\n\n`))).toEqual([]);
    expect(licences.match(/^ *Copyright \(c\) /gim)).toHaveLength(names.length);
  });
});

/** Files of the package, and those that they load, at once or later. */
function filesOf(targets: readonly string[]): readonly string[] {
  const found = new Set(targets.map((target) => target.replace("./", "")));
  for (const path of found) {
    for (const [, target] of read(path).matchAll(/(?:\bfrom |\bimport\(|^import )"(\.[^"]+)"/gm)) {
      found.add(join(dirname(path), target!));
    }
  }
  return [...found].toSorted();
}

/** What a CommonJS program beside the package's manifest prints. */
function run(program: string): string {
  const file = join(packed.folder, "program.cjs");
  writeFileSync(file, program);
  const output = execFileSync(process.execPath, ["--no-warnings", file], { encoding: "utf8" });
  rmSync(file);
  return output;
}

describe("On the Node that runs the tests", () => {
  const names = { ".": "createKV", "./server": "createKVServer", "./node": "fromEnv" };

  it.each(Object.entries(names))(
    "%s is imported, and required by CommonJS, as one module",
    (subpath, name) => {
      const specifier = join("workers-kv-rest", subpath);
      const output = run(
        `const required = require("${specifier}");
       import("${specifier}").then((imported) => {
         console.log(typeof required.${name}, imported.${name} === required.${name});
       });`,
      );
      expect(output).toBe("function true\n");
    },
  );

  it("an error of one subpath is the error of another, by its own name", () => {
    const output = run(
      `const { KVError, KVInputError } = require("workers-kv-rest");
       try {
         require("workers-kv-rest/node").fromEnv({});
       } catch (error) {
         console.log(error instanceof KVError, error instanceof KVInputError, error.constructor.name);
       }`,
    );
    expect(output).toBe("true true KVInputError\n");
  });

  it("its manifest can be required", () => {
    const require = createRequire(join(packed.folder, "index.js"));
    expect(require("workers-kv-rest/package.json")).toMatchObject({ name: "workers-kv-rest" });
  });
});

function typesOf(source: string): ts.Program {
  const file = join(temporary, "consumer.mts");
  writeFileSync(file, source);
  return ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    paths: { "workers-kv-rest": [join(packed.folder, entries()[0]![1].types)] },
  });
}

describe("Weight", { timeout: 60_000 }, () => {
  it("a program that puts, gets and lists stays within its budget", async () => {
    const { gzip, modules } = await bundleSize(packed.folder);
    expect(gzip).toBeLessThanOrEqual(bundleBudget);
    // The server, the command and Node's own part are no part of it.
    expect(modules.filter(({ module }) => /\/(server|cli|node)\b/.test(module))).toEqual([]);
  });

  it("all that is installed stays within 2 MiB", () => {
    const sizes = installedSize(packed.folder);
    const total = Object.values(sizes).reduce((sum, size) => sum + size);
    expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  it("put, get and list take at most 500 type instantiations", () => {
    const program = typesOf(`
      import { createKV } from "workers-kv-rest";
      const settings = createKV({ accountId: "account", apiToken: "token" }).namespace("namespace");
      await settings.put("key", "value", { expirationTtl: 60, metadata: { by: "ada" } });
      export const text: string | null = await settings.get("key");
      export const json: { a: number } | null = await settings.get<{ a: number }>("key", "json");
      for await (const { name } of settings.list({ prefix: "k" })) console.log(name.length);
      // @ts-expect-error a value is no number
      await settings.put("key", 1);
    `);
    expect(program.getSemanticDiagnostics().map(({ messageText }) => messageText)).toEqual([]);
    expect(program.getInstantiationCount()).toBeLessThanOrEqual(500);
  });
});

/** How a heading is linked to. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, "")
    .replaceAll(/\s/g, "-");

describe("What is checked in about it", { timeout: 60_000 }, () => {
  it("api/ has what it declares; `npm run report` writes it", () => {
    for (const [name, text] of apiReport(packed.folder)) {
      expect(text).toBe(readFileSync(join(root, "api", name), "utf8"));
    }
  });

  it("LICENCES.md has what comes along; `npm run report` writes it", () => {
    expect(licenceList()).toBe(readFileSync(join(root, "LICENCES.md"), "utf8"));
  });

  it("nothing that comes along runs a script, and all of it is under a permissive licence", () => {
    const permissive = new Set(["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD"]);
    const others = [...dependencies(), ...bundled()].filter(
      ({ licence, hasInstallScript }) => hasInstallScript || !permissive.has(licence),
    );
    expect(others).toEqual([]);
    const lifecycle = ["preinstall", "install", "postinstall", "prepare"];
    expect(lifecycle.filter((name) => name in manifest.scripts)).toEqual([]);
  });

  it("each link of the README leads somewhere, also from the package's page", () => {
    const readme = read("README.md");
    const headings = new Set([...readme.matchAll(/^#+ (.+)$/gm)].map(([, text]) => anchorOf(text!)));
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!);
    const broken = links.filter((link) => {
      if (link.startsWith("#")) return !headings.has(link.slice(1));
      // The page of a package finds the files of a repository only where the manifest names it.
      return !link.startsWith("https://") && !(manifest.repository && existsSync(join(root, link)));
    });
    expect(broken).toEqual([]);
    expect(links.length).toBeGreaterThan(0);
  });
});
