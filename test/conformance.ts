/**
 * What a Workers KV service and this client do together, whatever runs them. Written against the facade, without
 * a runner's imports: Bun, Deno, workerd and browsers can run it too.
 *
 *     const suite = await open(kv, accountId);
 *     for (const { run } of cases) await run(kv, suite);
 *     await suite.close();
 */
import type { KV } from "../src/index.ts";
import { accountCases } from "./conformance/account.ts";
import { manyCases } from "./conformance/many.ts";
import { metadataCases } from "./conformance/metadata.ts";
import { type Case, type Suite, uniqueTitle } from "./conformance/suite.ts";
import { valueCases } from "./conformance/values.ts";

export type { Case, Suite } from "./conformance/suite.ts";

export const cases: readonly Case[] = [...valueCases, ...metadataCases, ...manyCases, ...accountCases];

/** A namespace for the cases, once the service has it: a new one may not be found for about a second. */
export async function open(
  kv: KV,
  accountId: string,
  advance?: (seconds: number) => void,
): Promise<Suite & { close(): Promise<void> }> {
  const { id } = await kv.namespaces.create(uniqueTitle());
  const namespace = kv.namespace(id);
  for (let tries = 1; ; tries++) {
    try {
      await namespace.list();
      return { accountId, namespace, advance, close: () => kv.namespaces.delete(id) };
    } catch (error) {
      if (tries === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}
