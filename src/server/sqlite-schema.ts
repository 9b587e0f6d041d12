/** The tables of the store on disk, and every statement that runs on them. */
import type { Database, Statement } from "./sqlite.ts";

/** The form of the tables, as the database's user_version has it. */
const schemaVersion = 1;

/**
 * Keys and titles are bytes: bytes are compared as KV orders keys, and a text ends at its first NUL for both
 * libraries. Values come last in their rows: what stands before them is read without them. The rows are not
 * those of a tree by key (WITHOUT ROWID): there each search reads the whole values that it compares keys of.
 */
const schema = `
  CREATE TABLE namespaces (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    title BLOB NOT NULL,
    jurisdiction TEXT,
    UNIQUE (account, id),
    UNIQUE (account, title)
  ) STRICT;
  CREATE TABLE removed (number INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE entries (
    number INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    key BLOB NOT NULL,
    expiration INTEGER,
    metadata TEXT,
    value BLOB NOT NULL,
    UNIQUE (namespace, key)
  ) STRICT;
  CREATE INDEX expiring ON entries (expiration) WHERE expiration IS NOT NULL;
  PRAGMA user_version = ${schemaVersion};
`;

/** Makes the database ready to use, and this process its only user. */
export function prepareDatabase(database: Database): void {
  // The lock is the kernel's, and goes with the process.
  // First of all: without it a database with a log is opened with a file for other processes.
  database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL; BEGIN IMMEDIATE");
  const version = database.prepare("PRAGMA user_version").get()!["user_version"];
  database.exec("COMMIT");
  if (version !== 0 && version !== schemaVersion) {
    throw new Error(`its form is ${String(version)}; this version of workers-kv-rest knows ${schemaVersion}`);
  }
  // A log that is written before the answer, without a wait for the disk, survives the end of the process;
  // that of the machine may cost the last writes.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA journal_size_limit = 16777216;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY;
  `);
  if (version === 0) database.exec(`BEGIN; ${schema}; COMMIT`);
}

/** @internal */
export const statementTexts = {
  namespaces: "SELECT * FROM namespaces WHERE account = ?",
  open: "SELECT * FROM namespaces WHERE account = ? AND id = ?",
  titled: "SELECT id FROM namespaces WHERE account = ? AND title = ?",
  exists: "SELECT 1 FROM namespaces WHERE number = ?",
  create:
    "INSERT INTO namespaces (account, id, title, jurisdiction) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
  rename: "UPDATE namespaces SET title = ? WHERE account = ? AND id = ?",
  bury: "INSERT INTO removed SELECT number FROM namespaces WHERE account = ? AND id = ?",
  remove: "DELETE FROM namespaces WHERE account = ? AND id = ?",
  read: `SELECT expiration, metadata, value FROM entries
    WHERE namespace = ? AND key = ? AND (expiration IS NULL OR expiration > ?)`,
  size: `SELECT length(value) AS size FROM entries
    WHERE namespace = ? AND key = ? AND (expiration IS NULL OR expiration > ?)`,
  list: `SELECT key, expiration, metadata FROM entries
    WHERE namespace = ? AND key >= ? AND key < ? AND (expiration IS NULL OR expiration > ?)
    ORDER BY key LIMIT ?`,
  // Node 22 gives no bytes as NULL.
  write: `INSERT INTO entries (namespace, key, expiration, metadata, value) VALUES (?, ?, ?, ?, coalesce(?, x''))
    ON CONFLICT (namespace, key) DO UPDATE SET expiration = excluded.expiration, metadata = excluded.metadata, value = excluded.value`,
  delete: "DELETE FROM entries WHERE namespace = ? AND key = ?",
  dropExpired: `DELETE FROM entries WHERE number IN
    (SELECT number FROM entries WHERE expiration <= ? LIMIT ?)`,
  removed: "SELECT number FROM removed LIMIT 1",
  dropRemoved: `DELETE FROM entries WHERE number IN
    (SELECT number FROM entries WHERE namespace = ? LIMIT ?)`,
  forget: "DELETE FROM removed WHERE number = ?",
  freePages: "PRAGMA freelist_count",
} as const;

export type Statements = Readonly<Record<keyof typeof statementTexts, Statement>>;

export function prepareStatements(database: Database): Statements {
  const prepared = Object.entries(statementTexts).map(([name, text]) => [name, database.prepare(text)]);
  return Object.fromEntries(prepared) as Statements;
}
