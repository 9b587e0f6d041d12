// @ts-check
/** @import { Context } from "./context.js" */

/** For readers: each operation's errors as a table at the end of its description. */
export function listErrors() {
  /** @type {Record<string, { code: number, status: number, description: string }>} */
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
        const names = [...new Set([...(operation["x-error-codes"] ?? []), ...common])];
        const rows = names
          .filter((name) => Object.hasOwn(table, name))
          .map((name) => ({ name, ...table[name] }))
          .toSorted((a, b) => Number(a.code) - Number(b.code))
          .map(({ name, code, status, description }) => {
            return `| ${code} | ${status} | ${name} | ${String(description).trim().replaceAll("\n", " ")} |`;
          });
        const head = ["", "", "| Code | Status | Name | Meaning |", "| --- | --- | --- | --- |"];
        operation.description = [operation.description?.trimEnd() ?? "", ...head.slice(1), ...rows].join(
          "\n",
        );
      },
    },
  };
}
