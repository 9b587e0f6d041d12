/** What `wkv doctor` does: asks the least that shows each thing, with the API's own operations. */
import { randomBytes } from "node:crypto";
import { KVConnectionError, KVError, KVErrorCode, limits } from "../../index.ts";
import type { NamespaceOptions } from "../command-options.ts";
import { hasZstd } from "../compression.ts";
import { type Connection, connect, hasUndici } from "../connection.ts";
import { explain, exitCodes } from "../exit-codes.ts";
import { chooseNamespace } from "../namespaces.ts";
import { print, printJson } from "../output.ts";
import { count, counted, duration } from "../quantities.ts";

/** What was tried, and how it went. */
interface Finding {
  what: string;
  state: "ok" | "unsure" | "wrong";
  text: string;
  advice?: string;
}

type Problems = readonly { code?: number; message?: string }[];

/** Expirations are seconds: a clock that is off by more makes pairs expire too early or too late. */
const mostSkew = 30_000;

const tokenPage = "https://dash.cloudflare.com/profile/api-tokens";

export async function doctor([name]: string[], options: NamespaceOptions): Promise<void> {
  const findings: Finding[] = [];
  for await (const finding of examine(name, options)) {
    findings.push(finding);
    await tell(finding, options.json ?? false);
  }
  const wrong = findings.filter(({ state }) => state === "wrong").length;
  if (!options.json)
    await print(wrong === 0 ? "All is well.\n" : `${counted(wrong, "thing is", "things are")} wrong.\n`);
  if (wrong > 0) process.exitCode = exitCodes.failed;
}

async function tell(finding: Finding, json: boolean): Promise<void> {
  if (json) return printJson(finding);
  const { what, state, text, advice } = finding;
  await print(
    `${state.padEnd(6)}  ${what.padEnd(11)}  ${text}\n${advice ? `${" ".repeat(21)}${advice}\n` : ""}`,
  );
}

async function* examine(
  name: string | undefined,
  options: NamespaceOptions,
): AsyncGenerator<Finding, void, undefined> {
  const extras = [hasUndici() ? "undici" : "no undici", hasZstd ? "zstd" : "no zstd"].join(", ");
  yield { what: "program", state: "ok", text: `Node ${process.version}, ${extras}` };
  let connection: Connection;
  try {
    connection = await connect(options, { isTrial: true });
  } catch (error) {
    const { message, advice } = await explain(error);
    yield { what: "settings", state: "wrong", text: message, ...(advice ? { advice } : {}) };
    return;
  }
  const { accountId, baseUrl, config } = connection;
  const from = config ? `, ${config.path}` : "";
  yield { what: "settings", state: "ok", text: `account ${accountId}, ${baseUrl}${from}` };

  const read = await ask(connection, "read");
  if ("failure" in read) {
    yield read.failure;
    return;
  }
  yield { what: "address", state: "ok", text: `answered in ${duration(read.milliseconds)}` };
  const isRead = read.response.ok;
  yield isRead
    ? { what: "reading", state: "ok", text: "the token may read the account's namespaces" }
    : refusal("reading", read.response.status, read.problems);
  if (isRead) yield await tryWriting(connection);
  yield clock(read.response);
  yield budget(read.response);
  if (isRead && (name !== undefined || options.binding !== undefined))
    yield await tryNamespace(connection, name, options);
}

interface Answer {
  response: Response;
  problems: Problems;
  milliseconds: number;
}

/** "read" lists one namespace; "write" deletes a key of a namespace that does not exist. */
async function ask(
  { kv, accountId, baseUrl }: Connection,
  what: "read" | "write",
): Promise<Answer | { failure: Finding }> {
  const path = { account_id: accountId };
  const started = performance.now();
  try {
    const { error, response } =
      what === "read"
        ? await kv.api.GET("/accounts/{account_id}/storage/kv/namespaces", {
            params: { path, query: { per_page: 1 } },
          })
        : await kv.api.DELETE(
            "/accounts/{account_id}/storage/kv/namespaces/{namespace_id}/values/{key_name}",
            {
              params: {
                path: { ...path, namespace_id: randomBytes(16).toString("hex"), key_name: "wkv-doctor" },
              },
            },
          );
    const problems = (error as { errors?: Problems } | undefined)?.errors ?? [];
    return { response, problems, milliseconds: performance.now() - started };
  } catch (error) {
    if (!(error instanceof KVError)) throw error;
    const advice =
      error instanceof KVConnectionError
        ? `is the network up, does ${new URL(baseUrl).host} resolve, is a proxy between (HTTPS_PROXY)?`
        : undefined;
    const { message: text } = await explain(error);
    return { failure: { what: "address", state: "wrong", text, ...(advice ? { advice } : {}) } };
  }
}

