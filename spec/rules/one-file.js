/** @import { Context } from "./context.ts" */

/** The spec is one file: what reads it does not look into others. */
export function oneFile() {
  return {
    /** @param {any} node @param {Context} context */
    ref(node, { report, location }) {
      if (String(node.$ref).startsWith("#/")) return;
      report({
        message: "The $ref leads to another file: move what it names into this one.",
        location: location.child(["$ref"]),
      });
    },
  };
}
