/** What a job will cost, said before it begins: requests, time at the budget, billed writes. */
import { limits, type RateLimit } from "../index.ts";
import { say } from "./output.ts";
import { counted, duration } from "./quantities.ts";

export interface Plan {
  /** How many keys are listed. */
  listed?: number | undefined;
  /** How many values are read. */
  read?: number | undefined;
  /** How many pairs are written, each of which is billed. */
  written?: number | undefined;
  /** How many requests that takes, where their size is known. */
  writeRequests?: number | undefined;
}

export function requestsOf({ listed = 0, read = 0, written = 0, writeRequests = 0 }: Plan): number {
  return (
    Math.ceil(listed / limits.listKeysMax) +
    Math.ceil(read / limits.bulkGetKeys) +
    Math.max(writeRequests, Math.ceil(written / limits.bulkWritePairs))
  );
}

export function sayPlan(what: string, plan: Plan, budget: RateLimit | undefined): void {
  const requests = requestsOf(plan);
  const parts = [counted(requests, "request")];
  if (budget) {
    const { requests: most, window } = budget;
    const minutes = `${most} requests in ${duration(window)}`;
    parts.push(`${duration((requests * window) / most)} at the budget of ${minutes}`);
  }
  if (plan.written) parts.push(counted(plan.written, "billed write"));
  say(`${what}: ${parts.join(", ")}`);
}
