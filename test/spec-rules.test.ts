import { relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { lint } from "../scripts/redocly.ts";
import { type Edit, editedSpec, lineOf, saveSpec, specFile, temporaryFolder } from "./spec-copy.ts";

/** A rule, how to break it, and the text on the line where that is seen. */
interface Case extends Edit {
  rule: string;
  broken: string;
  seenAt: string;
  says: string;
}

const at = (operationId: string): string => `operationId: ${operationId}\n`;
const ref4XX = '        4XX:\n          $ref: "#/components/responses/Refused"\n';

const cases: Case[] = [
  {
    rule: "operation-fields",
    broken: "an operationId that is not in camelCase",
    after: "paths:",
    from: "operationId: listKeys",
    to: "operationId: list-keys",
    seenAt: "operationId: list-keys",
    says: "camelCase",
  },
  {
    rule: "operation-fields",
    broken: "an operation without the id that Cloudflare gives it",
    after: "    put:\n      operationId: renameNamespace",
    from: "      x-upstream-operation-id: workers-kv-namespace-rename-a-namespace\n",
    to: "",
    seenAt: "    put:",
    says: "x-upstream-operation-id is missing",
  },
  {
    rule: "operation-fields",
    broken: "an operation that does not say whether it may be sent twice",
    after: "    post:\n      operationId: createNamespace",
    from: "      x-idempotent: false\n",
    to: "",
    seenAt: "    post:",
    says: "x-idempotent is missing: say true where",
  },
  {
    rule: "operation-fields",
    broken: "an x-idempotent in words",
    after: at("deleteValue"),
    from: "x-idempotent: true",
    to: 'x-idempotent: "yes"',
    seenAt: 'x-idempotent: "yes"',
    says: "x-idempotent is not what it should be",
  },
  {
    rule: "operation-fields",
    broken: "an operation without permissions",
    after: "    get:\n      operationId: listNamespaces",
    from: "      x-permissions: [Workers KV Storage Read, Workers KV Storage Write]\n",
    to: "",
    seenAt: "    get:",
    says: "x-permissions is missing",
  },
  {
    rule: "operation-fields",
    broken: "a permission that Cloudflare does not have",
    after: at("readValue"),
    from: "x-permissions: [Workers KV Storage Read",
    to: "x-permissions: [Workers KV Storage Reed",
    seenAt: "x-permissions: [Workers KV Storage Reed",
    says: "x-permissions is not what it should be",
  },
  {
    rule: "operation-fields",
    broken: "an operation without error codes",
    after: "    get:\n      operationId: getNamespace",
    from: "      x-error-codes: [invalidNamespaceId, namespaceNotFound]\n",
    to: "",
    seenAt: "    get:",
    says: "x-error-codes is missing",
  },
  {
    rule: "operation-fields",
    broken: "an error code of an operation that the table does not have",
    after: at("createNamespace"),
    from: "x-error-codes: [invalidBody, titleTaken",
    to: "x-error-codes: [invalidBody, titleToken",
    seenAt: "x-error-codes: [invalidBody, titleToken",
    says: "titleToken is no error code",
  },
  {
    rule: "operation-fields",
    broken: "an error code of every operation that the table does not have",
    after: "\nx-error-codes:",
    from: "- noAccess",
    to: "- constructor",
    seenAt: "- constructor",
    says: "constructor is no error code",
  },
  {
    rule: "operation-fields",
    broken: "an x-facade that says what is so anyway",
    after: at("deleteMultipleDeprecated"),
    from: "x-facade: false",
    to: "x-facade: true",
    seenAt: "x-facade: true",
    says: "x-facade is not what it should be",
  },
  {
    rule: "one-file",
    broken: "a reference to another file",
    after: at("getNamespace"),
    from: '$ref: "#/components/responses/Forbidden"',
    to: '$ref: "other.yaml#/components/responses/Forbidden"',
    seenAt: '$ref: "other.yaml',
    says: "move what it names into this one",
  },
  {
    rule: "error-code-table",
    broken: "an error code without a status",
    after: "  x-error-codes:\n    throttled:",
    from: "      code: 10147\n      status: 400\n",
    to: "      code: 10147\n",
    seenAt: "    invalidMetadata:",
    says: "invalidMetadata needs a code, an HTTP status",
  },
  {
    rule: "error-code-table",
    broken: "two names for one error code",
    after: "  x-error-codes:\n    throttled:",
    from: "code: 10014",
    to: "code: 10013",
    seenAt: "code: 10013\n      status: 400",
    says: "titleTaken has the code of namespaceNotFound",
  },
  {
    rule: "body-examples",
    broken: "a request body without an example",
    after: at("renameNamespace"),
    from: "            examples:\n              rename:",
    to: "            x-examples:\n              rename:",
    seenAt: "          application/json:",
    says: "no example",
  },
  {
    rule: "body-examples",
    broken: "an answer without an example",
    after: at("removeNamespace"),
    from: "              examples:\n                removed:",
    to: "              x-examples:\n                removed:",
    seenAt: "            application/json:",
    says: "no example",
  },
  {
    rule: "failure-envelope",
    broken: "an operation without a 4XX answer",
    after: at("deleteMultiple"),
    from: ref4XX,
    to: "",
    seenAt: "      responses:",
    says: "4XX is missing",
  },
  {
    rule: "failure-envelope",
    broken: "a 4XX answer that is not the envelope of failure",
    after: at("getMultiple"),
    from: ref4XX,
    to: "        4XX:\n          description: Refused.\n",
    seenAt: "4XX:\n          description: Refused.\n",
    says: "is not the envelope of failure",
  },
  {
    rule: "request-arrays",
    broken: "an array in a body, behind two references, without maxItems",
    after: "    Pairs:\n",
    from: "      maxItems: 10000\n",
    to: "",
    seenAt: "    Pairs:\n",
    says: "add maxItems",
  },
  {
    rule: "request-arrays",
    broken: "an array in the query without maxItems",
    after: "    Cursor:\n",
    from: "      schema:\n        type: string",
    to: "      schema:\n        type: [array, 'null']",
    seenAt: "      schema:\n        type: [array, 'null']",
    says: "add maxItems",
  },
];

// One copy with everything broken, linted once: starting the linter is what takes the time.
const spec = editedSpec(...cases);
const file = saveSpec(temporaryFolder(), spec);
let findings: string[];
let findingsInTheSpec: string[];

beforeAll(async () => {
  [findings, findingsInTheSpec] = await Promise.all([lint(file), lint(specFile)]);
});

for (const { rule, broken, after, seenAt, says } of cases) {
  test(`${broken} is caught by kv/${rule}, with file and line`, () => {
    const line = lineOf(spec, after, seenAt);
    const place = `${relative(process.cwd(), file)}:${line}:`;
    const here = findings.filter((finding) => finding.startsWith(place) && finding.includes(`(kv/${rule})`));
    expect(here.join("\n"), findings.join("\n")).toContain(says);
  });
}

test("the rules find what was broken, and nothing else", () => {
  const own = findings.filter((finding) => finding.includes("(kv/"));
  expect(own).toHaveLength(cases.length);
});

test("the spec breaks no rule, of Redocly's and of its own", () => {
  expect(findingsInTheSpec).toEqual([]);
});
