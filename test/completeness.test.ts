import { AsyncLocalStorage } from "node:async_hooks";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { isObject, type Json, methods, parseDocument } from "../scripts/spec-document.ts";
import { createKV, type KV } from "../src/index.ts";
import { findOperation } from "../src/schema.ts";
import { handlers } from "../src/server/handlers.ts";
import { createKVServer } from "../src/server/index.ts";
import { cases, open } from "./conformance.ts";
import { accountId, apiToken, createClock } from "./helpers.ts";
import { specFile } from "./spec-copy.ts";

/** What an operation of the spec has to have, and whether it has it. */
type Having = Readonly<Record<string, (operationId: string) => boolean>>;

interface Operation {
  readonly id: string;
  readonly needsFacade: boolean;
}

/** The operations of a spec; `x-facade: false` stands with those that have the raw call alone. */
function operationsOf(document: Json): Operation[] {
  const items = Object.values(document["paths"] as Record<string, Json>);
  const found = items.flatMap((item) => Object.entries(item).filter(([name]) => methods.has(name)));
  return found.flatMap(([, operation]) =>
    isObject(operation)
      ? [{ id: operation["operationId"] as string, needsFacade: operation["x-facade"] !== false }]
      : [],
  );
}

/** What is missing, each with the operation's name. */
function missing(operations: readonly Operation[], having: Having, facade: ReadonlySet<string>): string[] {
  return operations.flatMap(({ id, needsFacade }) => [
    ...Object.entries(having).flatMap(([what, has]) => (has(id) ? [] : [`${id} has no ${what}`])),
    ...(needsFacade && !facade.has(id) ? [`${id} has no method of the facade`] : []),
    ...(!needsFacade && facade.has(id) ? [`${id} has a method of the facade, and x-facade: false`] : []),
  ]);
}

/** The operations that the behaviour suite asks for, by the facade's methods and by raw calls. */
async function runSuite(): Promise<Record<"facade" | "raw", Set<string>>> {
  const seen = { facade: new Set<string>(), raw: new Set<string>() };
  const rawCalls = new AsyncLocalStorage<boolean>();
  const clock = createClock();
  const { fetch } = createKVServer({ accounts: [accountId], tokens: [apiToken], now: clock.now });
  const inner = createKV({
    accountId,
    apiToken,
    rateLimit: false,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const found = findOperation(request.method, pathname.replace("/client/v4", ""));
      if (found) seen[rawCalls.getStore() ? "raw" : "facade"].add(found.operation);
      return fetch(request);
    },
  });
  const api = new Proxy(inner.api, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => rawCalls.run(true, () => member(...args));
    },
  });
  const kv: KV = { ...inner, api };
  const suite = await open(kv, accountId, clock.advance);
  // Those with much data ask for nothing that the others do not.
  for (const each of cases) if (each.needs !== "volume") await each.run(kv, suite);
  await suite.close();
  return seen;
}

/** Whether a text has a name, as a word of its own. */
const names = (text: string) => (name: string) => new RegExp(`\\b${name}\\b`).test(text);

const readAll = (files: readonly string[]): string =>
  files.map((file) => readFileSync(file, "utf8")).join("\n");

/** The files under a path that are written by hand. */
function handWritten(...paths: string[]): string[] {
  const list = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "--", ...paths];
  const files = execFileSync("git", list, { encoding: "utf8" }).split("\n");
  return files.filter((file) => /\.(md|ts)$/.test(file));
}

describe("Every operation of the spec", () => {
  let having: Having;
  let facade: ReadonlySet<string>;

  beforeAll(async () => {
    const seen = await runSuite();
    facade = seen.facade;
    having = {
      "handler in the server": (id) => Object.hasOwn(handlers, id),
      "case in test/conformance.ts": (id) => seen.facade.has(id) || seen.raw.has(id),
      "request in test/wire.test.ts": names(readAll(["test/wire.test.ts"])),
      "entry in README.md or docs/": names(readAll(handWritten("README.md", "docs"))),
    };
  });

  test("has a handler, a method of the facade, tests of both, and an entry in the docs", () => {
    const operations = operationsOf(parseDocument(readFileSync(specFile, "utf8")));
    expect(operations).toHaveLength(Object.keys(handlers).length);
    expect(missing(operations, having, facade)).toEqual([]);
  });

  test("is missed by its name where it was forgotten", () => {
    const forgotten = [
      { id: "touchKey", needsFacade: true },
      { id: "touchKeys", needsFacade: false },
    ];
    expect(missing(forgotten, having, facade)).toEqual([
      "touchKey has no handler in the server",
      "touchKey has no case in test/conformance.ts",
      "touchKey has no request in test/wire.test.ts",
      "touchKey has no entry in README.md or docs/",
      "touchKey has no method of the facade",
      "touchKeys has no handler in the server",
      "touchKeys has no case in test/conformance.ts",
      "touchKeys has no request in test/wire.test.ts",
      "touchKeys has no entry in README.md or docs/",
    ]);
    expect(missing([{ id: "listKeys", needsFacade: false }], having, facade)).toEqual([
      "listKeys has a method of the facade, and x-facade: false",
    ]);
  });
});
