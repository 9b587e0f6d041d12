/** The store on disk: one SQLite database in a folder, which one process at a time may use. */
import { compareKeys } from "../limits.ts";
import { type Database, loadSQLite, type OpenDatabase, type Row } from "./sqlite.ts";
import { prepareDatabase, prepareStatements, type Statements } from "./sqlite-schema.ts";
import type {
  Entries,
  KeyRange,
  OpenNamespace,
  Store,
  StoredEntry,
  StoredKey,
  StoredNamespace,
} from "./store.ts";

/** A store on disk. What it has acknowledged survives the end of the process, at whatever moment it comes. */
export interface SQLiteStore extends Store {
  /** Drops from the disk what has expired, and what was in removed namespaces. */
  sweep(now: number): Promise<void>;
  /** Lets go of the folder. Not to be called while requests are under way. */
  close(): void;
  [Symbol.dispose](): void;
}

/** The database in its folder. */
const databaseName = "kv.sqlite";

/** How many entries a sweep drops, or pages it gives back to the disk, before others have their turn. */
const sweepStep = 1_000;

/**
 * Opens the store in a folder, which is made where it is not there. Nothing outside of it is touched.
 *
 * Needs SQLite: Node's own (22.13 or newer), else the package `libsql`.
 *
 * @example
 * using store = await sqliteStore("./kv-data");
 * const server = createKVServer({ store });
 * @throws where the folder is in use by another process, is not to be written, or there is no SQLite
 */
export async function sqliteStore(directory: string): Promise<SQLiteStore> {
  return openStore(directory, await loadSQLite());
}

/** @internal */
export function openStore(directory: string, openDatabase: OpenDatabase): SQLiteStore {
  const { lstatSync, mkdirSync } = process.getBuiltinModule("node:fs");
  const path = process.getBuiltinModule("node:path").join(directory, databaseName);
  mkdirSync(directory, { recursive: true });
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === false) {
    throw new Error(`${path} is not a file; data is only kept within the folder`);
  }
  let database: Database | undefined;
  try {
    database = openDatabase(path);
    prepareDatabase(database);
    return new DatabaseStore(database);
  } catch (error) {
    database?.close();
    throw explained(error, directory, path);
  }
}

function explained(error: unknown, directory: string, path: string): Error {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes("database is locked")) {
    return new Error(`the folder ${directory} is in use by another process`, { cause: error });
  }
  return new Error(`cannot use ${path}: ${message}`, { cause: error });
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

const encode = (text: string): Uint8Array => encoder.encode(text);
const decode = (bytes: Row[string] | undefined): string => decoder.decode(bytes as Uint8Array);

const keyOf = (key: string, row: Row): StoredKey => ({
  key,
  expiration: (row["expiration"] as number | null) ?? undefined,
  metadata: (row["metadata"] as string | null) ?? undefined,
});

/** The bytes that the keys of a range begin at, and those that they stay below. */
function boundsOf({ prefix, after }: KeyRange): { from: Uint8Array; to: Uint8Array } {
  // No key is before a NUL, and what follows a key at once is the key and a NUL.
  const from = encode(after !== "" && compareKeys(after, prefix) >= 0 ? `${after}\0` : prefix || "\0");
  // No byte of UTF-8 is FF: an end that is one higher in its last byte is behind all that begins so.
  const to = prefix === "" ? Uint8Array.of(0xff) : encode(prefix);
  if (prefix !== "") to[to.length - 1]!++;
  return { from, to };
}

class DatabaseStore implements SQLiteStore {
  readonly #database: Database;
  readonly #statements: Statements;
  #sweeping: Promise<void> | undefined;
  #isOpen = true;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepareStatements(database);
  }

  namespaces(account: string): readonly OpenNamespace[] {
    return this.#statements.namespaces.all(account).map((row) => this.#opened(account, row));
  }

  open(account: string, id: string): OpenNamespace | undefined {
    const row = this.#statements.open.get(account, id);
    return row && this.#opened(account, row);
  }

  create({ accountId, id, title, jurisdiction }: StoredNamespace): boolean {
    return this.#statements.create.run(accountId, id, encode(title), jurisdiction ?? null) === 1;
  }

  rename(account: string, id: string, title: string): boolean {
    const other = this.#statements.titled.get(account, encode(title));
    if (other && other["id"] !== id) return false;
    this.#statements.rename.run(encode(title), account, id);
    return true;
  }

  remove(account: string, id: string): void {
    this.#transact(() => {
      this.#statements.bury.run(account, id);
      this.#statements.remove.run(account, id);
    });
  }

  sweep(now: number): Promise<void> {
    return (this.#sweeping ??= this.#sweepAll(now).finally(() => (this.#sweeping = undefined)));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      // libsql holds on to the file until its statements are collected. This gives up lock and log before.
      this.#database.exec("PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL");
      this.#database.prepare("SELECT count(*) FROM namespaces").get();
    } catch {
      // On a full disk the log cannot be worked in. It stays, and is read the next time.
    }
    this.#database.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #opened(accountId: string, row: Row): OpenNamespace {
    const jurisdiction = row["jurisdiction"] as string | null;
    return {
      accountId,
      id: row["id"] as string,
      title: decode(row["title"]),
      ...(jurisdiction === null ? {} : { jurisdiction }),
      entries: this.#entries(row["number"] as number),
    };
  }

  #entries(number: number): Entries {
    const statements = this.#statements;
    return {
      get(key, now) {
        const row = statements.read.get(number, encode(key), now);
        return row && { ...keyOf(key, row), value: row["value"] as Uint8Array<ArrayBuffer> };
      },
      size: (key, now) => (statements.size.get(number, encode(key), now)?.["size"] ?? 0) as number,
      list(range, now) {
        const { from, to } = boundsOf(range);
        return statements.list
          .all(number, from, to, now, range.limit)
          .map((row) => keyOf(decode(row["key"]), row));
      },
      write: (entries) => this.#write(number, entries),
      delete: (keys) =>
        this.#transact(() => keys.forEach((key) => statements.delete.run(number, encode(key)))),
    };
  }

  #write(number: number, entries: readonly StoredEntry[]): void {
    this.#transact(() => {
      if (!this.#statements.exists.get(number)) return;
      for (const { key, expiration = null, metadata = null, value } of entries) {
        this.#statements.write.run(number, encode(key), expiration, metadata, value);
      }
    });
  }

  #transact(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      try {
        this.#database.exec("ROLLBACK");
      } catch {
        // A full disk has made SQLite roll back by itself.
      }
      throw error;
    }
  }

  async #sweepAll(now: number): Promise<void> {
    while (this.#isOpen && this.#sweepStep(now)) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Whether there may be more. */
  #sweepStep(now: number): boolean {
    const statements = this.#statements;
    if (statements.dropExpired.run(now, sweepStep) > 0) return true;
    const removed = statements.removed.get()?.["number"];
    if (removed !== undefined) {
      const dropped = statements.dropRemoved.run(removed, sweepStep);
      if (dropped === 0) statements.forget.run(removed);
      return true;
    }
    const free = (): number => statements.freePages.get()!["freelist_count"] as number;
    const before = free();
    if (before === 0) return false;
    this.#database.exec(`PRAGMA incremental_vacuum(${sweepStep})`);
    return free() < before;
  }
}
