// @ts-check
/** @import { Context } from "./context.js" */

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
          .map((name) => ({ name, ...table[name] }))
          .toSorted((a, b) => a.code - b.code)
          .map(({ name, code, status, description }) => {
            return `| ${code} | ${status} | ${name} | ${description.trim().replaceAll("\n", " ")} |`;
          });
        const head = ["", "| Code | Status | Name | Meaning |", "| --- | --- | --- | --- |"];
        operation.description = [operation.description.trimEnd(), ...head, ...rows].join("\n");
      },
    },
  };
}
