/** Makes the pages of typedoc shorter: what a signature says is not said again below it. */

const signature = /^#+ Call Signature\n\n```ts\n([^]*?)\n```\n\n(Defined in: .*\n\n?)/gm;
/** Tables of types without a word on them, and results that are a type alone. */
const wordless = [
  /^#+ Type Parameters\n\n\| Type Parameter(?: \| [^|\n]+)? \|\n(?:\|.*\n)+\n*/gm,
  /^#+ Parameters\n\n\| Parameter \| Type \|\n(?:\|.*\n)+\n*/gm,
  /^#+ Returns\n\n(?:.+\n)+\n*(?=#|\*\*\*|$(?![^]))/gm,
];
const origins = /^#+ (?:Inherited from|Overrides|Implementation of)\n\n.*\n+/gm;
/** What no call chooses; it is there for the compiler. */
const never = /^#+ Call Signature\n\n```ts\n.*Promise<never>;\n```\n\n(?:(?!#|\*\*\*).*\n)*/gm;
const defaults = /^#+ Default\n\n```ts\n(.*)\n```$/gm;

/** The page of a name: each member by itself. */
export function condense(page: string): string {
  return page
    .replaceAll(origins, "")
    .replaceAll(never, "")
    .replaceAll(defaults, (_, value: string) => `Default: ${isCode(value) ? `\`${value}\`` : value}`)
    .split(/^(?=### |## (?:Constructors|Methods|Properties)$)/m)
    .map(condenseMember)
    .join("")
    .replaceAll(/^Defined in: (.*)$/gm, "$1{.source-link}");
}

/** Its overloads are one block of code, and the types in it are linked in one line. */
function condenseMember(text: string): string {
  const links = new Set<string>();
  let rest = text;
  for (const part of wordless) {
    rest = rest.replaceAll(part, (gone) => {
      for (const [link] of gone.matchAll(/\[`\w+`\]\([^)]+\)/g)) links.add(link);
      return "";
    });
  }
  const overloads = [...rest.matchAll(signature)];
  if (overloads.length > 0) {
    const block = `\`\`\`ts\n${overloads.map(([, code]) => code).join("\n")}\n\`\`\`\n\n${overloads[0]![2]}`;
    let isFirst = true;
    rest = rest.replaceAll(signature, () => (isFirst ? ((isFirst = false), block) : ""));
  }
  if (links.size === 0) return rest;
  const [, body, end] = /^([^]*?)\s*(\*\*\*\s*)?$/.exec(rest.replaceAll(/\n{3,}/g, "\n\n"))!;
  return `${body}\n\nTypes: ${[...links].join(", ")}\n\n${end ?? ""}`;
}

/** A default is a value of the language, or words for one. */
function isCode(value: string): boolean {
  return /^(["{].*|[\d_.]+|true|false|Infinity|[\w.]+\(\)|Date\.now)$/.test(value);
}
