/**
 * The local server: `import { createKVServer } from "workers-kv-rest/server"`.
 *
 * @module workers-kv-rest/server
 */
export * from "../../../../src/server/index.ts";
