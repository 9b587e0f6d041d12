import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backends, start } from "./backends.ts";
import { operations } from "./operations.ts";

/** Where the handle does something else than the binding, and means to. All others have to be equal. */
const differences: Readonly<Record<string, string>> = {
  "put a lone surrogate, and read it in each way": "refused: it would come back as other text",
  "put a number, and read it in each way": "refused, as the types say; the binding stores its text",
  "put a boolean, and read it in each way": "refused, as the types say; the binding stores its text",
  "put null, and read it in each way": "refused, as the types say; the binding stores the text null",
  "put undefined, and read it in each way":
    "refused, as the types say; the binding stores the text undefined",
  "put a Blob, and read it in each way": "taken",
  "expiry: a ttl as text": "refused, as the types say",
  "a key: 513 bytes": "refused, but for the prefix of a list",
  "a key: 514 bytes of umlauts": "refused, but for the prefix of a list",
  "a key: a lone surrogate": "refused in every call; the binding reads another key in get of an array",
  "a key: line end and NUL": "found by its prefix; the simulator does not find it",
  "a key: a number": "refused, as the types say",
  "a key: null": "refused, as the types say",
  "a key: undefined": "refused, as the types say",
  'get(key, "blob")': "refused also where there is no such key",
  'get(key, "")': "refused also where there is no such key",
  'get(key, {"type":"nothing"})': "refused also where there is no such key",
  'getWithMetadata(key, "blob")': "refused also where there is no such key",
  'getWithMetadata(key, "")': "refused also where there is no such key",
  'getWithMetadata(key, {"type":"nothing"})': "refused also where there is no such key",
  'get(key, {"cacheTtl":0})': "without effect: REST has no cache",
  'getWithMetadata(key, {"cacheTtl":0})': "without effect: REST has no cache",
  'getWithMetadata([keys], "text")':
    "a missing key has a value of null, as the types say; the binding has null",
  'getWithMetadata([keys], "json")':
    "a missing key has a value of null, as the types say; the binding has null",
  "getWithMetadata([keys], undefined)":
    "a missing key has a value of null, as the types say; the binding has null",
  "get([])": "an empty Map",
  "get of 101 keys": "taken: any number is",
  'list({"limit":0})': "refused; the binding passes it over",
  'list({"limit":-1})': "refused; the binding passes it over",
  'list({"limit":1.5})': "refused; the binding rounds it",
  'list({"limit":"2"})': "refused, as the types say",
  'list({"limit":null})': "refused, as the types say",
  'list({"cursor":"no cursor"})': "refused by the local server; what Cloudflare does is not known",
  "delete of keys": "refused, as the types say; the binding deletes a key of the array's text",
};

type Outcomes = Record<string, unknown>;

let backends: Backends;
let ofBinding: Outcomes;
let ofHandle: Outcomes;
beforeAll(async () => {
  backends = await start();
  const ask = async (backend: "workerd" | "node"): Promise<Outcomes> =>
    (await (await backends[backend].ask("/operations")).json()) as Outcomes;
  [ofBinding, ofHandle] = await Promise.all([ask("workerd"), ask("node")]);
});
afterAll(() => backends.close());

/** That it is refused is compared, not how it is said. */
const withoutReasons = (outcome: unknown): unknown =>
  JSON.parse(JSON.stringify(outcome, (name, value: unknown) => (name === "because" ? undefined : value)));

describe("The handle does what the binding does", () => {
  it.each(operations.map(({ name }) => name))("%s", (name) => {
    const expected = withoutReasons(ofBinding[name]);
    const actual = withoutReasons(ofHandle[name]);
    if (!(name in differences)) return expect(actual).toEqual(expected);
    // One that has gone is none any more.
    expect(isDeepStrictEqual(actual, expected), differences[name]).toBe(false);
  });

  it("each difference is one of an operation", () => {
    const names = operations.map(({ name }) => name);
    expect(Object.keys(differences).filter((name) => !names.includes(name))).toEqual([]);
  });

  it("what it refuses by itself names the rule", () => {
    expect(ofHandle["a key: a number"]).toMatchObject({
      read: { because: "the key is 5, not a string" },
    });
  });
});
