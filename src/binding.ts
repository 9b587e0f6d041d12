/** Types spelled as the Workers binding `KVNamespace` spells them; no code. */
import type { Pages } from "./pages.ts";

/** How to read a value. */
export interface GetOptions<Type> {
  type: Type;
  /** Taken for the binding's sake: the REST API has no cache to keep a value in. */
  cacheTtl?: number | undefined;
  /** Ends the call; its reason is what rejects. */
  signal?: AbortSignal | undefined;
}

/** How to write a value. */
export interface PutOptions {
  /** When the pair expires, in seconds since the epoch; at least 60 seconds ahead. */
  expiration?: number | undefined;
  /** After how many seconds the pair expires; at least 60. Wins over `expiration`. */
  expirationTtl?: number | undefined;
  /** Any JSON value, of at most 1,024 bytes in UTF-8. `null` is none. */
  metadata?: unknown;
  /** Ends the call; its reason is what rejects. */
  signal?: AbortSignal | undefined;
}

/** Which keys to list. */
export interface ListOptions {
  /** How many keys a page has, 1 to 1,000. @default 1000 */
  limit?: number | undefined;
  /** Only keys that start with it. */
  prefix?: string | null | undefined;
  /** Where to go on: the `cursor` of the page before, asked for with the same prefix. */
  cursor?: string | null | undefined;
  /** Ends the call; its reason is what rejects. */
  signal?: AbortSignal | undefined;
}

/** A key as it is listed. */
export interface ListKey<Metadata = unknown> {
  name: string;
  /** When it expires, in seconds since the epoch; absent where it does not. */
  expiration?: number;
  /** Absent where the pair has none. */
  metadata?: Metadata;
}

/** One page of keys, in the order of their UTF-8 bytes. A page without keys is not the end. */
export type ListResult<Metadata = unknown> =
  | { list_complete: false; keys: ListKey<Metadata>[]; cursor: string; cacheStatus: null }
  | { list_complete: true; keys: ListKey<Metadata>[]; cacheStatus: null };

/** A value with its metadata. */
export interface ValueWithMetadata<Value, Metadata> {
  /** `null` where there is no such key. */
  value: Value | null;
  /** `null` where there is none. */
  metadata: Metadata | null;
  /** When it expires, in seconds since the epoch; `null` where it does not. Beyond the binding. */
  expiration: number | null;
  /** The binding's; the REST API does not tell. */
  cacheStatus: null;
}

/** What a value can be given as. The REST API keeps bytes; text goes as UTF-8. */
export type Value =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | ReadableStream
  | AsyncIterable<Uint8Array>;

/**
 * The methods of Workers' `KVNamespace`, one signature for each of the binding's. Each takes a `signal` too.
 * Every method rejects with a `KVInputError` where an argument breaks a rule, before anything is sent.
 */
export interface KVNamespaceBinding {
  /**
   * Reads a value as text, JSON, bytes or a stream; `null` where there is no such key. An array of keys, of
   * any number, gives a Map with all of them.
   */
  get(key: string, options?: Partial<GetOptions<undefined>>): Promise<string | null>;
  get(key: string, type: "text"): Promise<string | null>;
  get<ExpectedValue = unknown>(key: string, type: "json"): Promise<ExpectedValue | null>;
  get(key: string, type: "arrayBuffer"): Promise<ArrayBuffer | null>;
  get(key: string, type: "stream"): Promise<ReadableStream | null>;
  get(key: string, options?: GetOptions<"text">): Promise<string | null>;
  get<ExpectedValue = unknown>(key: string, options?: GetOptions<"json">): Promise<ExpectedValue | null>;
  get(key: string, options?: GetOptions<"arrayBuffer">): Promise<ArrayBuffer | null>;
  get(key: string, options?: GetOptions<"stream">): Promise<ReadableStream | null>;
  get(keys: readonly string[], type: "text"): Promise<Map<string, string | null>>;
  get<ExpectedValue = unknown>(
    keys: readonly string[],
    type: "json",
  ): Promise<Map<string, ExpectedValue | null>>;
  get(keys: readonly string[], options?: Partial<GetOptions<undefined>>): Promise<Map<string, string | null>>;
  get(keys: readonly string[], options?: GetOptions<"text">): Promise<Map<string, string | null>>;
  get<ExpectedValue = unknown>(
    keys: readonly string[],
    options?: GetOptions<"json">,
  ): Promise<Map<string, ExpectedValue | null>>;
  /** Never chosen by a call: Workers' ReadableStream is not the DOM's, and this makes the handle a KVNamespace all the same. */
  get(key: string, options?: "stream" | GetOptions<"stream">): Promise<never>;

  /** Reads a value with its metadata and expiration. Text and JSON are one request, of one moment. */
  getWithMetadata<Metadata = unknown>(
    key: string,
    options?: Partial<GetOptions<undefined>>,
  ): Promise<ValueWithMetadata<string, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    type: "text",
  ): Promise<ValueWithMetadata<string, Metadata>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    key: string,
    type: "json",
  ): Promise<ValueWithMetadata<ExpectedValue, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    type: "arrayBuffer",
  ): Promise<ValueWithMetadata<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    type: "stream",
  ): Promise<ValueWithMetadata<ReadableStream, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    options: GetOptions<"text">,
  ): Promise<ValueWithMetadata<string, Metadata>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    key: string,
    options: GetOptions<"json">,
  ): Promise<ValueWithMetadata<ExpectedValue, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    options: GetOptions<"arrayBuffer">,
  ): Promise<ValueWithMetadata<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    options: GetOptions<"stream">,
  ): Promise<ValueWithMetadata<ReadableStream, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    keys: readonly string[],
    type: "text",
  ): Promise<Map<string, ValueWithMetadata<string, Metadata>>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    keys: readonly string[],
    type: "json",
  ): Promise<Map<string, ValueWithMetadata<ExpectedValue, Metadata>>>;
  getWithMetadata<Metadata = unknown>(
    keys: readonly string[],
    options?: Partial<GetOptions<undefined>>,
  ): Promise<Map<string, ValueWithMetadata<string, Metadata>>>;
  getWithMetadata<Metadata = unknown>(
    keys: readonly string[],
    options?: GetOptions<"text">,
  ): Promise<Map<string, ValueWithMetadata<string, Metadata>>>;
  getWithMetadata<ExpectedValue = unknown, Metadata = unknown>(
    keys: readonly string[],
    options?: GetOptions<"json">,
  ): Promise<Map<string, ValueWithMetadata<ExpectedValue, Metadata>>>;
  /** Never chosen by a call; see `get`. */
  getWithMetadata(key: string, options?: "stream" | GetOptions<"stream">): Promise<never>;

  /**
   * Writes a value, with metadata and an expiration or without. Bytes are copied at once: what is written is what
   * they were when it was called. A stream is read first, up to the 25 MiB that a value may have, so that the request
   * can be sent again; where the call fails, the stream is closed. One that was read before is refused; of an async
   * generator that cannot be told: it counts as empty.
   */
  put(key: string, value: Value, options?: PutOptions): Promise<void>;

  /** Deletes a key. One that is not there is no error. */
  delete(key: string, options?: { signal?: AbortSignal | undefined }): Promise<void>;

  /** Lists keys: await it for a page as the binding gives it, iterate it with `for await` for every key. */
  list<Metadata = unknown>(options?: ListOptions): Pages<ListResult<Metadata>, ListKey<Metadata>>;
}
