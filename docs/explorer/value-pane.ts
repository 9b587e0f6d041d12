/** One key: its value as text, JSON or bytes, its metadata, when it expires; and the form that changes them. */
import type { KVNamespaceClient } from "../../src/index.ts";
import { toExactText } from "../../src/values.ts";
import { ask, button, element, labelled } from "./dom.ts";
import { formatBytes, formatRemaining, hexDump } from "./format.ts";

export interface Pane {
  readonly element: HTMLElement;
  /** Whether something was typed that is not saved. */
  isChanged(): boolean;
  focus(): void;
}

interface Callbacks {
  /** Runs what a person asked for and tells what goes wrong. */
  act(work: () => Promise<void>): Promise<void>;
  saved(key: string): Promise<void>;
  removed(): Promise<void>;
}

/** Above this many bytes a text is shown in part, and changed by a file only. */
const mostShown = 200_000;

/** `undefined` where there is no such key. */
export async function valuePane(
  namespace: KVNamespaceClient,
  key: string | undefined,
  callbacks: Callbacks,
): Promise<Pane | undefined> {
  const found = key === undefined ? undefined : await namespace.getWithMetadata(key, "arrayBuffer");
  if (found && found.value === null) return undefined;
  const { metadata = null, expiration = null } = found ?? {};
  const bytes = new Uint8Array(found?.value ?? new ArrayBuffer(0));
  const text = bytes.length > mostShown ? undefined : toExactText(bytes);

  const name = element("input", {
    class: "x-input",
    value: key ?? "",
    spellcheck: false,
    autocomplete: "off",
  });
  const valueField = element("textarea", {
    class: "x-input x-code",
    rows: 8,
    spellcheck: false,
    value: text ?? hexDump(bytes),
    readOnly: text === undefined,
  });
  const file = element("input", { class: "x-input", type: "file" });
  const metadataField = element("textarea", {
    class: "x-input x-code",
    rows: 3,
    spellcheck: false,
    placeholder: "none",
    value: metadata === null ? "" : JSON.stringify(metadata, null, 2),
  });
  const lifetime = element("input", {
    class: "x-input",
    type: "number",
    min: "60",
    placeholder: expiration === null ? "never" : "as it is",
  });
  const stays = element("input", { type: "checkbox" });
  const fields = [name, valueField, metadataField, lifetime];
  const before = fields.map((field) => field.value);

  async function save(): Promise<void> {
    const target = key ?? name.value;
    const chosen = file.files?.[0];
    const kept = stays.checked ? undefined : (expiration ?? undefined);
    await namespace.put(target, chosen ?? (text === undefined ? bytes : valueField.value), {
      metadata: parseMetadata(metadataField.value),
      ...(lifetime.value === "" ? { expiration: kept } : { expirationTtl: Number(lifetime.value) }),
    });
    await callbacks.saved(target);
  }

  async function remove(): Promise<void> {
    if (key === undefined) return;
    const question = { title: "Delete this key?", text: key, confirm: "Delete the key", isDanger: true };
    if ((await ask(form, question)) === undefined) return;
    await namespace.delete(key);
    await callbacks.removed();
  }

  function download(): void {
    const url = URL.createObjectURL(new Blob([bytes]));
    element("a", { href: url, download: (key ?? "").replaceAll(/[^\w.-]+/g, "_") || "value" }).click();
    URL.revokeObjectURL(url);
  }

  const facts = element("p", { class: "x-facts" }, formatBytes(bytes.length), ` · ${kindOf(bytes, text)}`);
  if (expiration !== null) {
    const left = element("span", { "data-expiration": String(expiration) }, formatRemaining(expiration));
    facts.append(" · expires in ", left);
  }
  const form = element(
    "form",
    {
      class: "x-form",
      onsubmit(event) {
        event.preventDefault();
        void callbacks.act(save);
      },
    },
    key === undefined ? labelled("Key", name) : element("h3", { class: "x-key" }, key),
    key === undefined ? null : facts,
    labelled("Value", valueField, text === undefined ? "not text, or too long to change here" : undefined),
    element("details", {}, element("summary", {}, "From a file"), labelled("File", file)),
    labelled("Metadata", metadataField, "JSON, at most 1,024 bytes"),
    labelled("Expires after", lifetime, "seconds, at least 60"),
    expiration === null
      ? null
      : element("label", { class: "x-check" }, stays, " Keep it for good when it is saved"),
    element(
      "div",
      { class: "x-actions" },
      element("button", { type: "submit", class: "x-button brand" }, "Save"),
      key === undefined ? null : button("Download", download),
      key === undefined
        ? null
        : button("Delete", () => void callbacks.act(remove), "danger", `Delete ${key}`),
    ),
  );
  return {
    element: form,
    isChanged: () =>
      fields.some((field, i) => field.value !== before[i]) || stays.checked || (file.files?.length ?? 0) > 0,
    focus: () => name.focus(),
  };
}

function parseMetadata(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error("The metadata is not JSON. Text stands in double quotes.");
  }
}

function kindOf(bytes: Uint8Array, text: string | undefined): string {
  if (text === undefined) return bytes.length > mostShown ? "shown in part" : "binary";
  try {
    JSON.parse(text);
    return "JSON";
  } catch {
    return "text";
  }
}
