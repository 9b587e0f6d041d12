import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { unwrap } from "../src/api.ts";
import { KVAPIError, KVBulkError, KVConnectionError, KVTimeoutError } from "../src/index.ts";
import type { OperationId } from "../src/schema.ts";
import {
  endlessPage,
  type Fault,
  type FaultOptions,
  type FaultRate,
  faults,
  redirectTo,
} from "../src/server/faults.ts";
import { listen, type Listening } from "../src/server/index.ts";
import { inWorld, keys, secret, type World, type WorldOptions } from "./faulty-world.ts";
import { accountId, binary, collect, namespaceId, rejection } from "./helpers.ts";
import { overSockets } from "./sockets.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeAll(() => void process.on("unhandledRejection", note));
afterAll(() => void process.off("unhandledRejection", note));
// Full jitter may be no pause at all.
beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));

/** Where nothing but a leaked token would arrive. */
let elsewhere: Listening;
const leaked: Request[] = [];
beforeAll(async () => {
  elsewhere = await listen({
    async fetch(request) {
      leaked.push(request);
      return new Response();
    },
  });
});
afterAll(() => elsewhere.close());

/** A call that can be sent twice, and what it gives. */
interface Row {
  name: string;
  operation: OperationId;
  run: (world: World) => Promise<unknown>;
  gives: unknown;
  /** What it leaves behind, as the calm client sees it. */
  leaves?: [see: (world: World) => Promise<unknown>, sight: unknown];
}

const pairs = keys.map((key) => ({ key, value: `new ${key}` }));
const report = { succeeded: 4, expired: 0 };
const all = keys.map((key) => ({ key, value: `${secret} ${key}`, metadata: { of: key } }));
const sorted = all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
const values = async ({ calmNamespace }: World): Promise<unknown> =>
  (await collect(calmNamespace.bulkGet(keys))).map(({ value }) => value);

const rows: Row[] = [
  {
    name: "namespaces.list",
    operation: "listNamespaces",
    run: async ({ kv }) => (await kv.namespaces.list()).result.map(({ title }) => title),
    gives: ["first"],
  },
  {
    name: "namespaces.get",
    operation: "getNamespace",
    run: async ({ kv }) => (await kv.namespaces.get(namespaceId)).title,
    gives: "first",
  },
  {
    name: "namespaces.rename",
    operation: "renameNamespace",
    run: async ({ kv }) => (await kv.namespaces.rename(namespaceId, "second")).title,
    gives: "second",
    leaves: [async ({ calm }) => (await calm.namespaces.get(namespaceId)).title, "second"],
  },
  {
    name: "namespaces.delete",
    operation: "removeNamespace",
    run: ({ kv }) => kv.namespaces.delete(namespaceId),
    gives: undefined,
    leaves: [async ({ calm }) => (await calm.namespaces.list()).result, []],
  },
  {
    name: "get",
    operation: "readValue",
    run: ({ namespace }) => namespace.get("alpha"),
    gives: `${secret} alpha`,
  },
  {
    name: "metadata",
    operation: "readMetadata",
    run: ({ namespace }) => namespace.metadata("alpha"),
    gives: { of: "alpha" },
  },
  {
    name: "getWithMetadata",
    operation: "getMultiple",
    run: ({ namespace }) => namespace.getWithMetadata("alpha"),
    gives: { value: `${secret} alpha`, metadata: { of: "alpha" }, expiration: null, cacheStatus: null },
  },
  {
    name: "put",
    operation: "writeValue",
    run: ({ namespace }) => namespace.put("alpha", "new"),
    gives: undefined,
    leaves: [({ calmNamespace }) => calmNamespace.get("alpha"), "new"],
  },
  {
    name: "put of bytes with metadata",
    operation: "writeValue",
    run: ({ namespace }) => namespace.put("alpha", new Blob([binary]).stream(), { metadata: [1] }),
    gives: undefined,
    leaves: [
      async ({ calmNamespace }) => {
        const { value, metadata } = await calmNamespace.getWithMetadata("alpha", "arrayBuffer");
        return [new Uint8Array(value!), metadata];
      },
      [binary, [1]],
    ],
  },
  {
    name: "delete",
    operation: "deleteValue",
    run: ({ namespace }) => namespace.delete("alpha"),
    gives: undefined,
    leaves: [({ calmNamespace }) => calmNamespace.get("alpha"), null],
  },
  {
    name: "list, a page",
    operation: "listKeys",
    run: async ({ namespace }) => (await namespace.list()).keys.map(({ name }) => name),
    gives: keys.toSorted(),
  },
  {
    name: "list, every key",
    operation: "listKeys",
    run: async ({ namespace }) => (await collect(namespace.list())).map(({ name }) => name),
    gives: keys.toSorted(),
  },
  {
    name: "bulkPut",
    operation: "writeMultiple",
    run: ({ namespace }) => namespace.bulkPut(pairs),
    gives: expect.objectContaining(report),
    leaves: [values, pairs.map(({ value }) => value)],
  },
  {
    name: "bulkDelete",
    operation: "deleteMultiple",
    run: ({ namespace }) => namespace.bulkDelete(keys),
    gives: expect.objectContaining(report),
    leaves: [values, [null, null, null, null]],
  },
  {
    name: "bulkGet",
    operation: "getMultiple",
    run: ({ namespace }) => collect(namespace.bulkGet(keys)),
    gives: all,
  },
  {
    name: "entries, by its lists",
    operation: "listKeys",
    run: ({ namespace }) => collect(namespace.entries()),
    gives: sorted,
  },
  {
    name: "entries, by its reads",
    operation: "getMultiple",
    run: ({ namespace }) => collect(namespace.entries()),
    gives: sorted,
  },
  {
    name: "a raw call",
    operation: "deleteMultipleDeprecated",
    async run({ kv }) {
      const path = { account_id: accountId, namespace_id: namespaceId };
      // What a raw call gives is openapi-fetch's; the answer is read as the facade reads it.
      const { envelope } = await unwrap(
        kv.api.DELETE("/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk", {
          params: { path },
          body: keys,
          parseAs: "stream",
        }),
      );
      return (envelope as unknown as { success: boolean }).success;
    },
    gives: true,
    leaves: [values, [null, null, null, null]],
  },
];

