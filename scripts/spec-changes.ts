/** What differs between two specs, operation by operation: found by Redocly, classed by it and by change-classes. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Class, classify, type Direction, type Found } from "./change-classes.ts";
import { describePlace, describeWhat } from "./change-words.ts";
import { redocly } from "./redocly.ts";
import { inline, isObject, type Json, mapValues, methods, valueAt } from "./spec-document.ts";

/** A change as a user of the API sees it. */
export interface Change {
  readonly class: Class;
  /** Whose it is: what a caller sends, or what comes back. None where it is about the operation as a whole. */
  readonly direction?: Direction;
  /** The operation's id; none where it is about all of the API. */
  readonly operation?: string;
  /** The field, parameter, header or table; empty for the operation itself. */
  readonly place: string;
  readonly what: string;
}

interface Operation {
  readonly id: string;
  /** Method and path. */
  readonly route: string;
}

export interface Comparison {
  /** In the order of the spec. */
  readonly changes: readonly Change[];
  /** The ids of all operations, before and after. */
  readonly operations: ReadonlySet<string>;
}

/** A change as `redocly diff` has it. */
interface RawChange {
  path: string;
  typeName: string;
  kind: Found["kind"];
  property?: string;
  verdicts: unknown[];
  base?: { pointer: string; value?: unknown };
  revision?: { pointer: string; value?: unknown };
}

const setOf = (names: unknown): Json => Object.fromEntries((names as string[]).map((name) => [name, true]));

/**
 * The spec in a form in which Redocly sees all that matters, and sees it for each operation: nothing is shared,
 * each operation has a path of its own, and lists of names are maps. It pairs what has the same key, else what
 * looks alike, and all paths here look alike: so the key of a path is a digest of it.
 */
function spread(document: Json): { spread: Json; operations: Map<string, Operation> } {
  const operations = new Map<string, Operation>();
  const paths: Json = {};
  const parameters: Json = {};
  for (const [path, item] of Object.entries(
    inline(document, document["paths"] ?? {}) as Record<string, Json>,
  )) {
    for (const [method, operation] of Object.entries(item)) {
      if (!methods.has(method) || !isObject(operation)) continue;
      const id = operation["operationId"] as string;
      const key = `/${createHash("sha256").update(`${method} ${path}`).digest("hex")}`;
      operations.set(key, { id, route: `${method.toUpperCase()} ${path}` });
      const own = [item["parameters"], operation["parameters"]].flatMap((list) => (list ?? []) as Json[]);
      const names = own.map((parameter) => `${id}.${String(parameter["in"])}.${String(parameter["name"])}`);
      names.forEach((name, i) => (parameters[name] = own[i]));
      paths[key] = {
        [method]: {
          security: document["security"] ?? [],
          ...operation,
          parameters: names.map((name) => ({ $ref: `#/components/parameters/${name}` })),
          "x-permissions": setOf(operation["x-permissions"] ?? []),
          "x-error-codes": setOf([
            ...toList(document["x-error-codes"]),
            ...toList(operation["x-error-codes"]),
          ]),
        },
      };
    }
  }
  const codes = (valueAt(document, "#/components/x-error-codes") ?? {}) as Record<string, Json>;
  const { openapi, info, servers, tags } = document;
  const extensions = Object.entries(document).filter(([name]) => name.startsWith("x-"));
  const made = {
    openapi,
    info,
    ...(servers ? { servers } : {}),
    ...(tags ? { tags } : {}),
    ...Object.fromEntries(extensions),
    "x-error-codes": mapValues(
      codes,
      (code) => `${String((code as Json)["code"])}, HTTP ${String((code as Json)["status"])}`,
    ),
    "x-error-descriptions": mapValues(codes, (code) =>
      JSON.stringify([(code as Json)["description"], (code as Json)["evidence"]]),
    ),
    paths,
    components: { parameters, securitySchemes: valueAt(document, "#/components/securitySchemes") ?? {} },
  };
  return { spread: made, operations };
}

const toList = (names: unknown): string[] => (Array.isArray(names) ? (names as string[]) : []);

/** What differs from one spec to another. */
export async function compareSpecs(base: Json, revision: Json): Promise<Comparison> {
  const [before, after] = [spread(base), spread(revision)];
  const operations = new Map([...before.operations, ...after.operations]);
  const raw = await diff(before.spread, after.spread);
  // What a list names is seen once more where it is kept.
  const seen = raw.filter(({ path }) => !path.startsWith("#/components/parameters/"));
  const ids = [...operations.values()].map(({ id }) => id);
  const changes = seen
    .map((each) => toChange(read(each, operations)))
    .toSorted((a, b) => ids.indexOf(a.operation ?? "") - ids.indexOf(b.operation ?? ""));
  return { changes, operations: new Set(ids) };
}

function toChange(found: Found): Change {
  const { operation, direction } = found;
  return {
    class: classify(found),
    ...(direction && { direction }),
    ...(operation !== undefined && { operation }),
    place: describePlace(found),
    what: describeWhat(found),
  };
}

async function diff(base: Json, revision: Json): Promise<RawChange[]> {
  const folder = await mkdtemp(join(tmpdir(), "spec-diff-"));
  const file = (name: string): string => join(folder, name);
  try {
    await Promise.all([
      writeFile(file("base.json"), JSON.stringify(base)),
      writeFile(file("revision.json"), JSON.stringify(revision)),
      // Not the project's own: what it adds for readers expects the spec as it is written.
      writeFile(file("redocly.yaml"), "telemetry: off\nextends: [diff-recommended]\n"),
    ]);
    const config = `--config=${file("redocly.yaml")}`;
    const { stdout, stderr } = await redocly(
      "diff",
      file("base.json"),
      file("revision.json"),
      config,
      "--format=json",
    );
    if (!stdout.startsWith("{")) throw new Error(`the two specs could not be compared: ${stderr}`);
    return (JSON.parse(stdout) as { changes: RawChange[] }).changes;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const unescape = (name: string): string => name.replaceAll("~1", "/").replaceAll("~0", "~");

/** A raw change with its place taken apart. */
function read(raw: RawChange, operations: ReadonlyMap<string, Operation>): Found {
  const { kind, typeName, verdicts, property, base, revision } = raw;
  const [, ...path] = raw.path.split("/").map(unescape);
  const found = {
    kind,
    typeName,
    ...(property !== undefined && { property }),
    before: base?.value,
    after: revision?.value,
    breaksByRedocly: verdicts.length > 0,
  };
  if (path[0] !== "paths") return { ...found, path };
  const [, key = "", , ...place] = path;
  const { id, route } = operations.get(key)!;
  const [part] = place;
  const direction =
    part === "responses" ? "answer" : part === "requestBody" || part === "parameters" ? "request" : undefined;
  if (part === "parameters") place[1] = parameterName(revision ?? base!);
  const isWhole = place.length === 0;
  return { ...found, operation: id, ...(isWhole && { route }), ...(direction && { direction }), path: place };
}

/** A parameter that came or went is seen as a whole; one that was changed, where it is kept by kind and name. */
function parameterName({ pointer, value }: { pointer: string; value?: unknown }): string {
  if (isObject(value)) return `${String(value["in"])} ${String(value["name"])}`;
  const [, kind, ...name] = unescape(pointer.split("/")[3]!).split(".");
  return `${kind} ${name.join(".")}`;
}
