/**
 * Writes what is checked in about the package: api/, its declared surface, and LICENCES.md. Prints what it
 * weighs: test/slow/package.test.ts has the budgets.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiReport } from "./api-report.ts";
import { licenceList } from "./licences.ts";
import { pack, root } from "./pack.ts";
import { bundleSize, installedSize } from "./size.ts";

const cache = join(root, "node_modules/.cache");
// Below the root, whose node_modules has what the package needs.
mkdirSync(cache, { recursive: true });
const temporary = mkdtempSync(join(cache, "report-"));
try {
  const { folder } = pack(temporary);
  const reports = apiReport(folder);
  rmSync(join(root, "api"), { recursive: true, force: true });
  mkdirSync(join(root, "api"));
  for (const [name, text] of reports) writeFileSync(join(root, "api", name), text);
  writeFileSync(join(root, "LICENCES.md"), licenceList());

  const { gzip, minified, modules } = await bundleSize(folder);
  console.log(
    `\nA program that puts, gets and lists: ${minified} bytes minified, ${gzip} after gzip -9. In it:`,
  );
  console.table(Object.fromEntries(modules.map(({ module, minified: bytes }) => [module, bytes])));
  console.log("\nBytes of all files that are installed:");
  console.table(installedSize(folder));
} finally {
  rmSync(temporary, { recursive: true });
}
