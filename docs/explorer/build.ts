/**
 * Makes the page that `wkv serve` shows at `/`: one file, with nothing to load, dist/explorer.html where no
 * other is named.
 *
 *     tsx docs/explorer/build.ts [FILE]
 */
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%230a6a73'/%3E%3Cpath d='M8 11h6M8 16h6M8 21h6M18 11h6M18 16h6M18 21h6' stroke='white' stroke-width='2.6' stroke-linecap='round'/%3E%3C/svg%3E";

async function bundle(entryPoints: string[]): Promise<string> {
  const { outputFiles } = await build({
    entryPoints,
    absWorkingDir: folder,
    bundle: true,
    minify: true,
    write: false,
    outdir: "out",
    format: "iife",
    target: "es2022",
    legalComments: "none",
  });
  return outputFiles.map(({ text }) => text.trim()).join("");
}

export async function explorerPage(): Promise<string> {
  const [script, sheet, own] = await Promise.all([
    bundle(["standalone.ts"]),
    bundle(["explorer.css"]),
    bundle(["standalone.css"]),
  ]);
  const style = own + sheet;
  const code = script.replaceAll("</script", "<\\/script");
  const policy = [
    "default-src 'none'",
    `script-src ${hash(code)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<title>Workers KV, local</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
<header><h1>Workers KV, local</h1><p></p></header>
<main><noscript>This page needs JavaScript.</noscript></main>
<script>${code}</script>
</body>
</html>
`;
}

/** As a content security policy names an inline script or style. */
function hash(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const out = resolve(process.argv[2] ?? `${root}/dist/explorer.html`);
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, await explorerPage());
}
