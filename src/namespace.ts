/** One namespace: the binding's methods, and the bulk ones. */
import { type Answer, isRecord } from "./answer.ts";
import { type Api, asEnvelope, type CallOptions, failure, malformed, unwrap, valueForm } from "./api.ts";
import type {
  GetOptions,
  KVNamespaceBinding,
  ListKey,
  ListOptions,
  ListResult,
  PutOptions,
  Value,
  ValueWithMetadata,
} from "./binding.ts";
import { type BulkKind, type BulkOptions, type BulkReport, handledByBulk, runBulk } from "./bulk.ts";
import {
  bulkGet,
  type BulkReader,
  type Entry,
  type Found,
  handledByBulkGet,
  type Missing,
} from "./bulk-get.ts";
import { KVAPIError, KVInputError } from "./errors.ts";
import { compareKeys, keyProblem, utf8Length } from "./limits.ts";
import { cutCursor, type Pages, pages, readCursor, type Step } from "./pages.ts";
import { type components, errorCodes, limits } from "./schema.ts";
import type { Job } from "./transport.ts";
import {
  parseJson,
  refuse,
  toBody,
  toBulkValue,
  toExactText,
  toExpiration,
  toMetadataJson,
  toStream,
  toText,
} from "./values.ts";

/** A pair to write. */
export interface Pair {
  key: string;
  value: string | Uint8Array | ArrayBuffer;
  /** Any JSON value, of at most 1,024 bytes in UTF-8. `null` is none. */
  metadata?: unknown;
  /** When it expires, in seconds since the epoch. One under 60 seconds ahead is not sent, and counted as expired. */
  expiration?: number;
  /** After how many seconds it expires; at least 60. Wins over `expiration`. */
  expirationTtl?: number;
}

/** Ends the call; its reason is what rejects. */
interface Cancellable {
  signal?: AbortSignal | undefined;
}

/**
 * A namespace. It can be used wherever a Workers `KVNamespace` is wanted, and has the REST API's bulk
 * operations beside the binding's methods.
 */
export interface KVNamespaceClient extends KVNamespaceBinding {
  readonly id: string;

  /** The metadata of a key; `null` where it has none, or where there is no such key. */
  metadata<Metadata = unknown>(key: string, options?: Cancellable): Promise<Metadata | null>;

  /**
   * Writes any number of pairs, with as few requests as the limits allow: 10,000 pairs or some 10 MB each.
   * Where a key comes more than once, its last pair wins. A pair that breaks a rule does not stop the others.
   *
   * @throws KVBulkError where not all was written: it names the rest
   */
  bulkPut(pairs: Iterable<Pair> | AsyncIterable<Pair>, options?: BulkOptions): Promise<BulkReport>;

  /**
   * Deletes any number of keys, 10,000 a request. One that is not there is no error.
   *
   * @throws KVBulkError where not all was deleted: it names the rest
   */
  bulkDelete(keys: Iterable<string> | AsyncIterable<string>, options?: BulkOptions): Promise<BulkReport>;

  /**
   * Reads any number of keys, 100 a request: one item for each input, in order. Keys as they are listed bring
   * their metadata and expiration along.
   */
  bulkGet(
    keys: Iterable<string | ListKey> | AsyncIterable<string | ListKey>,
    options?: Cancellable,
  ): AsyncIterable<Entry | Missing>;

  /**
   * Every pair of the namespace, or of those whose key starts with a prefix, in the order of the keys. What
   * it gives can be given to `bulkPut`. It is no snapshot: what changes meanwhile may be seen or not.
   */
  entries(options?: Cancellable & { prefix?: string | undefined }): AsyncIterable<Entry>;
}

/** What the handle needs to know of the client. */
export interface NamespaceSettings {
  accountId: string;
  /** How often a bulk job sends again what was not done. */
  resends: number;
  /** The longest pause within a job, in ms. */
  jobMaxDelay: number;
  /** Whether a stream is sent while it is read, since no request is sent twice. */
  sendsStreams: boolean;
}

const namespacePath = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}";
const valuePath = `${namespacePath}/values/{key_name}` as const;

type WirePair = components["schemas"]["Pair"];

