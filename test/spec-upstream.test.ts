import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Json, parseDocument } from "../scripts/spec-document.ts";
import {
  compareWithPublished,
  type Exception,
  explain,
  type Finding,
  parseExceptions,
} from "../scripts/upstream-findings.ts";
import { reports } from "../scripts/upstream-report.ts";
import { specFile, temporaryFolder } from "./spec-copy.ts";

/** As this project writes: OpenAPI 3.1, bounds as words of the schema. */
const curated = `
openapi: 3.1.0
info: { title: Ours, version: "1" }
security: [{ apiToken: [] }]
paths:
  /accounts/{account_id}/storage/kv/things:
    parameters:
      - { name: account_id, in: path, required: true, schema: { type: string, maxLength: 32 } }
    get:
      operationId: listThings
      x-upstream-operation-id: things-list
      x-permissions: [Read, Write]
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 1000, default: 20 } }
        - { name: order, in: query, schema: { type: string, enum: [id, title] } }
      responses:
        "200":
          description: Things.
          content:
            application/json:
              schema:
                type: object
                required: [success, result]
                properties:
                  success: { type: boolean, const: true }
                  result: { type: array, items: { $ref: "#/components/schemas/Thing" } }
    post:
      operationId: writeThings
      x-upstream-operation-id: things-write
      x-permissions: [Write]
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: array, maxItems: 50, items: { $ref: "#/components/schemas/Thing" } }
      responses:
        "200": { description: Written. }
components:
  securitySchemes:
    apiToken: { type: http, scheme: bearer }
  schemas:
    Thing:
      type: object
      required: [id]
      properties:
        id: { type: string, maxLength: 32 }
        note: { type: [string, "null"] }
        about: {}
`;

/** As large APIs are published: OpenAPI 3.0, allOf, nullable, names and order of its own. */
const published: Json = {
  openapi: "3.0.3",
  info: { title: "Theirs", version: "4" },
  paths: {
    "/zones/{zone_id}/things": { get: { operationId: "zone-things" } },
    "/accounts/{account_identifier}/storage/kv/things": {
      post: {
        operationId: "things-write",
        "x-api-token-group": ["Write"],
        security: [{ token: [] }],
        description: "Writes up to 50 things.",
        parameters: [{ $ref: "#/components/parameters/account" }],
        requestBody: {
          required: true,
          content: {
            "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/thing" } } },
          },
        },
        responses: { 200: { description: "Done" } },
      },
      get: {
        operationId: "things-list",
        "x-api-token-group": ["Write", "Read"],
        security: [{ token: [] }],
        parameters: [
          { $ref: "#/components/parameters/account" },
          { name: "order", in: "query", schema: { type: "string", enum: ["title", "id"] } },
          { name: "limit", in: "query", schema: { type: "number", minimum: 1, maximum: 1000, default: 20 } },
        ],
        responses: {
          200: {
            description: "Done",
            content: {
              "application/json": {
                schema: {
                  allOf: [
                    { $ref: "#/components/schemas/envelope" },
                    {
                      type: "object",
                      properties: {
                        result: { type: "array", items: { $ref: "#/components/schemas/thing" } },
                      },
                    },
                  ],
                },
              },
            },
          },
        },
      },
    },
  },
  components: {
    securitySchemes: { token: { type: "http", scheme: "bearer" } },
    parameters: {
      account: { name: "account_id", in: "path", required: true, schema: { type: "string", maxLength: 32 } },
    },
    schemas: {
      envelope: {
        type: "object",
        required: ["success"],
        properties: { success: { type: "boolean", enum: [true] } },
      },
      any: {
        anyOf: [
          { type: "string" },
          { type: "number" },
          { type: "boolean" },
          { type: "object", nullable: true },
          { type: "array", items: { $ref: "#/components/schemas/any" } },
        ],
      },
      thing: {
        type: "object",
        required: ["id"],
        properties: {
          about: { allOf: [{ $ref: "#/components/schemas/any" }, { description: "Anything." }] },
          note: { type: "string", nullable: true },
          id: { type: "string", maxLength: 32 },
        },
      },
    },
  },
};

const exceptions: Exception[] = parseExceptions(`
- { at: "* type", finding: different, ours: integer, theirs: number, reason: Whole numbers. }
- { operations: [writeThings], at: body application/json maxItems, finding: extra, reason: In words alone. }
- { operations: [writeThings], at: prose, finding: missing, theirs: "50", reason: It is maxItems here. }
- at: answer 200 application/json.result required
  finding: extra
  reason: It is always there.
`);

const compare = (theirs: unknown): Finding[] => compareWithPublished(parseDocument(curated), theirs as Json);

/** The published text with one part replaced; the part has to be there once. */
function edited(from: string, to: string): Json {
  const parts = JSON.stringify(published).split(from);
  expect(parts, from).toHaveLength(2);
  return JSON.parse(parts.join(to)) as Json;
}

