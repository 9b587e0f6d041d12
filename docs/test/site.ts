/** The built site as a visitor's browser sees it: behind a server that knows nothing but files. */
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Page } from "playwright-core";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

export interface Site {
  /** With the base path, and a slash at the end. */
  readonly url: string;
  readonly folder: string;
  /** Every page, from the base on. */
  readonly pages: readonly string[];
  close(): Promise<void>;
}

export async function serveSite(folder: string, base: string): Promise<Site> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const path = pathname.startsWith(base) ? decodeURIComponent(pathname.slice(base.length)) : undefined;
    const file =
      path === undefined
        ? undefined
        : join(folder, path.endsWith("/") || path === "" ? `${path}index.html` : path);
    if (!file?.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      // As the hosts of such sites have it; what is in there has a hash in its name.
      ...(file.includes("/assets/") && { "cache-control": "max-age=600, immutable" }),
    });
    createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html") && name !== "404.html")
    .toSorted();
  return {
    url: `http://127.0.0.1:${port}${base}`,
    folder,
    pages,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What no page may do. */
export function watch(page: Page, site: Pick<Site, "url">): string[] {
  const complaints: string[] = [];
  const { origin } = new URL(site.url);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A page that is left ends what it was loading ahead.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") complaints.push(`failed: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()}: ${response.url()}`);
  });
  page.on("request", (request) => {
    const { protocol, origin: asked, href } = new URL(request.url());
    if (asked !== origin && !["data:", "blob:"].includes(protocol)) complaints.push(`foreign: ${href}`);
  });
  return complaints;
}

/** What moved while the page was loading, and how far (Cumulative Layout Shift). */
export function layoutShift(page: Page): Promise<{ sum: number; moved: string }> {
  return page.evaluate(
    () =>
      new Promise<{ sum: number; moved: string }>((resolve) => {
        let sum = 0;
        const moved: string[] = [];
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as LayoutShift[]) {
            if (entry.hadRecentInput) continue;
            sum += entry.value;
            for (const { node } of entry.sources)
              moved.push((node as Element | null)?.outerHTML?.slice(0, 80) ?? "");
          }
        }).observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => resolve({ sum, moved: moved.join(" ") })));
      }),
  );
}

interface LayoutShift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  sources: { node: Node | null }[];
}
