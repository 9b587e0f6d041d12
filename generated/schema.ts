// Made from spec/kv.yaml by `npm run generate` (scripts/generate.ts). Not to be edited by hand.

export interface paths {
  "/accounts/{account_id}/storage/kv/namespaces": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
      };
      cookie?: never;
    };
    /**
     * List namespaces
     * @description The namespaces of the account, in numbered pages. `result_info.total_count` counts all of them. A page
     *     past the last one is empty.
     */
    get: operations["listNamespaces"];
    put?: never;
    /**
     * Create a namespace
     * @description Makes an empty namespace and answers with its id. Titles are unique within an account: a title that is
     *     in use is refused, so after an answer that was lost, look for the title before creating it again. For
     *     about a second a new namespace may not be found by other calls.
     */
    post: operations["createNamespace"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    /**
     * Get a namespace
     * @description The namespace of this id.
     */
    get: operations["getNamespace"];
    /**
     * Rename a namespace
     * @description Gives the namespace another title. Its id, and so every binding to it, stays. The answer holds the
     *     namespace, or null: the service has been seen to send either.
     */
    put: operations["renameNamespace"];
    post?: never;
    /**
     * Remove a namespace
     * @description Removes the namespace with everything in it. There is no way back, and no confirmation. No body is
     *     sent.
     */
    delete: operations["removeNamespace"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    get?: never;
    /**
     * Write multiple pairs
     * @description Writes every pair of the array, as if each were written by itself: value, metadata and expiration are
     *     replaced. An empty array is answered with success. Each pair counts as one write in the bill.
     *
     *     It is not all or nothing. `unsuccessful_keys` names the pairs that did not reach every store; send
     *     those again. Bytes that are not text travel as base64, with `base64: true`, and the size limit of the
     *     request counts them so. Requests that take too long are cut off by the gateway (504, 524); what they
     *     had written by then stays written.
     */
    put: operations["writeMultiple"];
    post?: never;
    /**
     * Delete multiple keys, the old way
     * @deprecated
     * @description Does what `deleteMultiple` does. Use that one: not every proxy lets a DELETE through with its body.
     */
    delete: operations["deleteMultipleDeprecated"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/delete": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Delete multiple keys
     * @description Deletes every key of the array. A key that does not exist counts as deleted, and an empty array is
     *     answered with success. `unsuccessful_keys` names the keys to send again.
     */
    post: operations["deleteMultiple"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/bulk/get": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /**
     * Get multiple values
     * @description The values under the given keys, by key. A key that does not exist is answered with null, and so is
     *     every key of a request that finds none.
     *
     *     The request decides the shape of the answer, which does not name it: `type` whether a value comes as
     *     text or parsed as JSON, `withMetadata` whether it comes alone or with its metadata and expiration. An
     *     example shows each of the four.
     *
     *     One value that is not UTF-8 text (or, with `type: json`, not JSON) makes the service refuse the whole
     *     request, without saying which key it was: ask for fewer at a time, or read such values singly. An
     *     answer that would be too large is refused with 413.
     */
    post: operations["getMultiple"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/keys": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    /**
     * List keys
     * @description Keys in the order of their UTF-8 bytes, a page at a time, each with its metadata and expiration where
     *     it has them.
     *
     *     To go on, ask again with the `cursor` of the page before and the same `prefix`. Only a cursor that is
     *     empty, null or absent ends the list: a page may hold no keys and still have a cursor, where keys have
     *     lately expired or been deleted.
     */
    get: operations["listKeys"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/metadata/{key_name}": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
        /**
         * @description The key, percent-encoded as a whole.
         * @example session/42
         */
        key_name: components["parameters"]["KeyName"];
      };
      cookie?: never;
    };
    /**
     * Read metadata
     * @description The metadata that was written with the value: any JSON, and null where there is none. A key that does
     *     not exist is refused with `keyNotFound`.
     */
    get: operations["readMetadata"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
        /**
         * @description The key, percent-encoded as a whole.
         * @example session/42
         */
        key_name: components["parameters"]["KeyName"];
      };
      cookie?: never;
    };
    /**
     * Read a value
     * @description The bytes under the key, as they were written: no envelope, no encoding. Where the value expires, the
     *     `expiration` header says when. Metadata does not come with it; ask `readMetadata`, or `getMultiple`
     *     for both of one moment.
     */
    get: operations["readValue"];
    /**
     * Write a value
     * @description Stores a value under the key, with or without metadata, in place of whatever was there: a write
     *     without metadata or expiration removes those of the write before.
     *
     *     Send the bytes as they are, or a form with the parts `value` and `metadata`. Any body that is not a
     *     form is stored to the letter whatever its content type, a JSON body that looks like the form included.
     *     In a form, send the value as a file part: text parts have their line breaks rewritten by the browser's
     *     and Node's `FormData`. An empty value is legal.
     *
     *     Of the two ways to set an expiry, `expiration_ttl` wins where both are given.
     */
    put: operations["writeValue"];
    post?: never;
    /**
     * Delete a value
     * @description Removes the key with its value and metadata. A key that does not exist is answered with success. No
     *     body is sent.
     */
    delete: operations["deleteValue"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * @description The id of a namespace. 32 hexadecimal digits in practice.
     * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
     */
    NamespaceId: string;
    /**
     * @description A name for people, unique within the account.
     * @example sessions
     */
    Title: string;
    /**
     * @description Where the data of the namespace is kept. Set when the namespace is created, and only for accounts that
     *     Cloudflare has put on its list; without it the data is kept everywhere.
     * @example eu
     * @enum {string}
     */
    Jurisdiction: "eu" | "fedramp" | "us";
    /** @description A namespace of the account. */
    Namespace: {
      id: components["schemas"]["NamespaceId"];
      title: components["schemas"]["Title"];
      /**
       * @description Whether keys in URLs are percent-decoded. True of every namespace made since 2019; in older ones a
       *     key is stored as it stands in the URL.
       * @example true
       */
      readonly supports_url_encoding?: boolean;
      jurisdiction?: components["schemas"]["Jurisdiction"];
    };
    CreateNamespace: {
      title: components["schemas"]["Title"];
      jurisdiction?: components["schemas"]["Jurisdiction"];
    };
    RenameNamespace: { title: components["schemas"]["Title"] };
    /**
     * @description A key. Any text, counted in bytes of UTF-8, save the empty one, `.` and `..`.
     * @example session/42
     */
    KeyName: string;
    /**
     * Format: binary
     * @description The bytes to store. They may be none.
     */
    Value: Blob | ArrayBuffer | ArrayBufferView | string;
    /**
     * @description Any JSON, kept beside the value and listed with the key. Its size counts as JSON text, in bytes of
     *     UTF-8.
     * @example {
     *       "language": "de"
     *     }
     */
    Metadata: unknown;
    /** @description A form with the value and, optionally, its metadata as JSON. */
    ValueWithMetadata: {
      value: components["schemas"]["Value"];
      metadata?: components["schemas"]["Metadata"];
    };
    /**
     * @description A moment in seconds since the epoch, at least as far ahead as the least time to live.
     * @example 1794909600
     */
    Expiration: number;
    /**
     * @description A moment in seconds since the epoch, from which on the value is gone.
     * @example 1794909600
     */
    ExpiresAt: number;
    /**
     * @description A time to live in seconds.
     * @example 3600
     */
    ExpirationTtl: number;
    /** @description A key with its value and what belongs to it. */
    Pair: {
      key: components["schemas"]["KeyName"];
      /**
       * @description The value as text, or as base64 where `base64` says so. The limit is on what is stored.
       * @example Grüße
       */
      value: string;
      /**
       * @description Whether `value` is base64 of the bytes to store.
       * @default false
       * @example true
       */
      base64?: boolean;
      expiration?: components["schemas"]["Expiration"];
      expiration_ttl?: components["schemas"]["ExpirationTtl"];
      metadata?: components["schemas"]["Metadata"];
    };
    /** @description The pairs to write. `x-max-bytes` is on the request as it is sent. */
    Pairs: components["schemas"]["Pair"][];
    /** @description The keys to delete. */
    KeysToDelete: components["schemas"]["KeyName"][];
    /** @description Which values to get, and in what form. */
    GetMultiple: {
      /** @description The keys to look up. */
      keys: components["schemas"]["KeyName"][];
      /**
       * @description Whether values come as text, or parsed as JSON.
       * @default text
       * @example json
       * @enum {string}
       */
      type?: "text" | "json";
      /**
       * @description Whether each value comes with its metadata and expiration.
       * @default false
       * @example true
       */
      withMetadata?: boolean;
    };
    /** @description A key of the namespace. */
    ListKey: {
      name: components["schemas"]["KeyName"];
      expiration?: components["schemas"]["ExpiresAt"];
      metadata?: components["schemas"]["Metadata"];
    };
    /** @description What became of the keys of a bulk request. */
    BulkResult: {
      /**
       * @description How many keys were written or deleted.
       * @example 100
       */
      successful_key_count: number;
      /** @description The keys to send again. */
      unsuccessful_keys: components["schemas"]["KeyName"][];
    };
    /**
     * Text
     * @description The answer to `type` text. Values by key; null where there is none.
     */
    ValuesAsText: { values: { [key: string]: string | null } };
    /**
     * JSON
     * @description The answer to `type` json. Parsed values by key; null where there is none.
     */
    ValuesAsJSON: { values: { [key: string]: unknown } };
    /**
     * Text with metadata
     * @description The answer to `type` text and `withMetadata`. Entries by key; null where there is none.
     */
    ValuesAsTextWithMetadata: {
      values: {
        [key: string]: {
          /**
           * @description The value.
           * @example Grüße
           */
          value: string;
          metadata: components["schemas"]["Metadata"];
          expiration?: components["schemas"]["ExpiresAt"];
        } | null;
      };
    };
    /**
     * JSON with metadata
     * @description The answer to `type` json and `withMetadata`. Entries by key; null where there is none.
     */
    ValuesAsJSONWithMetadata: {
      values: {
        [key: string]: {
          /** @description The value, parsed. Any JSON. */
          value: unknown;
          metadata: components["schemas"]["Metadata"];
          expiration?: components["schemas"]["ExpiresAt"];
        } | null;
      };
    };
    /** @description An answer with one namespace. */
    NamespaceAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      result: components["schemas"]["Namespace"];
    };
    /** @description An answer with the namespace under its new title, or with null. */
    RenamedNamespaceAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      result: components["schemas"]["Namespace"] | null;
    };
    /** @description An answer with a page of namespaces. */
    NamespacesAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      /** @description The namespaces of the page. */
      result: components["schemas"]["Namespace"][];
      result_info: components["schemas"]["PageInfo"];
    };
    /** @description An answer that says no more than that it is done. */
    EmptyAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      /** @description Null, or an empty object. */
      result: Record<string, never> | null;
    };
    /** @description An answer to a bulk write or delete. */
    BulkAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      result: components["schemas"]["BulkResult"];
    };
    /**
     * @description An answer with values, in the shape that the request asked for: `x-request` of each shape says by
     *     which `type` and `withMetadata`. `x-max-bytes` is on the values together.
     */
    GetMultipleAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      result:
        | components["schemas"]["ValuesAsText"]
        | components["schemas"]["ValuesAsJSON"]
        | components["schemas"]["ValuesAsTextWithMetadata"]
        | components["schemas"]["ValuesAsJSONWithMetadata"];
    };
    /** @description An answer with a page of keys. */
    KeysAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      /** @description The keys of the page, sorted by their UTF-8 bytes. */
      result: components["schemas"]["ListKey"][];
      result_info: components["schemas"]["CursorInfo"];
    };
    /** @description An answer with the metadata of a key. */
    MetadataAnswer: {
      /**
       * @description True in every answer of this kind.
       * @example true
       * @constant
       */
      success: true;
      /** @description Empty in an answer of success. */
      errors: components["schemas"]["Problem"][];
      /** @description Remarks of the service, usually none. */
      messages: components["schemas"]["Message"][];
      result: components["schemas"]["Metadata"];
    };
    /** @description Where a numbered page stands. */
    PageInfo: {
      /**
       * @description The number of this page.
       * @example 1
       */
      page: number;
      /**
       * @description How many to a page.
       * @example 20
       */
      per_page: number;
      /**
       * @description How many on this page.
       * @example 1
       */
      count: number;
      /**
       * @description How many in all.
       * @example 1
       */
      total_count: number;
      /**
       * @description How many pages in all. Not always sent.
       * @example 1
       */
      total_pages?: number;
    };
    /** @description How to go on from here. */
    CursorInfo: {
      /**
       * @description How many on this page.
       * @example 2
       */
      count: number;
      /**
       * @description What to ask for the next page with. Empty, null or absent on the last one.
       * @example AAAANuhDN7SjacTnSVsDu3WW
       */
      cursor?: string | null;
    };
    /**
     * @description An answer of refusal or failure. As a rule it has `success`, `errors`, `messages` and `result`;
     *     answers from in front of the service have been seen with none of them but `code` and `error`, so
     *     none is certain.
     */
    Failure: {
      /**
       * @description False in every answer of this kind.
       * @example false
       * @constant
       */
      success?: false;
      /** @description What is wrong. May be empty. */
      errors?: components["schemas"]["Problem"][];
      /** @description Remarks of the service. */
      messages?: components["schemas"]["Message"][];
      /** @description Null, save in a bulk write or delete that did some of its work before it failed. */
      result?: {
        /**
         * @description How many keys were written or deleted.
         * @example 0
         */
        successful_key_count?: number;
        /** @description The keys to send again. */
        unsuccessful_keys?: components["schemas"]["KeyName"][];
      } | null;
      /**
       * @description A code, where there are no `errors`.
       * @example 1015
       */
      code?: number;
      /**
       * @description A message, where there are no `errors`.
       * @example Too many requests
       */
      error?: string;
    };
    /** @description One thing that is wrong. */
    Problem: {
      /**
       * @description What it is; see `x-error-codes`. Most have five digits, some have fewer.
       * @example 10009
       */
      code: number;
      /**
       * @description The same in words, which vary.
       * @example get: 'key not found'
       */
      message: string;
      /**
       * @description Where to read about it.
       * @example https://developers.cloudflare.com/kv/
       */
      documentation_url?: string;
      /** @description Which part of the request it is about. */
      source?: {
        /**
         * @description A JSON pointer into the request.
         * @example /title
         */
        pointer?: string;
      };
      /** @description What led to it. */
      error_chain?: {
        /**
         * @description A code of its own.
         * @example 6111
         */
        code: number;
        /**
         * @description The same in words.
         * @example Invalid format for Authorization header
         */
        message: string;
      }[];
      /** @description Further data, of no fixed form. */
      meta?: { [key: string]: unknown };
    };
    /** @description A remark, with a code or as plain text. */
    Message: components["schemas"]["Problem"] | string;
    /** @description An HTML page from in front of the service. */
    GatewayPage: string;
    /** @description A line of text from in front of the service. */
    GatewayText: string;
  };
  responses: {
    /** @description An argument, a header or the body is wrong. `errors[].code` says which. */
    BadRequest: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        [name: string]: unknown;
      };
      content: { "application/json": components["schemas"]["Failure"] };
    };
    /**
     * @description The credentials are wrong, or have no right to this account or operation. What stands in front of the
     *     service may refuse too, in HTML.
     */
    Forbidden: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        [name: string]: unknown;
      };
      content: {
        "application/json": components["schemas"]["Failure"];
        "text/html": components["schemas"]["GatewayPage"];
      };
    };
    /** @description The account has no such namespace. */
    NamespaceNotFound: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        [name: string]: unknown;
      };
      content: { "application/json": components["schemas"]["Failure"] };
    };
    /** @description The namespace has no such key, or the account no such namespace. The code tells them apart. */
    KeyNotFound: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        [name: string]: unknown;
      };
      content: { "application/json": components["schemas"]["Failure"] };
    };
    /** @description A value, its metadata, or the request or answer as a whole is too large. */
    TooLarge: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        [name: string]: unknown;
      };
      content: {
        "application/json": components["schemas"]["Failure"];
        "text/html": components["schemas"]["GatewayPage"];
        "text/plain": components["schemas"]["GatewayText"];
      };
    };
    /** @description The key is too long. */
    KeyTooLong: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        [name: string]: unknown;
      };
      content: { "application/json": components["schemas"]["Failure"] };
    };
    /**
     * @description The request budget or the plan's daily quota is used up, too many bulk operations are under way, or
     *     one key is written too often. Wait for as long as `Retry-After` says, where it is sent.
     */
    TooManyRequests: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        "Retry-After": components["headers"]["RetryAfter"];
        [name: string]: unknown;
      };
      content: {
        "application/json": components["schemas"]["Failure"];
        "text/plain": components["schemas"]["GatewayText"];
      };
    };
    /** @description Any other refusal. */
    Refused: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        [name: string]: unknown;
      };
      content: { "application/json": components["schemas"]["Failure"] };
    };
    /**
     * @description The service, or what stands in front of it, failed. The body need not be JSON. Whether the request
     *     took effect is not known; where `x-idempotent` is true it may be sent again.
     */
    Failed: {
      headers: {
        "cf-ray": components["headers"]["CfRay"];
        Ratelimit: components["headers"]["Ratelimit"];
        "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
        "Retry-After": components["headers"]["RetryAfter"];
        [name: string]: unknown;
      };
      content: {
        "application/json": components["schemas"]["Failure"];
        "text/html": components["schemas"]["GatewayPage"];
        "text/plain": components["schemas"]["GatewayText"];
      };
    };
  };
  parameters: {
    /**
     * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
     * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
     */
    AccountId: string;
    /**
     * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
     * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
     */
    NamespaceId: components["schemas"]["NamespaceId"];
    /**
     * @description The key, percent-encoded as a whole.
     * @example session/42
     */
    KeyName: components["schemas"]["KeyName"];
    /**
     * @description Which page, from 1 on.
     * @example 1
     */
    Page: number;
    /**
     * @description How many namespaces to a page.
     * @example 100
     */
    PerPage: number;
    /**
     * @description What to sort by.
     * @example title
     */
    Order: "id" | "title";
    /**
     * @description Ascending or descending.
     * @example asc
     */
    Direction: "asc" | "desc";
    /**
     * @description The most keys to a page. A page may have fewer, and even none, with more to come.
     * @example 100
     */
    Limit: number;
    /**
     * @description Only keys that begin with this text. An empty prefix is the same as none.
     * @example session/
     */
    Prefix: string;
    /**
     * @description Where to go on, from `result_info.cursor` of the page before. Opaque.
     * @example AAAANuhDN7SjacTnSVsDu3WW
     */
    Cursor: string;
    /**
     * @description When the value expires, in seconds since the epoch.
     * @example 1794909600
     */
    Expiration: components["schemas"]["Expiration"];
    /**
     * @description How long the value lives, in seconds. Wins over `expiration`.
     * @example 3600
     */
    ExpirationTtl: components["schemas"]["ExpirationTtl"];
  };
  requestBodies: never;
  headers: {
    /**
     * @description The id of this request at Cloudflare, which its support asks for.
     * @example 9a3c1f0b2d4e5f67-FRA
     */
    CfRay: string;
    /**
     * @description What is left of the budget (`r`), and the seconds until it is full again (`t`).
     * @example "default";r=50;t=30
     */
    Ratelimit: string;
    /**
     * @description The size of the budget (`q`), and its window in seconds (`w`).
     * @example "default";q=1200;w=300
     */
    RatelimitPolicy: string;
    /**
     * @description How many seconds to wait before the next request.
     * @example 120
     */
    RetryAfter: number;
    /**
     * @description When the value expires, in seconds since the epoch. Absent where it does not.
     * @example 1794909600
     */
    Expiration: components["schemas"]["ExpiresAt"];
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  listNamespaces: {
    parameters: {
      query?: {
        /**
         * @description Which page, from 1 on.
         * @example 1
         */
        page?: components["parameters"]["Page"];
        /**
         * @description How many namespaces to a page.
         * @example 100
         */
        per_page?: components["parameters"]["PerPage"];
        /**
         * @description What to sort by.
         * @example title
         */
        order?: components["parameters"]["Order"];
        /**
         * @description Ascending or descending.
         * @example asc
         */
        direction?: components["parameters"]["Direction"];
      };
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One page of namespaces. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["NamespacesAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  createNamespace: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
      };
      cookie?: never;
    };
    requestBody: { content: { "application/json": components["schemas"]["CreateNamespace"] } };
    responses: {
      /** @description The new namespace. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["NamespaceAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  getNamespace: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The namespace. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["NamespaceAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  renameNamespace: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody: { content: { "application/json": components["schemas"]["RenameNamespace"] } };
    responses: {
      /** @description Renamed. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["RenamedNamespaceAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  removeNamespace: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description Removed. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["EmptyAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  writeMultiple: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody: { content: { "application/json": components["schemas"]["Pairs"] } };
    responses: {
      /** @description What was written, and what was not. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["BulkAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      413: components["responses"]["TooLarge"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  deleteMultipleDeprecated: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody: { content: { "application/json": components["schemas"]["KeysToDelete"] } };
    responses: {
      /** @description What was deleted, and what was not. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["BulkAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  deleteMultiple: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody: { content: { "application/json": components["schemas"]["KeysToDelete"] } };
    responses: {
      /** @description What was deleted, and what was not. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["BulkAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  getMultiple: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody: { content: { "application/json": components["schemas"]["GetMultiple"] } };
    responses: {
      /** @description The values, by key. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["GetMultipleAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      413: components["responses"]["TooLarge"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  listKeys: {
    parameters: {
      query?: {
        /**
         * @description The most keys to a page. A page may have fewer, and even none, with more to come.
         * @example 100
         */
        limit?: components["parameters"]["Limit"];
        /**
         * @description Only keys that begin with this text. An empty prefix is the same as none.
         * @example session/
         */
        prefix?: components["parameters"]["Prefix"];
        /**
         * @description Where to go on, from `result_info.cursor` of the page before. Opaque.
         * @example AAAANuhDN7SjacTnSVsDu3WW
         */
        cursor?: components["parameters"]["Cursor"];
      };
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description One page of keys. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["KeysAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  readMetadata: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
        /**
         * @description The key, percent-encoded as a whole.
         * @example session/42
         */
        key_name: components["parameters"]["KeyName"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The metadata. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["MetadataAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["KeyNotFound"];
      414: components["responses"]["KeyTooLong"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  readValue: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
        /**
         * @description The key, percent-encoded as a whole.
         * @example session/42
         */
        key_name: components["parameters"]["KeyName"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The value itself. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          expiration: components["headers"]["Expiration"];
          [name: string]: unknown;
        };
        content: { "application/octet-stream": unknown };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["KeyNotFound"];
      414: components["responses"]["KeyTooLong"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  writeValue: {
    parameters: {
      query?: {
        /**
         * @description When the value expires, in seconds since the epoch.
         * @example 1794909600
         */
        expiration?: components["parameters"]["Expiration"];
        /**
         * @description How long the value lives, in seconds. Wins over `expiration`.
         * @example 3600
         */
        expiration_ttl?: components["parameters"]["ExpirationTtl"];
      };
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
        /**
         * @description The key, percent-encoded as a whole.
         * @example session/42
         */
        key_name: components["parameters"]["KeyName"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/octet-stream": components["schemas"]["Value"];
        "multipart/form-data": components["schemas"]["ValueWithMetadata"];
      };
    };
    responses: {
      /** @description Written. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["EmptyAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      413: components["responses"]["TooLarge"];
      414: components["responses"]["KeyTooLong"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
  deleteValue: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /**
         * @description The account that owns the namespaces. 32 hexadecimal digits in practice.
         * @example 6f1c9d0e4b7a2358c0d4e9f1a3b5c7d8
         */
        account_id: components["parameters"]["AccountId"];
        /**
         * @description The namespace, as `createNamespace` and `listNamespaces` name it in `id`.
         * @example b8c1d7a04e3f4f0c9a5e6d2b1f7a8c93
         */
        namespace_id: components["parameters"]["NamespaceId"];
        /**
         * @description The key, percent-encoded as a whole.
         * @example session/42
         */
        key_name: components["parameters"]["KeyName"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The key is gone. */
      200: {
        headers: {
          "cf-ray": components["headers"]["CfRay"];
          Ratelimit: components["headers"]["Ratelimit"];
          "Ratelimit-Policy": components["headers"]["RatelimitPolicy"];
          [name: string]: unknown;
        };
        content: { "application/json": components["schemas"]["EmptyAnswer"] };
      };
      400: components["responses"]["BadRequest"];
      403: components["responses"]["Forbidden"];
      404: components["responses"]["NamespaceNotFound"];
      414: components["responses"]["KeyTooLong"];
      429: components["responses"]["TooManyRequests"];
      "4XX": components["responses"]["Refused"];
      "5XX": components["responses"]["Failed"];
    };
  };
}