/** A bulk request is sent at this size: large enough to be few, small enough to be held five at a time. */
const bytesPerBulkWrite = Math.min(10_000_000, limits.bulkWriteBytes / 10);

export class NamespaceHandle implements KVNamespaceClient {
  readonly id: string;
  readonly #api: Api;
  readonly #settings: NamespaceSettings;

  constructor(api: Api, id: string, settings: NamespaceSettings) {
    this.id = id;
    this.#api = api;
    this.#settings = settings;
  }

  // `never` is what fits every one of the interface's signatures.
  async get(
    key: string | string[],
    options?: string | Partial<GetOptions<string | undefined>>,
  ): Promise<never> {
    const { type, signal } = readOptions(options);
    if (Array.isArray(key)) {
      const found = await this.#getMany(key, type, signal, false);
      return new Map(Array.from(found, ([name, entry]) => [name, entry?.value ?? null] as const)) as never;
    }
    const answer = await this.#readValue(key, type === "stream", signal);
    return (answer && (await read(answer, key, type))) as never;
  }

  async getWithMetadata(
    key: string | string[],
    options?: string | Partial<GetOptions<string | undefined>>,
  ): Promise<never> {
    const { type, signal } = readOptions(options);
    if (Array.isArray(key)) {
      const found = await this.#getMany(key, type, signal, true);
      return new Map(Array.from(found, ([name, entry]) => [name, withMetadata(entry)] as const)) as never;
    }
    refuse(keyProblem(key));
    if (type === "text" || type === "json") {
      try {
        const handles = [413, errorCodes.bulkGetRefused, errorCodes.bulkOperationsInProgress];
        const found = (await this.#readMany([key], { signal, handles }, true)).get(key) ?? null;
        return withMetadata(found && parsed(found, key, type)) as never;
      } catch (error) {
        const isBinary = error instanceof KVAPIError && error.code === errorCodes.bulkGetRefused;
        const isBusy = error instanceof KVAPIError && error.code === errorCodes.bulkOperationsInProgress;
        if (!isBinary && !isBusy && !(error instanceof KVAPIError && error.status === 413)) throw error;
      }
    }
    const [answer, metadata] = await Promise.all([
      this.#readValue(key, type === "stream", signal),
      this.metadata(key, { signal }),
    ]);
    if (!answer) return withMetadata(null) as never;
    return withMetadata({ value: await read(answer, key, type), metadata, ...expirationOf(answer) }) as never;
  }

  async put(key: string, value: Value, options: PutOptions = {}): Promise<void> {
    refuse(keyProblem(key));
    const query = toExpiration(options ?? {}, Date.now());
    const metadata = toMetadataJson(options?.metadata);
    const stream = this.#settings.sendsStreams && metadata === undefined ? toStream(value) : undefined;
    const content = stream ?? (await toBody(value));
    const body =
      metadata === undefined ? content : valueForm(content as string | Blob | BufferSource, metadata);
    await unwrap(
      this.#api.PUT(valuePath, {
        params: { path: this.#pathOf(key), query },
        // The body is made here; the serializer passes on what is no JSON.
        body: body as string,
        ...asEnvelope({ signal: options?.signal }),
      }),
    );
  }

