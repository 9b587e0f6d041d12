/** What a description says of its operations that two descriptions can be compared by, whatever their style. */
import { createHash } from "node:crypto";
import { inline, isObject, type Json, methods, valueAt } from "./spec-document.ts";

/** A fact, or more facts by name. A name that begins with `.` or `[` is a field of what it is in. */
export interface Facts {
  [name: string]: unknown;
}

/** What a description in Cloudflare's words calls what this project's calls something else. */
interface Style {
  readonly id: string;
  readonly permissions: string;
  /** Whether the limits that stand in descriptions alone count too. */
  readonly words: boolean;
}

export const curated: Style = { id: "x-upstream-operation-id", permissions: "x-permissions", words: false };
export const published: Style = { id: "operationId", permissions: "x-api-token-group", words: true };

/** Stands for much in one word that is another where anything in it is. */
export const digest = (facts: unknown): string =>
  `#${createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 8)}`;

/** The part of the API that is compared. */
const storage = /^\/accounts\/\{[^}]+\}\/storage\/kv(\/|$)/;

/** The facts of each operation under storage/kv, by method and path, whatever the placeholders are called. */
export function readFacts(document: Json, style: Style): Map<string, Facts> {
  const paths = Object.entries((document["paths"] ?? {}) as Json).filter(([path]) => storage.test(path));
  return new Map(
    paths.flatMap(([path, node]) => {
      const item = inline(document, node) as Json;
      const found = Object.entries(item).filter(([name]) => methods.has(name));
      return found.map(([method, operation]): [string, Facts] => [
        `${method.toUpperCase()} ${path.replaceAll(/\{[^}]+\}/g, "{}")}`,
        operationFacts(document, item, operation as Json, style),
      ]);
    }),
  );
}

function operationFacts(document: Json, item: Json, operation: Json, style: Style): Facts {
  const { requestBody, responses, description, deprecated } = operation;
  const parameters = [item["parameters"], operation["parameters"]].flatMap((list) => (list ?? []) as Json[]);
  const facts: Facts = {
    id: operation[style.id],
    permissions: sorted(operation[style.permissions] as unknown[] | undefined),
    security: securityOf(document, (operation["security"] ?? document["security"]) as Json[] | undefined),
    ...(deprecated === true && { deprecated }),
    ...wordsOf(description, style),
  };
  for (const { name, in: place, required, schema } of parameters) {
    facts[`${String(place)} ${String(name)}`] = {
      ...(required === true && { required }),
      ...schemaFacts(schema, style),
    };
  }
  if (isObject(requestBody)) {
    const { required, content } = requestBody;
    facts["body"] = { ...(required === true && { required }), ...contentFacts(content, style) };
  }
  for (const [status, answer] of Object.entries((responses ?? {}) as Record<string, Json>)) {
    const headers = Object.entries((answer["headers"] ?? {}) as Record<string, Json>);
    const named = headers.map(
      ([name, { schema }]) => [`header ${name}`, schemaFacts(schema, style)] as const,
    );
    facts[`answer ${status}`] = { ...contentFacts(answer["content"], style), ...Object.fromEntries(named) };
  }
  return facts;
}

function contentFacts(content: unknown, style: Style): Facts {
  const types = Object.entries((content ?? {}) as Record<string, Json>);
  return Object.fromEntries(
    types.map(([type, { schema, encoding }]) => {
      const parts = Object.entries((encoding ?? {}) as Record<string, Json>);
      const encodings = parts.map(([name, { contentType }]) => [`encoding ${name}`, contentType] as const);
      return [type, { ...schemaFacts(schema, style), ...Object.fromEntries(encodings) }];
    }),
  );
}

/** Schemes by what they send: their names are each description's own. */
function securityOf(document: Json, security: Json[] = []): unknown {
  const schemes = (valueAt(document, "#/components/securitySchemes") ?? {}) as Record<string, Json>;
  const sends = (name: string): string => {
    const { type, scheme, in: place, name: parameter } = schemes[name] ?? {};
    return (type === "http" ? String(scheme) : `${String(place)} ${String(parameter)}`).toLowerCase();
  };
  return sorted(security.map((each) => Object.keys(each).map(sends).toSorted().join(" + ")));
}

