/** What is not explained of the differences to the published spec, for people and for programs. */
import type { Exception, Finding } from "./upstream-findings.ts";

type Report = (unexplained: readonly Finding[], unused: readonly Exception[], all: number) => string;

interface Row {
  readonly operations: string;
  readonly at: string;
  readonly what: string;
}

const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

function describe({ finding, ours, theirs }: Finding): string {
  if (finding === "missing") return `missing here; theirs is ${shown(theirs)}`;
  return finding === "extra"
    ? `extra here: ${shown(ours)}`
    : `${shown(ours)} here; theirs is ${shown(theirs)}`;
}

/** The same difference of many operations is one row. */
function toRows(findings: readonly Finding[]): Row[] {
  const rows = new Map<string, { finding: Finding; operations: string[] }>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.at, describe(finding)]);
    const row = rows.get(key) ?? { finding, operations: [] };
    row.operations.push(finding.operation);
    rows.set(key, row);
  }
  return [...rows.values()].map(({ finding, operations }) => ({
    operations: operations.join(", "),
    at: finding.at || "the operation",
    what: describe(finding),
  }));
}

function summary(rows: readonly Row[], unused: readonly Exception[], all: number): string {
  const findings = rows.length === 1 ? "one finding is" : `${rows.length} findings are`;
  const exceptions = unused.length === 1 ? "one exception explains" : `${unused.length} exceptions explain`;
  const parts = [
    rows.length > 0 && `${findings} not explained`,
    unused.length > 0 && `${exceptions} nothing`,
  ].filter(Boolean);
  return parts.length > 0
    ? `${all} differences to the published spec: ${parts.join(", ")}.`
    : `${all} differences to the published spec, each explained.`;
}

const nothing = ({ operations, at, finding }: Exception): string =>
  `${operations?.join(", ") ?? "every operation"} · ${[at].flat().join(", ")} · ${finding}`;

const advice = "Follow the published spec in spec/kv.yaml, or say in spec/upstream-exceptions.yaml why not.";

export const reports: Readonly<Record<"text" | "markdown" | "json", Report>> = {
  text(unexplained, unused, all) {
    const rows = toRows(unexplained);
    const lines = rows.map(({ operations, at, what }) => `  ${operations} · ${at}: ${what}`);
    const others = unused.map((exception) => `  ${nothing(exception)}`);
    return [
      summary(rows, unused, all),
      ...(lines.length > 0 ? ["", advice, ...lines] : []),
      ...(others.length > 0 ? ["", "Exceptions to be taken out, or mended:", ...others] : []),
    ].join("\n");
  },
  markdown(unexplained, unused, all) {
    const rows = toRows(unexplained);
    const lines = rows.map(({ operations, at, what }) => `| ${operations} | \`${at}\` | ${what} |`);
    const others = unused.map((exception) => `- ${nothing(exception)}`);
    return [
      summary(rows, unused, all),
      ...(lines.length > 0
        ? ["", advice, "", "| Operations | Where | What |", "| --- | --- | --- |", ...lines]
        : []),
      ...(others.length > 0 ? ["", "Exceptions to be taken out, or mended:", "", ...others] : []),
    ].join("\n");
  },
  json: (unexplained, unused, all) => JSON.stringify({ differences: all, unexplained, unused }, undefined, 2),
};
