/** The wire: each request as it went out, and what the client's policies did about it. */
import type { KVEvent } from "../../src/index.ts";
import { element } from "../explorer/dom.ts";
import { formatBytes } from "../explorer/format.ts";
import type { Exchange, Recorder } from "./service.ts";

export interface Wire extends Recorder {
  readonly element: HTMLElement;
  clear(): void;
  /** Shows the first requests again: what the job began with. */
  end(): void;
}

/** More rows than this are counted, not shown. */
const mostRows = 400;

export function createWire(): Wire {
  const summary = element("p", { class: "wire-summary", role: "status" });
  const rows = element("tbody");
  const heads = ["Method", "Path", "Status", "Sent", "Received", "ms", "When"];
  const table = element(
    "table",
    { class: "wire-table" },
    element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
    rows,
  );
  const scroll = element(
    "div",
    { class: "wire-scroll", tabIndex: 0, role: "region", "aria-label": "Requests" },
    table,
  );
  const shown = new Map<Exchange, HTMLTableRowElement>();
  let totals = { requests: 0, sent: 0, received: 0, first: 0, last: 0 };
  let count = 0;
  let isDue = false;

  /** Many requests may end within one frame. */
  function summarise(): void {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      const { requests, sent, received, first, last } = totals;
      const some = requests === 1 ? "1 request" : `${requests.toLocaleString("en")} requests`;
      const span = Math.max(last - first, 1);
      summary.textContent =
        requests === 0
          ? "Nothing was sent yet."
          : `${some} · ${formatBytes(sent)} sent · ${formatBytes(received)} received · ${formatTime(span)}`;
      table.style.setProperty("--span", String(span));
    });
  }

  function append(row: HTMLTableRowElement): boolean {
    count++;
    if (count > mostRows) return false;
    const isAtEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 40;
    rows.append(row);
    if (isAtEnd) scroll.scrollTop = scroll.scrollHeight;
    return true;
  }

  function fill(row: HTMLTableRowElement, exchange: Exchange): void {
    const { method, path, status, sent, received, ms, start } = exchange;
    const bar = element("span", { class: "wire-bar" });
    bar.style.setProperty("--start", String(start - totals.first));
    bar.style.setProperty("--length", String(ms ?? 0));
    row.className = status === undefined ? "waiting" : status < 400 ? "good" : "bad";
    row.replaceChildren(
      element("td", { class: "wire-method" }, method),
      element("td", { class: "wire-path", title: path }, shorten(path)),
      element("td", { class: "wire-status" }, status === undefined ? "…" : String(status)),
      element("td", {}, sent > 0 ? formatBytes(sent) : "–"),
      element("td", {}, received === undefined ? "" : formatBytes(received)),
      element("td", {}, ms === undefined ? "" : String(Math.round(ms))),
      element("td", { class: "wire-when" }, bar),
    );
  }

  const wire: Wire = {
    element: element("div", { class: "wire" }, summary, scroll),
    clear() {
      shown.clear();
      rows.replaceChildren();
      totals = { requests: 0, sent: 0, received: 0, first: 0, last: 0 };
      count = 0;
      summarise();
    },
    end: () => void (scroll.scrollTop = 0),
    exchange(exchange) {
      if (exchange.status === undefined) {
        if (totals.requests === 0) totals.first = exchange.start;
        totals.requests++;
        totals.sent += exchange.sent;
        const row = element("tr");
        fill(row, exchange);
        if (append(row)) shown.set(exchange, row);
      } else {
        totals.received += exchange.received ?? 0;
        totals.last = exchange.start + (exchange.ms ?? 0);
        const row = shown.get(exchange);
        if (row) fill(row, exchange);
      }
      summarise();
    },
    event(event) {
      const text = describe(event);
      if (!text) return;
      const cell = element("td", { colSpan: heads.length }, text);
      append(element("tr", { class: `note ${event.type}` }, cell));
    },
  };
  summarise();
  return wire;
}

function describe({ type, operation, delay, reason, attempt }: KVEvent): string | undefined {
  const pause = `${Math.round(delay ?? 0).toLocaleString("en")} ms`;
  if (type === "retry")
    return `${operation}: attempt ${attempt} failed (${reason}); sent again after ${pause}`;
  if (type === "wait") return `${operation}: held back ${pause} by the request budget`;
  return undefined;
}

const formatTime = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** A namespace's id is 32 digits; its first say enough. */
function shorten(path: string): string {
  return path.replace(/^(\/namespaces\/[0-9a-f]{4})[0-9a-f]{28}/, "$1…");
}