test("the same API in another style differs in what is explained, and in nothing else", () => {
  const findings = compare(published);
  expect(findings).toHaveLength(4);
  expect(explain(findings, exceptions)).toEqual({ unexplained: [], unused: [] });
});

test("the spec of this project, in the words of the published one, does not differ from itself", () => {
  const ours = readFileSync(specFile, "utf8");
  const theirs = ours
    .replaceAll(/ +operationId: .*\n/g, "")
    .replaceAll("x-upstream-operation-id:", "operationId:")
    .replaceAll("x-permissions:", "x-api-token-group:");
  const findings = compareWithPublished(parseDocument(ours), parseDocument(theirs));
  expect(findings.filter(({ at }) => !at.endsWith("prose"))).toEqual([]);
});

/** What is changed in the published spec, and what is then found besides what is explained. */
const changes: readonly (readonly [what: string, from: string, to: string, found: Partial<Finding>[]])[] = [
  [
    "an operation is added",
    '"/zones/{zone_id}/things":{"get"',
    '"/accounts/{account_id}/storage/kv/things/{id}":{"patch"',
    [{ operation: "PATCH /accounts/{}/storage/kv/things/{}", at: "", finding: "missing" }],
  ],
  [
    "an operation is moved away",
    "/storage/kv/things",
    "/storage/things",
    [
      { operation: "listThings", at: "", finding: "extra" },
      { operation: "writeThings", at: "", finding: "extra" },
    ],
  ],
  [
    "an operation gets another id",
    '"things-list"',
    '"things"',
    [{ at: "id", ours: "things-list", theirs: "things" }],
  ],
  [
    "an operation is deprecated",
    '"operationId":"things-list"',
    '"operationId":"things-list","deprecated":true',
    [{ operation: "listThings", at: "deprecated", finding: "missing", theirs: true }],
  ],
  [
    "a limit is changed",
    '"maximum":1000',
    '"maximum":500',
    [{ at: "query limit maximum", ours: 1000, theirs: 500 }],
  ],
  ["a limit is lifted", '"maximum":1000,', "", [{ at: "query limit maximum", finding: "extra", ours: 1000 }]],
  [
    "a limit in words is changed",
    "up to 50 things",
    "up to 60 things",
    [{ operation: "writeThings", at: "prose", finding: "missing", theirs: "60" }],
  ],
  [
    "a default is changed",
    '"default":20',
    '"default":30',
    [{ at: "query limit default", ours: 20, theirs: 30 }],
  ],
  [
    "a kind of number becomes text",
    '"type":"number","minimum"',
    '"type":"string","minimum"',
    [{ at: "query limit type", ours: "integer", theirs: "string" }],
  ],
  [
    "a parameter is renamed",
    '"name":"order"',
    '"name":"sort"',
    [
      { at: "query order", finding: "extra" },
      { at: "query sort", finding: "missing" },
    ],
  ],
  [
    "a parameter becomes required",
    '"name":"order"',
    '"required":true,"name":"order"',
    [{ at: "query order required", finding: "missing", theirs: true }],
  ],
  [
    "an enum gains a value",
    '["title","id"]',
    '["title","id","age"]',
    [{ at: "query order enum", ours: ["id", "title"], theirs: ["age", "id", "title"] }],
  ],
  [
    "a body becomes optional",
    '"requestBody":{"required":true',
    '"requestBody":{"required":false',
    [{ at: "body required", finding: "extra" }],
  ],
  [
    "a field is renamed, in what is sent and in what comes back",
    '"note":',
    '"remark":',
    [
      { operation: "listThings", at: "answer 200 application/json.result[].note", finding: "extra" },
      { operation: "listThings", at: "answer 200 application/json.result[].remark", finding: "missing" },
      { operation: "writeThings", at: "body application/json[].note", finding: "extra" },
      { operation: "writeThings", at: "body application/json[].remark", finding: "missing" },
    ],
  ],
  [
    "a field is no longer null",
    '"nullable":true},"id"',
    '"nullable":false},"id"',
    [
      { operation: "listThings", at: "answer 200 application/json.result[].note type", theirs: "string" },
      { operation: "writeThings", at: "body application/json[].note type", theirs: "string" },
    ],
  ],
  [
    "a permission is added",
    '["Write"]',
    '["Write","Admin"]',
    [{ operation: "writeThings", at: "permissions", ours: "Write", theirs: ["Admin", "Write"] }],
  ],
  [
    "other credentials are asked for",
    '"scheme":"bearer"',
    '"scheme":"basic"',
    [
      { operation: "listThings", at: "security", ours: "bearer", theirs: "basic" },
      { operation: "writeThings", at: "security", ours: "bearer", theirs: "basic" },
    ],
  ],
  [
    "a status is added",
    '{"200":{"description":"Done"}}',
    '{"200":{},"409":{}}',
    [{ operation: "writeThings", at: "answer 409", finding: "missing" }],
  ],
];

