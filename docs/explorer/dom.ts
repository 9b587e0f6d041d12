/** The few lines that building a page by hand takes. */

type Attributes<Tag extends keyof HTMLElementTagNameMap> = {
  [Name in keyof HTMLElementTagNameMap[Tag]]?: HTMLElementTagNameMap[Tag][Name] | undefined;
} & { class?: string; [attribute: `aria-${string}` | `data-${string}`]: string | undefined };

export type Child = Node | string | null | undefined | false;

/** An element with properties (`aria-` and `data-` ones are attributes) and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes<Tag> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    if (name === "class") made.className = value as string;
    else if (name.includes("-")) made.setAttribute(name, value as string);
    else (made as unknown as Record<string, unknown>)[name] = value;
  }
  made.append(...children.filter((child) => child instanceof Node || typeof child === "string"));
  return made;
}

/** A label with its field. */
export function labelled(text: string, field: HTMLElement, hint?: string): HTMLLabelElement {
  return element(
    "label",
    { class: "x-field" },
    element("span", {}, text, hint ? element("small", {}, ` ${hint}`) : null),
    field,
  );
}

export function button(text: string, onclick: () => void, kind = "", label?: string): HTMLButtonElement {
  return element("button", { type: "button", class: `x-button ${kind}`, onclick, "aria-label": label }, text);
}

export interface Question {
  title: string;
  /** What goes beneath the title. */
  text?: string;
  /** The label of the field; without one it is a yes-or-no question. */
  label?: string;
  value?: string;
  confirm: string;
  isDanger?: boolean;
}

/** Asks in a dialog. Resolves with what was typed ("" for a yes), or `undefined` where it was left. */
export function ask(host: HTMLElement, question: Question): Promise<string | undefined> {
  const { title, text, label, value = "", confirm, isDanger } = question;
  const field = element("input", { class: "x-input", value, required: true, maxLength: 512 });
  const dialog = element(
    "dialog",
    { class: "x-dialog", "aria-label": title },
    element(
      "form",
      { method: "dialog" },
      element("strong", {}, title),
      text ? element("p", {}, text) : null,
      label ? labelled(label, field) : null,
      element(
        "div",
        { class: "x-actions" },
        element("button", { type: "submit", class: `x-button ${isDanger ? "danger" : "brand"}` }, confirm),
        button("Cancel", () => dialog.close("left")),
      ),
    ),
  );
  host.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    // Escape closes it without a return value.
    dialog.returnValue = "left";
    dialog.onsubmit = () => (dialog.returnValue = "said");
    dialog.onclose = () => {
      const isSaid = dialog.returnValue !== "left";
      dialog.remove();
      resolve(isSaid ? field.value : undefined);
    };
  });
}
