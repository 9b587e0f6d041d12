/** @import { Context } from "./context.ts" */

/**
 * @param {unknown} table components.x-error-codes
 * @param {string} name
 */
export const isKnownCode = (table, name) =>
  typeof table === "object" && table !== null && Object.hasOwn(table, name);

/** The table of error codes has a code of its own, an HTTP status and a description for each name. */
export function errorCodeTable() {
  return {
    /** @param {any} components @param {Context} context */
    Components(components, { report, location }) {
      const table = components["x-error-codes"];
      if (typeof table !== "object" || table === null) {
        report({
          message: "x-error-codes is missing: give code, status and description by name.",
          location: location.key(),
        });
        return;
      }
      /** @type {Map<unknown, string>} */
      const names = new Map();
      for (const [name, entry] of Object.entries(table)) {
        const place = location.child(["x-error-codes", name]);
        const { code, status, description } = entry ?? {};
        if (!Number.isInteger(code) || !(status >= 400 && status <= 599) || typeof description !== "string") {
          report({
            message: `${name} needs a code, an HTTP status from 400 to 599 and a description.`,
            location: place.key(),
          });
        }
        if (names.has(code)) {
          report({
            message: `${name} has the code of ${names.get(code)}: keep one of them.`,
            location: place.child(["code"]),
          });
        }
        names.set(code, name);
      }
    },
  };
}
