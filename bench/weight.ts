/** What the clients weigh: to bundle, module by module, and to type-check. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire, SourceMap } from "node:module";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, buildSync } from "esbuild";
import { root } from "../scripts/bundle.ts";
import { count, table } from "./markdown.ts";
import { peers } from "./measure.ts";

const openapiFetch = join(root, "node_modules/openapi-fetch/dist/index.mjs");
const sdk = join(peers, "node_modules/cloudflare/index.mjs");
const unstorage = join(peers, "node_modules/unstorage");

/** A program that writes, reads and lists, with this client's code in a file. */
const ownProgram = (file: string): string =>
  `import { createKV } from "${file}";
const settings = createKV({ accountId: "a", apiToken: "t" }).namespace("b");
await settings.put("k", "v"); console.log(await settings.get("k"), await settings.list());`;

/** The same with each client. */
const programs = (folder: string): Readonly<Record<string, string>> => ({
  "workers-kv-rest": ownProgram(join(folder, "package/dist/src/index.js")),
  "openapi-fetch": `import createClient from "${openapiFetch}";
import type { paths } from "${join(folder, "package/dist/generated/schema.js")}";
const namespace = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}";
const path = { account_id: "a", namespace_id: "b" };
const api = createClient<paths>({ baseUrl: "https://api.cloudflare.com/client/v4" });
const params = { path: { ...path, key_name: "k" } };
await api.PUT(\`\${namespace}/values/{key_name}\`, { params, body: "v", bodySerializer: String });
console.log(await api.GET(\`\${namespace}/values/{key_name}\`, { params, parseAs: "text" }));
console.log(await api.GET(\`\${namespace}/keys\`, { params: { path } }));`,
  unstorage: `import { createStorage } from "${unstorage}/dist/index.mjs";
import driver from "${unstorage}/drivers/cloudflare-kv-http.mjs";
const storage = createStorage({ driver: driver({ accountId: "a", namespaceId: "b", apiToken: "t" }) });
await storage.setItem("k", "v"); console.log(await storage.getItem("k"), await storage.getKeys());`,
  cloudflare: `import Cloudflare from "${sdk}";
const { kv } = new Cloudflare({ apiToken: "t" });
const namespace = { account_id: "a", namespace_id: "b" };
await kv.namespaces.values.update("k", { ...namespace, value: "v" });
console.log(await kv.namespaces.values.get("k", namespace), await kv.namespaces.keys.list("b", namespace));`,
});

const gzipped = (content: string | Uint8Array): number => gzipSync(content, { level: 9 }).length;

const options = {
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  platform: "browser",
  logLevel: "silent",
} satisfies BuildOptions;

function sizesOf(contents: string): { minified: number; gzip: number } {
  const { outputFiles } = buildSync({ ...options, stdin: { contents, resolveDir: root, loader: "ts" } });
  const bundle = outputFiles[0]!.contents;
  return { minified: bundle.length, gzip: gzipped(bundle) };
}

export function bundleSizes(folder: string): string {
  const rows = Object.entries(programs(folder)).map(([name, source]) => {
    const { minified, gzip } = sizesOf(source);
    return [name, count(minified), count(gzip)];
  });
  return table(["", "minified, bytes", "gzip, bytes"], rows);
}

/** What the bundle would be without the text of each module. */
export function moduleSizes(): string {
  const { outputFiles } = buildSync({
    ...options,
    // Escapes would move what the map has by characters.
    charset: "utf8",
    stdin: { contents: ownProgram(join(root, "src/index.ts")), resolveDir: root },
    sourcemap: "external",
    outdir: root,
    absWorkingDir: root,
  });
  const map = new SourceMap(JSON.parse(outputFiles.find(({ path }) => path.endsWith(".map"))!.text));
  const { text } = outputFiles.find(({ path }) => path.endsWith(".js"))!;
  const moduleAt = (line: number, column: number): string => {
    const entry = map.findEntry(line, column);
    return "originalSource" in entry ? relative(root, join(root, entry.originalSource)) : "";
  };
  const pieces = text
    .split("\n")
    .flatMap((content, line) =>
      Array.from(`${content}\n`, (character, column) => ({ character, module: moduleAt(line, column) })),
    );
  const whole = gzipped(text);
  const rows = [...new Set(pieces.map(({ module }) => module))].map((module) => {
    const rest = pieces.filter((piece) => piece.module !== module);
    const saved = whole - gzipped(rest.map(({ character }) => character).join(""));
    return { module, minified: pieces.length - rest.length, saved };
  });
  rows.sort((a, b) => b.saved - a.saved);
  return table(
    ["module", "minified, bytes", "gzip, bytes"],
    rows.map(({ module, minified, saved }) => [
      module === "<stdin>" ? "the program" : module,
      count(minified),
      count(saved),
    ]),
  );
}

/** Declarations are made first: the bundle of the package has none. */
export function typeChecks(folder: string): string {
  const tsc = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");
  const declarations = ["-p", "tsconfig.build.json", "--noCheck", "--outDir", join(folder, "declared")];
  execFileSync(process.execPath, [tsc, ...declarations], { cwd: root, stdio: "inherit" });
  const own = { ...programs(folder), "workers-kv-rest": ownProgram(join(folder, "declared/src/index.js")) };
  const rows = Object.entries(own).map(([name, source], i) => {
    const project = join(folder, `types-${i}`);
    mkdirSync(project);
    const file = join(project, "program.mts");
    writeFileSync(file, source.replace("package/dist/generated", "declared/generated"));
    const words =
      "--ignoreConfig --strict --skipLibCheck --noEmit --module nodenext --target es2022 --types node";
    const output = execFileSync(process.execPath, [tsc, ...words.split(" "), "--extendedDiagnostics", file], {
      cwd: root,
      encoding: "utf8",
    });
    const of = (what: string): number => Number(new RegExp(`^${what}:\\s+([\\d.]+)`, "m").exec(output)![1]);
    return [name, count(of("Instantiations")), count(of("Memory used") / 1000), of("Total time").toFixed(1)];
  });
  return table(["", "instantiations", "memory, MB", "time, s"], rows);
}
