import {
  createKV,
  KVAPIError,
  KVConnectionError,
  KVErrorCode,
  KVInputError,
  toResult,
} from "workers-kv-rest";
import { fromEnv } from "workers-kv-rest/node";

const kv = createKV(fromEnv());

// #region catch
try {
  await kv.namespaces.get("0123456789abcdef0123456789abcdef");
} catch (error) {
  if (error instanceof KVAPIError && error.code === KVErrorCode.namespaceNotFound)
    console.log("no such namespace");
  else if (error instanceof KVInputError) console.log("refused here, nothing was sent:", error.message);
  else if (error instanceof KVConnectionError) console.log("no answer after", error.attempts, "attempts");
  else throw error;
}
// #endregion catch

// The same as a value.
const { data, error } = await toResult(kv.namespaces.create(""));
console.log(data, error?.message); // null "the title is empty; it has at least 1 character"
