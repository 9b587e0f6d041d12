/** The door to generated/: the one module that imports the types and tables made from spec/kv.yaml. */
import { operations } from "../generated/operations.ts";

export type { components, paths } from "../generated/schema.ts";
export { errorCodes, limits, operations } from "../generated/operations.ts";

/** The name of an operation of the spec. */
export type OperationId = keyof typeof operations;

const table = Object.entries(operations).map(([id, { method, path }]) => ({
  id: id as OperationId,
  method: method as string,
  segments: path.split("/"),
}));

/**
 * The operation that a request asks for, by its method and its path as sent (percent-encoded, without the
 * base URL and the query). Segments match exactly: a trailing slash is another path.
 */
export function findOperation(
  method: string,
  path: string,
): { operation: OperationId; params: Record<string, string> } | undefined {
  const segments = path.split("/");
  for (const entry of table) {
    if (entry.method !== method || entry.segments.length !== segments.length) continue;
    const params: Record<string, string> = {};
    const matches = entry.segments.every((expected, i) => {
      const actual = segments[i]!;
      if (!expected.startsWith("{")) return expected === actual;
      params[expected.slice(1, -1)] = actual;
      return actual !== "";
    });
    if (matches) return { operation: entry.id, params };
  }
  return undefined;
}
