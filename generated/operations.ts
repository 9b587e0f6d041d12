// Made from spec/kv.yaml by `npm run generate` (scripts/generate.ts). Not to be edited by hand.

/** What each operation is asked with. A path's parameters stand in braces. */
export const operations = {
  listNamespaces: {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces",
    idempotent: true,
    permission: "read",
  },
  createNamespace: {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces",
    idempotent: false,
    permission: "write",
  },
  getNamespace: {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}",
    idempotent: true,
    permission: "read",
  },
  renameNamespace: {
    method: "PUT",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}",
    idempotent: true,
    permission: "write",
  },
  removeNamespace: {
    method: "DELETE",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}",
    idempotent: true,
    permission: "write",
  },
  writeMultiple: {
    method: "PUT",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk",
    idempotent: true,
    permission: "write",
  },
  deleteMultipleDeprecated: {
    method: "DELETE",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk",
    idempotent: true,
    permission: "write",
  },
  deleteMultiple: {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/delete",
    idempotent: true,
    permission: "write",
  },
  getMultiple: {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/get",
    idempotent: true,
    permission: "read",
  },
  listKeys: {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys",
    idempotent: true,
    permission: "read",
  },
  readMetadata: {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key_name}",
    idempotent: true,
    permission: "read",
  },
  readValue: {
    method: "GET",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
    idempotent: true,
    permission: "read",
  },
  writeValue: {
    method: "PUT",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
    idempotent: true,
    permission: "write",
  },
  deleteValue: {
    method: "DELETE",
    path: "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
    idempotent: true,
    permission: "write",
  },
} as const;

/** The bounds of the service; the names tell the units. */
export const limits = {
  keyBytes: 512,
  valueBytes: 26214400,
  metadataBytes: 1024,
  expirationTtlSeconds: 60,
  bulkWritePairs: 10000,
  bulkWriteBytes: 100000000,
  bulkDeleteKeys: 10000,
  bulkGetKeys: 100,
  bulkGetBytes: 25000000,
  listKeysMin: 10,
  listKeysMax: 1000,
  listKeysDefault: 1000,
  namespacesPerPageMax: 1000,
  namespacesPerPageDefault: 20,
  namespacesPerAccount: 1000,
  namespaceTitleLength: 512,
  accountIdLength: 32,
  namespaceIdLength: 32,
  requestsPerWindow: 1200,
  requestWindowSeconds: 300,
  requestsPerSecond: 200,
  concurrentBulkOperations: 5,
  keyWritesPerSecond: 1,
} as const;

/** The codes that the service answers with when it refuses, by name. */
export const errorCodes = {
  /** HTTP 429. The request budget is used up. */
  throttled: 971,
  /** HTTP 400. A header, most often Authorization, is malformed; `error_chain` says which. */
  invalidHeaders: 6003,
  /** HTTP 400. X-Auth-Key is malformed. Stands in the `error_chain` of 6003. */
  invalidKeyFormat: 6103,
  /** HTTP 400. Authorization is malformed. Stands in the `error_chain` of 6003. */
  invalidAuthorizationFormat: 6111,
  /** HTTP 400. There is no such path. Comes together with 7003. */
  noRoute: 7000,
  /** HTTP 405. The path does not take this method. */
  methodNotSupported: 7001,
  /** HTTP 400. An identifier in the path, most often the account id, is malformed, or the path is unknown. */
  couldNotRoute: 7003,
  /** HTTP 403. X-Auth-Email and X-Auth-Key belong to nobody. From a client's list of codes. */
  unknownKey: 9103,
  /** HTTP 400. There are no credentials, or none that are recognised. */
  missingAuthentication: 9106,
  /** HTTP 403. The token is not valid. Reported with 403 and with 400. */
  invalidToken: 9109,
  /** HTTP 403. The credentials have no access to this account or operation. At times it passes. */
  noAccess: 10000,
  /** HTTP 403. The request could not be authenticated. Also used for internal errors. Reported with 403 and with 400. */
  unauthenticated: 10001,
  /** HTTP 404. The namespace has no such key. */
  keyNotFound: 10009,
  /** HTTP 400. The namespace id is not 32 hexadecimal digits. */
  invalidNamespaceId: 10011,
  /** HTTP 400. The body, a key or a query parameter cannot be decoded as what the operation takes. The status is inferred. */
  invalidBody: 10012,
  /** HTTP 404. The account has no such namespace. */
  namespaceNotFound: 10013,
  /** HTTP 400. The account has a namespace of this title already. */
  titleTaken: 10014,
  /** HTTP 400. The account has as many namespaces as it may have. The meaning and the status are inferred. */
  tooManyNamespaces: 10018,
  /** HTTP 400. The title is missing or empty. */
  titleMissing: 10019,
  /** HTTP 400. The namespace is an old one, whose keys are not percent-decoded, and cannot do this. 10035 and 10038 say the same. From a client's list of codes; the status is inferred. */
  legacyNamespace: 10021,
  /** HTTP 414. The key is over its limit. From a client's list of codes, which calls 10022, 10024 and 10030 limit errors; which of them stands for which limit is a guess. The status is the one that the storage answers with. */
  keyTooLong: 10022,
  /** HTTP 413. The value is over its limit. From a client's list of codes, which calls 10022, 10024 and 10030 limit errors; which of them stands for which limit is a guess. The status is the one that the storage answers with. */
  valueTooLarge: 10024,
  /** HTTP 400. No keys, too many keys, or a value among them that is not text (or not JSON). */
  bulkGetRefused: 10029,
  /** HTTP 413. The metadata is over its limit. From a client's list of codes, which calls 10022, 10024 and 10030 limit errors; which of them stands for which limit is a guess. The status is the one that the storage answers with. */
  metadataTooLarge: 10030,
  /** HTTP 400. The expiration is not far enough ahead. The status is inferred. */
  invalidExpiration: 10033,
  /** HTTP 400. The time to live is too short. The status is inferred. */
  invalidExpirationTtl: 10034,
  /** HTTP 403. The token has no Workers KV permission. From a client's list of codes; the status is inferred. */
  permissionMissing: 10037,
  /** HTTP 429. Too many bulk operations are under way. Wait for one to end. The status is inferred. */
  bulkOperationsInProgress: 10046,
  /** HTTP 400. The form has no part of the name `value`. Seen for the part `metadata`, which was once required; the status is inferred. */
  missingFormField: 10047,
  /** HTTP 429. The free plan's quota for this kind of operation is used up until midnight UTC. */
  dailyQuota: 10048,
  /** HTTP 400. The metadata is not JSON. */
  invalidMetadata: 10147,
  /** HTTP 405. The path, most often one with an empty segment, does not take this method. */
  methodNotAllowed: 10405,
} as const;
