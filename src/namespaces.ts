/** The account's namespaces, in the words of the wire. */
import { type Answer, isRecord } from "./answer.ts";
import { type Api, facadeCall, malformed, unwrap } from "./api.ts";
import { KVAPIError } from "./errors.ts";
import { check, checkWhole, refuse, titleProblem } from "./limits.ts";
import { type Pages, pages, type Step } from "./pages.ts";
import { type components, errorCodes, limits, type paths } from "./schema.ts";
import type { Job } from "./transport.ts";

/** A namespace as the service describes it. */
export type Namespace = components["schemas"]["Namespace"];

/** Where a namespace's data may be kept; for accounts that Cloudflare has allowed it to. */
export type Jurisdiction = components["schemas"]["Jurisdiction"];

/** One page of namespaces. */
export interface NamespacePage {
  result: Namespace[];
  result_info: components["schemas"]["PageInfo"];
}

type ListQuery = NonNullable<paths[typeof collection]["get"]["parameters"]["query"]>;

/** A call that can be ended. */
export interface Cancellable {
  /** Ends the call; its reason is what rejects. */
  signal?: AbortSignal | undefined;
}

/** Which namespaces to list: the query of the REST API. */
export interface NamespaceListOptions extends Cancellable {
  /** The page to begin with. @default 1 */
  page?: ListQuery["page"] | undefined;
  /** How many a page has, 1 to 1,000. @default 20 */
  per_page?: ListQuery["per_page"] | undefined;
  /** What to sort by. */
  order?: ListQuery["order"] | undefined;
  /** Which way to sort. */
  direction?: ListQuery["direction"] | undefined;
}

/** What can be done with the namespaces of an account. */
export interface NamespacesClient {
  /** Lists namespaces: await it for a page, iterate it with `for await` for all. */
  list(options?: NamespaceListOptions): Pages<NamespacePage, Namespace>;
  /**
   * Creates a namespace. It is not sent again after a failure that leaves open whether it was received: the
   * error then says that the namespace may exist.
   *
   * @throws KVAPIError with code 10014 where the title is taken
   */
  create(
    title: string,
    options?: Cancellable & { jurisdiction?: Jurisdiction | undefined },
  ): Promise<Namespace>;
  /** @throws KVAPIError with code 10013 where there is none of this id */
  get(id: string, options?: Cancellable): Promise<Namespace>;
  /** @throws KVAPIError with code 10013 where there is none of this id, 10014 where the title is taken */
  rename(id: string, title: string, options?: Cancellable): Promise<Namespace>;
  /**
   * Deletes a namespace and all that is in it.
   *
   * @throws KVAPIError with code 10013 where there is none of this id
   */
  delete(id: string, options?: Cancellable): Promise<void>;
  /** The namespace of this title, or `null`. Lists the namespaces until it is found. */
  find(title: string, options?: Cancellable): Promise<Namespace | null>;
  /** The namespace of this title, created where there is none. */
  ensure(title: string, options?: Cancellable): Promise<Namespace>;
}

const collection = "/accounts/{account_id}/storage/kv/namespaces";
const item = "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}";

