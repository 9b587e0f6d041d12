/** The explorer as the page that `wkv serve` shows: against the server it came from. */
import { createKV, KVAPIError } from "../../src/index.ts";
import { element, labelled } from "./dom.ts";
import { mountExplorer } from "./explorer.ts";

interface Access {
  accountId: string;
  apiToken: string;
}

const storageName = "wkv-access";
/** What a server that was started without tokens takes as well as any other. */
const anyToken = "local";
/** What such a server is asked for where it names no account. */
const anyAccount = "0".repeat(32);
const baseUrl = `${location.origin}/client/v4`;
const main = document.querySelector("main")!;

/** The command prints the page's address with `#token=…`, so that nobody has to type it. It goes no further. */
function readAccess(): Partial<Access> {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.size > 0) history.replaceState(null, "", location.pathname);
  const kept = JSON.parse(sessionStorage.getItem(storageName) ?? "{}") as Partial<Access>;
  return {
    ...kept,
    ...(given.has("token") && { apiToken: given.get("token")! }),
    ...(given.has("account") && { accountId: given.get("account")! }),
  };
}

/** The account that the server has; its list of accounts is not among the operations of Workers KV. */
async function findAccount(apiToken: string): Promise<string> {
  const response = await fetch(`${baseUrl}/accounts`, { headers: { authorization: `Bearer ${apiToken}` } });
  if (!response.ok) return anyAccount;
  const { result } = (await response.json()) as { result?: { id?: unknown }[] };
  const id = result?.[0]?.id;
  return typeof id === "string" ? id : anyAccount;
}

async function start({ apiToken = anyToken, accountId }: Partial<Access>): Promise<void> {
  const account = accountId || (await findAccount(apiToken));
  const kv = createKV({ accountId: account, apiToken, baseUrl, allowHttp: true, rateLimit: false });
  try {
    await kv.namespaces.list({ per_page: 1 });
  } catch (error) {
    const isRefused = error instanceof KVAPIError && [400, 401, 403].includes(error.status);
    return signIn(isRefused ? "" : String(error));
  }
  sessionStorage.setItem(storageName, JSON.stringify({ apiToken, accountId: account } satisfies Access));
  document.querySelector("header p")!.textContent = `${location.host} · account ${account}`;
  const host = element("div");
  main.replaceChildren(host);
  mountExplorer(host, kv);
}

function signIn(problem: string): void {
  const token = element("input", { class: "x-input", type: "password", required: true, autocomplete: "off" });
  const account = element("input", { class: "x-input", autocomplete: "off", pattern: "[0-9a-f]{32}" });
  main.replaceChildren(
    element(
      "form",
      {
        class: "sign-in x-explorer",
        onsubmit(event) {
          event.preventDefault();
          void start({ apiToken: token.value, accountId: account.value });
        },
      },
      element("h2", {}, "This server asks for a token"),
      problem ? element("p", { class: "x-alert", role: "alert" }, problem) : null,
      element("p", {}, "The command printed it when it started."),
      labelled("API token", token),
      labelled("Account id", account, "only where there is more than one"),
      element("button", { type: "submit", class: "x-button brand" }, "Open"),
    ),
  );
  token.focus();
}

void start(readAccess());