/** It happens to the first requests of an operation, whatever they carry. */
function first(times: number, fault: Fault): Fault {
  let left = times;
  return (request, next, random) => (left-- > 0 ? fault(request, next, random) : next(request));
}

const status =
  (code: number, headers: FaultRate["headers"] = {}): Fault =>
  async () =>
    new Response(`<html><body>${code}</body></html>`, {
      status: code,
      headers: { "content-type": "text/html", ...headers },
    });

interface Column {
  name: string;
  fault: Fault;
  /** What it is not a fault to: nothing tells such a value from another. */
  spares?: readonly OperationId[];
  /** How the error is told, where the fault does not pass. */
  error: { kind: new (message: string, options: never) => Error; message: RegExp };
}

const passing: Column[] = [
  ...[500, 502, 503, 504, 524, 408, 425, 429].map((code) => ({
    name: `${code} with HTML`,
    fault: status(code),
    error: { kind: KVAPIError, message: new RegExp(`answered ${code}: ${code}`) },
  })),
  {
    name: "429 with Retry-After: 0",
    fault: status(429, { "retry-after": "0" }),
    error: { kind: KVAPIError, message: /answered 429/ },
  },
  {
    name: "a reset before the request is acted upon",
    fault: faults.reset,
    error: { kind: KVConnectionError, message: /no answer/ },
  },
  {
    name: "a reset after the request was acted upon",
    fault: faults.lostAnswer,
    error: { kind: KVConnectionError, message: /no answer/ },
  },
  {
    name: "a reset within the body",
    fault: faults.brokenBody,
    error: { kind: KVConnectionError, message: /broke off/ },
  },
  {
    name: "truncated JSON of the right length",
    fault: faults.truncatedBody,
    spares: ["readValue"],
    error: { kind: KVAPIError, message: /answered (200|404)/ },
  },
  {
    name: "corrupt gzip",
    fault: faults.corruptGzip,
    error: { kind: KVConnectionError, message: /broke off/ },
  },
  {
    name: "200 with HTML",
    fault: faults.page,
    error: { kind: KVAPIError, message: /answered 200 with what its spec does not say/ },
  },
  {
    name: "the throttle within 200",
    fault: faults.throttledWithin200,
    spares: ["readValue"],
    error: { kind: KVAPIError, message: /answered 200: Please wait/ },
  },
  {
    name: "a 300 MB body of a 503",
    fault: endlessPage(503, 300_000_000),
    error: { kind: KVAPIError, message: /answered 503/ },
  },
];