  async delete(key: string, { signal }: Cancellable = {}): Promise<void> {
    await unwrap(
      this.#api.DELETE(valuePath, {
        params: { path: this.#pathOf(key) },
        ...asEnvelope({ signal }),
      }),
    );
  }

  async metadata<Metadata = unknown>(key: string, { signal }: Cancellable = {}): Promise<Metadata | null> {
    try {
      const { envelope } = await unwrap(
        this.#api.GET(`${namespacePath}/metadata/{key_name}`, {
          params: { path: this.#pathOf(key) },
          ...asEnvelope({ signal }),
        }),
      );
      return (envelope.result ?? null) as Metadata | null;
    } catch (error) {
      if (error instanceof KVAPIError && error.code === errorCodes.keyNotFound) return null;
      throw error;
    }
  }

  list<Metadata = unknown>(options: ListOptions = {}): Pages<ListResult<Metadata>, ListKey<Metadata>> {
    return this.#list<Metadata>(options, { queued: 0 });
  }

  bulkPut(pairs: Iterable<Pair> | AsyncIterable<Pair>, options: BulkOptions = {}): Promise<BulkReport> {
    const kind: BulkKind<Pair, WirePair> = {
      operation: "writeMultiple",
      itemsPerRequest: limits.bulkWritePairs,
      bytesPerRequest: bytesPerBulkWrite,
      keyOf: (pair) => pair.key,
      prepare: (pair) => toWirePair(pair, Date.now()),
      measure: ({ wire }) => sizeOf(wire, utf8Length),
      send: (body, job, signal) =>
        this.#bulk(
          this.#api.PUT(`${namespacePath}/bulk`, {
            params: { path: this.#path() },
            body,
            ...this.#jobCall(job, signal),
          }),
        ),
    };
    return this.#run(kind, pairs, options);
  }

  bulkDelete(keys: Iterable<string> | AsyncIterable<string>, options: BulkOptions = {}): Promise<BulkReport> {
    const kind: BulkKind<string, string> = {
      operation: "deleteMultiple",
      itemsPerRequest: limits.bulkDeleteKeys,
      bytesPerRequest: bytesPerBulkWrite,
      keyOf: (key) => key,
      prepare(key) {
        refuse(keyProblem(key));
        return { key, wire: key, bound: key.length * 3 };
      },
      measure: ({ key }) => utf8Length(key),
      send: (body, job, signal) =>
        this.#bulk(
          this.#api.POST(`${namespacePath}/bulk/delete`, {
            params: { path: this.#path() },
            body,
            ...this.#jobCall(job, signal),
          }),
        ),
    };
    return this.#run(kind, keys, options);
  }

  bulkGet(
    keys: Iterable<string | ListKey> | AsyncIterable<string | ListKey>,
    { signal }: Cancellable = {},
  ): AsyncIterable<Entry | Missing> {
    return bulkGet(keys, this.#reader({ queued: 0 }, signal, true));
  }

  async *entries({ prefix, signal }: Cancellable & { prefix?: string | undefined } = {}): AsyncGenerator<
    Entry,
    void,
    undefined
  > {
    const job: Job = { queued: 0 };
    const keys = this.#list({ prefix, signal }, job);
    for await (const entry of bulkGet(keys, this.#reader(job, signal, false))) {
      if (entry.value !== null) yield entry as Entry;
    }
  }

  #path(): { account_id: string; namespace_id: string } {
    return { account_id: this.#settings.accountId, namespace_id: this.id };
  }

  #pathOf(key: string): { account_id: string; namespace_id: string; key_name: string } {
    return { ...this.#path(), key_name: key };
  }

  #jobCall(job: Job, signal: AbortSignal | undefined): ReturnType<typeof asEnvelope> {
    return asEnvelope({ job, signal, maxDelay: this.#settings.jobMaxDelay, handles: handledByBulk });
  }

  #list<Metadata>(options: ListOptions, job: Job): Pages<ListResult<Metadata>, ListKey<Metadata>> {
    return pages(this.#page<Metadata>(options, job, new Map()));
  }

  async #page<Metadata>(
    options: ListOptions,
    job: Job,
    seen: Map<string, string>,
  ): Promise<Step<ListResult<Metadata>, ListKey<Metadata>>> {
    const { limit = limits.listKeysMax, signal } = options;
    if (!Number.isInteger(limit) || limit < 1 || limit > limits.listKeysMax) {
      throw new KVInputError(`limit is ${limit}, not a whole number from 1 to ${limits.listKeysMax}`);
    }
    const prefix = options.prefix || undefined;
    if (prefix?.isWellFormed() === false) throw new KVInputError("the prefix has a lone surrogate");
    const { cursor, after } = readCursor(options.cursor);
    const { envelope, answer } = await unwrap(
      this.#api.GET(`${namespacePath}/keys`, {
        params: {
          path: this.#path(),
          query: {
            limit: Math.max(limit, limits.listKeysMin),
            ...(prefix === undefined ? {} : { prefix }),
            ...(cursor === undefined ? {} : { cursor }),
          },
        },
        ...asEnvelope({ signal, job, maxDelay: this.#settings.jobMaxDelay }),
      }),
    );
    const listed: unknown = envelope.result;
    if (!Array.isArray(listed) || !listed.every(isListKey))
      throw malformed(answer, "result is no list of keys");
    const upstream: unknown = (isRecord(envelope.result_info) ? envelope.result_info.cursor : null) ?? "";
    if (typeof upstream !== "string") throw malformed(answer, "the cursor is not text");

    const rest = after === undefined ? listed : listed.filter(({ name }) => compareKeys(name, after) > 0);
    const keys = rest.slice(0, limit) as ListKey<Metadata>[];
    const isCut = keys.length < rest.length;
    const next = isCut ? cutCursor(cursor, keys.at(-1)!.name) : upstream || undefined;
    if (next === undefined)
      return { page: { list_complete: true, keys, cacheStatus: null }, items: keys, next };
    if (!isCut) {
      const content = JSON.stringify([listed.length, listed[0]?.name, listed.at(-1)?.name]);
      if (seen.get(next) === content) throw malformed(answer, "the same cursor with the same keys again");
      seen.set(next, content);
    }
    return {
      page: { list_complete: false, keys, cursor: next, cacheStatus: null },
      items: keys,
      next: () => this.#page({ ...options, cursor: next }, job, seen),
    };
  }

  async #run<Input, Wire>(
    kind: BulkKind<Input, Wire>,
    source: Iterable<Input> | AsyncIterable<Input>,
    options: BulkOptions,
  ): Promise<BulkReport> {
    return runBulk(kind, source, options, this.#settings.resends);
  }

  async #bulk(
    call: Promise<{ data?: { result: components["schemas"]["BulkResult"] }; response: Response }>,
  ): Promise<{ left: readonly string[]; attempts: number }> {
    const { envelope, answer } = await unwrap(call);
    const left: unknown = isRecord(envelope.result) ? (envelope.result.unsuccessful_keys ?? []) : undefined;
    if (!Array.isArray(left) || !left.every((key) => typeof key === "string")) {
      throw malformed(answer, "result is not what a bulk operation did");
    }
    return { left, attempts: answer.attempts };
  }

  /** The answer with the value; `null` where there is no such key. */
  async #readValue(
    key: string,
    stream: boolean,
    signal: AbortSignal | undefined,
    call?: CallOptions,
  ): Promise<Answer | null> {
    const { response } = await this.#api.GET(valuePath, {
      params: { path: this.#pathOf(key) },
      ...asEnvelope({ ...call, signal, stream }),
      // openapi-fetch gives no data for an empty body: the value is read from the answer itself.
      parseAs: stream ? "stream" : "arrayBuffer",
    });
    const answer = response as Answer;
    if (answer.ok) return answer;
    if (answer.problems[0]?.code === errorCodes.keyNotFound) return null;
    throw failure(answer);
  }

  async #readMany(
    keys: string[],
    call: CallOptions,
    needsMetadata: boolean,
  ): Promise<ReadonlyMap<string, (Found & { value: string }) | null>> {
    for (const key of keys) refuse(keyProblem(key));
    const { envelope, answer } = await unwrap(
      this.#api.POST(`${namespacePath}/bulk/get`, {
        params: { path: this.#path() },
        body: { keys, type: "text", withMetadata: needsMetadata },
        ...asEnvelope(call),
      }),
    );
    const values: unknown = isRecord(envelope.result) ? envelope.result.values : undefined;
    if (!isRecord(values)) throw malformed(answer, "result has no values");
    return new Map(
      keys.map((key) => {
        const value = Object.hasOwn(values, key) ? values[key] : null;
        if (value === null) return [key, null] as const;
        const record = needsMetadata && isRecord(value) ? value : { value };
        const text = record["value"];
        if (typeof text !== "string") throw malformed(answer, "a value is not text");
        const { metadata = null, expiration } = record as { metadata?: unknown; expiration?: unknown };
        return [
          key,
          { value: text, metadata, ...(typeof expiration === "number" ? { expiration } : {}) },
        ] as const;
      }),
    );
  }

  async #getMany(
    keys: string[],
    type: ReadType,
    signal: AbortSignal | undefined,
    needsMetadata: boolean,
  ): Promise<Map<string, { value: unknown; metadata: unknown; expiration?: number } | null>> {
    if (type !== "text" && type !== "json")
      throw new KVInputError(`many keys cannot be read as ${type}, only as text or json`);
    const result = new Map<string, { value: unknown; metadata: unknown; expiration?: number } | null>();
    for await (const entry of bulkGet(keys, this.#reader({ queued: 0 }, signal, needsMetadata))) {
      result.set(entry.key, entry.value === null ? null : parsed(entry as Entry, entry.key, type));
    }
    return result;
  }

  #reader(job: Job, signal: AbortSignal | undefined, needsMetadata: boolean): BulkReader {
    const { jobMaxDelay: maxDelay, resends } = this.#settings;
    return {
      signal,
      resends,
      readMany: (keys) =>
        this.#readMany(keys, { job, signal, maxDelay, handles: handledByBulkGet }, needsMetadata),
      readOne: async (key) => {
        const [answer, metadata] = await Promise.all([
          this.#readValue(key, false, signal, { job, maxDelay }),
          needsMetadata ? this.metadata(key, { signal }) : null,
        ]);
        if (!answer) return null;
        const bytes = await answer.bytes();
        return { value: toExactText(bytes) ?? bytes, metadata, ...expirationOf(answer) };
      },
    };
  }
}

