/** The table of what clients do, and the versions that the guides on moving were run with. */
import { comparison, type Row, versions } from "../comparison.ts";
import { table, writePage } from "./site.ts";

export async function writeComparison(): Promise<void> {
  const rows: readonly Row[] = Object.values(comparison);
  const heads = [
    "Task",
    "workers-kv-rest",
    `cloudflare ${versions.cloudflare}`,
    `unstorage ${versions.unstorage}, HTTP driver`,
  ];
  const body = rows.map(({ task, outcomes }) => [
    task,
    outcomes["workers-kv-rest"],
    outcomes.cloudflare,
    outcomes.unstorage,
  ]);
  await writePage(".vitepress/generated/comparison.md", `${table(heads, body)}\n`);
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  await writePage(
    ".vitepress/generated/versions.md",
    `Code of both sides is run by a test against the local server, with ${named.slice(0, -1).join(", ")} and ${named.at(-1)}.\n`,
  );
}
