/** A change of the spec in words. */
import { type Found, lost } from "./change-classes.ts";

/** What stands between the names that a reader knows a place by. */
const structure: ReadonlySet<string> = new Set(
  "schema properties content parameters responses application/json".split(" "),
);
const abbreviations: Readonly<Record<string, string>> = {
  requestBody: "body",
  items: "[]",
  additionalProperties: "[any]",
};

/** The field, parameter or header; empty for the operation itself. */
export function describePlace({ path, operation }: Found): string {
  if (operation === undefined) return path.join(" ");
  const parts = path.flatMap((name, i) => {
    if (path[i - 1] === "properties") return [`.${name}`];
    return structure.has(name) && i < path.length - 1 ? [] : [abbreviations[name] ?? name];
  });
  return parts
    .join(" ")
    .replaceAll(/ (?=[.[])/g, "")
    .replace(/ schema$/, "");
}

/** What became of it. */
export function describeWhat({ kind, property, before, after, typeName, route }: Found): string {
  if (kind !== "modified") return `${route ? `${route} ` : ""}is ${kind === "added" ? "new" : "gone"}`;
  if (property === "key") return `takes the place of ${String(before)}`;
  if (property === "required" && typeName === "Schema") {
    const became = lost(after ?? [], before ?? []).map((name) => `${String(name)} is required now`);
    const ceased = lost(before ?? [], after ?? []).map((name) => `${String(name)} is no longer required`);
    return [...became, ...ceased].join(", ");
  }
  if (typeName === "SpecExtension" && (before === true || after === true)) {
    return `${property} is ${after === true ? "new" : "gone"}`;
  }
  return `${property} ${shown(before)} → ${shown(after)}`;
}

function shown(value: unknown): string {
  if (value === undefined) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = text.trim().replaceAll(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}
