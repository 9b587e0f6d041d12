/**
 * The client: `import { createKV } from "workers-kv-rest"`.
 *
 * @module workers-kv-rest
 */
export * from "../../../src/index.ts";
