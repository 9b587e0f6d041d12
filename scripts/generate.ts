/**
 * Writes generated/ from the spec: lint, types and tables. All of it or nothing.
 *
 *     npm run generate -- [--check | --watch] [--spec FILE] [--out DIR] [--reference FILE]
 *
 * With --check nothing is written; it fails, with a diff, where DIR is not what FILE gives. With --watch it
 * stays, does the same at each edit, and then checks the types of src/ and rebuilds the REST reference: into
 * docs/public/rest/index.html where there is a site in docs/, or wherever --reference says.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { generate } from "./generate-folder.ts";
import { root } from "./redocly.ts";
import { referenceFile } from "./rest-reference.ts";

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    watch: { type: "boolean", default: false },
    spec: { type: "string", default: join(root, "spec/kv.yaml") },
    out: { type: "string", default: join(root, "generated") },
    reference: { type: "string" },
  },
});
const spec = resolve(values.spec);
const out = resolve(values.out);
if (values.watch) {
  const { watchSpec } = await import("./watch-spec.ts");
  const hasSite = existsSync(join(root, "docs/package.json"));
  const reference = values.reference ?? (hasSite ? referenceFile : undefined);
  watchSpec(spec, out, reference && resolve(reference));
} else if (!(await generate(spec, out, values.check ? "check" : "write"))) {
  process.exitCode = 1;
}
