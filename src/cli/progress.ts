/** How far a job is: a bar where stderr is a terminal, else a line every ten seconds. */
import type { KVEvent, RateLimit } from "../index.ts";
import type { Connection } from "./connection.ts";
import { say, setBar } from "./output.ts";
import { count, duration, size } from "./quantities.ts";

export interface ProgressOptions {
  connections: readonly Connection[];
  /** Whether it writes data to stdout. */
  printsData?: boolean | undefined;
  quiet?: boolean | undefined;
  json?: boolean | undefined;
}

/** A part of a job. */
export interface Phase {
  /** What it does, such as "exporting". */
  verb: string;
  /** How many entries there are; `undefined` where nobody knows. */
  total?: number | undefined;
  /** How many of them an earlier run has done. */
  done?: number | undefined;
}

/** Why a request waits, where the library's word for it says too little. */
const reasons: Partial<Record<string, string>> = {
  "rate limit": "the request budget is used up",
  "code 971": "the service asks to slow down",
  "status 429": "the service asks to slow down",
};

/** How often a line is written where there is no terminal, in ms. */
const lineInterval = 10_000;
/** Shorter waits are the even pace of a long job. */
const longWait = 2000;

export class Progress {
  readonly #options: ProgressOptions;
  readonly #started = performance.now();
  #phase: Phase = { verb: "beginning" };
  #phaseStarted = performance.now();
  #done = 0;
  #bytes = 0;
  /** Read and not yet written, where a job does both. */
  #read: number | undefined;
  #requests = 0;
  #waiting: { until: number; reason: string } | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: ProgressOptions) {
    this.#options = options;
    for (const connection of options.connections) connection.listener = (event) => this.#see(event);
  }

  static async start(options: ProgressOptions): Promise<Progress> {
    const progress = new Progress(options);
    if (!options.quiet) await progress.#show();
    return progress;
  }

  get requests(): number {
    return this.#requests;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get milliseconds(): number {
    return performance.now() - this.#started;
  }

  begin(phase: Phase): void {
    this.#phase = phase;
    this.#phaseStarted = performance.now();
    this.#done = phase.done ?? 0;
    this.#read = undefined;
  }

  /** So many more entries are done. */
  add(entries: number, bytes: number): void {
    this.#done += entries;
    this.#bytes += bytes;
  }

  /** So many more entries were read, by a job that writes them later. */
  addRead(entries: number): void {
    this.#read = (this.#read ?? this.#phase.done ?? 0) + entries;
  }

  stop(): void {
    clearInterval(this.#timer);
    setBar(undefined);
    for (const connection of this.#options.connections) connection.listener = undefined;
  }

  async #show(): Promise<void> {
    const { stderr, stdout } = process;
    // A bar among data would spoil both.
    const isFree = stderr.isTTY && !(this.#options.printsData && stdout.isTTY);
    if (!isFree || this.#options.json) {
      this.#timer = setInterval(() => {
        if (this.#options.json) process.stderr.write(`${JSON.stringify({ progress: this.#figures() })}\n`);
        else say(this.#line(Infinity));
      }, lineInterval).unref();
      return;
    }
    const { default: cliProgress } = await import("cli-progress");
    const bar = new cliProgress.SingleBar({
      stream: stderr,
      format: () => this.#line(stderr.columns || 80),
      fps: 5,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    });
    setBar({ start: () => bar.start(1, 0), stop: () => bar.stop() });
  }

  #see({ type, delay = 0, reason = "" }: KVEvent): void {
    if (type === "request") {
      this.#requests++;
      this.#waiting = undefined;
    }
    if ((type === "wait" || type === "retry") && delay >= longWait) {
      this.#waiting = { until: performance.now() + delay, reason: reasons[reason] ?? reason };
    }
  }

  /** In entries; reading is one half of a job that also writes. */
  get #position(): number {
    return this.#read === undefined ? this.#done : (this.#read + this.#done) / 2;
  }

  #figures(): Record<string, number | string | undefined> {
    const { connections } = this.#options;
    const { total, done = 0 } = this.#phase;
    const seconds = (performance.now() - this.#phaseStarted) / 1000;
    const position = this.#position;
    const perSecond = seconds > 0 ? (position - done) / seconds : 0;
    const left = total === undefined ? undefined : total - position;
    const budgets = new Set(connections.map(({ budget }) => budget).filter((budget) => budget !== undefined));
    const waiting = this.#waiting && Math.max(0, this.#waiting.until - performance.now());
    return {
      entries: this.#done,
      read: this.#read,
      total,
      bytes: this.#bytes,
      entriesPerSecond: Math.round(perSecond),
      requests: this.#requests,
      budget: [...budgets].reduce<number | undefined>(
        (least, budget: RateLimit) => Math.min(least ?? Infinity, budget.remaining),
        undefined,
      ),
      waitingSeconds: waiting === undefined ? undefined : Math.ceil(waiting / 1000),
      waitingFor: this.#waiting?.reason,
      secondsLeft:
        left === undefined || perSecond <= 0 ? undefined : Math.max(0, Math.ceil(left / perSecond)),
    };
  }

  #line(width: number): string {
    const { verb } = this.#phase;
    const { entries, read, total, bytes, entriesPerSecond, budget, waitingSeconds, waitingFor, secondsLeft } =
      this.#figures() as { [name: string]: number | undefined } & { waitingFor?: string };
    const parts = [
      `${count(entries!)}${total === undefined ? "" : ` of ${count(total)}`} entries`,
      ...(read === undefined || read === entries ? [] : [`${count(read)} read`]),
      ...(waitingSeconds === undefined ? [] : [`waiting ${duration(waitingSeconds * 1000)}: ${waitingFor}`]),
      ...(bytes! > 0 ? [size(bytes!)] : []),
      `${count(entriesPerSecond!)}/s`,
      ...(budget === undefined ? [] : [`${count(budget)} requests left`]),
      ...(secondsLeft === undefined || entries === total
        ? []
        : [`${duration(secondsLeft * 1000)} left, until ${clock(Date.now() + secondsLeft * 1000)}`]),
    ];
    const share = total ? Math.min(1, this.#position / total) : undefined;
    const percent = share === undefined ? "" : ` ${Math.floor(share * 100)}%`;
    let text = `${verb}${percent}`;
    for (const part of parts) if (text.length + part.length + 2 < width) text += `  ${part}`;
    if (width === Infinity) return text;
    const room = Math.min(30, width - text.length - 3);
    const bar = share === undefined || room < 5 ? "" : `${drawn(share, room)} `;
    return bar + text;
  }
}

function drawn(share: number, width: number): string {
  const full = Math.round(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

function clock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes()].map((number) => String(number).padStart(2, "0")).join(":");
}
