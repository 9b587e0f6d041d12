/** What the clients weigh: to import, to bundle, to type-check. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const peers = `${root}bench/peers/node_modules`;

/** A program that reads, writes and lists, with each client. */
const programs: Record<string, { entry: string; source: string }> = {
  "workers-kv-rest": {
    entry: `${root}dist/src/index.js`,
    source: `import { createKV } from "${root}dist/src/index.js";
const ns = createKV({ accountId: "a", apiToken: "t" }).namespace("b");
await ns.put("k", "v"); console.log(await ns.get("k"), await ns.list());`,
  },
  cloudflare: {
    entry: `${peers}/cloudflare/index.mjs`,
    source: `import Cloudflare from "${peers}/cloudflare/index.mjs";
const { kv } = new Cloudflare({ apiToken: "t" }); const a = { account_id: "a", namespace_id: "b" };
await kv.namespaces.values.update("k", { ...a, value: "v" });
console.log(await kv.namespaces.values.get("k", a), await kv.namespaces.keys.list("b", a));`,
  },
  "openapi-fetch": {
    entry: `${root}node_modules/openapi-fetch/dist/index.mjs`,
    source: `import createClient from "${root}node_modules/openapi-fetch/dist/index.mjs";
const c = createClient({ baseUrl: "https://api.cloudflare.com/client/v4" });
await c.PUT("/v", { body: "v" }); console.log(await c.GET("/v"), await c.GET("/keys"));`,
  },
};

const cpuOf = (code: string): number => {
  const measured = `${code}; const { user, system } = process.cpuUsage(); console.log((user + system) / 1000);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", measured], {
    encoding: "utf8",
  });
  return Number(output);
};

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

export async function coldImports(rounds: number): Promise<string> {
  const names = Object.keys(programs);
  const costs = new Map<string, number[]>([
    ["nothing", []],
    ...names.map((name) => [name, [] as number[]] as const),
  ]);
  for (let round = 0; round < rounds * 2; round++) {
    costs.get("nothing")!.push(cpuOf(""));
    for (const name of names) costs.get(name)!.push(cpuOf(`await import("${programs[name]!.entry}")`));
  }
  const empty = median(costs.get("nothing")!);
  const rows = names.map((name) => `| ${name} | ${(median(costs.get(name)!) - empty).toFixed(0)} |`);
  return ["## Cold import, over an empty Node", "", "| | CPU, ms |", "|---|--:|", ...rows].join("\n");
}

export function bundleSizes(): string {
  const rows = Object.entries(programs).map(([name, { source }]) => {
    const { outputFiles } = buildSync({
      stdin: { contents: source, resolveDir: root },
      bundle: true,
      minify: true,
      write: false,
      format: "esm",
      platform: "browser",
      logLevel: "silent",
    });
    const { contents } = outputFiles[0]!;
    return `| ${name} | ${contents.length} | ${gzipSync(contents, { level: 9 }).length} |`;
  });
  const title = "## Bundle of a program that puts, gets and lists";
  return [title, "", "| | minified, bytes | gzip, bytes |", "|---|--:|--:|", ...rows].join("\n");
}

export function typeChecks(): string {
  const rows = Object.entries(programs).map(([name, { source }]) => {
    const folder = mkdtempSync(`${root}node_modules/.bench-`);
    try {
      writeFileSync(`${folder}/program.mts`, source);
      const options = [
        "--strict",
        "--skipLibCheck",
        "--noEmit",
        "--module",
        "nodenext",
        "--target",
        "es2022",
      ];
      const output = execFileSync(
        `${root}node_modules/.bin/tsc`,
        [...options, "--types", "node", "--extendedDiagnostics", `${folder}/program.mts`],
        { encoding: "utf8" },
      );
      const instantiations = /Instantiations:\s+(\d+)/.exec(output)![1]!;
      return `| ${name} | ${instantiations} | ${/Memory used:\s+(\d+)K/.exec(output)![1]!} |`;
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  return [
    "## Type check of that program",
    "",
    "| | instantiations | memory, KiB |",
    "|---|--:|--:|",
    ...rows,
  ].join("\n");
}
