import { createKV } from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());
const { id } = await kv.namespaces.ensure("read and write");
const notes = kv.namespace(id);

// #region main
// Text, bytes, a Blob or a stream: what is put is what is got, byte for byte.
await notes.put("text", "line one\nline two");
await notes.put("bytes", new Uint8Array([0, 255, 13, 10]));
await notes.put("json", JSON.stringify({ open: true }), { metadata: { version: 3 } });

await notes.get("text"); // "line one\nline two"
await notes.get("bytes", "arrayBuffer"); // ArrayBuffer of 4 bytes
await notes.get<{ open: boolean }>("json", "json"); // { open: true }
await notes.get("no such key"); // null
await notes.getWithMetadata("json", "json"); // { value, metadata, expiration, cacheStatus }
await notes.get(["text", "json", "no such key"]); // a Map; any number of keys, 100 a request

await notes.delete("text");
// #endregion main
