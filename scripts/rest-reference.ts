/**
 * Builds the REST reference: the spec as one page of HTML that asks no other host for anything.
 *
 *     npm run docs:rest -- [FILE]
 *
 * FILE is docs/public/rest/index.html where none is given.
 */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { redocly, root } from "./redocly.ts";

export const referenceFile: string = join(root, "docs/public/rest/index.html");

/** The page's footer has its maker's logo, which is loaded from its maker's host. */
const remoteLogo = /https:\/\/cdn\.redoc\.ly\/[\w/-]+\.svg/g;
const emptyImage = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E";

/** Writes the page; it appears at once, or stays as it was. */
export async function buildRestReference(spec: string, out: string): Promise<void> {
  const made = `${out}.tmp`;
  await mkdir(dirname(out), { recursive: true });
  const { stderr } = await redocly("build-docs", spec, "--inlineBundle", "--output", made);
  try {
    const page = await readFile(made, "utf8").catch((cause: unknown) => {
      throw new Error(`the REST reference could not be built: ${stderr}`, { cause });
    });
    await writeFile(made, page.replaceAll(remoteLogo, emptyImage));
    await rename(made, out);
  } finally {
    await rm(made, { force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const out = resolve(process.argv[2] ?? referenceFile);
  await buildRestReference(join(root, "spec/kv.yaml"), out);
  console.log(`${relative(process.cwd(), out)} is the REST reference of the spec.`);
}