export function createNamespaces(api: Api, accountId: string, jobMaxDelay: number): NamespacesClient {
  const path = { account_id: accountId };

  async function page(
    { signal, ...query }: NamespaceListOptions,
    job: Job,
    before?: { ids: string; seen: number },
  ): Promise<Step<NamespacePage, Namespace>> {
    const perPage = query.per_page ?? limits.namespacesPerPageDefault;
    checkWhole("page", query.page ?? 1, 1);
    checkWhole("per_page", perPage, 1, limits.namespacesPerPageMax);
    checkWord("order", query.order, { id: 0, title: 0 });
    checkWord("direction", query.direction, { asc: 0, desc: 0 });
    const { envelope, answer } = await unwrap(
      api.GET(collection, {
        params: { path, query: query as Defined<typeof query> },
        ...facadeCall("listNamespaces", { signal, job, maxDelay: jobMaxDelay }),
      }),
    );
    const { result, result_info } = envelope;
    if (!Array.isArray(result) || !result.every(isNamespace)) {
      throw malformed(answer, "result is no list of namespaces");
    }
    // A service that passes over the number of the page would be asked for ever.
    const ids = result.map(({ id }) => id).join();
    if (ids === before?.ids) throw malformed(answer, "the same page again");
    const { per_page, total_count: total } = Object(result_info) as Partial<Record<string, unknown>>;
    const current = query.page ?? 1;
    // The service may give fewer to a page than it was asked for.
    const size = Number(per_page) || perPage;
    const seen = (before?.seen ?? (current - 1) * size) + result.length;
    const isLast = result.length === 0 || (typeof total === "number" ? seen >= total : result.length < size);
    return {
      page: { result, result_info },
      items: result,
      next: isLast
        ? undefined
        : (wanted) => page({ ...query, signal: wanted, page: current + 1 }, job, { ids, seen }),
    };
  }

  const client: NamespacesClient = {
    list: (options = {}) => pages(page(options, { queued: 0 }), options.signal),

    async create(title, { jurisdiction, signal } = {}) {
      refuse(titleProblem(title));
      checkWord("jurisdiction", jurisdiction, { eu: 0, fedramp: 0, us: 0 });
      const body = jurisdiction === undefined ? { title } : { title, jurisdiction };
      return asNamespace(
        await unwrap(
          api.POST(collection, { params: { path }, body, ...facadeCall("createNamespace", { signal }) }),
        ),
      );
    },

    async get(id, { signal } = {}) {
      const params = { path: { ...path, namespace_id: id } };
      return asNamespace(await unwrap(api.GET(item, { params, ...facadeCall("getNamespace", { signal }) })));
    },

    async rename(id, title, { signal } = {}) {
      refuse(titleProblem(title));
      const params = { path: { ...path, namespace_id: id } };
      const renamed = await unwrap(
        api.PUT(item, { params, body: { title }, ...facadeCall("renameNamespace", { signal }) }),
      );
      // Both answers have been seen (FACTS.md §1, "Live behaviours").
      return renamed.envelope.result === null ? client.get(id, { signal }) : asNamespace(renamed);
    },

    async delete(id, { signal } = {}) {
      const params = { path: { ...path, namespace_id: id } };
      const call = api.DELETE(item, { params, ...facadeCall("removeNamespace", { signal }) });
      try {
        await unwrap(call);
      } catch (error) {
        // An earlier attempt deleted it, and its answer was lost.
        const isGone = error instanceof KVAPIError && error.code === errorCodes.namespaceNotFound;
        if (!isGone || !((await call).response as Answer).isRepeat) throw error;
      }
    },

    async find(title, { signal } = {}) {
      refuse(titleProblem(title));
      for await (const namespace of client.list({ per_page: limits.namespacesPerPageMax, signal })) {
        if (namespace.title === title) return namespace;
      }
      return null;
    },

    async ensure(title, { signal } = {}) {
      try {
        return await client.create(title, { signal });
      } catch (error) {
        if (!(error instanceof KVAPIError) || error.code !== errorCodes.titleTaken) throw error;
        const existing = await client.find(title, { signal });
        if (!existing) throw error;
        return existing;
      }
    },
  };
  return client;
}

function asNamespace({
  envelope,
  answer,
}: Awaited<ReturnType<typeof unwrap<{ result: unknown }>>>): Namespace {
  if (!isNamespace(envelope.result)) throw malformed(answer, "result is no namespace");
  return envelope.result;
}

function isNamespace(value: unknown): value is Namespace {
  return isRecord(value) && typeof value["id"] === "string" && typeof value["title"] === "string";
}

/** Every word that the spec's type has, and no other: else it does not compile. */
function checkWord<Word extends string>(name: string, word: Word | undefined, words: Record<Word, 0>): void {
  check(word === undefined || Object.hasOwn(words, word), name, word, Object.keys(words).join(" or "));
}

/** Under exactOptionalPropertyTypes an option of `undefined` is no absent one; openapi-fetch leaves out both. */
type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };
