/** What the command ends with, and what it says where something went wrong: whose fault it is, and what to do next. */
import type { KVErrorCode } from "../index.ts";

export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  partlyDone: 4,
  interrupted: 130,
} as const;

type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The end of a command that did not do what it was asked for, in words for whoever called it. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;
  /** What to do next. */
  readonly advice: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.exitCode = exitCode;
    this.advice = options.advice;
  }
}

export function usageError(message: string, advice?: string): CommandError {
  return new CommandError(exitCodes.usage, message, advice === undefined ? {} : { advice });
}

/** The end of a command for any error. */
export async function explain(error: unknown): Promise<CommandError> {
  if (error instanceof CommandError) return error;
  const end = (code: ExitCode, advice?: string): CommandError => {
    // What OpenSSL says ends its line.
    const message = (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, " ").trim();
    return new CommandError(code, message, { cause: error, ...(advice === undefined ? {} : { advice }) });
  };
  const { KVAPIError, KVConnectionError, KVErrorCode, KVInputError, KVRateLimitError } =
    await import("../index.ts");
  if (error instanceof KVInputError) return end(exitCodes.usage);
  if (error instanceof KVConnectionError) {
    return end(exitCodes.failed, "check the network, the proxy and the base URL; `wkv doctor` tries them");
  }
  if (error instanceof KVRateLimitError) {
    return end(exitCodes.failed, "wait until the budget is free again; other programs may use the token too");
  }
  if (error instanceof KVAPIError) {
    const { code, status, ray } = error;
    if (code === KVErrorCode.namespaceNotFound) {
      return end(
        exitCodes.notFound,
        "`wkv namespace list` shows the account's namespaces; 32 hexadecimal digits are taken for an id",
      );
    }
    if (code === KVErrorCode.keyNotFound) return end(exitCodes.notFound);
    if (code === KVErrorCode.invalidNamespaceId) return end(exitCodes.usage);
    if (code === KVErrorCode.dailyQuota) return end(exitCodes.failed);
    if (status === 401 || status === 403 || refusedCredentials(KVErrorCode).has(code)) {
      return end(
        exitCodes.failed,
        "the token or its permissions do not do; `wkv doctor` finds out what is wrong",
      );
    }
    return end(
      exitCodes.failed,
      status < 500 || ray === undefined ? undefined : `Cloudflare's support asks for the ray: ${ray}`,
    );
  }
  const { code, syscall } = (error instanceof Error ? error : {}) as NodeJS.ErrnoException;
  if (code !== undefined && syscall !== undefined) return end(exitCodes.failed, fileAdvice[code]);
  // None of the causes that are known: what helps is where it happened.
  const stack = error instanceof Error ? error.stack : undefined;
  return new CommandError(exitCodes.failed, `this is a bug of wkv's: ${stack ?? String(error)}`, {
    cause: error,
  });
}

const refusedCredentials = (codes: typeof KVErrorCode): ReadonlySet<number | undefined> =>
  new Set([
    codes.invalidHeaders,
    codes.missingAuthentication,
    codes.invalidToken,
    codes.unknownKey,
    codes.couldNotRoute,
  ]);

const fileAdvice: Partial<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "you may not read or write it",
  EPERM: "you may not do that to it",
  ENOSPC: "the disk is full: make room",
  EISDIR: "it is a folder; name a file",
  EROFS: "it is on a disk that cannot be written to",
};
