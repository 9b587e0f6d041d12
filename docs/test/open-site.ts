/** Pages of the built site, each in a context of its own. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { findChromium, launch } from "./chromium.ts";
import { serveSite, type Site, watch } from "./site.ts";

export const docs: string = fileURLToPath(new URL("..", import.meta.url));
export const root: string = fileURLToPath(new URL("../..", import.meta.url));
export const chromium: string | undefined = findChromium();

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface Visit {
  page: Page;
  /** What the page did that no page may do. */
  complaints: string[];
  leave: () => Promise<void>;
}

export interface OpenSite {
  /** A context whose pages have all the time that a busy machine takes. */
  open: (options?: BrowserContextOptions) => Promise<BrowserContext>;
  site: () => Site;
  visit: (path: string, options?: BrowserContextOptions) => Promise<Visit>;
}

/** For the tests of a file: the site as it was built for a base path. */
export function useSite(base = "/workers-kv-rest/", folder = "dist"): OpenSite {
  let browser: Browser | undefined;
  let site: Site | undefined;
  beforeAll(async () => {
    browser = await launch(chromium!);
    site = await serveSite(join(docs, ".vitepress", folder), base);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  const open: OpenSite["open"] = async (options) => {
    const context = await browser!.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    context.setDefaultTimeout(60_000);
    return context;
  };
  return {
    open,
    site: () => site!,
    async visit(path, options) {
      const context = await open(options);
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const page = await context.newPage();
      const complaints = watch(page, site!);
      await page.goto(site!.url + path);
      await settled(page, path);
      return { page, complaints, leave: () => context.close() };
    },
  };
}

/** What is made in the browser is there when its last part is, and keys and clicks are heard from then on. */
export async function settled(page: Page, path: string): Promise<void> {
  if (path.startsWith("rest")) return page.locator("#redoc h1, #redoc h2").first().waitFor();
  // Vue leaves this mark on the element when it has taken over the page that was rendered ahead.
  await page.waitForFunction(() => "__vue_app__" in (document.querySelector("#app") ?? {}));
  if (path.startsWith("playground")) await page.locator(".x-keys button").first().waitFor();
}

interface Violation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

interface Axe {
  run(options: { runOnly?: string[] }): Promise<{ violations: Violation[] }>;
}

/** What a person who cannot see, or sees little, would stumble over, by all rules or by the named ones. */
export async function barriers(page: Page, ...rules: string[]): Promise<string[]> {
  await page.evaluate(axe);
  const violations = await page.evaluate(async (rules) => {
    const { axe } = globalThis as unknown as { axe: Axe };
    return (await axe.run(rules.length > 0 ? { runOnly: rules } : {})).violations;
  }, rules);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`);
}