function isListKey(value: unknown): value is ListKey {
  if (!isRecord(value) || typeof value["name"] !== "string") return false;
  return value["expiration"] === undefined || typeof value["expiration"] === "number";
}

type ReadType = "text" | "json" | "arrayBuffer" | "stream";

const readTypes: readonly string[] = ["text", "json", "arrayBuffer", "stream"] satisfies ReadType[];

function readOptions(options: string | Partial<GetOptions<string | undefined>> | undefined): {
  type: ReadType;
  signal: AbortSignal | undefined;
} {
  const { type = "text", signal } = typeof options === "string" ? { type: options } : (options ?? {});
  if (!readTypes.includes(type))
    throw new KVInputError(`a value cannot be read as "${type}", only as ${readTypes.join(", ")}`);
  return { type: type as ReadType, signal };
}

async function read(answer: Answer, key: string, type: ReadType): Promise<unknown> {
  if (type === "stream") return answer.body ?? new Blob([]).stream();
  const bytes = await answer.arrayBuffer();
  if (type === "arrayBuffer") return bytes;
  const text = toText(bytes);
  return type === "text" ? text : parseJson(text, key, answer.operation);
}

/** What a bulk read found, as the type that was asked for. */
function parsed(
  found: NonNullable<Found>,
  key: string,
  type: "text" | "json",
): { value: unknown; metadata: unknown; expiration?: number } {
  const text = typeof found.value === "string" ? found.value : toText(found.value);
  return { ...found, value: type === "text" ? text : parseJson(text, key, "getMultiple") };
}

