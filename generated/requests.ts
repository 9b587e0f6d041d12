// Made from spec/kv.yaml by `npm run generate` (scripts/generate.ts). Not to be edited by hand.

import type { errorCodes, operations } from "./operations.ts";

/** A schema of JSON Schema 2020-12 as plain data, without $ref. */
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
  /** The media types that the body may have; none where there is no body. */
  readonly contentTypes: readonly string[];
  /** The body, where it may be JSON. */
  readonly body?: JSONSchema;
}

/** What the spec says of an error code. */
export interface ErrorCode {
  readonly code: number;
  /** The HTTP status that it comes with. */
  readonly status: number;
  readonly description: string;
  /** Where it is known from, if not from an answer of the service. */
  readonly evidence?: string;
}

/** The name of an error code. */
export type ErrorName = keyof typeof errorCodes;

/** What the requests of each operation may hold. */
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

/** What is known of each error code. */
export const errors: Readonly<Record<ErrorName, ErrorCode>> = {
  throttled: { code: 971, status: 429, description: "The request budget is used up." },
  invalidHeaders: {
    code: 6003,
    status: 400,
    description: "A header, most often Authorization, is malformed; `error_chain` says which.",
  },
  invalidKeyFormat: {
    code: 6103,
    status: 400,
    description: "X-Auth-Key is malformed. Stands in the `error_chain` of 6003.",
  },
  invalidAuthorizationFormat: {
    code: 6111,
    status: 400,
    description: "Authorization is malformed. Stands in the `error_chain` of 6003.",
  },
  noRoute: { code: 7000, status: 400, description: "There is no such path. Comes together with 7003." },
  methodNotSupported: { code: 7001, status: 405, description: "The path does not take this method." },
  couldNotRoute: {
    code: 7003,
    status: 400,
    description:
      "An identifier in the path, most often the account id, is malformed, or the path is unknown.",
  },
  unknownKey: {
    code: 9103,
    status: 403,
    description: "X-Auth-Email and X-Auth-Key belong to nobody.",
    evidence: "From a client's list of codes.",
  },
  missingAuthentication: {
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
  noAccess: {
    code: 10000,
    status: 403,
    description: "The credentials have no access to this account or operation. At times it passes.",
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
    description: "The body, a key or a query parameter cannot be decoded as what the operation takes.",
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
      "The namespace is an old one, whose keys are not percent-decoded, and cannot do this. 10035 and 10038 say the same.",
    evidence: "From a client's list of codes; the status is inferred.",
  },
  keyTooLong: {
    code: 10022,
    status: 414,
    description: "The key is over its limit.",
    evidence:
      "From a client's list of codes, which calls 10022, 10024 and 10030 limit errors; which of them stands for which limit is a guess. The status is the one that the storage answers with.",
  },
  valueTooLarge: {
    code: 10024,
    status: 413,
    description: "The value is over its limit.",
    evidence:
      "From a client's list of codes, which calls 10022, 10024 and 10030 limit errors; which of them stands for which limit is a guess. The status is the one that the storage answers with.",
  },
  bulkGetRefused: {
    code: 10029,
    status: 400,
    description: "No keys, too many keys, or a value among them that is not text (or not JSON).",
  },
  metadataTooLarge: {
    code: 10030,
    status: 413,
    description: "The metadata is over its limit.",
    evidence:
      "From a client's list of codes, which calls 10022, 10024 and 10030 limit errors; which of them stands for which limit is a guess. The status is the one that the storage answers with.",
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

/** What each operation may be refused with. */
export const operationErrors: Readonly<Record<keyof typeof operations, readonly ErrorName[]>> = {
  listNamespaces: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidBody",
    "permissionMissing",
  ],
  createNamespace: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidBody",
    "titleTaken",
    "tooManyNamespaces",
    "titleMissing",
    "permissionMissing",
  ],
  getNamespace: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "namespaceNotFound",
    "permissionMissing",
  ],
  renameNamespace: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "titleTaken",
    "titleMissing",
    "permissionMissing",
  ],
  removeNamespace: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "namespaceNotFound",
    "permissionMissing",
    "methodNotAllowed",
  ],
  writeMultiple: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "keyTooLong",
    "valueTooLarge",
    "metadataTooLarge",
    "invalidExpiration",
    "invalidExpirationTtl",
    "permissionMissing",
    "bulkOperationsInProgress",
    "dailyQuota",
    "invalidMetadata",
  ],
  deleteMultipleDeprecated: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "keyTooLong",
    "permissionMissing",
    "bulkOperationsInProgress",
    "dailyQuota",
  ],
  deleteMultiple: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "keyTooLong",
    "permissionMissing",
    "bulkOperationsInProgress",
    "dailyQuota",
  ],
  getMultiple: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "keyTooLong",
    "valueTooLarge",
    "bulkGetRefused",
    "permissionMissing",
    "bulkOperationsInProgress",
    "dailyQuota",
  ],
  listKeys: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "permissionMissing",
    "dailyQuota",
  ],
  readMetadata: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "keyNotFound",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "legacyNamespace",
    "keyTooLong",
    "permissionMissing",
    "dailyQuota",
  ],
  readValue: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "keyNotFound",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "legacyNamespace",
    "keyTooLong",
    "permissionMissing",
    "dailyQuota",
  ],
  writeValue: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "legacyNamespace",
    "keyTooLong",
    "valueTooLarge",
    "metadataTooLarge",
    "invalidExpiration",
    "invalidExpirationTtl",
    "permissionMissing",
    "missingFormField",
    "dailyQuota",
    "invalidMetadata",
    "methodNotAllowed",
  ],
  deleteValue: [
    "throttled",
    "invalidHeaders",
    "noRoute",
    "methodNotSupported",
    "couldNotRoute",
    "unknownKey",
    "missingAuthentication",
    "invalidToken",
    "noAccess",
    "unauthenticated",
    "invalidNamespaceId",
    "invalidBody",
    "namespaceNotFound",
    "legacyNamespace",
    "keyTooLong",
    "permissionMissing",
    "dailyQuota",
    "methodNotAllowed",
  ],
};
