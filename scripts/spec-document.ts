/** An OpenAPI description as plain data. */
import { parse } from "yaml";

export type Json = Record<string, unknown>;

export const isObject = (node: unknown): node is Json =>
  typeof node === "object" && node !== null && !Array.isArray(node);

/** The methods that an item of `paths` can have; its other fields are about all of them. */
export const methods: ReadonlySet<string> = new Set([
  "get",
  "put",
  "post",
  "delete",
  "options",
  "head",
  "patch",
  "trace",
]);

/** A description in YAML or JSON. */
export function parseDocument(text: string): Json {
  // JSON is YAML too, but tens of megabytes of it take YAML's parser a minute.
  const document: unknown = /^\s*\{/.test(text) ? JSON.parse(text) : parse(text);
  if (isObject(document)) return document;
  throw new Error("the description is not an object");
}

/** What a JSON pointer names, with `#` in front or without; `undefined` where nothing is there. */
export function valueAt(document: Json, pointer: string): unknown {
  const [, ...names] = pointer.split("/").map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce<unknown>((node, name) => (isObject(node) ? node[name] : undefined), document);
}

export const mapValues = <To>(
  object: object,
  change: (value: unknown, name: string) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value, name)]));

/**
 * A copy with what each `$ref` names in its place. A reference that leads back into itself, or to nothing, is
 * kept.
 */
export function inline(document: Json, node: unknown, within: readonly string[] = []): unknown {
  if (Array.isArray(node)) return node.map((item) => inline(document, item, within));
  if (!isObject(node)) return node;
  const { $ref } = node;
  if (typeof $ref !== "string") return mapValues(node, (value) => inline(document, value, within));
  const target = valueAt(document, $ref);
  return target === undefined || within.includes($ref) ? node : inline(document, target, [...within, $ref]);
}
