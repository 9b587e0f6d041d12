/** The site: its pages, their order, and how they are built. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type DefaultTheme, defineConfig } from "vitepress";

const base = process.env["DOCS_BASE"] ?? "/workers-kv-rest/";
const brand = "#0a6a73";

const measurements = fileURLToPath(new URL("../guide/measurements.md", import.meta.url));
const facadeSidebar = fileURLToPath(new URL("../reference/facade/typedoc-sidebar.json", import.meta.url));

/** What typedoc found, a heading for each module; it has the others under the first. */
function facadeItems(): DefaultTheme.SidebarItem[] {
  if (!existsSync(facadeSidebar)) return [];
  const [main] = JSON.parse(readFileSync(facadeSidebar, "utf8")) as DefaultTheme.SidebarItem[];
  const items = main?.items ?? [];
  const modules = items.filter(({ link }) => link);
  return sorted([
    { ...main, items: items.filter(({ link }) => !link) },
    ...modules.map(({ text, ...rest }) => Object.assign(rest, { text: `workers-kv-rest/${text}` })),
  ]);
}

/** Names by the alphabet, within their groups. Nothing is folded: what unfolds when a page is opened would move. */
function sorted(items: DefaultTheme.SidebarItem[]): DefaultTheme.SidebarItem[] {
  return items
    .map(({ text = "", link, items }) => ({
      text,
      ...(link && { link }),
      ...(items && { items: sorted(items) }),
    }))
    .toSorted((a, b) => ("items" in a || "items" in b ? 0 : a.text.localeCompare(b.text, "en")));
}

const guides: DefaultTheme.SidebarItem[] = [
  {
    text: "Start",
    items: [
      { text: "What and why", link: "/guide/what-and-why" },
      { text: "Get started", link: "/guide/get-started" },
      ...(existsSync(measurements) ? [{ text: "Measurements", link: "/guide/measurements" }] : []),
    ],
  },
  {
    text: "By task",
    items: [
      { text: "Read and write", link: "/guide/read-and-write" },
      { text: "JSON, expiry, metadata", link: "/guide/json-expiry-metadata" },
      { text: "List", link: "/guide/list" },
      { text: "Bulk", link: "/guide/bulk" },
      { text: "Whole namespaces", link: "/guide/whole-namespaces" },
      { text: "Streams and cancellation", link: "/guide/streams-and-cancellation" },
      { text: "Errors and retries", link: "/guide/errors-and-retries" },
      { text: "The rate limit", link: "/guide/rate-limit" },
      { text: "Results as values", link: "/guide/results" },
      { text: "Test without an account", link: "/guide/testing" },
      { text: "Where a binding is wanted", link: "/guide/binding" },
      { text: "Any operation of the API", link: "/guide/raw-calls" },
    ],
  },
  {
    text: "Beside the client",
    items: [
      { text: "The command", link: "/guide/command" },
      { text: "The local server", link: "/guide/local-server" },
      { text: "Change the spec", link: "/guide/changing-the-spec" },
    ],
  },
  {
    text: "Moving here",
    items: [
      { text: "From Cloudflare's SDK", link: "/moving/cloudflare-sdk" },
      { text: "From wrangler scripts", link: "/moving/wrangler" },
      { text: "From unstorage's HTTP driver", link: "/moving/unstorage" },
      { text: "From fetch by hand", link: "/moving/fetch" },
      { text: "From the Elixir client", link: "/moving/elixir" },
    ],
  },
  {
    text: "Changes",
    items: [
      { text: "Change log", link: "/changes" },
      { text: "Changes of the spec", link: "/spec-changes" },
    ],
  },
];

const reference: DefaultTheme.SidebarItem[] = [
  {
    text: "Reference",
    items: [
      { text: "Overview", link: "/reference/" },
      { text: "REST operations", link: "/reference/operations" },
      { text: "Error codes", link: "/reference/error-codes" },
      { text: "Limits", link: "/reference/limits" },
      { text: "The command", link: "/reference/command" },
      { text: "Schemas and examples", link: "/rest/", target: "_self" },
    ],
  },
  ...facadeItems(),
];

export default defineConfig({
  base,
  lang: "en",
  title: "workers-kv-rest",
  description:
    "Cloudflare Workers KV from anywhere: a typed client for the REST API, used like the Workers binding.",
  srcExclude: ["test/**", "README.md"],
  ignoreDeadLinks: [/rest\/(index)?$/, /rest\/#/],
  head: [
    ["link", { rel: "icon", type: "image/svg+xml", href: `${base}icon.svg` }],
    ["meta", { name: "theme-color", content: brand }],
  ],
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    codeTransformers: [
      {
        name: "source-lines",
        // Only on pages of the source: elsewhere one id would come twice.
        line(node, line) {
          if (this.options.meta?.__raw?.includes("source-lines")) node.properties["id"] = `L${line}`;
        },
      },
    ],
  },
  /** What the theme knows only in the browser, where the page would move when it is told. */
  transformHtml(html, _id, { pageData }) {
    if (!html.includes('class="VPSidebar"')) return html;
    const told = html.replace('class="VPNavBar"', 'class="VPNavBar has-sidebar"');
    const hasOutline = pageData.frontmatter["outline"] !== false && /<h[23] id="/.test(html);
    return hasOutline ? told.replace('"VPLocalNav has-sidebar empty"', '"VPLocalNav has-sidebar"') : told;
  },
  themeConfig: {
    logo: "/icon.svg",
    nav: [
      { text: "Guide", link: "/guide/get-started", activeMatch: "/guide/|/moving/" },
      { text: "Reference", link: "/reference/", activeMatch: "/reference/" },
      { text: "REST API", link: "/rest/", target: "_self" },
      { text: "Playground", link: "/playground" },
    ],
    sidebar: { "/reference/": reference, "/": guides },
    outline: { level: [2, 3] },
    externalLinkIcon: true,
    search: {
      provider: "local",
      options: {
        detailedView: true,
        // The index has no colours, and they take a third of the time of a build.
        _render(source, env, markdown) {
          const html = markdown.set({ highlight: null }).render(source, env);
          return env.frontmatter?.["search"] === false ? "" : html;
        },
        miniSearch: { searchOptions: { fuzzy: 0.15, prefix: true, boost: { title: 4, text: 2, titles: 1 } } },
      },
    },
    footer: { message: "MIT licence. Not made or endorsed by Cloudflare." },
  },
  vite: {
    // The client and the server of the playground are the project's own source.
    server: { fs: { allow: [fileURLToPath(new URL("../..", import.meta.url))] } },
    build: { target: "es2022", chunkSizeWarningLimit: 900 },
  },
});
