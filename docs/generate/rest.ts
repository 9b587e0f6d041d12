/** The REST reference: Redoc's page of the spec, fitted to the site. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildRestReference, referenceFile } from "../../scripts/rest-reference.ts";
import { docs, root } from "./site.ts";

/** Redoc's own colours of some words are too faint to read (WCAG 2.2, 1.4.3: 4.5 to 1). */
const style = `
html:root.light { --text-color-disabled: #5d6470; }
html:root.dark { --text-color-disabled: #a5abb5; }
html:root.light [data-testid="search-trigger"] { color: #5d6470; }
html:root.dark [data-testid="search-trigger"] { color: #a5abb5; }
html:root.light .tag-get { --tag-color: #14703e; }
html:root.light .tag-put { --tag-color: #8a5000; }
html:root.light .tag-post { --tag-color: #1850c4; }
html:root.light .tag-delete { --tag-color: #b3093a; }
html:root.light .tag-default.tag-variant-filled { color: #3d2300 !important; }
html:root.light [class*="button-variant-link"] { color: #0b5ed0; }
html:root.light .token.string { color: #1f5bbd; }
html:root.light .token:is(.boolean, .number) { color: #0e7a3f; }
span:has(> a[href="https://redocly.com/redoc/"]) { display: none; }
.site-link {
  position: fixed; z-index: 20; right: 20px; bottom: 20px; padding: 8px 14px; border-radius: 8px;
  background: #0a6a73; color: #fff; font: 600 14px/20px system-ui, sans-serif; text-decoration: none;
}
@media (max-width: 900px) { .site-link { right: auto; left: 16px; } }
.md-table-wrapper table { display: table; width: 100%; font-size: 13px; }
.md-table-wrapper :is(th, td) { min-width: 0 !important; padding: 6px 8px !important; word-break: normal !important; overflow-wrap: normal !important; }
.md-table-wrapper td:nth-child(3) { overflow-wrap: anywhere !important; }
.site-link:focus-visible { outline: 3px solid #7fd6d0; outline-offset: 2px; }
`;

/**
 * The site's choice of light or dark holds here too. Redoc's links to its own pages are paths of the host,
 * which only its own click handler understands; opened in a new tab they lead nowhere. Its tables scroll, which
 * a keyboard cannot do unless they can be focused, and its menus have other names than they show.
 */
const script = `
(() => {
  const chosen = localStorage.getItem("vitepress-theme-appearance");
  if (chosen === "dark" || chosen === "light") localStorage.setItem("redoc.colorMode", chosen);
  const mend = () => {
    for (const link of document.querySelectorAll('#redoc a[href^="/"]')) link.setAttribute("href", "#" + link.getAttribute("href"));
    for (const scroll of document.querySelectorAll(".md-table-wrapper:not([tabindex])")) scroll.tabIndex = 0;
    for (const named of document.querySelectorAll('button[aria-label][aria-haspopup="menu"]')) named.removeAttribute("aria-label");
  };
  new MutationObserver(mend).observe(document.documentElement, { subtree: true, childList: true });
})();
`;

const icon = await readFile(join(docs, "public/icon.svg"), "utf8");

export async function writeRestReference(): Promise<void> {
  await buildRestReference(join(root, "spec/kv.yaml"), referenceFile);
  const page = await readFile(referenceFile, "utf8");
  const head = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<meta name="description" content="Every operation, schema, example and error code of the Workers KV REST API.">
<script>${script}</script>
<style>${style}</style>`;
  const fitted = page
    .replace("</head>", () => `${head}</head>`)
    .replace(/<body[^>]*>/, (body) => `${body}<a class="site-link" href="../">← workers-kv-rest</a>`);
  if (fitted.length < page.length + head.length)
    throw new Error("Redoc's page has another form than was expected");
  await writeFile(referenceFile, fitted);
}
