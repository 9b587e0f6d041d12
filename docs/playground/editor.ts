/** A field for code: a textarea over its own text in colours. */
import { element } from "../explorer/dom.ts";

export interface Editor {
  readonly element: HTMLElement;
  value: string;
}

const words =
  "as async await break case catch class const continue default delete do else false finally for from function if import in instanceof let new null of return static switch this throw true try typeof undefined var void while yield";
const tokens = new RegExp(
  [
    String.raw`(?<comment>\/\/[^\n]*|\/\*[\s\S]*?\*\/)`,
    String.raw`(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\x60(?:[^\x60\\]|\\[\s\S])*\x60)`,
    String.raw`(?<keyword>\b(?:${words.replaceAll(" ", "|")})\b)`,
    String.raw`(?<number>\b\d[\d_.]*n?\b)`,
    String.raw`(?<call>\b[A-Za-z_$][\w$]*(?=\())`,
  ].join("|"),
  "g",
);

function coloured(code: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let at = 0;
  for (const match of code.matchAll(tokens)) {
    parts.push(code.slice(at, match.index));
    const kind = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined)?.[0] ?? "";
    parts.push(element("span", { class: `token-${kind}` }, match[0]));
    at = match.index + match[0].length;
  }
  // A last line that is empty would have no height.
  parts.push(code.slice(at), "\n");
  return parts;
}

/** `onrun` is called on Ctrl+Enter. Tab leaves the field, as it does everywhere else. */
export function createEditor(label: string, onrun: () => void): Editor {
  const back = element("pre", { class: "editor-back", "aria-hidden": "true" });
  const field = element("textarea", {
    class: "editor-field",
    spellcheck: false,
    autocomplete: "off",
    autocapitalize: "off",
    wrap: "off",
    "aria-label": label,
  });
  const draw = (): void => back.replaceChildren(...coloured(field.value));
  field.oninput = draw;
  field.onscroll = () => {
    back.scrollTop = field.scrollTop;
    back.scrollLeft = field.scrollLeft;
  };
  field.onkeydown = (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      onrun();
      return;
    }
    // The new line starts where the one before did.
    const before = field.value.slice(0, field.selectionStart);
    const indent = /[^\S\n]*/.exec(before.slice(before.lastIndexOf("\n") + 1))![0];
    if (!indent) return;
    event.preventDefault();
    field.setRangeText(`\n${indent}`, field.selectionStart, field.selectionEnd, "end");
    draw();
  };
  return {
    element: element("div", { class: "editor" }, back, field),
    get value() {
      return field.value;
    },
    set value(code) {
      field.value = code;
      field.scrollTo(0, 0);
      draw();
    },
  };
}
