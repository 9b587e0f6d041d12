// Made from spec/kv.yaml by `npm run generate` (scripts/generate.ts). Not to be edited by hand.

import type { errorCodes, operations } from "./operations.ts";

/** A schema of JSON Schema 2020-12 as plain data, with no $ref in it. */
export interface JSONSchema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JSONSchema>>;
  readonly required?: readonly string[];
  readonly items?: JSONSchema;
  readonly [word: string]: unknown;
}

/** What a request of an operation may hold. */
export interface RequestSchemas {
  /** The parameters in the path, decoded, as one object. */
  readonly path: JSONSchema;
  /** The parameters in the query, converted to their types, as one object. */
  readonly query: JSONSchema;
  /** The media types that a body may have. */
  readonly contentTypes: readonly string[];
  /** The body, where it is JSON. */
  readonly body?: JSONSchema;
}

/** What the spec says of an error code. */
export interface ErrorCode {
  readonly code: number;
  /** The HTTP status that it comes with. */
  readonly status: number;
  readonly description: string;
  /** What is not certain of it, and why it is thought so. */
  readonly evidence?: string;
}

export const requests: Readonly<Record<keyof typeof operations, RequestSchemas>> = {
  listNamespaces: {
    path: {
      type: "object",
      properties: { account_id: { type: "string", minLength: 1, maxLength: 32 } },
      required: ["account_id"],
      additionalProperties: false,
    },
    query: {
      type: "object",
      properties: {
        page: { type: "integer", minimum: 1, default: 1 },
        per_page: { type: "integer", minimum: 1, maximum: 1000, default: 20 },
        order: { type: "string", enum: ["id", "title"] },
        direction: { type: "string", enum: ["asc", "desc"] },
      },
      required: [],
      additionalProperties: false,
    },
    contentTypes: [],
  },
  createNamespace: {
    path: {
      type: "object",
      properties: { account_id: { type: "string", minLength: 1, maxLength: 32 } },
      required: ["account_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: ["application/json"],
    body: {
      type: "object",
      required: ["title"],
      properties: {
        title: { type: "string", minLength: 1, maxLength: 512 },
        jurisdiction: { type: "string", enum: ["eu", "fedramp", "us"] },
      },
    },
  },
  getNamespace: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: [],
  },
  renameNamespace: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: ["application/json"],
    body: {
      type: "object",
      required: ["title"],
      properties: { title: { type: "string", minLength: 1, maxLength: 512 } },
    },
  },
  removeNamespace: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: [],
  },
  writeMultiple: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: ["application/json"],
    body: {
      type: "array",
      maxItems: 10000,
      "x-max-bytes": 100000000,
      items: {
        type: "object",
        required: ["key", "value"],
        properties: {
          key: {
            type: "string",
            minLength: 1,
            maxLength: 512,
            "x-max-bytes": 512,
            not: { enum: [".", ".."] },
          },
          value: { type: "string", "x-max-bytes": 26214400 },
          base64: { type: "boolean", default: false },
          expiration: { type: "integer", minimum: 0, "x-min-seconds-ahead": 60 },
          expiration_ttl: { type: "integer", minimum: 60 },
          metadata: { "x-max-bytes": 1024 },
        },
      },
    },
  },
  deleteMultipleDeprecated: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: ["application/json"],
    body: {
      type: "array",
      maxItems: 10000,
      items: { type: "string", minLength: 1, maxLength: 512, "x-max-bytes": 512, not: { enum: [".", ".."] } },
    },
  },
  deleteMultiple: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: ["application/json"],
    body: {
      type: "array",
      maxItems: 10000,
      items: { type: "string", minLength: 1, maxLength: 512, "x-max-bytes": 512, not: { enum: [".", ".."] } },
    },
  },
  getMultiple: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: ["application/json"],
    body: {
      type: "object",
      required: ["keys"],
      properties: {
        keys: {
          type: "array",
          minItems: 1,
          maxItems: 100,
          items: {
            type: "string",
            minLength: 1,
            maxLength: 512,
            "x-max-bytes": 512,
            not: { enum: [".", ".."] },
          },
        },
        type: { type: "string", enum: ["text", "json"], default: "text" },
        withMetadata: { type: "boolean", default: false },
      },
    },
  },
  listKeys: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
      },
      required: ["account_id", "namespace_id"],
      additionalProperties: false,
    },
    query: {
      type: "object",
      properties: {
        limit: { type: "integer", minimum: 10, maximum: 1000, default: 1000 },
        prefix: { type: "string" },
        cursor: { type: "string" },
      },
      required: [],
      additionalProperties: false,
    },
    contentTypes: [],
  },
  readMetadata: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
        key_name: {
          type: "string",
          minLength: 1,
          maxLength: 512,
          "x-max-bytes": 512,
          not: { enum: [".", ".."] },
        },
      },
      required: ["account_id", "namespace_id", "key_name"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: [],
  },
  readValue: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
        key_name: {
          type: "string",
          minLength: 1,
          maxLength: 512,
          "x-max-bytes": 512,
          not: { enum: [".", ".."] },
        },
      },
      required: ["account_id", "namespace_id", "key_name"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: [],
  },
  writeValue: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
        key_name: {
          type: "string",
          minLength: 1,
          maxLength: 512,
          "x-max-bytes": 512,
          not: { enum: [".", ".."] },
        },
      },
      required: ["account_id", "namespace_id", "key_name"],
      additionalProperties: false,
    },
    query: {
      type: "object",
      properties: {
        expiration: { type: "integer", minimum: 0, "x-min-seconds-ahead": 60 },
        expiration_ttl: { type: "integer", minimum: 60 },
      },
      required: [],
      additionalProperties: false,
    },
    contentTypes: ["application/octet-stream", "multipart/form-data"],
  },
  deleteValue: {
    path: {
      type: "object",
      properties: {
        account_id: { type: "string", minLength: 1, maxLength: 32 },
        namespace_id: { type: "string", minLength: 1, maxLength: 32 },
        key_name: {
          type: "string",
          minLength: 1,
          maxLength: 512,
          "x-max-bytes": 512,
          not: { enum: [".", ".."] },
        },
      },
      required: ["account_id", "namespace_id", "key_name"],
      additionalProperties: false,
    },
    query: { type: "object", properties: {}, required: [], additionalProperties: false },
    contentTypes: [],
  },
};

