/** @import { Context } from "./context.ts" */

/** Every operation has a 4XX answer with Cloudflare's envelope of failure as JSON. */
export function failureEnvelope() {
  return {
    /** @param {any} responses @param {Context} context */
    Responses(responses, { report, resolve, location }) {
      if (!("4XX" in responses)) {
        report({
          message: "The answer 4XX is missing: add one with the envelope of failure.",
          location: location.key(),
        });
        return;
      }
      const response = resolve(responses["4XX"]);
      const schema = resolve(
        response.node?.content?.["application/json"]?.schema ?? {},
        response.location?.source.absoluteRef,
      ).node;
      if (schema?.properties?.success?.const === false && schema.properties.errors) return;
      report({
        message: "The answer 4XX is not the envelope of failure (success: false, with errors) as JSON.",
        location: location.child(["4XX"]).key(),
      });
    },
  };
}
