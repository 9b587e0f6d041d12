/** @import { Context } from "./context.ts" */

/** Every body, of a request and of an answer, has an example in each of its media types. */
export function bodyExamples() {
  return {
    /** @param {any} mediaType @param {Context} context */
    MediaType(mediaType, { report, location }) {
      if ("example" in mediaType || Object.keys(mediaType.examples ?? {}).length > 0) return;
      report({ message: "The body has no example: add one under `examples`.", location: location.key() });
    },
  };
}
