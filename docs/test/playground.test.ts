/** The playground and the explorer in a real browser, used as a person uses them. */
import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { createKVServer, listen } from "../../src/server/index.ts";
import { explorerPage } from "../explorer/build.ts";
import { barriers, chromium, root, useSite } from "./open-site.ts";
import { watch } from "./site.ts";

/** Runs what is in the editor to its end, and gives what it printed. */
async function run(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.locator(".run-state", { hasText: /done|failed/ }).waitFor();
  const printed = (await page.locator(".output").textContent())!;
  expect(await page.locator(".run-state").textContent(), printed).toBe("done");
  return printed;
}

/** Many short jobs, each with one more try: some meet what is bad about the line, and none waits for long. */
const manyJobs = `import { createKV, toResult } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";
import { createKVServer } from "workers-kv-rest/server";
const id = "b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93";
const { accountId, apiToken } = fromEnv();
const server = createKVServer({ accounts: [accountId], namespaces: [{ id, title: "many jobs" }] });
const kv = createKV({ accountId, apiToken, fetch: server.fetch, retry: { limit: 1 } });
const pairs = Array.from({ length: 20 }, (_, i) => ({ key: String(i), value: "value" }));
const jobs = Array.from({ length: 40 }, () => toResult(kv.namespace(id).bulkPut(pairs)));
const done = (await Promise.all(jobs)).filter((job) => job.data);
console.log(\`\${done.length} of 40 jobs did all\`);
`;

