/** Every link of the site, at both base paths. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { chromium, docs, useSite } from "./open-site.ts";

const run = promisify(execFile);

describe("links", () => {
  const bases = [
    ["/workers-kv-rest/", ".vitepress/dist"],
    ["/", ".vitepress/dist-root"],
  ] as const;

  beforeAll(async () => {
    // At a root, as on a host of its own; the generated pages are there already.
    await run(
      process.execPath,
      [
        join(docs, "node_modules/vitepress/bin/vitepress.js"),
        "build",
        ".",
        "--outDir",
        ".vitepress/dist-root",
      ],
      { cwd: docs, env: { ...process.env, DOCS_BASE: "/" }, maxBuffer: 64 * 2 ** 20 },
    );
  });

  it.each(bases)("all lead somewhere, built for %s", (base, folder) => {
    const pages = readPages(join(docs, folder));
    const snippets = JSON.parse(readFileSync(join(docs, ".vitepress/generated/snippets.json"), "utf8")) as {
      id: string;
    }[];
    for (const id of ["explorer", ...snippets.map((snippet) => snippet.id)])
      pages.get("playground.html")!.ids.add(id);
    const broken: string[] = [];
    let count = 0;
    for (const [path, { links }] of pages) {
      for (const link of links) {
        const { origin, pathname, hash } = new URL(link, `http://site${base}${path}`);
        if (origin !== "http://site") continue;
        count++;
        const file = decodeURIComponent(pathname).slice(base.length);
        const target =
          pathname.startsWith(base) &&
          pages.get(file === "" || file.endsWith("/") ? `${file}index.html` : file);
        if (!target && !/\.(css|js|svg)$/.test(pathname)) broken.push(`${path} → ${link}`);
        // Redoc's addresses are looked at in the browser.
        const isAnchor = target && hash.length > 1 && !file.startsWith("rest/");
        if (isAnchor && !target.ids.has(decodeURIComponent(hash.slice(1))))
          broken.push(`${path} → ${link} (no such anchor)`);
      }
    }
    expect(count).toBeGreaterThan(1000);
    expect(broken).toEqual([]);
  });

  describe.skipIf(!chromium)("at a root", () => {
    const { visit } = useSite("/", "dist-root");

    it("the playground runs too", async () => {
      const { page, complaints, leave } = await visit("");
      await page.getByRole("link", { name: "Try it here" }).click();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.locator(".run-state", { hasText: "done" }).waitFor();
      expect(await page.locator(".output").textContent()).toBe("darktheme");
      expect(complaints).toEqual([]);
      await leave();
    });
  });
});

function readPages(folder: string): Map<string, { links: string[]; ids: Set<string> }> {
  const pages = new Map<string, { links: string[]; ids: Set<string> }>();
  for (const path of readdirHtml(folder)) {
    const html = readFileSync(join(folder, path), "utf8");
    // Redoc makes its page in the browser, and its script is full of what looks like links.
    const isRest = path.startsWith("rest/");
    const links = isRest
      ? []
      : [...html.matchAll(/<a\b[^>]*?\shref="([^"]+)"/g)].map(([, href]) => unescapeHtml(href!));
    const ids = new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => unescapeHtml(id!)));
    pages.set(path, { links, ids });
  }
  return pages;
}

const unescapeHtml = (text: string): string =>
  text.replaceAll("&amp;", "&").replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<");

function readdirHtml(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".html"));
}
