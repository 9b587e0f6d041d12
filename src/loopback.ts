/** Addresses of this machine. */

const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Whether the host name, as a URL has it, is of this machine. */
export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname);
}
