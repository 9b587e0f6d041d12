/** One namespace: the binding's methods, and the bulk ones. */
import { endable } from "./abort.ts";
import type { Answer } from "./answer.ts";
import { type Api, facadeCall, namespacePath, type Target, unwrap, valueForm, valuePath } from "./api.ts";
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
import { bulkGet, type BulkReader, type Entry, type Missing, nameOf } from "./bulk-get.ts";
import { KVAPIError, KVInputError } from "./errors.ts";
import { listKeys } from "./keys.ts";
import { idProblem, keyProblem, refuse } from "./limits.ts";
import type { Cancellable } from "./namespaces.ts";
import { itemsOf, type Pages } from "./pages.ts";
import { expirationOf, type Found, readMany, readMetadata, readValue } from "./reads.ts";
import type { Resending } from "./retry.ts";
import { errorCodes, limits, type OperationId } from "./schema.ts";
import type { Job } from "./transport.ts";
import {
  isPast,
  type Pair,
  parseJson,
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
   * Where a key comes more than once, the last pair that is sent wins. A pair that breaks a rule, or that expires too
   * soon to be sent, does not stop the others.
   *
   * @throws KVBulkError where not all was written: it names the rest
   */
  bulkPut(pairs: Iterable<Pair> | AsyncIterable<Pair>, options?: BulkOptions): Promise<BulkReport>;

  /**
   * Deletes any number of keys, 10,000 a request, as text or as they are listed. One that is not there is no error.
   *
   * @throws KVBulkError where not all was deleted: it names the rest
   */
  bulkDelete(
    keys: Iterable<string | ListKey> | AsyncIterable<string | ListKey>,
    options?: BulkOptions,
  ): Promise<BulkReport>;

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
  /** Of what a job does not get done, and of the calls within it. */
  resendingOfJobs: Resending;
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
      jobMaxDelay: settings.resendingOfJobs.maxDelay,
    };
    this.#settings = settings;
  }

  /** What is wrong with the id: each call is refused for it, and a job before it takes its inputs. */
  get #problem(): string | undefined {
    return idProblem("namespace id", this.id, limits.namespaceIdLength);
  }

  // Promise<never> is what fits every one of the interface's signatures.
  async get(key: string | readonly string[], options?: ReadOptions): Promise<never> {
    const { type, signal } = readOptions(options);
    if (isMany(key)) {
      return (await this.#getMany(key, type, signal, false, (found) => found?.value ?? null)) as never;
    }
    const answer = await readValue(this.#target, key, { signal, stream: type === "stream" });
    return (answer && valueOf(answer, key, type)) as never;
  }

  async getWithMetadata(key: string | readonly string[], options?: ReadOptions): Promise<never> {
    const { type, signal } = readOptions(options);
    if (isMany(key)) return (await this.#getMany(key, type, signal, true, withMetadata)) as never;
    const found = type === "text" || type === "json" ? await this.#readAtOnce(key, signal) : undefined;
    if (found !== undefined) {
      return withMetadata(found && { ...found, value: fromText(found.value, key, type) }) as never;
    }
    // Where one of the two fails, nobody wants the other; nor is the stream read, which holds a connection.
    const both = endable(signal);
    const isStream = type === "stream";
    const reading = readValue(this.#target, key, {
      signal: isStream ? signal : both.signal,
      stream: isStream,
    });
    const all = Promise.all([reading, readMetadata(this.#target, key, { signal: both.signal })]);
    const [answer, metadata] = await all
      .catch((error: unknown) => {
        if (isStream) reading.then((unread) => unread?.body?.cancel()).catch(() => {});
        throw error;
      })
      .finally(both.end);
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
    await call.then(
      () => sent?.close(),
      (error: unknown) => {
        throw sent ? sent.close(error) : error;
      },
    );
  }

  async delete(key: string, options?: Cancellable): Promise<void> {
    const params = { path: { ...this.#target.path, key_name: key } };
    const call = facadeCall("deleteValue", { signal: options?.signal });
    await unwrap(this.#target.api.DELETE(valuePath, { params, ...call }));
  }

  async metadata<Metadata = unknown>(key: string, options?: Cancellable): Promise<Metadata | null> {
    return (await readMetadata(this.#target, key, { signal: options?.signal })) as Metadata | null;
  }

  list<Metadata = unknown>(options?: ListOptions): Pages<ListResult<Metadata>, ListKey<Metadata>> {
    return listKeys(this.#target, options ?? {});
  }

  bulkPut(pairs: Iterable<Pair> | AsyncIterable<Pair>, options?: BulkOptions): Promise<BulkReport> {
    return this.#runBulk<Pair, WirePair>(pairs, options, {
      operation: "writeMultiple",
      problem: this.#problem,
      itemsPerRequest: limits.bulkWritePairs,
      bytesPerRequest: bytesPerBulkWrite,
      keyOf: ({ key }) => key,
      prepare: toWirePair,
      isPast: ({ expiration }) => isPast(expiration),
      counts: true,
      send: (body, job, signal) =>
        this.#target.api.PUT(`${namespacePath}/bulk`, {
          params: { path: this.#target.path },
          // The serializer passes on bytes as they are.
          body: body as unknown as [],
          ...this.#bulkCall("writeMultiple", job, signal),
        }),
    });
  }

  bulkDelete(
    keys: Iterable<string | ListKey> | AsyncIterable<string | ListKey>,
    options?: BulkOptions,
  ): Promise<BulkReport> {
    return this.#runBulk<string | ListKey, string>(keys, options, {
      operation: "deleteMultiple",
      problem: this.#problem,
      itemsPerRequest: limits.bulkDeleteKeys,
      bytesPerRequest: bytesPerBulkWrite,
      keyOf: nameOf,
      prepare(input) {
        const key = nameOf(input);
        refuse(keyProblem(key));
        return { wire: key, bound: key.length * 3 };
      },
      counts: false,
      send: (body, job, signal) =>
        this.#target.api.POST(`${namespacePath}/bulk/delete`, {
          params: { path: this.#target.path },
          // The serializer passes on bytes as they are.
          body: body as unknown as [],
          ...this.#bulkCall("deleteMultiple", job, signal),
        }),
    });
  }

  #runBulk<Input, Wire>(
    source: Iterable<Input> | AsyncIterable<Input>,
    options: BulkOptions | undefined,
    kind: BulkKind<Input, Wire>,
  ): Promise<BulkReport> {
    return runBulk(kind, source, options ?? {}, this.#settings.resendingOfJobs);
  }

  bulkGet(
    keys: Iterable<string | ListKey> | AsyncIterable<string | ListKey>,
    options?: Cancellable,
  ): AsyncIterable<Entry | Missing> {
    return itemsOf(bulkGet(keys, this.#reader({ queued: 0 }, options?.signal, true)), options?.signal);
  }

  entries(options?: Cancellable & { prefix?: string | undefined }): AsyncIterable<Entry> {
    return itemsOf(this.#entries(options ?? {}), options?.signal);
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
    const { maxDelay } = this.#settings.resendingOfJobs;
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

  async #getMany<Item>(
    keys: readonly string[],
    type: ReadType,
    signal: AbortSignal | undefined,
    needsMetadata: boolean,
    toItem: (found: Found<unknown> | null) => Item,
  ): Promise<Map<string, Item>> {
    if (type !== "text" && type !== "json") {
      throw new KVInputError(`many keys cannot be read as ${type}, only as text or json`);
    }
    const result = new Map<string, Item>();
    for await (const batch of bulkGet(keys, this.#reader({ queued: 0 }, signal, needsMetadata))) {
      for (const entry of batch) {
        const { key, value } = entry;
        if (value === null) result.set(key, toItem(null));
        else {
          const text = typeof value === "string" ? value : toText(value);
          result.set(key, toItem({ ...entry, value: fromText(text, key, type) }));
        }
      }
    }
    return result;
  }

  #reader(job: Job, signal: AbortSignal | undefined, needsMetadata: boolean): BulkReader {
    const { resendingOfJobs: resending } = this.#settings;
    const call = { job, maxDelay: resending.maxDelay };
    return {
      signal,
      needsMetadata,
      resending,
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

/** Array.isArray leaves read-only arrays among what is none. */
const isMany = (key: string | readonly string[]): key is readonly string[] => Array.isArray(key);

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
