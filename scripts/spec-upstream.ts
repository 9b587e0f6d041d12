/**
 * The curated spec against the OpenAPI that Cloudflare publishes: what of Workers KV is missing, extra or
 * different, and not explained in spec/upstream-exceptions.yaml.
 *
 *     npm run spec:upstream -- FILE|URL [--spec FILE] [--exceptions FILE] [--format text|markdown|json]
 *
 * FILE or URL may be the whole of Cloudflare's API. Exit code 1 where anything is not explained, and where an
 * exception no longer explains anything.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./redocly.ts";
import { parseDocument } from "./spec-document.ts";
import { compareWithPublished, explain, parseExceptions } from "./upstream-findings.ts";
import { reports } from "./upstream-report.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    spec: { type: "string", default: join(root, "spec/kv.yaml") },
    exceptions: { type: "string", default: join(root, "spec/upstream-exceptions.yaml") },
    format: { type: "string", default: "text" },
  },
});

async function read(source: string): Promise<string> {
  if (!/^https?:/.test(source)) return readFile(source, "utf8");
  const response = await fetch(source);
  if (!response.ok) throw new Error(`${source} was answered with ${response.status}`);
  return response.text();
}

async function main(): Promise<number> {
  const [source] = positionals;
  if (source === undefined) throw new Error("name the published spec: npm run spec:upstream -- FILE|URL");
  const report = reports[values.format as keyof typeof reports];
  if (!report) throw new Error(`--format ${values.format} is none of ${Object.keys(reports).join(", ")}`);
  const [spec, exceptions, published] = await Promise.all([values.spec, values.exceptions, source].map(read));
  const findings = compareWithPublished(parseDocument(spec!), parseDocument(published!));
  const { unexplained, unused } = explain(findings, parseExceptions(exceptions!));
  console.log(report(unexplained, unused, findings.length));
  return unexplained.length + unused.length > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
