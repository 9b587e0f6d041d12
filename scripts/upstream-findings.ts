/** Where the curated spec and Cloudflare's published one differ, and which of it is explained. */
import { parse } from "yaml";
import { isObject, type Json } from "./spec-document.ts";
import { curated, digest, published, readFacts } from "./spec-facts.ts";

export interface Finding {
  /** Its id in the curated spec; method and path, where it is not there. */
  readonly operation: string;
  /** What of the operation; empty for all of it. */
  readonly at: string;
  /** Missing here, extra here, or not the same. */
  readonly finding: "missing" | "extra" | "different";
  /** A value; a digest of all facts, where there are several. */
  readonly ours?: unknown;
  readonly theirs?: unknown;
}

/** Of spec/upstream-exceptions.yaml: findings that are as they should be. */
export interface Exception {
  /** Which operations; all where none is named. */
  readonly operations?: readonly string[];
  /** What of them; `*` stands for any text. */
  readonly at: string | readonly string[];
  readonly finding: Finding["finding"];
  readonly ours?: unknown;
  /** What the published spec says; where that changes, the exception no longer holds. */
  readonly theirs?: unknown;
  /** Why it is so, in one line. */
  readonly reason: string;
}

const valueOf = (fact: unknown): unknown => (isObject(fact) ? digest(fact) : fact);

/** What the two specs say of storage/kv and do not agree on, in the order of the curated one. */
export function compareWithPublished(ours: Json, theirs: Json): Finding[] {
  const [here, there] = [readFacts(ours, curated), readFacts(theirs, published)];
  const names = operationNames(ours);
  return [...new Set([...here.keys(), ...there.keys()])].flatMap((key) =>
    differences(names.get(key) ?? key, here.get(key), there.get(key), ""),
  );
}

function operationNames(document: Json): Map<string, string> {
  const facts = readFacts(document, { ...curated, id: "operationId" });
  return new Map([...facts].map(([key, { id }]) => [key, String(id)]));
}

function differences(operation: string, ours: unknown, theirs: unknown, at: string): Finding[] {
  if (same(ours, theirs)) return [];
  if (ours === undefined) return [{ operation, at, finding: "missing", theirs: valueOf(theirs) }];
  if (theirs === undefined) return [{ operation, at, finding: "extra", ours: valueOf(ours) }];
  if (!isObject(ours) || !isObject(theirs)) {
    return [{ operation, at, finding: "different", ours: valueOf(ours), theirs: valueOf(theirs) }];
  }
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((name) => {
    const place = /^[.[]/.test(name) || at === "" ? at + name : `${at} ${name}`;
    return differences(operation, ours[name], theirs[name], place);
  });
}

/** The findings that no exception explains, and the exceptions of which a place or an operation explains nothing. */
export function explain(
  findings: readonly Finding[],
  exceptions: readonly Exception[],
): { unexplained: Finding[]; unused: Exception[] } {
  const explained = (exception: Exception): Finding[] => findings.filter(matcher(exception));
  const all = new Set(exceptions.flatMap(explained));
  const parts = exceptions.flatMap((each): Exception[] => {
    const places = [each.at].flat().map((at) => Object.assign({}, each, { at }));
    const { operations = [] } = each;
    return operations.length < 2
      ? places
      : [...places, ...operations.map((operation) => Object.assign({}, each, { operations: [operation] }))];
  });
  return {
    unexplained: findings.filter((finding) => !all.has(finding)),
    unused: parts.filter((part) => explained(part).length === 0),
  };
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** A text in which `*` stands for any text. */
function toPattern(text: string): RegExp {
  const parts = text.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

function matcher({ operations, at, finding, ours, theirs }: Exception): (found: Finding) => boolean {
  const patterns = [at].flat().map(toPattern);
  return (found) =>
    found.finding === finding &&
    patterns.some((pattern) => pattern.test(found.at)) &&
    (operations === undefined || operations.includes(found.operation)) &&
    (ours === undefined || same(ours, found.ours)) &&
    same(theirs, found.theirs);
}

/**
 * The exceptions in a text of YAML.
 *
 * @throws Error for one that would explain more than it names
 */
export function parseExceptions(text: string): Exception[] {
  const list = parse(text) as Exception[];
  for (const { at, finding, theirs, reason } of list) {
    const where = `the exception at ${JSON.stringify(at)}`;
    if (!at || !/^(missing|extra|different)$/.test(finding) || !reason) {
      throw new Error(`${where} lacks at, finding or reason`);
    }
    if ((theirs === undefined) !== (finding === "extra")) {
      throw new Error(`${where} has to say what theirs is, where it is there, and only then`);
    }
  }
  return list;
}