/** Makes, changes and deletes a key. */
async function use(page: Page): Promise<void> {
  const rows = page.getByRole("list", { name: "Keys" }).getByRole("button");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByRole("textbox", { name: "Key", exact: true }).fill("a/new key?");
  await page.getByRole("textbox", { name: "Value", exact: true }).fill("first\nsecond");
  await page.getByRole("textbox", { name: /^Metadata/ }).fill("{ by: ada }");
  await page.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("not JSON");
  await page.getByRole("textbox", { name: /^Metadata/ }).fill('{ "by": "ada" }');
  await page.getByRole("spinbutton", { name: /^Expires after/ }).fill("90");
  await page.getByRole("button", { name: "Save" }).click();
  await rows.filter({ hasText: "a/new key?" }).filter({ hasText: '{"by":"ada"}' }).waitFor();
  expect(await page.locator(".x-facts").textContent()).toMatch(/12 B · text · expires in 1 min/);

  await page.getByRole("textbox", { name: "Value", exact: true }).fill("third");
  await page.getByRole("checkbox", { name: /for good/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator(".x-facts", { hasText: /^5 B · text$/ }).waitFor();

  await page.getByRole("searchbox", { name: /start with/ }).fill("a/");
  await expect.poll(() => rows.count()).toBe(1);
  await page.getByRole("button", { name: "Delete a/new key?" }).click();
  await page.getByRole("button", { name: "Delete the key" }).click();
  await expect.poll(() => rows.count()).toBe(0);
}

describe.skipIf(!chromium)("the playground", () => {
  const { visit } = useSite();

  it("runs every snippet", async () => {
    const { page, complaints, leave } = await visit("playground.html");
    const ids = await page.$$eval(".playground-head option", (all) =>
      all.map((each) => (each as HTMLOptionElement).value),
    );
    expect(ids.length).toBeGreaterThan(10);
    await page.getByRole("slider", { name: /Latency/ }).fill("0");
    for (const id of ids) {
      await page.locator(".playground-head select").selectOption(id);
      expect(await run(page), id).not.toBe("");
    }
    expect(complaints).toEqual([]);
    await leave();
  });

  it("shows the requests of a job, and how a bad day is got through", async () => {
    const { page, leave } = await visit("playground.html#bad-days");
    expect(await run(page)).toContain("25000 written with 3 requests");
    expect(await page.locator(".wire-summary").textContent()).toMatch(/^4 requests · 1\.\d MB sent/);
    expect(await page.locator("tbody tr.good", { hasText: "PUT" }).count()).toBe(3);

    const failing = page.getByRole("slider", { name: /Requests that fail/ });
    await failing.fill("3");
    await page.getByRole("textbox", { name: "Code" }).fill(manyJobs);
    expect(await run(page)).toMatch(/^\d+ of 40 jobs did all$/);
    expect(await page.locator("tr.bad", { hasText: "503" }).count()).toBeGreaterThan(0);
    expect(await page.locator("tr.note.retry", { hasText: "sent again after" }).count()).toBeGreaterThan(0);

    await failing.fill("0");
    await page.getByRole("slider", { name: /Half-done/ }).fill("2");
    await run(page);
    // What was left undone goes out again without a failure before it.
    expect(await page.locator("tr.bad").count()).toBe(0);
    expect(await page.locator("tr.good", { hasText: "PUT" }).count()).toBeGreaterThan(40);
    await leave();
  });

  it("holds requests back where the budget is small", async () => {
    const { page, leave } = await visit("playground.html#quick-start");
    await page.getByRole("slider", { name: /Request budget/ }).fill("5");
    await page
      .getByRole("textbox", { name: "Code" })
      .fill(
        'import { createKV } from "workers-kv-rest";\nimport { fromEnv } from "workers-kv-rest/node";\nconst kv = createKV(fromEnv());\nfor (let i = 0; i < 12; i++) await kv.namespaces.list();',
      );
    await page.keyboard.press("Control+Enter");
    await page.locator("tr.note.wait").first().waitFor();
    expect(await page.locator("tr.note.wait").first().textContent()).toContain("held back");
    await page.getByRole("button", { name: "Stop" }).click();
    expect(await page.locator(".run-state").textContent()).toBe("stopped");
    await leave();
  });

  it("tells what is wrong with the code", async () => {
    const { page, leave } = await visit("playground.html");
    const code = page.getByRole("textbox", { name: "Code" });
    for (const [text, told] of [
      ['import fs from "node:fs";', "cannot do this"],
      ['import { readFile } from "node:fs";', "no module"],
      ['import { createDB } from "workers-kv-rest";', 'no "createDB"'],
      ["const x: number = 1;", "leave out types"],
      ['import { createKV } from "workers-kv-rest";\ncreateKV({ accountId: "" });', "KVInputError: "],
    ] as const) {
      await code.fill(text);
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.locator(".run-state", { hasText: "failed" }).waitFor();
      expect(await page.locator(".output").textContent()).toContain(told);
    }
    await leave();
  });
});

describe.skipIf(!chromium)("the explorer", () => {
  const { open, visit } = useSite();

  it("makes, changes and deletes a key, beside the playground", async () => {
    const { page, complaints, leave } = await visit("playground.html");
    await page.getByText("user:ada").click();
    await expect
      .poll(() => page.getByRole("textbox", { name: "Value", exact: true }).inputValue())
      .toContain("ada");
    await use(page);
    expect(complaints).toEqual([]);
    await leave();
  });

  it("does so as a page of its own, with pages of keys and a token", async () => {
    const html = await explorerPage();
    const server = createKVServer({ tokens: ["a-local-token"] });
    await using listening = await listen({
      ...server,
      fetch: async (request) =>
        new URL(request.url).pathname === "/"
          ? new Response(html, { headers: { "content-type": "text/html" } })
          : server.fetch(request),
    });
    const { origin } = new URL(listening.url);
    const context = await open();
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    await page.getByLabel("API token").fill("a-local-token");
    await page.getByRole("button", { name: "Open" }).click();
    await page.getByRole("button", { name: "New namespace" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("made here");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("option", { name: "made here" }).waitFor({ state: "attached" });
    await use(page);
    expect(await barriers(page)).toEqual([]);

    const api = `${listening.url}/accounts/${"0".repeat(32)}/storage/kv/namespaces`;
    const headers = { authorization: "Bearer a-local-token" };
    const { result } = (await (await fetch(api, { headers })).json()) as { result: { id: string }[] };
    const pairs = Array.from({ length: 120 }, (_, i) => ({ key: `k:${i}`, value: "" }));
    await fetch(`${api}/${result[0]!.id}/bulk`, { method: "PUT", headers, body: JSON.stringify(pairs) });
    const complaints = watch(page, { url: origin });
    // The token in the address is taken, and no longer shown.
    await page.goto(`${origin}/#token=a-local-token`);
    await page.reload();
    await page.getByText("50 keys, and there are more").waitFor();
    await page.getByRole("button", { name: "More keys" }).dblclick();
    await page.getByText("100 keys, and there are more").waitFor();
    await page.getByRole("button", { name: "More keys" }).click();
    await page.getByText("120 keys", { exact: true }).waitFor();
    expect(page.url()).toBe(`${origin}/`);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("is what wkv serve shows, at the address that it prints", async () => {
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    await promisify(execFile)(process.execPath, [tsx, join(root, "docs/explorer/build.ts")], { cwd: root });
    const words = [tsx, join(root, "src/cli/index.ts"), "serve", "--port", "0", "--token", "a-local_secret"];
    const child = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill());
    let output = "";
    for await (const chunk of child.stdout) if ((output += String(chunk)).includes("ACCOUNT_ID=")) break;
    const [, address] = /explorer +(\S+)/.exec(output) ?? [];
    const context = await open();
    const page = await context.newPage();
    await page.goto(address!);
    await page.getByRole("button", { name: "New namespace" }).click();
    await page.getByRole("textbox", { name: "Title" }).fill("served");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("option", { name: "served" }).waitFor({ state: "attached" });
    expect(page.url()).not.toContain("secret");
    await context.close();
  });
});