export const errors: Readonly<Record<keyof typeof errorCodes, ErrorCode>> = {
  throttled: { code: 971, status: 429, description: "The request budget is used up." },
  invalidHeaders: {
    code: 6003,
    status: 400,
    description: "A header, most often Authorization, is malformed; `error_chain` says which.",
  },
  noRoute: { code: 7000, status: 400, description: "There is no such path. Comes together with 7003." },
  methodNotSupported: { code: 7001, status: 405, description: "The path does not take this method." },
  unroutable: {
    code: 7003,
    status: 400,
    description:
      "An identifier in the path, most often the account id, is malformed, or the path is unknown.",
  },
  unknownUser: {
    code: 9103,
    status: 403,
    description: "X-Auth-Email and X-Auth-Key belong to nobody.",
    evidence: "From a client's list of codes.",
  },
  missingCredentials: {
    code: 9106,
    status: 400,
    description: "There are no credentials, or none that are recognised.",
  },
  invalidToken: {
    code: 9109,
    status: 403,
    description: "The token is not valid.",
    evidence: "Reported with 403 and with 400.",
  },
  authenticationFailed: {
    code: 10000,
    status: 403,
    description:
      "The credentials are right but have no access to this account or operation. At times transient.",
  },
  unauthenticated: {
    code: 10001,
    status: 403,
    description: "The request could not be authenticated. Also used for internal errors.",
    evidence: "Reported with 403 and with 400.",
  },
  keyNotFound: { code: 10009, status: 404, description: "The namespace has no such key." },
  invalidNamespaceId: {
    code: 10011,
    status: 400,
    description: "The namespace id is not 32 hexadecimal digits.",
  },
  invalidBody: {
    code: 10012,
    status: 400,
    description: "The body cannot be decoded as what the operation takes.",
    evidence: "The status is inferred.",
  },
  namespaceNotFound: { code: 10013, status: 404, description: "The account has no such namespace." },
  titleTaken: { code: 10014, status: 400, description: "The account has a namespace of this title already." },
  tooManyNamespaces: {
    code: 10018,
    status: 400,
    description: "The account has as many namespaces as it may have.",
    evidence: "The meaning and the status are inferred.",
  },
  titleMissing: { code: 10019, status: 400, description: "The title is missing or empty." },
  legacyNamespace: {
    code: 10021,
    status: 400,
    description:
      "An old namespace, whose keys are not percent-decoded, cannot do this. 10035 and 10038 say the same.",
    evidence: "From a client's list of codes; the status is inferred.",
  },
  limitExceeded: {
    code: 10022,
    status: 413,
    description:
      "A key (with status 414), a value or metadata is over its limit. The service has two further codes for\nthis, 10024 and 10030; which code stands for which limit is not known.\n",
    evidence: "From a client's list of codes; the statuses are those that the storage answers with.",
  },
  bulkGetRefused: {
    code: 10029,
    status: 400,
    description: "No keys, too many keys, or a value among them that is not text (or not JSON).",
  },
  invalidExpiration: {
    code: 10033,
    status: 400,
    description: "The expiration is not far enough ahead.",
    evidence: "The status is inferred.",
  },
  invalidExpirationTtl: {
    code: 10034,
    status: 400,
    description: "The time to live is too short.",
    evidence: "The status is inferred.",
  },
  permissionMissing: {
    code: 10037,
    status: 403,
    description: "The token has no Workers KV permission.",
    evidence: "From a client's list of codes; the status is inferred.",
  },
  bulkOperationsInProgress: {
    code: 10046,
    status: 429,
    description: "Too many bulk operations are under way. Wait for one to end.",
    evidence: "The status is inferred.",
  },
  missingFormField: {
    code: 10047,
    status: 400,
    description: "The form has no part of the name `value`.",
    evidence: "Seen for the part `metadata`, which was once required; the status is inferred.",
  },
  dailyQuota: {
    code: 10048,
    status: 429,
    description: "The free plan's quota for this kind of operation is used up until midnight UTC.",
  },
  invalidMetadata: { code: 10147, status: 400, description: "The metadata is not JSON." },
  methodNotAllowed: {
    code: 10405,
    status: 405,
    description: "The path, most often one with an empty segment, does not take this method.",
  },
};

