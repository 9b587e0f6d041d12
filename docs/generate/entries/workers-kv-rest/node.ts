/**
 * What is for Node alone: `import { fromEnv } from "workers-kv-rest/node"`.
 *
 * @module workers-kv-rest/node
 */
export * from "../../../../src/node.ts";
