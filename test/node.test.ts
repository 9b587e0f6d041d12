import { describe, expect, it, vi } from "vitest";
import { createKV, KVInputError } from "../src/index.ts";
import { fromEnv } from "../src/node.ts";

const account = { CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef" };
const token = { ...account, CLOUDFLARE_API_TOKEN: "a-token" };
const key = { ...account, CLOUDFLARE_EMAIL: "ada@example.com", CLOUDFLARE_API_KEY: "a-key" };

describe("fromEnv refuses, and names what is missing", () => {
  it.each([
    ["nothing at all", {}, /CLOUDFLARE_ACCOUNT_ID is not set$/],
    ["no account", { CLOUDFLARE_API_TOKEN: "a-token" }, /CLOUDFLARE_ACCOUNT_ID is not set$/],
    ["an empty account", { ...token, CLOUDFLARE_ACCOUNT_ID: "" }, /CLOUDFLARE_ACCOUNT_ID is not set$/],
    ["no credentials", account, /CLOUDFLARE_API_TOKEN is not set$/],
    ["an empty token", { ...token, CLOUDFLARE_API_TOKEN: "" }, /CLOUDFLARE_API_TOKEN is not set$/],
    [
      "an email alone",
      { ...key, CLOUDFLARE_API_KEY: "" },
      /CLOUDFLARE_API_KEY is not set; CLOUDFLARE_EMAIL, which/,
    ],
    [
      "a key alone",
      { ...key, CLOUDFLARE_EMAIL: undefined },
      /CLOUDFLARE_EMAIL is not set; CLOUDFLARE_API_KEY, which/,
    ],
  ])("%s", (_, environment, message) => {
    const read = (): unknown => fromEnv(environment);
    expect(read).toThrow(KVInputError);
    expect(read).toThrow(message);
    expect(read).not.toThrow(/a-token|a-key|ada@/);
  });
});

describe("fromEnv gives the options of createKV", () => {
  const { CLOUDFLARE_ACCOUNT_ID: accountId } = account;

  it.each([
    ["a token", token, { accountId, apiToken: "a-token" }],
    ["an email and a key", key, { accountId, apiEmail: "ada@example.com", apiKey: "a-key" }],
    ["a token before an email and a key", { ...key, ...token }, { accountId, apiToken: "a-token" }],
    [
      "CLOUDFLARE_API_BASE_URL before CLOUDFLARE_BASE_URL",
      { ...token, CLOUDFLARE_API_BASE_URL: "https://a.test", CLOUDFLARE_BASE_URL: "https://b.test" },
      { accountId, apiToken: "a-token", baseUrl: "https://a.test" },
    ],
    [
      "CLOUDFLARE_BASE_URL where the other is empty",
      { ...token, CLOUDFLARE_API_BASE_URL: "", CLOUDFLARE_BASE_URL: "https://b.test" },
      { accountId, apiToken: "a-token", baseUrl: "https://b.test" },
    ],
  ])("%s", (_, environment, options) => {
    expect(fromEnv(environment)).toEqual(options);
    expect(createKV(fromEnv(environment)).namespace("id").id).toBe("id");
  });

  it("reads the environment of the process when it is called", () => {
    for (const name of ["EMAIL", "API_KEY", "API_BASE_URL", "BASE_URL"])
      vi.stubEnv(`CLOUDFLARE_${name}`, undefined);
    for (const apiToken of ["first", "second"]) {
      vi.stubEnv("CLOUDFLARE_ACCOUNT_ID", accountId);
      vi.stubEnv("CLOUDFLARE_API_TOKEN", apiToken);
      expect(fromEnv()).toEqual({ accountId, apiToken });
    }
  });
});
