/** @import { Context } from "./context.ts" */

/** Every array that a request may hold, in its body or its parameters, says how long it may be. */
export function requestArrays() {
  const check = {
    /** @param {any} schema @param {Context} context */
    Schema(schema, { report, location }) {
      if (![schema.type].flat().includes("array") || Number.isInteger(schema.maxItems)) return;
      report({ message: "An array in a request has no end: add maxItems.", location: location.key() });
    },
  };
  return { RequestBody: check, Parameter: check };
}
