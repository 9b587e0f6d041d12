/** The playground: code on the left, what came back and what went over the wire on the right, the data below. */
import * as client from "../../src/index.ts";
import { memoryStore } from "../../src/server/memory-store.ts";
import { button, element, labelled } from "../explorer/dom.ts";
import type { Explorer } from "../explorer/explorer.ts";
import { createEditor } from "./editor.ts";
import { print } from "./print.ts";
import { run } from "./run.ts";
import { accountId, type Conditions, createService, explorerClient, type Service } from "./service.ts";
import { createWire } from "./wire.ts";

export interface Snippet {
  id: string;
  title: string;
  code: string;
}

interface Slider {
  label: string;
  values: readonly number[];
  first: number;
  text: (value: number) => string;
}

const percent = (value: number): string => `${Math.round(value * 100)} %`;

const sliders: Record<keyof Conditions, Slider> = {
  latency: {
    label: "Latency",
    values: [0, 20, 50, 100, 200, 400, 800, 1500],
    first: 50,
    text: (value) => `${value} ms`,
  },
  failures: { label: "Requests that fail", values: [0, 0.1, 0.2, 0.3, 0.5, 0.7], first: 0, text: percent },
  leftovers: { label: "Half-done bulk writes", values: [0, 0.1, 0.25, 0.5, 0.75], first: 0, text: percent },
  budget: {
    label: "Request budget",
    values: [Infinity, 200, 100, 50, 20, 10],
    first: Infinity,
    text: (value) => (value === Infinity ? "none" : `${value} in 10 s`),
  },
};

/** Something to look at. The data is the page's own, and gone with it. */
async function seed(): Promise<void> {
  const { id } = await explorerClient.namespaces.ensure("demo");
  const users = ["ada", "alan", "barbara", "edsger", "grace", "margaret", "tim"];
  await explorerClient.namespace(id).bulkPut([
    ...users.map((name, i) => ({
      key: `user:${name}`,
      value: JSON.stringify({ name, visits: i * 7 }),
      metadata: { role: i % 3 === 0 ? "admin" : "reader" },
    })),
    { key: "session:4f1c", value: "ada", expirationTtl: 90 },
    { key: "session:9b07", value: "grace", expirationTtl: 4000 },
    { key: "settings/theme", value: "dark" },
    { key: "logo.gif", value: Uint8Array.of(71, 73, 70, 56, 57, 97, 1, 0, 1, 0, 128, 255, 0, 254) },
  ]);
}

export async function mountPlayground(host: HTMLElement, snippets: readonly Snippet[]): Promise<void> {
  const conditions = Object.fromEntries(
    Object.entries(sliders).map(([name, { first }]) => [name, first]),
  ) as unknown as Conditions;
  const wire = createWire();
  const output = element("div", {
    class: "output",
    tabIndex: 0,
    role: "log",
    "aria-label": "What came back",
  });
  const editor = createEditor("Code", () => void start());
  let current: Service | undefined;
  let explorer: Explorer | undefined;

  const menu = element(
    "select",
    { class: "x-input", onchange: () => choose(menu.value) },
    ...snippets.map(({ id, title }) => element("option", { value: id }, title)),
  );
  const runButton = button("Run", () => void start(), "brand");
  runButton.title = "Ctrl+Enter";
  const stopButton = button("Stop", () => end("stopped"));
  const state = element("span", { class: "run-state", role: "status" });

  host.classList.add("x-explorer", "playground");
  const explorerHost = element("div");
  host.replaceChildren(
    element(
      "div",
      { class: "playground-head" },
      labelled("Snippet", menu),
      runButton,
      stopButton,
      button("Copy", () => void navigator.clipboard.writeText(editor.value), "", "Copy the code"),
      state,
    ),
    element("div", { class: "playground-sliders", role: "group", "aria-label": "Conditions" }, ...controls()),
    element(
      "div",
      { class: "playground-panes" },
      editor.element,
      element(
        "div",
        { class: "playground-right" },
        element("section", {}, element("h2", { class: "pane-title" }, "What came back"), output),
        element("section", {}, element("h2", { class: "pane-title" }, "The wire"), wire.element),
      ),
    ),
    element("h2", { class: "pane-title explorer-title", id: "explorer" }, "What is stored"),
    explorerHost,
  );

  function controls(): HTMLElement[] {
    return Object.entries(sliders).map(([name, { label, values, first, text }]) => {
      const shown = element("b", {}, text(first));
      const range = element("input", {
        type: "range",
        min: "0",
        max: String(values.length - 1),
        value: String(values.indexOf(first)),
        "aria-label": label,
        "aria-valuetext": text(first),
        oninput() {
          const value = values[range.valueAsNumber]!;
          conditions[name as keyof Conditions] = value;
          shown.textContent = text(value);
          range.setAttribute("aria-valuetext", text(value));
        },
      });
      const words = element("span", { "aria-hidden": "true" }, label, " ", shown);
      return element("div", { class: "slider" }, words, range);
    });
  }

  function choose(id: string): void {
    const snippet = snippets.find((each) => each.id === id) ?? snippets[0]!;
    menu.value = snippet.id;
    editor.value = snippet.code;
    end("");
    output.replaceChildren();
    wire.clear();
  }

  function write(kind: string, ...values: unknown[]): void {
    if (output.childElementCount >= 500) return;
    output.append(element("pre", { class: kind }, values.map(print).join(" ")));
    output.scrollTop = output.scrollHeight;
  }

  function end(what: string): void {
    current?.stop();
    current = undefined;
    stopButton.disabled = true;
    state.textContent = what;
  }

  async function start(): Promise<void> {
    end("");
    output.replaceChildren();
    wire.clear();
    const service = createService(() => conditions, wire);
    current = service;
    stopButton.disabled = false;
    state.textContent = "running";
    const log =
      (kind: string) =>
      (...values: unknown[]): void => {
        if (current === service) write(kind, ...values);
      };
    const modules = {
      "workers-kv-rest": { ...client, createKV: service.createKV },
      "workers-kv-rest/server": { createKVServer: service.createKVServer, memoryStore },
      "workers-kv-rest/node": { fromEnv: () => ({ accountId, apiToken: "a-token-of-the-playground" }) },
    };
    const console = {
      log: log("log"),
      info: log("log"),
      debug: log("log"),
      warn: log("error"),
      error: log("error"),
    };
    const show = (value: unknown): void => (value === undefined ? undefined : log("value")(value));
    try {
      await run(editor.value, { modules, globals: { console, fetch: service.fetch }, show });
      if (current === service) {
        end("done");
        wire.end();
      }
    } catch (error) {
      if (current !== service) return;
      write("error", error);
      if (error instanceof SyntaxError) {
        write("log", "The playground runs JavaScript with imports of workers-kv-rest: leave out types.");
      }
      end("failed");
    }
    void explorer?.refresh();
  }

  choose(location.hash.slice(1));
  addEventListener("hashchange", () => {
    const id = location.hash.slice(1);
    if (host.isConnected && snippets.some((each) => each.id === id)) choose(id);
  });
  // What is seen first is there first.
  const [{ mountExplorer }] = await Promise.all([import("../explorer/explorer.ts"), seed()]);
  explorer = mountExplorer(explorerHost, explorerClient);
}