const hanging: Column[] = [
  {
    name: "a hang before the headers",
    fault: faults.hang,
    error: { kind: KVTimeoutError, message: /stood still/ },
  },
  {
    name: "a hang within the body",
    fault: faults.hangingBody,
    error: { kind: KVTimeoutError, message: /stood still/ },
  },
];

/** What a bulk job makes of the statuses that it answers itself. */
const slow = /^(504|524) /;
const isSplit = (column: Column, { name }: Row): boolean =>
  slow.test(column.name) && ["bulkPut", "bulkDelete", "bulkGet", "entries, by its reads"].includes(name);

async function see(world: World, { run, gives, leaves }: Row): Promise<void> {
  expect(await run(world)).toEqual(gives);
  if (leaves) expect(await leaves[0](world)).toEqual(leaves[1]);
}

function forGood({ fault }: Column, { operation }: Row): FaultRate {
  return { share: 1, what: fault, operations: [operation] };
}

const causeOf = (error: unknown): unknown => (error instanceof KVBulkError ? error.cause : error);

function count({ arrived }: World, { operation }: Row): number {
  return arrived.filter((each) => each === operation).length;
}

interface Run {
  name: string;
  through: string;
  over: WorldOptions;
  column: Column;
  concerned: Row[];
}

/** What happens to the connection each fetch tells in its own way; what the service says reads the same on all. */
const onTheWire = /^500|reset|gzip|300 MB|hang|redirect/;
/** Small and large bodies both ways, and none. */
const ofAllKinds = /^(get|put of bytes with metadata|delete|bulkPut|entries, by its reads)$/;

const inThisProcess: [through: string, over: WorldOptions] = ["no socket", { inProcess: true }];

/** Faults with a fetch: those of the connection over sockets, through the fast one on some of the rows. */
function runsOf(columns: readonly Column[]): Run[] {
  return columns.flatMap((column) => {
    const concerned = rows.filter(({ operation }) => !column.spares?.includes(operation));
    const ways = onTheWire.test(column.name) ? overSockets : [inThisProcess];
    return ways.map(([through, over]) => ({
      name: column.name,
      through,
      over,
      column,
      concerned: over.fetch ? concerned.filter(({ name }) => ofAllKinds.test(name)) : concerned,
    }));
  });
}

describe.each(runsOf(passing))("$name, through $through,", ({ concerned, over, column }) => {
  it.each(concerned)("twice, then gone: $name gives what it should", async (row) => {
    const rates = [{ share: 1, what: first(2, column.fault), operations: [row.operation] }];
    await inWorld({ rates }, over, async (world) => {
      await see(world, row);
      // In halves: 4 and 2 fail, 1, 1 and 2 do not. A read falls back to reading each by itself.
      const split = row.operation === "getMultiple" ? 1 : 5;
      expect(count(world, row)).toBe(isSplit(column, row) ? split : 3);
    });
  });

  it.each(concerned.filter((row) => !isSplit(column, row)))(
    "for good: $name fails after six",
    async (row) => {
      await inWorld({ rates: [forGood(column, row)] }, over, async (world) => {
        const told = causeOf(await rejection(row.run(world)));
        expect(count(world, row)).toBe(6);
        // What a raw call gives is openapi-fetch's.
        if (row.name === "a raw call") return;
        expect(told).toBeInstanceOf(column.error.kind);
        expect(told).toMatchObject({ operation: row.operation, attempts: 6 });
        expect(String(told)).toMatch(column.error.message);
        expect(String(told)).toMatch(/\(6 attempts in \d+\.\d s\)$/);
      });
    },
  );
});

// They wait, and have nothing in common.
describe.concurrent.each(runsOf(hanging))("$name, through $through,", ({ concerned, over, column }) => {
  it("once, then gone: every operation gives what it should", async () => {
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it is about the column
    const hangsOnce = async (row: Row): Promise<void> => {
      const rates = [{ share: 1, what: first(1, column.fault), operations: [row.operation] }];
      await inWorld({ rates }, { ...over, timeout: 2000 }, async (world) => {
        await see(world, row);
        expect(count(world, row), row.name).toBe(2);
      });
    };
    await Promise.all(concerned.map(hangsOnce));
  });
});

/** Here a request has arrived when it is sent, however slow the machine: a short limit changes no count. */
const shortly: WorldOptions = { inProcess: true, timeout: 50 };

describe.each(hanging)("$name", (column) => {
  it.each(rows.filter(({ name }) => name === "namespaces.list" || name === "bulkPut"))(
    "for good: $name fails after three, where two are sent again",
    async (row) => {
      const options = { ...shortly, retry: { limit: 2 } };
      await inWorld({ rates: [forGood(column, row)] }, options, async (world) => {
        const told = causeOf(await rejection(row.run(world)));
        expect(told).toBeInstanceOf(KVTimeoutError);
        expect(told).toMatchObject({ operation: row.operation, attempts: 3 });
        expect(String(told)).toMatch(
          /(stood still for|no answer within) 5\d ms, the limit of timeout.*\(3 attempts in/,
        );
        expect(count(world, row)).toBe(3);
      });
    },
  );
});

/** What another try would not mend. */
const lasting: Column[] = [
  ...[400, 401, 403, 404, 409, 451].map((code) => ({
    name: `${code} with HTML`,
    fault: status(code),
    error: { kind: KVAPIError, message: new RegExp(`answered ${code}: ${code}$`) },
  })),
  {
    name: "a refusal with status 200",
    fault: faults.refusedWithin200,
    spares: ["readValue"],
    error: { kind: KVAPIError, message: /answered 200: no \(7003\)$/ },
  },
  {
    name: "a redirect to another origin",
    fault: (...given) => redirectTo(`${elsewhere.url}/taken`)(...given),
    error: { kind: KVAPIError, message: /answered 302: a redirect to http:\S+, which is not followed/ },
  },
  {
    name: "a 300 MB body of a 403",
    fault: endlessPage(403, 300_000_000),
    error: { kind: KVAPIError, message: /answered 403: no text$/ },
  },
  {
    name: "the quota of the day",
    fault: async () => {
      const errors = [{ code: 10048, message: "free usage limit" }];
      return Response.json({ success: false, errors, messages: [], result: null }, { status: 429 });
    },
    error: {
      kind: KVAPIError,
      message: /free usage limit \(10048\); .*resets at \d{4}-\d\d-\d\dT00:00:00.000Z$/,
    },
  },
];

describe.each(runsOf(lasting))("$name, through $through,", ({ concerned, over, column }) => {
  it.each(concerned)("$name fails at once", async (row) => {
    await inWorld({ rates: [forGood(column, row)] }, over, async (world) => {
      const told = causeOf(await rejection(row.run(world)));
      expect(count(world, row)).toBe(1);
      expect(told).toBeInstanceOf(column.error.kind);
      expect(told).toMatchObject({ operation: row.operation, attempts: 1 });
      expect(String(told)).toMatch(column.error.message);
    });
  });
});

const tooLarge = (...operations: OperationId[]): FaultOptions => ({
  rates: [{ share: 1, what: 413, operations }],
});

describe("Too large", () => {
  it.each(rows.filter(({ name }) => /^(get|metadata|put|delete|list)/.test(name)))(
    "$name fails at once, or is asked for in another way",
    async (row) => {
      await inWorld(tooLarge(row.operation), {}, async (world) => {
        if (row.operation === "getMultiple") await see(world, row);
        else expect(await rejection(row.run(world))).toMatchObject({ status: 413, attempts: 1 });
        expect(count(world, row)).toBe(1);
      });
    },
  );

  it.each(["bulkGet", "entries, by its reads"])("%s reads each key by itself", async (name) => {
    const row = rows.find((each) => each.name === name)!;
    await inWorld(tooLarge("getMultiple"), {}, async (world) => {
      await see(world, row);
      expect(count(world, row)).toBe(1);
    });
  });

  it.each(["bulkPut", "bulkDelete"])("%s halves, and gives up what is too large by itself", async (name) => {
    const row = rows.find((each) => each.name === name)!;
    await inWorld(tooLarge(row.operation), {}, async (world) => {
      const error = await rejection(row.run(world));
      expect(error).toMatchObject({ succeeded: 0, unsuccessfulKeys: keys, cause: { status: 413 } });
      expect(count(world, row)).toBe(7);
    });
  });
});

describe("A list", () => {
  const listed = rows.filter(({ operation, name }) => operation === "listKeys" && name !== "list, a page");
  const many = Array.from({ length: 2500 }, (_, i) => ({ key: `many-${i}`, value: "" }));

  it.each(listed)("goes on behind pages without keys: $name", async (row) => {
    const rates = [{ share: 1, what: "emptyPage", operations: ["listKeys"] }] as const;
    await inWorld({ rates, mostInARow: 3 }, {}, async (world) => {
      await see(world, row);
      expect(count(world, row)).toBe(4);
    });
  });

  it("goes on behind pages without keys that come between others", async () => {
    const rates = [{ share: 0.5, what: "emptyPage", operations: ["listKeys"] }] as const;
    await inWorld({ rates, mostInARow: 2 }, {}, async (world) => {
      await world.calmNamespace.bulkPut(many);
      const found = await collect(world.namespace.list({ prefix: "many-" }));
      expect(found.map(({ name }) => name)).toEqual(many.map(({ key }) => key).toSorted());
      expect(world.arrived.length).toBeGreaterThan(3);
    });
  });

  it.each(listed)("that comes back to the same page is an error, not a loop: $name", async (row) => {
    const rates = [{ share: 1, what: "repeatedPage", operations: ["listKeys"] }] as const;
    await inWorld({ rates }, {}, async (world) => {
      expect(String(await rejection(row.run(world)))).toMatch(/the same cursor with the same keys again/);
      expect(count(world, row)).toBe(2);
    });
  });
});

describe("Part of a bulk request", () => {
  it.each(["bulkPut", "bulkDelete"])("%s sends again what was not done, and that alone", async (name) => {
    const row = rows.find((each) => each.name === name)!;
    const rates = [{ share: 1, what: "partialBulk", operations: [row.operation] }] as const;
    await inWorld({ rates, mostInARow: 1, seed: 3 }, {}, async (world) => {
      const before = world.arrived.length;
      await see(world, row);
      expect(world.arrived.length - before).toBeGreaterThan(1);
    });
  });
});

const create = ({ kv }: World): Promise<unknown> => kv.namespaces.create("second");
const titles = async ({ calm }: World): Promise<string[]> =>
  (await calm.namespaces.list()).result.map(({ title }) => title);
const isRefused = ({ name }: Column): boolean => /^(408|425|429|the throttle)/.test(name);

describe("namespaces.create, which must not be sent twice", () => {
  it.each(passing.filter((column) => isRefused(column)))(
    "$name: is sent again, as nothing was done",
    async (column) => {
      const rates = [{ share: 1, what: first(2, column.fault), operations: ["createNamespace"] }] as const;
      await inWorld({ rates }, {}, async (world) => {
        expect(await create(world)).toMatchObject({ title: "second" });
        expect(world.arrived).toHaveLength(3);
      });
    },
  );

  it.each([...passing, ...hanging].filter((column) => !isRefused(column)))(
    "$name: fails at once, and says that it may exist",
    async (column) => {
      const rates = [{ share: 1, what: first(1, column.fault), operations: ["createNamespace"] }] as const;
      await inWorld({ rates }, hanging.includes(column) ? shortly : {}, async (world) => {
        const error = await rejection(create(world));
        expect(error).toBeInstanceOf(column.error.kind);
        expect(error).toMatchObject({ operation: "createNamespace", attempts: 1 });
        expect(String(error)).toMatch(/\(not sent again: what it creates may exist\)$/);
        expect(world.arrived).toHaveLength(1);
      });
    },
  );

  it("a lost answer: it does exist", async () => {
    const rates = [{ share: 1, what: "lostAnswer", operations: ["createNamespace"] }] as const;
    await inWorld({ rates }, {}, async (world) => {
      expect(await rejection(create(world))).toBeInstanceOf(KVConnectionError);
      expect(await titles(world)).toEqual(expect.arrayContaining(["first", "second"]));
    });
  });

  it("a lost answer and no retries: the error says the same", async () => {
    const rates = [{ share: 1, what: "lostAnswer", operations: ["createNamespace"] }] as const;
    await inWorld({ rates }, { retry: false }, async (world) => {
      expect(String(await rejection(create(world)))).toMatch(/what it creates may exist/);
    });
  });
});

it("nothing of all that leaves the origin, or goes unhandled", async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(leaked).toEqual([]);
  expect(unhandled).toEqual([]);
});
