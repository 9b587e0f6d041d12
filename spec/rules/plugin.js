/** The project's own rules for spec/kv.yaml, as a Redocly plugin; redocly.yaml loads it. */
import { bodyExamples } from "./body-examples.js";
import { errorCodeTable } from "./error-code-table.js";
import { listErrors } from "./list-errors.js";
import { listRateLimit } from "./list-rate-limit.js";
import { failureEnvelope } from "./failure-envelope.js";
import { oneFile } from "./one-file.js";
import { operationFields } from "./operation-fields.js";
import { requestArrays } from "./request-arrays.js";

const rules = {
  "body-examples": bodyExamples,
  "error-code-table": errorCodeTable,
  "failure-envelope": failureEnvelope,
  "one-file": oneFile,
  "operation-fields": operationFields,
  "request-arrays": requestArrays,
};

/** @returns {Record<string, unknown>} */
export default function plugin() {
  return {
    id: "kv",
    rules: { oas3: rules },
    decorators: { oas3: { "list-errors": listErrors, "list-rate-limit": listRateLimit } },
    configs: {
      all: {
        rules: Object.fromEntries(Object.keys(rules).map((name) => [`kv/${name}`, "error"])),
        decorators: { "kv/list-errors": "on", "kv/list-rate-limit": "on" },
      },
    },
  };
}