const keywords = [
  "format pattern default uniqueItems multipleOf",
  "minimum maximum exclusiveMinimum exclusiveMaximum minLength maxLength minItems maxItems",
]
  .join(" ")
  .split(" ");

function schemaFacts(node: unknown, style: Style): Facts {
  const schema = merged(node);
  const { type, nullable, properties, required, items, additionalProperties: rest, description } = schema;
  const alternatives = alternativesOf(schema);
  if (alternatives && isAny(alternatives)) return wordsOf(description, style);
  const facts: Facts = wordsOf(description, style);
  for (const word of keywords) if (word in schema) facts[word] = schema[word];
  const types = [type, nullable === true && "null"].flat().filter(Boolean);
  if (type !== undefined) facts["type"] = sorted(types);
  const values = "const" in schema ? [schema["const"]] : schema["enum"];
  if (Array.isArray(values)) facts["enum"] = sorted(values);
  if (alternatives) {
    const shapes = alternatives.map((each) => JSON.stringify(schemaFacts(each, style))).toSorted();
    facts["shapes"] = `${shapes.length} ${digest(shapes)}`;
  }
  for (const [name, property] of Object.entries((properties ?? {}) as Json)) {
    const isRequired = Array.isArray(required) && required.includes(name);
    facts[`.${name}`] = { ...(isRequired && { required: true }), ...schemaFacts(property, style) };
  }
  if (items !== undefined) facts["[]"] = schemaFacts(items, style);
  if (isObject(rest)) facts["[any]"] = schemaFacts(rest, style);
  return facts;
}

/** The schema with the parts of its `allOf`, and an alternative of null as the type it stands for. */
function merged(node: unknown): Json {
  if (!isObject(node)) return {};
  const { allOf, ...own } = node;
  const whole = ((allOf ?? []) as unknown[]).map(merged).reduce(both, own);
  const alternatives = alternativesOf(whole);
  const others = alternatives?.filter((each) => merged(each)["type"] !== "null");
  if (others?.length !== 1 || alternatives?.length !== 2) return whole;
  const { anyOf: _anyOf, oneOf: _oneOf, ...rest } = whole;
  return { ...both(merged(others[0]), rest), nullable: true };
}

/** What holds where both schemas hold, as far as the descriptions use it. */
function both(a: Json, b: Json): Json {
  const [ours, theirs] = [a, b].map(({ properties }) => (properties ?? {}) as Json);
  const names = [...new Set([...Object.keys(ours!), ...Object.keys(theirs!)])];
  const properties = names.map((name) => [name, { allOf: [ours![name], theirs![name]].filter(Boolean) }]);
  const required = [a, b].flatMap(({ required }) => (required ?? []) as string[]);
  const isNullable = [a, b].every(({ type, nullable }) => type === undefined || nullable === true);
  return {
    ...a,
    ...b,
    ...(names.length > 0 && { properties: Object.fromEntries(properties) as Json }),
    ...(required.length > 0 && { required }),
    nullable: isNullable && (a["nullable"] === true || b["nullable"] === true),
  };
}

const alternativesOf = ({ anyOf, oneOf }: Json): unknown[] | undefined =>
  (anyOf ?? oneOf) as unknown[] | undefined;

/** Whether every kind of JSON is among the alternatives. */
function isAny(alternatives: readonly unknown[]): boolean {
  const types = new Set(alternatives.map((each) => merged(each)["type"]));
  return ["string", "number", "boolean", "object", "array"].every((type) => types.has(type));
}

/** The numbers in a description: of some limits, the published spec says no more than that. Not `UTF-8`, nor `%3F`. */
function wordsOf(description: unknown, { words }: Style): Facts {
  const numbers =
    words && typeof description === "string" && description.match(/(?<![\w%`-])\d([\d,.]*\d)?/g);
  return numbers ? { prose: numbers.join(" ") } : {};
}

function sorted(values: readonly unknown[] | undefined): unknown {
  const list = (values ?? []).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return list.length === 1 ? list[0] : list;
}
