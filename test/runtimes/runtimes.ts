/** Where the suite runs: what has to be installed for it, and how it is started. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundleProgram, bundleWhole } from "./bundle.ts";
import type { Outcome, Place } from "./suite.ts";

export interface Runtime {
  readonly name: string;
  /** From npm, into a folder of its own: `node` in the project's node_modules would take over its scripts. */
  readonly packages: Readonly<Record<string, string>>;
  /** Why it cannot run on this machine, where it cannot. */
  readonly missing?: () => string | undefined;
  /** `folder` has its packages, `app` the installed package; `page` is an address that shows an empty page. */
  run(folder: string, app: string, place: Place, page: string): Promise<Outcome[]>;
}

const here = dirname(fileURLToPath(import.meta.url));
const timeout = 120_000;

/** A command of an npm package. */
const asProcess = (name: string, version: string, ...args: string[]): Runtime => ({
  name: `${name} ${version}`,
  packages: { [name]: version },
  async run(folder, app, place) {
    const program = join(app, "suite.mjs");
    await writeFile(program, await bundleProgram(join(here, "as-process.ts")));
    const command = join(folder, "node_modules/.bin", name);
    const { stdout } = await promisify(execFile)(command, [...args, program], {
      cwd: app,
      env: { ...process.env, PLACE: JSON.stringify(place) },
      maxBuffer: 64 * 2 ** 20,
      timeout,
    });
    return JSON.parse(stdout) as Outcome[];
  },
});

function requireFrom(folder: string, name: string): unknown {
  return createRequire(join(folder, "package.json"))(name);
}

/** What is used of miniflare, which is no package of this project's. */
type MiniflareClass = new (options: { modules: true; script: string; compatibilityDate: string }) => {
  dispatchFetch(url: string, init: { method: string; body: string }): Promise<Response>;
  dispose(): Promise<void>;
};

const workerd: Runtime = {
  name: "workerd (miniflare 4.20260426.0)",
  packages: { miniflare: "4.20260426.0" },
  async run(folder, app, place) {
    const { Miniflare } = requireFrom(folder, "miniflare") as { Miniflare: MiniflareClass };
    const script = await bundleWhole(join(here, "as-worker.ts"), app, "workerd");
    const miniflare = new Miniflare({ modules: true, script, compatibilityDate: "2026-04-26" });
    try {
      const response = await miniflare.dispatchFetch("http://suite.test/", {
        method: "POST",
        body: JSON.stringify(place),
      });
      return (await response.json()) as Outcome[];
    } finally {
      await miniflare.dispose();
    }
  },
};

/** What is used of playwright-core. */
interface Browsers {
  launch(options: { executablePath: string; args: string[] }): Promise<{
    newPage(): Promise<{
      goto(url: string): Promise<unknown>;
      addScriptTag(script: { content: string; type: string }): Promise<unknown>;
      evaluate(expression: string): Promise<unknown>;
    }>;
    close(): Promise<void>;
  }>;
}

const executablePath = "/usr/bin/chromium";

const page: Runtime = {
  name: "Chromium (playwright-core 1.65.1)",
  packages: { "playwright-core": "1.65.1" },
  missing() {
    if (existsSync(executablePath)) return undefined;
    for (const command of ["update", "install -y --no-install-recommends chromium"]) {
      const { status } = spawnSync("apt-get", ["-qq", ...command.split(" ")], { stdio: "ignore" });
      if (status !== 0) return `there is no ${executablePath}, and apt-get cannot install it`;
    }
    return undefined;
  },
  async run(folder, app, place, url) {
    const { chromium } = requireFrom(folder, "playwright-core") as { chromium: Browsers };
    const script = await bundleWhole(join(here, "as-page.ts"), app, "browser");
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      const tab = await browser.newPage();
      await tab.goto(url);
      await tab.addScriptTag({ content: script, type: "module" });
      return (await tab.evaluate(`runSuite(${JSON.stringify(place)})`)) as Outcome[];
    } finally {
      await browser.close();
    }
  },
};

export const runtimes: readonly Runtime[] = [
  asProcess("node", "20.19.0"),
  asProcess("node", "22.23.3"),
  asProcess("node", "24.21.0"),
  asProcess("node", "26.10.0"),
  asProcess("bun", "1.4.5"),
  asProcess("deno", "2.9.5", "run", "--allow-net", "--allow-env"),
  workerd,
  page,
];
