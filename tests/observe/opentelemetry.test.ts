/** `examples/opentelemetry.ts` with the real API and SDK: spans in the client's trace, writes within their requests. */
import { context, propagation, SpanStatusCode, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTelemetry } from "../../examples/opentelemetry.ts";
import { ask, exampleBroker, gatewayOf, INSTANCE, ORDER, TOKEN } from "../http/gateway.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER = "00f067aa0ba902b7";
const headers = { traceparent: `00-${TRACE}-${CALLER}-01`, "X-Request-Id": "mine-1" };

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

beforeAll(() => {
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});
beforeEach(() => exporter.reset());
afterAll(async () => {
  await provider.shutdown();
  trace.disable();
  context.disable();
  propagation.disable();
});

async function spans(count: number) {
  await expect.poll(() => exporter.getFinishedSpans()).toHaveLength(count);
  return new Map(exporter.getFinishedSpans().map((span) => [span.name, span]));
}

test("a write is within its request, the request in the client's trace, the broker's work within the write", async () => {
  const placeOrder = async () => {
    trace.getTracer("broker").startSpan("vendor call").end();
    return { orderId: "69788888" };
  };
  const trading = gatewayOf(exampleBroker({ placeOrder }), { observers: [openTelemetry()] });
  const { json } = await ask(trading, "order/place", { body: ORDER, headers });
  const seen = await spans(3);
  const [request, write, call] = ["orderPlace", "order place", "vendor call"].map((name) => seen.get(name));
  expect(request?.spanContext().traceId).toBe(TRACE);
  expect(request?.parentSpanContext?.spanId).toBe(CALLER);
  expect(write?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
  expect(call?.parentSpanContext?.spanId).toBe(write?.spanContext().spanId);
  expect(request?.attributes).toEqual({
    "http.request.method": "POST",
    "http.response.status_code": 200,
    "httptrading.instance": "futu",
    "httptrading.api": "orderPlace",
    "httptrading.principal": "default",
    "httptrading.request_id": "mine-1",
  });
  expect(write?.attributes).toMatchObject({
    "httptrading.outcome": "accepted",
    "httptrading.tag": json.tag,
    "httptrading.order_id": "69788888",
  });
  expect(JSON.stringify([request, write].map((span) => span?.attributes))).not.toMatch(
    new RegExp(`${INSTANCE}|${TOKEN}`),
  );
});

test("a request without a trace begins one, and an unknown outcome is an error", async () => {
  const broker = exampleBroker({ cancelOrder: () => Promise.reject(new TypeError("lost")) });
  const trading = gatewayOf(broker, { observers: [openTelemetry()] });
  expect((await ask(trading, "order/cancel", { body: { orderId: "6278888" } })).status).toBe(504);
  const seen = await spans(2);
  expect(seen.get("orderCancel")?.parentSpanContext).toBeUndefined();
  expect(seen.get("order cancel")?.status).toMatchObject({ code: SpanStatusCode.ERROR });
  await trading.close();
});
