/** Commands between two namespaces: which, and under which account and token each. */
import type { BetweenOptions } from "./command-options.ts";
import { type Connection, connect } from "./connection.ts";
import { usageError } from "./exit-codes.ts";
import { type ChosenNamespace, chooseNamespace } from "./namespaces.ts";
import { quoted } from "./quantities.ts";

/** The names of both sides; `undefined` where a binding stands for one. */
export function takeTwo(
  words: readonly string[],
  { binding, toBinding }: BetweenOptions,
): { first: string | undefined; second: string | undefined } {
  const left = [...words];
  const first = binding === undefined ? left.shift() : undefined;
  const second = toBinding === undefined ? left.shift() : undefined;
  if (left.length > 0) throw usageError(`${quoted(left[0]!)} is one word too many`);
  if (first === undefined && binding === undefined) throw usageError("both sides are missing");
  if (second === undefined && toBinding === undefined) throw usageError("the second side is missing");
  return { first, second };
}

export const connectFirst = (options: BetweenOptions): Promise<Connection> =>
  connect(options, { isJob: true });

/** The first one's account and token, save for what is said of the second. */
export function connectSecond(options: BetweenOptions, first?: Connection): Promise<Connection> {
  const { toAccount, toTokenFile, toEnv } = options;
  const second = {
    ...options,
    account: toAccount ?? options.account,
    tokenFile: toTokenFile ?? options.tokenFile,
    env: toEnv ?? options.env,
  };
  // Cloudflare counts requests by user: under one token there is one budget.
  return connect(second, { isJob: true, ...(first && toTokenFile === undefined ? { shared: first } : {}) });
}

export const chooseFirst = (
  connection: Connection,
  name: string | undefined,
  { binding, preview }: BetweenOptions,
): Promise<ChosenNamespace> => chooseNamespace(connection, { name, binding, preview });

export const chooseSecond = (
  connection: Connection,
  name: string | undefined,
  { toBinding, toPreview }: BetweenOptions,
): Promise<ChosenNamespace> => chooseNamespace(connection, { name, binding: toBinding, preview: toPreview });

export async function chooseBoth(
  words: readonly string[],
  options: BetweenOptions,
): Promise<{ from: ChosenNamespace; to: ChosenNamespace; connections: readonly [Connection, Connection] }> {
  const { first, second } = takeTwo(words, options);
  const connection = await connectFirst(options);
  const other = await connectSecond(options, connection);
  return {
    from: await chooseFirst(connection, first, options),
    to: await chooseSecond(other, second, options),
    connections: [connection, other],
  };
}
