/** @import { Context } from "./context.ts" */
import { isKnownCode } from "./error-code-table.js";

const permissions = ["Workers KV Storage Read", "Workers KV Storage Write"];

/**
 * What every operation says of itself, and what is asked of it.
 * @type {Record<string, [(value: unknown) => boolean, string]>}
 */
const fields = {
  operationId: [
    (value) => typeof value === "string" && /^[a-z][A-Za-z0-9]*$/.test(value),
    "name the operation in camelCase",
  ],
  "x-upstream-operation-id": [
    (value) => typeof value === "string" && value !== "",
    "give the operationId of Cloudflare's own description",
  ],
  "x-idempotent": [
    (value) => typeof value === "boolean",
    "say true where sending the request twice does no harm, false where it may",
  ],
  "x-permissions": [
    (value) => Array.isArray(value) && value.length > 0 && value.every((name) => permissions.includes(name)),
    `list the permission groups of which any one suffices, out of: ${permissions.join(", ")}`,
  ],
  "x-error-codes": [
    (value) => Array.isArray(value),
    "list the names of the errors, besides those for every operation, that it is refused with",
  ],
  "x-facade": [
    (value) => value === undefined || value === false,
    "say false where the facade shall have no method for the operation, or leave it out",
  ],
};

/** Every operation has the fields that generated/ is made from, each of the right kind. */
export function operationFields() {
  /** @type {unknown} */
  let table;
  return {
    /** @param {any} document @param {Context} context */
    Root(document, { resolve, report, location }) {
      table = resolve(document.components)?.node?.["x-error-codes"];
      checkCodes(document["x-error-codes"], { report, location });
    },
    /** @param {any} operation @param {Context} context */
    Operation(operation, { report, location }) {
      for (const [name, [isRight, remedy]] of Object.entries(fields)) {
        if (isRight(operation[name])) continue;
        const wrong = name in operation ? "is not what it should be" : "is missing";
        const place = name in operation ? location.child([name]) : location.key();
        report({ message: `${name} ${wrong}: ${remedy}.`, location: place });
      }
      checkCodes(operation["x-error-codes"], { report, location });
    },
  };

  /** @param {unknown} names @param {Pick<Context, "report" | "location">} context */
  function checkCodes(names, { report, location }) {
    if (!Array.isArray(names)) return;
    for (const [i, name] of names.entries()) {
      if (isKnownCode(table, name)) continue;
      report({
        message: `${name} is no error code: add it to components.x-error-codes, or correct the name.`,
        location: location.child(["x-error-codes", i]),
      });
    }
  }
}
