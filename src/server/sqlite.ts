/** SQLite as the store on disk uses it: Node's own where there is one (22.13), else the package libsql. */

export type SQLiteValue = null | number | string | Uint8Array;

/** A row by its columns. Bytes come as a Uint8Array of their own. */
export type Row = Readonly<Record<string, null | number | string | Uint8Array<ArrayBuffer>>>;

/** A statement that is compiled once and run many times. */
export interface Statement {
  /** Gives how many rows it changed. */
  run(...values: readonly SQLiteValue[]): number;
  get(...values: readonly SQLiteValue[]): Row | undefined;
  all(...values: readonly SQLiteValue[]): Row[];
}

export interface Database {
  /** Runs any number of statements. */
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** What opens a database. */
export type OpenDatabase = (path: string) => Database;

/** What both libraries have in common; they differ in how they take values and give bytes. */
interface NativeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NativeStatement;
  close(): void;
}

interface NativeStatement {
  run(...values: unknown[]): { changes: number | bigint };
  get(...values: unknown[]): Record<string, unknown> | undefined;
  all(...values: unknown[]): Record<string, unknown>[];
}

type Native = new (path: string) => NativeDatabase;

/** @throws where there is no SQLite, with how to add one */
export async function loadSQLite(libsqlName = "libsql"): Promise<OpenDatabase> {
  const builtIn = loadBuiltIn();
  if (builtIn) return (path) => adapt(new builtIn(path), (values) => [...values]);
  const libsql = await loadLibsql(libsqlName);
  // As one array: libsql takes a single value that is an object for named ones, and aborts on bytes.
  return (path) => adapt(new libsql(path), (values) => [values]);
}

function loadBuiltIn(): Native | undefined {
  // Node 22 warns on stderr that its SQLite is an experiment, which whoever gave a folder did not choose.
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => {};
  try {
    const module = process.getBuiltinModule("node:sqlite") as { DatabaseSync: Native } | undefined;
    return module?.DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function loadLibsql(name: string): Promise<Native> {
  try {
    // By a name in a variable: bundlers would look for a package that may not be there.
    return ((await import(name)) as { default: Native }).default;
  } catch (cause) {
    const advice = "use Node 22.13 or newer, which has it built in, or run `npm install libsql`";
    throw new Error(`to keep data in a folder takes SQLite, which is not here: ${advice}`, { cause });
  }
}

function adapt(native: NativeDatabase, pass: (values: readonly SQLiteValue[]) => unknown[]): Database {
  return {
    exec: (sql) => native.exec(sql),
    prepare(sql) {
      const statement = native.prepare(sql);
      return {
        run: (...values) => Number(statement.run(...pass(values)).changes),
        get(...values) {
          const row = statement.get(...pass(values));
          return row && normalized(row);
        },
        all: (...values) => statement.all(...pass(values)).map(normalized),
      };
    },
    close: () => native.close(),
  };
}

/** libsql gives bytes as an ArrayBuffer or a Buffer. */
function normalized(row: Record<string, unknown>): Row {
  for (const [name, value] of Object.entries(row)) {
    if (value instanceof ArrayBuffer) row[name] = new Uint8Array(value);
    else if (value instanceof Uint8Array) {
      row[name] = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    }
  }
  return row as Row;
}
