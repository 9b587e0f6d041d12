/** A comparison of two specs, for people and for programs. */
import type { Class } from "./change-classes.ts";
import type { Change, Comparison } from "./spec-changes.ts";

/** What is told besides the changes. */
export interface Verdict {
  /** What the spec is compared with. */
  readonly base: string;
  /** What the changes ask of the package's version; none where there are none. */
  readonly bump: "major" | "minor" | "patch" | "none";
  /** The package's version of the base. */
  readonly from: string;
  /** The least version that has these changes. */
  readonly next: string;
}

const meanings: Readonly<Record<Class, string>> = {
  breaking: "calls that worked may fail, or no longer compile",
  added: "there is something new",
  changed: "what happens differs, and no call fails",
  documentation: "words only",
};
const classes = Object.keys(meanings) as Class[];

interface Row {
  operations: Set<string>;
  statuses: Set<string>;
  readonly change: Change;
  readonly place: string;
}

/** The same change of a shared schema is one row, whichever operations and statuses it is of. */
function toRows(changes: readonly Change[]): Row[] {
  const rows = new Map<string, Row>();
  for (const change of changes) {
    const { direction, operation, what } = change;
    const [, status, inAnswer] = (direction === "answer" && /^(\d..)[ .]?(.*)$/.exec(change.place)) || [];
    const place = inAnswer ?? change.place;
    const key = JSON.stringify([change.class, direction, place, what]);
    const row = rows.get(key) ?? { operations: new Set(), statuses: new Set(), change, place };
    if (operation !== undefined) row.operations.add(operation);
    if (status !== undefined) row.statuses.add(status);
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** Whose it is, on which side, where, and what. */
function columns({ operations, statuses, change, place }: Row, all: ReadonlySet<string>): string[] {
  const isEvery = operations.size === all.size && all.size > 1;
  const side = [change.direction ?? "", [...statuses].toSorted().join(", ")].filter(Boolean).join(" ");
  return [isEvery ? "every operation" : [...operations].join(", "), side, place, change.what];
}

/** Each class that has changes, with its rows. */
function sectionsOf({ changes, operations }: Comparison): [Class, string[][]][] {
  const rows = toRows(changes);
  return classes
    .map((each): [Class, string[][]] => [
      each,
      rows.filter(({ change }) => change.class === each).map((row) => columns(row, operations)),
    ])
    .filter(([, found]) => found.length > 0);
}

function summary(sections: readonly [Class, string[][]][], { base, bump, from, next }: Verdict): string {
  if (sections.length === 0) return `Nothing differs from ${base}.`;
  const counts = sections.map(([each, rows]) => `${rows.length} ${each}`).join(", ");
  return `Against ${base}: ${counts}. Asks for a ${bump} version: ${from} → ${next}.`;
}

export function toText(comparison: Comparison, verdict: Verdict): string {
  const sections = sectionsOf(comparison);
  const lines = sections.map(([each, rows]) => {
    const shown = rows.map((row) => `\n  ${row.filter(Boolean).join(" · ")}`).join("");
    return `\n\n${each}: ${meanings[each]}${shown}`;
  });
  return summary(sections, verdict) + lines.join("");
}

const cell = (text: string): string => text && `\`${text.replaceAll("|", "\\|").replaceAll("`", "'")}\``;

export function toMarkdown(comparison: Comparison, verdict: Verdict): string {
  const sections = sectionsOf(comparison);
  const tables = sections.map(([each, rows]) => {
    const title = each[0]!.toUpperCase() + each.slice(1);
    const lines = rows.map(
      ([whose = "", side = "", place = "", what = ""]) =>
        `\n| ${whose} | ${side} | ${cell(place)} | ${cell(what)} |`,
    );
    const head = "| Operations | Side | Where | What |\n| --- | --- | --- | --- |";
    return `\n\n### ${title}: ${meanings[each]}\n\n${head}${lines.join("")}`;
  });
  return summary(sections, verdict) + tables.join("");
}

export const toJSON = ({ changes }: Comparison, verdict: Verdict): string =>
  JSON.stringify({ ...verdict, changes }, undefined, 2);
