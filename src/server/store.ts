/** What the server keeps, and the interface of the places it may keep it in. */

/** A value, or a promise of it: a store may work synchronously. */
export type Awaitable<T> = T | PromiseLike<T>;

/** A namespace of an account. */
export interface StoredNamespace {
  /** 32 hex digits, unique among all accounts. */
  readonly id: string;
  readonly accountId: string;
  /** Unique within the account. */
  readonly title: string;
  readonly jurisdiction?: string | undefined;
}

/** What a list tells of a key. */
export interface StoredKey {
  readonly key: string;
  /** In its JSON form; `undefined` where there is none. */
  readonly metadata: string | undefined;
  /** Seconds since the epoch, from which on the entry is gone; `undefined` where it stays. */
  readonly expiration: number | undefined;
}

/** A key with its value. Nobody changes the bytes once they are stored. */
export interface StoredEntry extends StoredKey {
  readonly value: Uint8Array<ArrayBuffer>;
}

/** Which keys a list asks for. */
export interface KeyRange {
  /** Only keys that begin so; `""` for all. */
  readonly prefix: string;
  /** Only keys behind this one, which need not exist; `""` for all. */
  readonly after: string;
  /** The most keys to give. */
  readonly limit: number;
}

/**
 * The entries of one namespace. `now` is in seconds since the epoch: an entry whose `expiration` is not
 * behind it is neither read nor listed, and may be dropped.
 */
export interface Entries {
  get(key: string, now: number): Awaitable<StoredEntry | undefined>;
  /** The bytes of a value, 0 where it is not there. Of a store whose `get` gives a copy: how much that takes. */
  size?(key: string, now: number): Awaitable<number>;
  /** The keys of a range, in the order of their UTF-8 bytes. The cost is the page's, not the namespace's. */
  list(range: KeyRange, now: number): Awaitable<readonly StoredKey[]>;
  /** All of them or none; of two entries with one key the later stays. */
  write(entries: readonly StoredEntry[]): Awaitable<void>;
  /** All of them or none; keys that do not exist are passed over. */
  delete(keys: readonly string[]): Awaitable<void>;
}

/** A namespace that was found, and what is in it. Once it is removed, writes to it are lost. */
export interface OpenNamespace extends StoredNamespace {
  readonly entries: Entries;
}

/** Where a server keeps its namespaces. Each method is atomic. */
export interface Store {
  /** The namespaces of an account, in any order. */
  namespaces(accountId: string): Awaitable<readonly StoredNamespace[]>;
  open(accountId: string, id: string): Awaitable<OpenNamespace | undefined>;
  /** `false` where the account has the title already. */
  create(namespace: StoredNamespace): Awaitable<boolean>;
  /** `false` where another namespace of the account has the title. */
  rename(accountId: string, id: string, title: string): Awaitable<boolean>;
  /** Removes a namespace with all that is in it. */
  remove(accountId: string, id: string): Awaitable<void>;
  /** Frees what is no longer read. The server calls it now and then; `now` is in seconds since the epoch. */
  sweep?(now: number): Awaitable<void>;
}
