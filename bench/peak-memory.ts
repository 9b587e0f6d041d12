/** The most memory that this process has had resident. */
import { readFileSync } from "node:fs";

/** In MB. Linux counts what the parent had at the fork into maxRSS, and not into VmHWM. */
export function peakMemory(): number {
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : "";
  const kibibytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? process.resourceUsage().maxRSS);
  return (kibibytes * 1024) / 1_000_000;
}
