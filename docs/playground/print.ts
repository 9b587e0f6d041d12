/** Values as a console shows them. */

const mostItems = 100;
const mostCharacters = 4000;

export function print(value: unknown): string {
  return typeof value === "string" ? clip(value) : clip(inspect(value, 0, []));
}

function clip(text: string): string {
  const rest = text.length - mostCharacters;
  return rest > 0 ? `${text.slice(0, mostCharacters)}… ${rest.toLocaleString("en")} more characters` : text;
}

function inspect(value: unknown, depth: number, above: readonly object[]): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > 500 ? `${value.slice(0, 500)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name || "without a name"}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (above.includes(value)) return "[itself]";
  if (value instanceof Error) return inspectError(value, depth, above);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof ArrayBuffer) return `ArrayBuffer ${bytes(new Uint8Array(value))}`;
  if (value instanceof Uint8Array) return `Uint8Array ${bytes(value)}`;
  if (value instanceof Blob) return `Blob of ${value.size} bytes`;
  if (value instanceof Response) return `Response ${value.status}`;
  if (value instanceof Promise || value instanceof ReadableStream) return `[${value.constructor.name}]`;
  const inner = [...above, value];
  if (depth > 4) return Array.isArray(value) ? "[…]" : "{…}";
  if (Array.isArray(value))
    return wrap(
      "[",
      value.map((item) => inspect(item, depth + 1, inner)),
      "]",
      depth,
    );
  if (value instanceof Map) {
    const items = [...value].map(
      ([key, item]) => `${inspect(key, depth + 1, inner)} => ${inspect(item, depth + 1, inner)}`,
    );
    return `Map(${value.size}) ${wrap("{", items, "}", depth)}`;
  }
  if (value instanceof Set) {
    return `Set(${value.size}) ${wrap(
      "{",
      [...value].map((item) => inspect(item, depth + 1, inner)),
      "}",
      depth,
    )}`;
  }
  return wrap("{", properties(value, depth, inner), "}", depth);
}

function properties(value: object, depth: number, above: readonly object[]): string[] {
  return Object.entries(value).map(([name, item]) => {
    const label = /^[\w$]+$/.test(name) ? name : JSON.stringify(name);
    return `${label}: ${inspect(item, depth + 1, above)}`;
  });
}

function inspectError(error: Error, depth: number, above: readonly object[]): string {
  const own = properties(Object.fromEntries(Object.entries(error)), depth, [...above, error]).filter(
    (each) => !each.endsWith(": undefined"),
  );
  const cause =
    error.cause === undefined ? [] : [`cause: ${inspect(error.cause, depth + 1, [...above, error])}`];
  const details = [...own, ...cause];
  return `${error.name}: ${error.message}${details.length > 0 ? ` ${wrap("{", details, "}", depth)}` : ""}`;
}

function wrap(open: string, items: string[], close: string, depth: number): string {
  const shown = items.slice(0, mostItems);
  if (items.length > mostItems) shown.push(`… ${items.length - mostItems} more`);
  if (shown.length === 0) return open + close;
  const line = `${open} ${shown.join(", ")} ${close}`;
  if (line.length <= 72 && !line.includes("\n")) return open === "[" ? `[${shown.join(", ")}]` : line;
  const indent = "  ".repeat(depth + 1);
  return `${open}\n${indent}${shown.join(`,\n${indent}`)}\n${"  ".repeat(depth)}${close}`;
}

function bytes(value: Uint8Array): string {
  const shown = [...value.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `(${value.length}) <${shown}${value.length > 16 ? " …" : ""}>`;
}