describe("A change of the published spec is found:", () => {
  test.each(changes)("%s", (_, from, to, expected) => {
    const parts = JSON.stringify(published).split(from);
    expect(parts.length, from).toBeGreaterThan(1);
    const { unexplained } = explain(compare(JSON.parse(parts.join(to))), exceptions);
    expect(unexplained).toEqual(expected.map((each) => expect.objectContaining(each)));
  });
});

describe("An exception", () => {
  test("that no longer matches in each of its places and operations is told", () => {
    const [first] = exceptions.slice(2);
    const wider = {
      ...first!,
      operations: ["writeThings", "listThings"],
      at: ["prose", "query limit prose"],
    };
    const { unused } = explain(compare(published), [...exceptions.slice(0, 2), wider, exceptions[3]!]);
    expect(unused).toEqual([
      { ...wider, at: "query limit prose" },
      { ...wider, operations: ["listThings"] },
    ]);
  });

  test("ends where what it explains has been mended in the published spec", () => {
    const mended = edited(
      '"application/json":{"schema":{"type":"array"',
      '"application/json":{"schema":{"maxItems":50,"type":"array"',
    );
    expect(explain(compare(mended), exceptions)).toEqual({ unexplained: [], unused: [exceptions[1]] });
  });

  test.each([
    ["- { at: a, finding: missing, reason: r }", "has to say what theirs is"],
    ["- { at: a, finding: extra, theirs: 1, reason: r }", "has to say what theirs is"],
    ["- { at: a, finding: extra }", "lacks at, finding or reason"],
    ["- { at: a, finding: other, reason: r }", "lacks at, finding or reason"],
    ["- { finding: extra, reason: r }", "lacks at, finding or reason"],
  ])("%s is refused", (text, message) => expect(() => parseExceptions(text)).toThrow(message));
});

describe("The report", () => {
  const { unexplained } = explain(compare(edited('"maximum":1000', '"maximum":500')), exceptions);

  test("names operation, place and both values, and what to do", () => {
    expect(reports.text(unexplained, [exceptions[1]!], 5)).toBe(
      [
        "5 differences to the published spec: one finding is not explained, one exception explains nothing.",
        "",
        "Follow the published spec in spec/kv.yaml, or say in spec/upstream-exceptions.yaml why not.",
        "  listThings · query limit maximum: 1000 here; theirs is 500",
        "",
        "Exceptions to be taken out, or mended:",
        "  writeThings · body application/json maxItems · extra",
      ].join("\n"),
    );
    expect(reports.markdown(unexplained, [], 5)).toContain(
      "\n| listThings | `query limit maximum` | 1000 here; theirs is 500 |",
    );
    expect(JSON.parse(reports.json(unexplained, [], 5))).toMatchObject({ differences: 5, unexplained });
  });

  test("has one line for what many operations have in common", () => {
    const { unexplained: twice } = explain(
      compare(edited('"scheme":"bearer"', '"scheme":"basic"')),
      exceptions,
    );
    expect(reports.text(twice, [], 6)).toContain(
      "\n  listThings, writeThings · security: bearer here; theirs is basic",
    );
  });
});

describe("The command", () => {
  const folder = temporaryFolder();
  const files = { spec: join(folder, "ours.yaml"), exceptions: join(folder, "exceptions.yaml") };
  writeFileSync(files.spec, curated);
  writeFileSync(files.exceptions, JSON.stringify(exceptions));

  function run(source: string): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
    const options = ["--spec", files.spec, "--exceptions", files.exceptions];
    const command = ["--import", "tsx", "scripts/spec-upstream.ts", source, ...options];
    return new Promise((done) => {
      const child = execFile(process.execPath, command, (_error, stdout, stderr) =>
        done({ exitCode: child.exitCode, stdout, stderr }),
      );
    });
  }

  test("finds its part in a document of 20 MB, and fails for what it finds", async () => {
    const whole = edited('"maximum":1000', '"maximum":500') as { paths: Json; components: { schemas: Json } };
    const words = "All that Cloudflare has, and none of it Workers KV. ".repeat(100);
    for (let i = 0; i < 2000; i++) {
      whole.paths[`/zones/{zone_id}/others/${i}`] = {
        get: { operationId: `other-${i}`, description: words },
      };
      const properties = { a: { description: words }, next: { $ref: `#/components/schemas/other-${i}` } };
      whole.components.schemas[`other-${i}`] = { type: "object", properties };
    }
    const text = JSON.stringify(whole);
    expect(text.length).toBeGreaterThan(20e6);
    writeFileSync(join(folder, "whole.json"), text);
    const { exitCode, stdout } = await run(join(folder, "whole.json"));
    expect(stdout).toContain("\n  listThings · query limit maximum: 1000 here; theirs is 500\n");
    expect(exitCode).toBe(1);
  });

  test("reads from a URL, and passes where all is explained", async () => {
    const server = createServer((_request, response) => response.end(JSON.stringify(published)));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    expect(await run(`http://127.0.0.1:${port}/openapi.json`)).toEqual({
      exitCode: 0,
      stdout: "4 differences to the published spec, each explained.\n",
      stderr: "",
    });
  });
});
