/** The site in a real browser: every page of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { explorerPage } from "../explorer/build.ts";
import { barriers, chromium, docs, root, settled, useSite } from "./open-site.ts";
import { layoutShift, watch } from "./site.ts";

/** One of each kind. */
const mainPages = [
  "index.html",
  "guide/get-started.html",
  "guide/bulk.html",
  "guide/errors-and-retries.html",
  "moving/cloudflare-sdk.html",
  "reference/operations.html",
  "reference/error-codes.html",
  "reference/command.html",
  "reference/facade/workers-kv-rest/interfaces/KVNamespaceClient.html",
  "reference/facade/workers-kv-rest/classes/KVBulkError.html",
  "playground.html",
];

const kilobytes = (text: string | Buffer): number => gzipSync(text, { level: 9 }).length / 1000;

/** The summary of an operation, by the end of its address. */
function operationOf(anchor: string, page: string): { summary: string } {
  const [, summary] = new RegExp(`^## (.+?)(?: \\(deprecated\\))? \\{#${anchor}\\}$`, "m").exec(page) ?? [];
  if (!summary) throw new Error(`reference/operations.md has no ${anchor}`);
  return { summary };
}

describe.skipIf(!chromium)("the site", () => {
  const { open, site, visit } = useSite();

  it("opens every page without an error, a failed or foreign request, or things that move", async () => {
    expect(site().pages.length).toBeGreaterThan(100);
    const context = await open();
    // Nothing is loaded ahead for who saves data. It would be the pages that are opened here anyway.
    await context.addInitScript(() =>
      Object.defineProperty(navigator, "connection", { value: { saveData: true } }),
    );
    const queue = [...site().pages];
    const findings: string[] = [];
    const visitor = async (): Promise<void> => {
      const page = await context.newPage();
      for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
        const complaints = watch(page, site());
        const url = site().url + path;
        await page.goto(url, { waitUntil: "load" });
        // A table whose end has not come when it is first painted widens: that is so at one time in many.
        if ((await layoutShift(page)).sum > 0.05) await page.reload({ waitUntil: "load" });
        const { sum, moved } = await layoutShift(page);
        if (sum > 0.05) complaints.push(`things moved by ${sum}: ${moved}`);
        if (!(await page.title())) complaints.push("no title");
        const blocks = await page.locator("div[class*=language-]").count();
        const copies = await page.locator("div[class*=language-] > button.copy").count();
        if (copies !== blocks) complaints.push(`${copies} buttons to copy ${blocks} blocks of code`);
        findings.push(...complaints.map((complaint) => `${path}: ${complaint}`));
        page.removeAllListeners();
      }
    };
    await Promise.all([visitor(), visitor(), visitor()]);
    await context.close();
    expect(findings).toEqual([]);
  }, 300_000);

  it("is light: the first page under 150 kB, and the playground only where it is shown", async () => {
    const sizes = new Map<string, number>();
    const context = await open();
    const page = await context.newPage();
    const reading: Promise<unknown>[] = [];
    page.on("response", (response) => {
      reading.push(response.body().then((body) => sizes.set(response.url(), kilobytes(body))));
    });
    await page.goto(site().url, { waitUntil: "networkidle" });
    await Promise.all(reading);
    const first = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(sizes.size).toBeGreaterThan(3);
    expect(first).toBeLessThan(150);
    expect([...sizes.keys()].join(" ")).not.toContain("main.");

    const before = new Set(sizes.keys());
    await page.goto(`${site().url}playground.html`, { waitUntil: "networkidle" });
    await Promise.all(reading);
    const added = [...sizes].filter(([url]) => !before.has(url) && url.endsWith(".js"));
    expect(added.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(80);
    // The client and the server themselves are in one of them, and grow with the project.
    for (const [url, size] of added) expect(size, url).toBeLessThan(44);
    expect(kilobytes(await explorerPage())).toBeLessThan(40);
    await context.close();
  });

  describe("its search", () => {
    it.each([
      ["bulkPut", "KVNamespaceClient"],
      ["10009", "error-codes.html#10009"],
      ["rename a namespace", "operations.html#renamenamespace"],
      ["retry limit", "RetryOptions"],
      ["wkv serve", "command.html#wkv-serve"],
    ])("finds %s", async (text, where) => {
      const { page, complaints, leave } = await visit("");
      await page.keyboard.press("Control+k");
      await page.locator("#localsearch-input").fill(text);
      await page.locator("#localsearch-list a.result").first().waitFor();
      const found = await page.$$eval("#localsearch-list a.result", (all) =>
        all.map((a) => a.getAttribute("href")!),
      );
      expect(found.join("\n")).toContain(where);
      expect(complaints).toEqual([]);
      await leave();
    });
  });

  describe("for everyone", () => {
    it.each([...mainPages, "rest/index.html"])(
      "%s has no serious barrier in light and in dark",
      async (path) => {
        const { page, complaints, leave } = await visit(path, { colorScheme: "light" });
        const isDark = (): Promise<boolean> =>
          page.evaluate(() => document.documentElement.classList.contains("dark"));
        expect(await isDark()).toBe(false);
        expect(await barriers(page)).toEqual([]);
        await page.emulateMedia({ colorScheme: "dark" });
        await page.reload();
        await settled(page, path);
        expect(await isDark()).toBe(true);
        expect(await barriers(page, "color-contrast")).toEqual([]);
        expect(complaints).toEqual([]);
        await leave();
      },
    );

    it.each([...mainPages, "rest/index.html"])("%s fits a phone", async (path) => {
      const { page, leave } = await visit(path, {
        viewport: { width: 390, height: 844 },
        isMobile: true,
        hasTouch: true,
      });
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(width).toBeLessThanOrEqual(390);
      await leave();
    });

    it("goes by keyboard: past the navigation, to the search, and out of the editor", async () => {
      const { page, leave } = await visit("playground.html");
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/skip to content/i);
      await page.getByRole("textbox", { name: "Code" }).focus();
      await page.keyboard.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
        "What came back",
      );
      await leave();
    });

    it("copies a block of code by its button", async () => {
      const { page, leave } = await visit("guide/get-started.html");
      await page.locator("div[class*=language-]").nth(1).locator("button.copy").click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied.trim()).toBe(readFileSync(join(root, "examples/quick-start.ts"), "utf8").trim());
      await leave();
    });
  });

  describe("the REST reference", () => {
    it("shows every operation, and can be read by everyone", async () => {
      const operations = readFileSync(join(docs, "reference/operations.md"), "utf8");
      const links = [...operations.matchAll(/\(\.\.\/rest\/(#[^)]+)\)/g)].map(([, hash]) => hash!);
      expect(links.length).toBeGreaterThan(13);
      const { page, complaints, leave } = await visit("rest/index.html");
      await page.getByRole("row", { name: "requestsPerSecond 200" }).waitFor();
      for (const hash of links) {
        await page.goto(`${site().url}rest/index.html${hash}`);
        const name = hash.split("/").at(-1)!;
        const { summary } = operationOf(name, operations);
        await page.getByRole("heading", { name: summary }).first().waitFor();
      }
      expect(await barriers(page)).toEqual([]);
      expect(await page.$$eval('#redoc a[href^="/"]', (all) => all.length)).toBe(0);
      expect(complaints).toEqual([]);
      await leave();
    });
  });
});