function withMetadata(
  found: { value: unknown; metadata: unknown; expiration?: number } | null,
): ValueWithMetadata<unknown, unknown> {
  const { value = null, metadata = null, expiration = null } = found ?? {};
  return { value, metadata, expiration, cacheStatus: null };
}

function expirationOf(answer: Answer): { expiration?: number } {
  const expiration = Number(answer.headers.get("expiration") ?? NaN);
  return Number.isFinite(expiration) ? { expiration } : {};
}

function toWirePair(pair: Pair, now: number): { key: string; wire: WirePair; bound: number } | "expired" {
  const { key, expiration, expirationTtl } = pair;
  refuse(keyProblem(key));
  const metadata = toMetadataJson(pair.metadata);
  if (expirationTtl === undefined && expiration !== undefined) {
    if (expiration < now / 1000 + limits.expirationTtlSeconds) return "expired";
  }
  const wire: WirePair = {
    key,
    ...toBulkValue(pair.value),
    ...toExpiration(pair, now),
    ...(metadata === undefined ? {} : { metadata: pair.metadata }),
  };
  return { key, wire, bound: sizeOf(wire, (text) => text.length * 3, metadata) };
}

/** What a pair takes in a request, by a measure of text; the names around it take some 100 bytes. */
function sizeOf(wire: WirePair, measure: (text: string) => number, metadata?: string): number {
  const json = metadata ?? (wire.metadata === undefined ? "" : JSON.stringify(wire.metadata));
  return measure(wire.key) + (wire.base64 ? wire.value.length : measure(wire.value)) + measure(json) + 100;
}
