/** The door to generated/: the one module that imports the types and tables made from spec/kv.yaml. */
import { operations } from "../generated/operations.ts";

export type { components, paths } from "../generated/schema.ts";
export { errorCodes, limits, operations } from "../generated/operations.ts";

/** The name of an operation of the spec. */
export type OperationId = keyof typeof operations;

interface Route {
  operation: OperationId;
  segments: readonly string[];
}

/** The operations by method and number of segments, of which a request can match one or two. */
const routes = new Map<string, Route[]>();
for (const [operation, { method, path }] of Object.entries(operations)) {
  const segments = path.split("/");
  const route = { operation: operation as OperationId, segments };
  const alike = routes.get(method + segments.length);
  if (alike) alike.push(route);
  else routes.set(method + segments.length, [route]);
}

/**
 * The operation that a request asks for, by its method and its path as sent (percent-encoded, without the
 * base URL and the query). Segments match exactly: a trailing slash is another path.
 */
export function findOperation(
  method: string,
  path: string,
): { operation: OperationId; params: Record<string, string> } | undefined {
  const actual = path.split("/");
  search: for (const { operation, segments } of routes.get(method + actual.length) ?? []) {
    const params: Record<string, string> = {};
    for (const [i, expected] of segments.entries()) {
      if (!expected.startsWith("{")) {
        if (expected !== actual[i]) continue search;
      } else if (actual[i]) params[expected.slice(1, -1)] = actual[i];
      else continue search;
    }
    return { operation, params };
  }
  return undefined;
}
