/** One namespace: the binding's methods, and the bulk ones. */
import { type Answer, isRecord } from "./answer.ts";
import {
  type Api,
  facadeCall,
  malformed,
  namespacePath,
  type Target,
  unwrap,
  valueForm,
  valuePath,
} from "./api.ts";
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
import { bulkGet, type BulkReader, type Entry, type Missing } from "./bulk-get.ts";
import { KVAPIError, KVInputError } from "./errors.ts";
import { listKeys } from "./keys.ts";
import { keyProblem } from "./limits.ts";
import type { Cancellable } from "./namespaces.ts";
import { itemsOf, type Pages } from "./pages.ts";
import { expirationOf, type Found, readMany, readMetadata, readValue } from "./reads.ts";
import { type components, errorCodes, limits, type OperationId } from "./schema.ts";
import type { Job } from "./transport.ts";
import {
  type Pair,
  parseJson,
  refuse,
  toBody,
  toExactText,
  toExpiration,
  toMetadataJson,
  toStream,
  toText,
  toWirePair,
  type WirePair,
} from "./values.ts";

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

/** What a handle needs to know of its client. */
export interface NamespaceSettings {
  accountId: string;
  /** How often a bulk job sends again what was not done. */
  resends: number;
  /** The longest pause within a job, in ms. */
  jobMaxDelay: number;
  /** Whether a stream is sent while it is read, since no request is sent twice. */
  sendsStreams: boolean;
}

/** A bulk request is sent at this size: large enough to be few, small enough to be held five at a time. */
const bytesPerBulkWrite = limits.bulkWriteBytes / 10;

export class NamespaceHandle implements KVNamespaceClient {
  readonly id: string;
  readonly #target: Target;
  readonly #settings: NamespaceSettings;

  constructor(api: Api, id: string, settings: NamespaceSettings) {
    this.id = id;
    this.#target = {
      api,
      path: { account_id: settings.accountId, namespace_id: id },
      jobMaxDelay: settings.jobMaxDelay,
    };
    this.#settings = settings;
  }

  // Promise<never> is what fits every one of the interface's signatures.
  async get(key: string | string[], options?: ReadOptions): Promise<never> {
    const { type, signal } = readOptions(options);
    if (Array.isArray(key)) {
      const result = new Map<string, unknown>();
      for await (const [name, found] of this.#getMany(key, type, signal, false)) {
        result.set(name, found?.value ?? null);
      }
      return result as never;
    }
    const answer = await readValue(this.#target, key, { signal, stream: type === "stream" });
    return (answer && valueOf(answer, key, type)) as never;
  }

  async getWithMetadata(key: string | string[], options?: ReadOptions): Promise<never> {
    const { type, signal } = readOptions(options);
    if (Array.isArray(key)) {
      const result = new Map<string, ValueWithMetadata<unknown, unknown>>();
      for await (const [name, found] of this.#getMany(key, type, signal, true)) {
        result.set(name, withMetadata(found));
      }
      return result as never;
    }
    const found = type === "text" || type === "json" ? await this.#readAtOnce(key, signal) : undefined;
    if (found !== undefined) {
      return withMetadata(found && { ...found, value: fromText(found.value, key, type) }) as never;
    }
    const reading = readValue(this.#target, key, { signal, stream: type === "stream" });
    const all = Promise.all([reading, readMetadata(this.#target, key, { signal })]);
    const [answer, metadata] = await all.catch((error: unknown) => {
      // Nobody will read the stream, which holds a connection.
      if (type === "stream") reading.then((unread) => unread?.body?.cancel()).catch(() => {});
      throw error;
    });
    if (!answer) return withMetadata(null) as never;
    const value = valueOf(answer, key, type);
    return withMetadata({ value, metadata, ...expirationOf(answer) }) as never;
  }

  async put(key: string, value: Value, options?: PutOptions): Promise<void> {
    refuse(keyProblem(key));
    const query = toExpiration(options ?? {}, Date.now());
    const metadata = toMetadataJson(options?.metadata);
    const sent = this.#settings.sendsStreams && metadata === undefined ? toStream(value) : undefined;
    const body = sent?.stream ?? (await toBody(value, options?.signal));
    const call = unwrap(
      this.#target.api.PUT(valuePath, {
        params: { path: { ...this.#target.path, key_name: key }, query },
        // Text, bytes and forms pass the serializer as they are; the spec's type for them is one of many.
        body: (metadata === undefined ? body : valueForm(body as string | Blob, metadata)) as string,
        ...facadeCall("writeValue", { signal: options?.signal }),
      }),
    );
    await call.catch((error: unknown) => {
      throw sent?.failure ? sent.failure.error : error;
    });
  }

  async delete(key: string, { signal }: Cancellable = {}): Promise<void> {
    const params = { path: { ...this.#target.path, key_name: key } };
    await unwrap(this.#target.api.DELETE(valuePath, { params, ...facadeCall("deleteValue", { signal }) }));
  }

  async metadata<Metadata = unknown>(key: string, { signal }: Cancellable = {}): Promise<Metadata | null> {
    return (await readMetadata(this.#target, key, { signal })) as Metadata | null;
  }

  list<Metadata = unknown>(options: ListOptions = {}): Pages<ListResult<Metadata>, ListKey<Metadata>> {
    return listKeys(this.#target, options);
  }

  bulkPut(pairs: Iterable<Pair> | AsyncIterable<Pair>, options: BulkOptions = {}): Promise<BulkReport> {
    const kind: BulkKind<Pair, WirePair> = {
      operation: "writeMultiple",
      itemsPerRequest: limits.bulkWritePairs,
      bytesPerRequest: bytesPerBulkWrite,
      keyOf: ({ key }) => key,
      prepare: toWirePair,
      send: (body, job, signal) =>
        bulkResult(
          this.#target.api.PUT(`${namespacePath}/bulk`, {
            params: { path: this.#target.path },
            // The serializer passes on bytes as they are.
            body: body as unknown as [],
            ...this.#bulkCall("writeMultiple", job, signal),
          }),
        ),
    };
    return runBulk(kind, pairs, options, this.#settings.resends);
  }

  bulkDelete(keys: Iterable<string> | AsyncIterable<string>, options: BulkOptions = {}): Promise<BulkReport> {
    const kind: BulkKind<string, string> = {
      operation: "deleteMultiple",
      itemsPerRequest: limits.bulkDeleteKeys,
      bytesPerRequest: bytesPerBulkWrite,
      keyOf: (key) => key,
      prepare(key) {
        refuse(keyProblem(key));
        return { wire: key, bound: key.length * 3 };
      },
      send: (body, job, signal) =>
        bulkResult(
          this.#target.api.POST(`${namespacePath}/bulk/delete`, {
            params: { path: this.#target.path },
            // The serializer passes on bytes as they are.
            body: body as unknown as [],
            ...this.#bulkCall("deleteMultiple", job, signal),
          }),
        ),
    };
    return runBulk(kind, keys, options, this.#settings.resends);
  }

  bulkGet(
    keys: Iterable<string | ListKey> | AsyncIterable<string | ListKey>,
    { signal }: Cancellable = {},
  ): AsyncIterable<Entry | Missing> {
    return itemsOf(bulkGet(keys, this.#reader({ queued: 0 }, signal, true)));
  }

  entries(options: Cancellable & { prefix?: string | undefined } = {}): AsyncIterable<Entry> {
    return itemsOf(this.#entries(options));
  }

  async *#entries(
    options: Cancellable & { prefix?: string | undefined },
  ): AsyncGenerator<Entry[], void, undefined> {
    const job: Job = { queued: 0 };
    const keys = listKeys(this.#target, options, job);
    for await (const batch of bulkGet(keys, this.#reader(job, options.signal, true))) {
      yield batch.filter((entry): entry is Entry => entry.value !== null);
    }
  }

  #bulkCall(
    operation: OperationId,
    job: Job,
    signal: AbortSignal | undefined,
  ): ReturnType<typeof facadeCall> {
    const { jobMaxDelay: maxDelay } = this.#settings;
    return facadeCall(operation, { job, signal, maxDelay, handles: handledByBulk });
  }

  /** Value and metadata of one moment; `undefined` where a bulk read cannot give them. */
  async #readAtOnce(key: string, signal: AbortSignal | undefined): Promise<Found<string> | null | undefined> {
    const handles = [413, errorCodes.bulkGetRefused, errorCodes.bulkOperationsInProgress];
    try {
      return (await readMany(this.#target, [key], true, { signal, handles })).get(key) ?? null;
    } catch (error) {
      if (!(error instanceof KVAPIError)) throw error;
      if (handles.includes(error.status) || handles.includes(error.code ?? 0)) return undefined;
      throw error;
    }
  }

  async *#getMany(
    keys: string[],
    type: ReadType,
    signal: AbortSignal | undefined,
    needsMetadata: boolean,
  ): AsyncGenerator<[string, Found<unknown> | null], void, undefined> {
    if (type !== "text" && type !== "json") {
      throw new KVInputError(`many keys cannot be read as ${type}, only as text or json`);
    }
    const reader = this.#reader({ queued: 0 }, signal, needsMetadata);
    for await (const entry of itemsOf(bulkGet(keys, reader))) {
      const { key, value } = entry;
      if (value === null) yield [key, null];
      else
        yield [
          key,
          { ...entry, value: fromText(typeof value === "string" ? value : toText(value), key, type) },
        ];
    }
  }

  #reader(job: Job, signal: AbortSignal | undefined, needsMetadata: boolean): BulkReader {
    const call = { job, maxDelay: this.#settings.jobMaxDelay };
    return {
      signal,
      needsMetadata,
      resends: this.#settings.resends,
      readMany: (keys, withMetadata, ended, handles) =>
        readMany(this.#target, keys, withMetadata, { ...call, signal: ended, handles }),
      readOne: async (key, withMetadata, ended) => {
        const [answer, metadata] = await Promise.all([
          readValue(this.#target, key, { ...call, signal: ended }),
          withMetadata ? readMetadata(this.#target, key, { ...call, signal: ended }) : null,
        ]);
        if (!answer) return null;
        const bytes = new Uint8Array(answer.content as ArrayBuffer);
        return { value: toExactText(bytes) ?? bytes, metadata, ...expirationOf(answer) };
      },
    };
  }
}

async function bulkResult(
  call: Promise<{ data?: { result: components["schemas"]["BulkResult"] }; response: Response }>,
): Promise<{ left: readonly string[]; attempts: number }> {
  const { envelope, answer } = await unwrap(call);
  const left: unknown = isRecord(envelope.result) ? (envelope.result.unsuccessful_keys ?? []) : undefined;
  if (!Array.isArray(left) || !left.every((key) => typeof key === "string")) {
    throw malformed(answer, "result does not say which keys were not done");
  }
  return { left, attempts: answer.attempts };
}

const readTypes = ["text", "json", "arrayBuffer", "stream"] as const;
type ReadType = (typeof readTypes)[number];
type ReadOptions = string | Partial<GetOptions<string | undefined>>;

function readOptions(options: ReadOptions | undefined): { type: ReadType; signal: AbortSignal | undefined } {
  const { type: given = "text", signal } = typeof options === "string" ? { type: options } : (options ?? {});
  const type = readTypes.find((each) => each === given);
  if (!type) throw new KVInputError(`a value cannot be read as "${given}", only as ${readTypes.join(", ")}`);
  return { type, signal };
}

function valueOf(answer: Answer, key: string, type: ReadType): unknown {
  if (type === "stream") return answer.body;
  const bytes = answer.content as ArrayBuffer;
  return type === "arrayBuffer" ? bytes : fromText(toText(bytes), key, type);
}

function fromText(text: string, key: string, type: ReadType): unknown {
  return type === "json" ? parseJson(text, key) : text;
}

function withMetadata(found: Found<unknown> | null): ValueWithMetadata<unknown, unknown> {
  const { value = null, metadata = null, expiration = null } = found ?? {};
  return { value, metadata, expiration, cacheStatus: null };
}