export const operationErrors: Readonly<
  Record<keyof typeof operations, readonly (keyof typeof errorCodes)[]>
> = {
  listNamespaces: [
    "unroutable",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  createNamespace: [
    "unroutable",
    "invalidBody",
    "titleTaken",
    "tooManyNamespaces",
    "titleMissing",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  getNamespace: [
    "unroutable",
    "invalidNamespaceId",
    "namespaceNotFound",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  renameNamespace: [
    "unroutable",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "titleTaken",
    "titleMissing",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  removeNamespace: [
    "unroutable",
    "invalidNamespaceId",
    "namespaceNotFound",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "methodNotAllowed",
    "throttled",
  ],
  writeMultiple: [
    "unroutable",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "limitExceeded",
    "invalidExpiration",
    "invalidExpirationTtl",
    "bulkOperationsInProgress",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  deleteMultipleDeprecated: [
    "unroutable",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "bulkOperationsInProgress",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  deleteMultiple: [
    "unroutable",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "bulkOperationsInProgress",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  getMultiple: [
    "unroutable",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "bulkGetRefused",
    "bulkOperationsInProgress",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  listKeys: [
    "unroutable",
    "invalidNamespaceId",
    "namespaceNotFound",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  readMetadata: [
    "unroutable",
    "keyNotFound",
    "invalidNamespaceId",
    "namespaceNotFound",
    "limitExceeded",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  readValue: [
    "unroutable",
    "keyNotFound",
    "invalidNamespaceId",
    "namespaceNotFound",
    "limitExceeded",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  writeValue: [
    "unroutable",
    "invalidNamespaceId",
    "namespaceNotFound",
    "limitExceeded",
    "invalidExpiration",
    "invalidExpirationTtl",
    "missingFormField",
    "dailyQuota",
    "invalidMetadata",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "throttled",
  ],
  deleteValue: [
    "unroutable",
    "invalidNamespaceId",
    "namespaceNotFound",
    "limitExceeded",
    "dailyQuota",
    "missingCredentials",
    "authenticationFailed",
    "unauthenticated",
    "methodNotAllowed",
    "throttled",
  ],
};
