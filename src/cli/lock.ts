/** One run at a time on a file: two that write to it would each spoil what the other has written. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { accessSync, constants, realpathSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { CommandError, exitCodes } from "./exit-codes.ts";

/**
 * Held until the process ends, however it ends: an address at which the system lets only one process listen. A file
 * with a process's number would outlive a kill, and numbers are given again.
 *
 * @throws CommandError where another process holds it, or nothing can be written there
 */
export async function lock(path: string, advice = "name another place"): Promise<void> {
  checkFolder(dirname(path), basename(path), advice);
  const address = addressOf(join(realpathSync(dirname(path)), basename(path)));
  if (await listen(address)) return;
  if (isFile(address) && !(await answers(address))) {
    rmSync(address, { force: true });
    if (await listen(address)) return;
  }
  throw new CommandError(exitCodes.failed, `another run of wkv is at work with ${path}`, {
    advice: "let it end first",
  });
}

/** Else a job would find out when it has something to keep. */
function checkFolder(folder: string, name: string, advice: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === "ENOENT" ? "is not there" : `cannot be written to (${code})`;
    throw new CommandError(exitCodes.failed, `the folder ${folder}, where ${name} is to be, ${what}`, {
      advice,
      cause: error,
    });
  }
}

/** Linux: as long as such names can be. Shorter ones are filled up with zeros by Node 20, and not by Node 24. */
const longestName = 107;

function addressOf(path: string): string {
  const name = `wkv-${createHash("sha512").update(path).digest("hex")}`;
  if (process.platform === "linux") return `\0${name.slice(0, longestName)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name.slice(0, 36)}.lock`);
}

/** On systems that have no other addresses: it stays where its process was killed. */
const isFile = (address: string): boolean => !/^[\0\\]/.test(address);

async function listen(address: string): Promise<boolean> {
  const server = createServer((socket) => socket.destroy()).unref();
  server.listen(address);
  try {
    await once(server, "listening");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    throw error;
  }
}

async function answers(address: string): Promise<boolean> {
  const socket = connect(address);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
