/**
 * Traces through OpenTelemetry: a span for each request, in the trace that the client's `traceparent` names, and within
 * it one for each write. What a broker or an API of your own does under them, with an instrumented `fetch` for example,
 * belongs to them. Needs `@opentelemetry/api`, and whichever SDK sends the spans somewhere:
 *
 *     createHttpTrading({ brokers, observers: [openTelemetry()] });
 */
import { context, propagation, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Observer } from "../mod.ts";

/** Watches with the globally registered tracer, context manager and propagator. */
export function openTelemetry(): Observer {
  const tracer = trace.getTracer("httptrading");
  return {
    request({ instance, api, method, principal, requestId, traceparent, tracestate }, work) {
      const parent = propagation.extract(ROOT_CONTEXT, { traceparent, tracestate });
      const attributes = {
        "http.request.method": method,
        "httptrading.instance": instance,
        "httptrading.api": api,
        "httptrading.principal": principal,
        "httptrading.request_id": requestId,
      };
      return tracer.startActiveSpan(api, { kind: SpanKind.SERVER, attributes }, parent, (span) =>
        ending(span, async () => {
          const { status } = await work();
          span.setAttribute("http.response.status_code", status);
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        }),
      );
    },
    write({ instance, action, orderId, principal }, work) {
      const attributes = { "httptrading.instance": instance, "httptrading.principal": principal };
      return tracer.startActiveSpan(`order ${action}`, { attributes }, context.active(), (span) =>
        ending(span, async () => {
          const result = await work();
          span.setAttribute("httptrading.outcome", result.outcome);
          if (result.code !== null) span.setAttribute("httptrading.code", result.code);
          if (result.tag !== null) span.setAttribute("httptrading.tag", result.tag);
          span.setAttribute("httptrading.order_id", result.orderId ?? orderId ?? "");
          if (result.outcome === "unknown" || result.outcome === "error") {
            span.setStatus({ code: SpanStatusCode.ERROR, ...(result.message !== null && { message: result.message }) });
          }
        }),
      );
    },
  };
}

async function ending(span: Span, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    span.end();
  }
}
