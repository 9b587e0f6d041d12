/** What a change of the spec does to the users of the API. */

/** Calls that worked may fail · there is something new · what happens differs, and no call fails · words only. */
export type Class = "breaking" | "added" | "changed" | "documentation";

/** What a caller sends, or what comes back. */
export type Direction = "request" | "answer";

/** A place where two specs differ. */
export interface Found {
  readonly kind: "added" | "removed" | "modified";
  /** What OpenAPI calls the object that was added or removed, or that has the property. */
  readonly typeName: string;
  /** What was modified; `key` where the object has another name. */
  readonly property?: string;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly operation?: string;
  /** The method and path of an operation that was added or removed. */
  readonly route?: string;
  readonly direction?: Direction;
  /** From the operation on, or from the root of the spec. */
  readonly path: readonly string[];
  /** Whether one of Redocly's own rules calls it breaking. */
  readonly breaksByRedocly: boolean;
}

/** Less is allowed than before, or more. */
type Effect = "narrower" | "wider";

type Rule = (found: Found) => Class | undefined;

const words = "description summary title example examples externalDocs tags x-upstream-operation-id x-facade";
const wordProperties: ReadonlySet<string> = new Set(words.split(" "));
const wordTypes: ReadonlySet<string> = new Set(
  "Info License Contact Tag TagList Example ExternalDocs".split(" "),
);

/** A request that is narrower refuses what it took; an answer that is wider gives what nobody was ready for. */
function byEffect(effect: Effect, direction: Direction | undefined): Class {
  return (effect === "narrower") === (direction !== "answer") ? "breaking" : "changed";
}

/** Of a number that nothing may exceed, or with `least` of one that nothing may fall below. */
function boundEffect({ before, after }: Found, least = false): Effect {
  if (typeof before !== "number" || typeof after !== "number")
    return after === undefined ? "wider" : "narrower";
  return after < before === least ? "wider" : "narrower";
}

const byBound: Rule = (found) => byEffect(boundEffect(found), found.direction);
const byLeastBound: Rule = (found) => byEffect(boundEffect(found, true), found.direction);

/** The values of the list that the other list does not have; one that is not there has them all. */
export const lost = (list: unknown, other: unknown): unknown[] =>
  Array.isArray(list) && Array.isArray(other) ? list.filter((value) => !other.includes(value)) : [];

const byEnum: Rule = ({ before, after, direction, path }) => {
  const loses = before === undefined || lost(before, after).length > 0;
  const gains = after === undefined || lost(after, before).length > 0;
  // Under `not` stands what is not allowed.
  const [narrower, wider] = path.includes("not") ? [gains, loses] : [loses, gains];
  if (direction === "answer" ? wider : narrower) return "breaking";
  return direction === "request" && wider ? "added" : "changed";
};

/** By the name of the property. Redocly sees each of these change, and says nothing of what it means. */
const byProperty: Readonly<Record<string, Rule>> = {
  "x-max-bytes": byBound,
  "x-min-seconds-ahead": byLeastBound,
  // Who relied on the call being sent again has to do it now.
  "x-idempotent": ({ after }) => (after === true ? "changed" : "breaking"),
  // Callers that leave it out get something else; where it is said for the first time, it may have been so before.
  default: ({ before, after, direction }) =>
    direction === "request" && before !== undefined && after !== undefined ? "breaking" : "changed",
  deprecated: () => "changed",
  enum: byEnum,
  readOnly: ({ after, direction }) => (after === true && direction === "request" ? "breaking" : "changed"),
  writeOnly: ({ after, direction }) => (after === true && direction === "answer" ? "breaking" : "changed"),
};

/** By the name of the extension that the property belongs to. */
const byExtension: Readonly<Record<string, Rule>> = {
  // A longer window leaves fewer requests to the minute.
  "x-rate-limit": (found) => byEffect(boundEffect(found, found.property === "windowSeconds"), "request"),
  "x-account-limits": byBound,
  // A token that has only this permission no longer suffices.
  "x-permissions": ({ after }) => (after === undefined ? "breaking" : "changed"),
  "x-error-descriptions": () => "documentation",
  // Of an operation: what it may be refused with. Of the whole: the table that callers compare codes with.
  "x-error-codes": ({ before, after, operation }) => {
    if (before === undefined) return "added";
    return operation !== undefined && after === undefined ? "changed" : "breaking";
  },
  // Which request an answer belongs to.
  "x-request": () => "breaking",
};

/** First what Redocly cannot judge, then its own judgement, then what it lets pass. */
const rules: readonly Rule[] = [
  ({ typeName, property, path }) => {
    const isExample = path.some((name, i) => /^examples?$/.test(name) && path[i - 1] !== "properties");
    const isWords = isExample || wordTypes.has(typeName) || wordProperties.has(property ?? "");
    return isWords ? "documentation" : undefined;
  },
  (found) => byProperty[found.property ?? ""]?.(found),
  (found) => byExtension[found.path.at(-1) ?? ""]?.(found),
  ({ breaksByRedocly }) => (breaksByRedocly ? "breaking" : undefined),
  // A typed call with the field no longer compiles, and the service passes it over.
  ({ direction, path, kind, property }) =>
    direction === "request" && path.at(-2) === "properties" && (kind === "removed" || property === "key")
      ? "breaking"
      : undefined,
  ({ typeName }) => (typeName === "Encoding" ? "breaking" : undefined),
  ({ kind }) => (kind === "added" ? "added" : "changed"),
];

export function classify(found: Found): Class {
  return rules.map((rule) => rule(found)).find((each) => each !== undefined)!;
}
