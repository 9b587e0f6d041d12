/** Where the site's parts lie, and how its pages are written. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's root folder. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));
export const docs: string = join(root, "docs");

/** Writes a generated file of the site, with the folders above it. */
export async function writePage(path: string, text: string): Promise<void> {
  const file = join(docs, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

/** A table in Markdown. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Text of a cell, as it stands. */
export const cell = (text: string): string =>
  text
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();

/** Code of a cell; Vue would read the braces. */
export const code = (text: string): string => `\`${cell(text)}\``;
