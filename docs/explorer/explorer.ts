/** Looks into an account's namespaces: keys by prefix, a page at a time; a value with all that belongs to it. */
import type { KV, KVNamespaceClient, ListKey, Namespace } from "../../src/index.ts";
import { ask, button, element, labelled } from "./dom.ts";
import { formatRemaining } from "./format.ts";
import { type Pane, valuePane } from "./value-pane.ts";

export interface Explorer {
  /** Looks again at what is stored; what is open stays open. */
  refresh(): Promise<void>;
}

const keysPerPage = 50;

export function mountExplorer(host: HTMLElement, kv: KV): Explorer {
  let namespaces: Namespace[] = [];
  let namespace: KVNamespaceClient | undefined;
  let keys: ListKey[] = [];
  let cursor: string | undefined;
  let openKey: string | undefined;
  let pane: Pane | undefined;
  /** How often a key was opened or closed: the last time counts, whatever is answered first. */
  let turns = 0;

  const alert = element("p", { class: "x-alert", role: "alert", hidden: true });
  const choice = element("select", { class: "x-input", onchange: () => void act(() => show(choice.value)) });
  const remove = button("Delete", () => void act(removeNamespace), "danger", "Delete the namespace");
  const rename = button("Rename", () => void act(renameNamespace), "", "Rename the namespace");
  const prefix = element("input", {
    class: "x-input",
    type: "search",
    placeholder: "any",
    spellcheck: false,
    autocomplete: "off",
    oninput: () => void act(list),
  });
  const rows = element("ul", { class: "x-keys", "aria-label": "Keys" });
  const count = element("p", { class: "x-count", role: "status" });
  const more = button("More keys", () => void act(listMore));
  const create = button("New key", () => void act(() => open(undefined)), "brand");
  const value = element("section", { class: "x-value", "aria-label": "Value" });
  const body = element(
    "div",
    { class: "x-body" },
    element(
      "section",
      { class: "x-list", "aria-label": "Keys of the namespace" },
      element("div", { class: "x-bar" }, labelled("Keys that start with", prefix), create),
      rows,
      element("div", { class: "x-foot" }, count, more),
    ),
    value,
  );
  host.classList.add("x-explorer");
  host.replaceChildren(
    element(
      "div",
      { class: "x-head" },
      labelled("Namespace", choice),
      button("New", () => void act(createNamespace), "", "New namespace"),
      rename,
      remove,
    ),
    alert,
    body,
  );

  /** Runs what a person asked for; what goes wrong is told, not thrown. */
  async function act(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      alert.hidden = true;
    } catch (error) {
      alert.textContent = error instanceof Error ? error.message : String(error);
      alert.hidden = false;
    }
  }

  async function refresh(): Promise<void> {
    namespaces = [];
    for await (const each of kv.namespaces.list({ per_page: 1000, order: "title" })) namespaces.push(each);
    choice.replaceChildren(...namespaces.map(({ id, title }) => element("option", { value: id }, title)));
    const current = namespaces.find(({ id }) => id === namespace?.id) ?? namespaces[0];
    await show(current?.id);
  }

  async function show(id: string | undefined): Promise<void> {
    const isOther = id !== namespace?.id;
    namespace = id === undefined ? undefined : kv.namespace(id);
    for (const part of [rename, remove, create]) part.disabled = !namespace;
    body.hidden = !namespace;
    if (!namespace) {
      count.textContent = "";
      return;
    }
    choice.value = namespace.id;
    if (isOther) {
      prefix.value = "";
      close();
    }
    await list();
    if (openKey !== undefined && !pane?.isChanged()) await open(openKey);
  }

  async function list(): Promise<void> {
    keys = [];
    cursor = undefined;
    await listMore();
  }

  async function listMore(): Promise<void> {
    if (!namespace) return;
    const [asked, into, from] = [namespace, keys, cursor];
    const page = await asked.list({ prefix: prefix.value, limit: keysPerPage, cursor });
    // The answer to a question that was asked anew, or answered, meanwhile.
    if (asked !== namespace || into !== keys || from !== cursor) return;
    keys.push(...page.keys);
    cursor = page.list_complete ? undefined : page.cursor;
    more.hidden = page.list_complete;
    rows.replaceChildren(...keys.map(row));
    const some = keys.length === 1 ? "1 key" : `${keys.length} keys`;
    count.textContent = page.list_complete ? some : `${some}, and there are more`;
  }

  function row({ name, expiration, metadata }: ListKey): HTMLLIElement {
    const isOpen = name === openKey;
    return element(
      "li",
      {},
      element(
        "button",
        {
          type: "button",
          "aria-current": isOpen ? "true" : undefined,
          onclick: () => void act(() => open(name)),
        },
        element("span", { class: "x-name" }, name),
        element("span", { class: "x-details" }, metadata === undefined ? "" : JSON.stringify(metadata)),
        expiration === undefined
          ? null
          : element(
              "span",
              { class: "x-expiry", "data-expiration": String(expiration) },
              formatRemaining(expiration),
            ),
      ),
    );
  }

  /** Opens a key, or an empty form for a new one. */
  async function open(key: string | undefined): Promise<void> {
    if (!namespace) return;
    const turn = ++turns;
    const made = await valuePane(namespace, key, {
      act,
      async saved(name) {
        openKey = name;
        await list();
        await open(name);
      },
      async removed() {
        close();
        await list();
      },
    });
    if (turn !== turns) return;
    if (!made) {
      close();
      return;
    }
    pane = made;
    openKey = key;
    value.replaceChildren(pane.element);
    for (const each of rows.querySelectorAll("button")) {
      const isOpen = each.querySelector(".x-name")?.textContent === key;
      if (isOpen) each.setAttribute("aria-current", "true");
      else each.removeAttribute("aria-current");
    }
    if (key === undefined) pane.focus();
  }

  function close(): void {
    turns++;
    openKey = undefined;
    pane = undefined;
    value.replaceChildren(element("p", { class: "x-empty" }, "Choose a key to see its value."));
    rows.querySelector("[aria-current]")?.removeAttribute("aria-current");
  }

  async function createNamespace(): Promise<void> {
    const title = await ask(host, { title: "New namespace", label: "Title", confirm: "Create" });
    if (!title) return;
    namespace = kv.namespace((await kv.namespaces.create(title)).id);
    close();
    await refresh();
  }

  async function renameNamespace(): Promise<void> {
    const current = namespaces.find(({ id }) => id === namespace?.id);
    if (!current) return;
    const title = await ask(host, {
      title: `Rename ${current.title}`,
      label: "Title",
      value: current.title,
      confirm: "Rename",
    });
    if (!title || title === current.title) return;
    await kv.namespaces.rename(current.id, title);
    await refresh();
  }

  async function removeNamespace(): Promise<void> {
    const current = namespaces.find(({ id }) => id === namespace?.id);
    if (!current) return;
    const answer = await ask(host, {
      title: `Delete ${current.title}?`,
      text: "All its keys are deleted with it.",
      confirm: "Delete the namespace",
      isDanger: true,
    });
    if (answer === undefined) return;
    await kv.namespaces.delete(current.id);
    await refresh();
  }

  const clock = setInterval(() => {
    if (!host.isConnected) return clearInterval(clock);
    for (const each of host.querySelectorAll<HTMLElement>("[data-expiration]")) {
      each.textContent = formatRemaining(Number(each.dataset["expiration"]));
    }
  }, 1000);

  close();
  void act(refresh);
  return { refresh: () => act(refresh) };
}
