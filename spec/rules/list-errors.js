/** @import { Context } from "./context.ts" */

/** For readers: each operation's errors as a table at the end of its description. */
export function listErrors() {
  /** @type {Record<string, any>} */
  let table = {};
  /** @type {string[]} */
  let common = [];
  return {
    Root: {
      /** @param {any} document @param {Context} context */
      enter(document, { resolve }) {
        table = resolve(document.components)?.node?.["x-error-codes"] ?? {};
        common = document["x-error-codes"] ?? [];
      },
    },
    Operation: {
      /** @param {any} operation */
      leave(operation) {
        const rows = [...(operation["x-error-codes"] ?? []), ...common]
          .filter((name) => Object.hasOwn(table, name))
          .toSorted((a, b) => table[a].code - table[b].code)
          .map((name) => {
            const { code, status, description, evidence } = table[name];
            const meaning = [description.trim(), evidence].filter(Boolean).join(" ").replaceAll("\n", " ");
            return `| ${code} | ${status} | ${name} | ${meaning} |`;
          });
        const head = ["", "| Code | Status | Name | Meaning |", "| --- | --- | --- | --- |"];
        operation.description = [operation.description.trimEnd(), ...head, ...rows].join("\n");
      },
    },
  };
}