/** Who is to blame for a refusal, by its codes (FACTS.md §4). */
function refusal(what: string, status: number, problems: Problems): Finding {
  const codes = new Set(problems.map(({ code }) => code));
  const said = problems.map(({ code, message }) => `${message} (${code})`).join("; ") || `status ${status}`;
  const has = (...known: number[]): boolean => known.some((code) => codes.has(code));
  const {
    couldNotRoute,
    invalidHeaders,
    invalidToken,
    missingAuthentication,
    noAccess,
    permissionMissing,
    unauthenticated,
    unknownKey,
  } = KVErrorCode;
  const wrong = (thing: string, text: string, advice: string): Finding => {
    return { what: thing, state: "wrong", text: `${text}: ${said}`, advice };
  };
  if (has(couldNotRoute)) {
    return wrong(
      "address",
      "this is not where the API is, or no account's id",
      "CLOUDFLARE_API_BASE_URL ends in /client/v4",
    );
  }
  if (has(invalidHeaders)) {
    return wrong(
      "token",
      "the token is malformed",
      `copy it anew, without quotes and spaces, from ${tokenPage}`,
    );
  }
  if (has(missingAuthentication, invalidToken, unknownKey, unauthenticated)) {
    return wrong(
      "token",
      "the token is not valid",
      `it was revoked, has expired, or is another one: ${tokenPage}`,
    );
  }
  if (has(noAccess, permissionMissing) || status === 403 || status === 401) {
    const needed = what === "reading" ? "Read" : "Edit";
    return wrong(
      what,
      "the token has no access to this account, or not the permission",
      `give it "Workers KV Storage: ${needed}" for this account at ${tokenPage}, and check the account's id`,
    );
  }
  const advice =
    status === 429 ? "wait some minutes: the budget or the day's quota is used up" : "try again later";
  return wrong(what, `refused with ${status}`, advice);
}

async function tryWriting(connection: Connection): Promise<Finding> {
  const write = await ask(connection, "write");
  if ("failure" in write) return write.failure;
  const { response, problems } = write;
  if (problems.some(({ code }) => code === KVErrorCode.namespaceNotFound)) {
    return {
      what: "writing",
      state: "ok",
      text: "the token may write (tried on a namespace that does not exist)",
    };
  }
  const finding = refusal("writing", response.status, problems);
  // Whoever only makes backups needs no more.
  return response.status === 403 ? { ...finding, state: "unsure" } : finding;
}

function clock({ headers }: Response): Finding {
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs))
    return { what: "clock", state: "unsure", text: "the answer does not say what time it is" };
  const skew = Date.now() - theirs;
  const text = `${duration(Math.abs(skew))} ${skew < 0 ? "behind" : "ahead of"} the service's`;
  // The header has whole seconds.
  if (Math.abs(skew) <= mostSkew) return { what: "clock", state: "ok", text: "agrees with the service's" };
  const advice = "set it (NTP): expirations are moments, and would come too early or too late";
  return { what: "clock", state: "wrong", text, advice };
}

function budget({ headers }: Response): Finding {
  const policy = /q=(\d+);\s*w=(\d+)/.exec(headers.get("ratelimit-policy") ?? "");
  const left = /r=(\d+);\s*t=(\d+)/.exec(headers.get("ratelimit") ?? "");
  const [, most = String(limits.requestsPerWindow), window = String(limits.requestWindowSeconds)] =
    policy ?? [];
  const all = `${count(Number(most))} requests in ${duration(Number(window) * 1000)}`;
  if (!left)
    return { what: "budget", state: "unsure", text: `the answer does not say what is left of ${all}` };
  const text = `${count(Number(left[1]))} left of ${all}, for ${duration(Number(left[2]) * 1000)} more`;
  if (Number(left[1]) > 0.1 * Number(most)) return { what: "budget", state: "ok", text };
  return {
    what: "budget",
    state: "unsure",
    text,
    advice: "other programs use the token, or the dashboard is busy: wait",
  };
}

async function tryNamespace(
  connection: Connection,
  name: string | undefined,
  options: NamespaceOptions,
): Promise<Finding> {
  try {
    const { id } = await chooseNamespace(connection, { ...options, name });
    const { title, supports_url_encoding: encodes } = await connection.kv.namespaces.get(id);
    const page = await connection.kv.namespace(id).list({ limit: 10 });
    const text = `${JSON.stringify(title)} (${id}) has ${page.list_complete ? counted(page.keys.length, "key") : "over 10 keys"}`;
    if (encodes !== false) return { what: "namespace", state: "ok", text };
    const advice = "it dates from before 2019: copy it to a new one";
    return { what: "namespace", state: "unsure", text: `${text}, and does not decode keys`, advice };
  } catch (error) {
    const { message, advice } = await explain(error);
    return { what: "namespace", state: "wrong", text: message, ...(advice ? { advice } : {}) };
  }
}
