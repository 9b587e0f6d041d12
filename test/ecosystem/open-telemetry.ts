/** An OpenTelemetry example: a client span for each attempt, named by its operation. */
import { context, SpanKind, SpanStatusCode, trace, type Tracer } from "@opentelemetry/api";
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_RESEND_COUNT,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from "@opentelemetry/semantic-conventions";
import type { KVEvent, KVOptions } from "workers-kv-rest";

/**
 * Options for `createKV` that trace. `url.full` is left out: keys are in it. Waits and retries are events of the
 * span that is active where the call was made.
 */
export function traced(tracer: Tracer): Required<Pick<KVOptions, "fetch" | "onEvent">> {
  let started: KVEvent | undefined;
  return {
    onEvent(event) {
      const { type, delay, reason } = event;
      // An attempt calls fetch right after it has told that it starts.
      if (type === "request") started = event;
      if (type !== "wait" && type !== "retry") return;
      trace.getActiveSpan()?.addEvent(`kv.${type}`, { "kv.delay": delay ?? 0, "kv.reason": reason ?? "" });
    },
    async fetch(request) {
      const { operation, attempt } = started!;
      const { hostname, port, protocol } = new URL(request.url);
      const span = tracer.startSpan(operation, {
        kind: SpanKind.CLIENT,
        attributes: {
          [ATTR_HTTP_REQUEST_METHOD]: request.method,
          [ATTR_SERVER_ADDRESS]: hostname,
          [ATTR_SERVER_PORT]: Number(port) || (protocol === "https:" ? 443 : 80),
          ...(attempt > 1 ? { [ATTR_HTTP_REQUEST_RESEND_COUNT]: attempt - 1 } : {}),
        },
      });
      try {
        const response = await context.with(trace.setSpan(context.active(), span), () => fetch(request));
        span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, response.status);
        if (response.status >= 400) fail(String(response.status));
        return response;
      } catch (error) {
        span.recordException(error as Error);
        fail((error as Error).name);
        throw error;
      } finally {
        span.end();
      }

      function fail(type: string): void {
        span.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR });
      }
    },
  };
}
