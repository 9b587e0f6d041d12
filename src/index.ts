/** The public names of workers-kv-rest. */
export { createKV, type KV, type KVOptions, type RetryOptions } from "./client.ts";
export { createRateLimit, type RateLimit, type RateLimitOptions } from "./rate-limit.ts";
export {
  KVAPIError,
  KVBulkError,
  KVConnectionError,
  KVError,
  KVInputError,
  type KVProblem,
  KVRateLimitError,
  type KVRejection,
  KVTimeoutError,
  type Result,
  toResult,
} from "./errors.ts";
export { errorCodes as KVErrorCode, limits, type OperationId } from "./schema.ts";
export type { Api } from "./api.ts";
export type {
  GetOptions,
  KVNamespaceBinding,
  ListKey,
  ListOptions,
  ListResult,
  PutOptions,
  Value,
  ValueWithMetadata,
} from "./binding.ts";
export type { BulkFailure, BulkOptions, BulkProgress, BulkReport } from "./bulk.ts";
export type { Entry, Missing } from "./bulk-get.ts";
export type { KVNamespaceClient } from "./namespace.ts";
export type {
  Cancellable,
  Jurisdiction,
  Namespace,
  NamespaceListOptions,
  NamespacePage,
  NamespacesClient,
} from "./namespaces.ts";
export type { Pages } from "./pages.ts";
export type { KVEvent } from "./transport.ts";
export type { Pair } from "./values.ts";
