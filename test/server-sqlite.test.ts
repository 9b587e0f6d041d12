import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { Entries, SQLiteStore, StoredEntry } from "../src/server/index.ts";
import { sqliteStore } from "../src/server/index.ts";
import { loadSQLite, type OpenDatabase } from "../src/server/sqlite.ts";
import { prepareDatabase, statementTexts } from "../src/server/sqlite-schema.ts";
import { openStore } from "../src/server/sqlite-store.ts";
import { diskStore, openDatabase, temporaryFolder, utf8 } from "./server-helpers.ts";

const entry = (key: string, fields: Partial<StoredEntry> = {}): StoredEntry => ({
  key,
  value: utf8("v"),
  metadata: undefined,
  expiration: undefined,
  ...fields,
});

const namespace = { id: "1", accountId: "a", title: "t" };

async function newEntries(store: SQLiteStore): Promise<Entries> {
  await store.create(namespace);
  return (await store.open("a", "1"))!.entries;
}

/** How many rows the tables of a closed store have, whether they are read or not. */
function rowsIn(folder: string): number {
  const database = openDatabase(join(folder, "kv.sqlite"));
  const row = database
    .prepare("SELECT (SELECT count(*) FROM entries) + (SELECT count(*) FROM removed) n")
    .get();
  database.close();
  return row!["n"] as number;
}

describe("a store on disk", () => {
  test("has all that it had when it is opened again", async () => {
    const folder = temporaryFolder();
    const first = diskStore(folder);
    const title = "\uFEFFa\0b \u{1F511}";
    await first.create({ id: "1", accountId: "a", title, jurisdiction: "eu" });
    const stored = [
      entry("\uFEFFk\0", {
        value: Uint8Array.of(0, 255),
        metadata: '{"a":"\\u0000"}',
        expiration: 2_000_000_000,
      }),
      entry("empty", { value: new Uint8Array() }),
    ];
    await (await first.open("a", "1"))!.entries.write(stored);
    first.close();
    first.close();

    const second = diskStore(folder);
    const found = (await second.open("a", "1"))!;
    expect(found).toMatchObject({ id: "1", accountId: "a", title, jurisdiction: "eu" });
    for (const each of stored) expect(await found.entries.get(each.key, 0)).toEqual(each);
    expect(await found.entries.size!("empty", 0)).toBe(0);
    expect(await found.entries.size!("\uFEFFk\0", 0)).toBe(2);
    expect(await found.entries.size!("\uFEFFk\0", 2_000_000_000)).toBe(0);
  });

  test("writes all of the entries or none, and goes on after those that it could not write", async () => {
    const entries = await newEntries(diskStore(temporaryFolder()));
    const bad = entry("bad", { value: "no bytes" as never });
    expect(() => entries.write([entry("good"), bad])).toThrow("cannot store TEXT value in BLOB column");
    const all = { prefix: "", after: "", limit: 10 };
    expect(await entries.list(all, 0)).toEqual([]);
    await entries.write([entry("next")]);
    expect((await entries.list(all, 0)).map(({ key }) => key)).toEqual(["next"]);
  });

  test("keeps nothing of a write to a namespace that was removed", async () => {
    const folder = temporaryFolder();
    const store = diskStore(folder);
    const entries = await newEntries(store);
    await store.remove("a", "1");
    await store.sweep(0);
    await entries.write([entry("late")]);
    store.close();
    expect(rowsIn(folder)).toBe(0);
  });

  test("belongs to one at a time, and to the next when it is closed", () => {
    const folder = temporaryFolder();
    const first = diskStore(folder);
    expect(() => diskStore(folder)).toThrow(`the folder ${folder} is in use by another process`);
    first.close();
    diskStore(folder);
  });

  test("is closed at the end of its scope", async () => {
    const folder = temporaryFolder();
    {
      using store = await sqliteStore(folder);
      await store.create(namespace);
    }
    expect(await diskStore(folder).open("a", "1")).toBeDefined();
  });

  test.each([
    [
      "of a later version",
      (path: string) => openDatabase(path).exec("PRAGMA user_version = 9"),
      /its form is 9/,
    ],
    ["that is no database", (path: string) => writeFileSync(path, "text".repeat(1_000)), /not a database/],
  ])("refuses a file %s, and leaves it as it was", (_, make, message) => {
    const folder = temporaryFolder();
    const path = join(folder, "kv.sqlite");
    make(path);
    const before = statSync(path).mtimeMs;
    expect(() => diskStore(folder)).toThrow(message);
    expect(statSync(path).mtimeMs).toBe(before);
  });

  test("refuses a folder that cannot be one", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(() => diskStore(file)).toThrow(/EEXIST|ENOTDIR|unable to open/);
  });

  test("loses writes to a namespace that was removed meanwhile, and has none of them in the next of its id", async () => {
    const store = diskStore(temporaryFolder());
    const entries = await newEntries(store);
    store.remove("a", "1");
    await entries.write([entry("late")]);
    await entries.delete(["late"]);
    expect(await entries.get("late", 0)).toBeUndefined();
    const next = await newEntries(store);
    expect(await next.list({ prefix: "", after: "", limit: 10 }, 0)).toEqual([]);
  });

  test("frees the disk of what has expired and what was removed, and of nothing else", async () => {
    const folder = temporaryFolder();
    const store = diskStore(folder);
    const entries = await newEntries(store);
    const value = new Uint8Array(1_000);
    const many = Array.from({ length: 2_500 }, (_, i) =>
      entry(`k${i}`, { value, expiration: i < 2_400 ? 100 : 101 }),
    );
    await entries.write([...many, entry("kept")]);
    await store.create({ id: "2", accountId: "a", title: "other" });
    await (await store.open("a", "2"))!.entries.write(many.map(({ key }) => entry(key)));

    await store.sweep(100);
    expect(await entries.list({ prefix: "", after: "", limit: 1_000 }, 0)).toHaveLength(101);
    store.remove("a", "2");
    // Two at once are one.
    await Promise.all([store.sweep(101), store.sweep(101)]);
    store.close();
    expect(rowsIn(folder)).toBe(1);
    expect(statSync(join(folder, "kv.sqlite")).size).toBeLessThan(100_000);
  });

  test("goes on after a crash within a sweep with what was left of it", async () => {
    const folder = temporaryFolder();
    const store = diskStore(folder);
    await (await newEntries(store)).write([entry("a"), entry("b")]);
    store.remove("a", "1");
    store.close();
    expect(rowsIn(folder)).toBe(3);
    const next = diskStore(folder);
    await next.sweep(0);
    next.close();
    expect(rowsIn(folder)).toBe(0);
  });

  test("can be closed while it sweeps", async () => {
    const store = diskStore(temporaryFolder());
    await (await newEntries(store)).write(Array.from({ length: 5_000 }, (_, i) => entry(`k${i}`)));
    store.remove("a", "1");
    const swept = store.sweep(0);
    store.close();
    await swept;
  });
});

function newDatabase(): ReturnType<OpenDatabase> {
  const opened = openDatabase(join(temporaryFolder(), "kv.sqlite"));
  onTestFinished(() => opened.close());
  prepareDatabase(opened);
  return opened;
}

function planOf(name: keyof typeof statementTexts): string[] {
  const text = statementTexts[name];
  const values = Array.from(text.matchAll(/\?/g), () => null);
  return newDatabase()
    .prepare(`EXPLAIN QUERY PLAN ${text}`)
    .all(...values)
    .map((row) => String(row["detail"]));
}

describe("a statement", () => {
  test("that lists keys seeks its first one in the index, and sorts nothing", () => {
    expect(planOf("list")).toEqual([
      expect.stringMatching(/^SEARCH entries USING INDEX \w+ \(namespace=\? AND key>\? AND key<\?\)$/),
    ]);
  });

  test.each([
    "open",
    "titled",
    "exists",
    "rename",
    "remove",
    "read",
    "size",
    "delete",
    "dropExpired",
    "dropRemoved",
  ] as const)("looks at no row in vain: %s", (name) => {
    const plan = planOf(name);
    expect(plan.length).toBeGreaterThan(0);
    for (const detail of plan) expect(detail).not.toMatch(/SCAN|TEMP B-TREE/);
  });
});

describe("where there is no SQLite", () => {
  test("one line says how to get one", async () => {
    vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
    await expect(loadSQLite("no-such-package")).rejects.toThrow(
      /^to keep data in a folder takes SQLite, .* Node 22\.13 or newer.* `npm install libsql`$/,
    );
  });

  test("nothing of the folder is made", async () => {
    const folder = join(temporaryFolder(), "data");
    expect(() =>
      openStore(folder, () => {
        throw new Error("unable to open database file");
      }),
    ).toThrow(`cannot use ${join(folder, "kv.sqlite")}: unable to open database file`);
  });
});
