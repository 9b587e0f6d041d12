/** Whatever takes a binding takes a handle: with Workers' types as an import. */
import type { KVNamespace } from "@cloudflare/workers-types";
import type { KVNamespaceClient } from "workers-kv-rest";
import { equals } from "../equals.ts";

declare const handle: KVNamespaceClient;
declare const binding: KVNamespace;
declare function count(namespace: KVNamespace): Promise<number>;

equals<Promise<number>>()(count(handle));
export const plain: KVNamespace = handle;
export const within: { env: { KV: KVNamespace } } = { env: { KV: handle } };

// @ts-expect-error a binding lacks what REST can do beyond it
export const back: KVNamespaceClient = binding;
// @ts-expect-error a handle is not just anything
export const number: number = handle;
