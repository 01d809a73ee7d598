/**
 * The baseline: bare Hono routes that read the token header, and the body, and return the same JSON as the gateway. The
 * instance's path, its one token, and a raw loop over server-sent events in place of `order/events`.
 */
import { Hono } from "hono";
import { orderIdOf } from "../order-id.ts";
import type { Caller } from "../setups.ts";
import { envelope } from "./envelope.ts";
import { listen } from "./listen.ts";
import { serveSideChannel, setupOf } from "./side-channel.ts";

/** The one instance and its one token. */
export type BareSetup = Caller;

const { instanceId, token } = setupOf<BareSetup>();
const root = `/httptrading/api/${instanceId}`;
const app = new Hono();
const encoder = new TextEncoder();
const followers = new Set<ReadableStreamDefaultController<Uint8Array>>();
let orders = 0;

app.get(`${root}/cash/state`, (context) => {
  if (context.req.header("HT-TOKEN") !== token) return context.notFound();
  const cash = { type: "cash", currency: "USD", amount: 30877.49 };
  return context.json(
    envelope(instanceId, { cash, balances: [{ currency: "USD", amount: 30877.49, available: 30877.49 }] }),
  );
});

app.post(`${root}/order/place`, async (context) => {
  if (context.req.header("HT-TOKEN") !== token) return context.notFound();
  const args = await context.req.json();
  orders += 1;
  const orderId = orderIdOf(orders);
  if (followers.size > 0) tell(orderId, args);
  return context.json(envelope(instanceId, { orderId, args, tag: "htabcdefghijklmnopqrstuvwx", effective: null }));
});

app.get(`${root}/order/events`, (context) => {
  if (context.req.header("HT-TOKEN") !== token) return context.notFound();
  let own: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      own = controller;
      followers.add(controller);
      controller.enqueue(encoder.encode(": events follow\n\n"));
    },
    cancel: () => void followers.delete(own),
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
});

/** The raw loop: one event, written once, put to each follower in turn. */
function tell(orderId: string, args: Readonly<Record<string, unknown>>): void {
  const { tradeType, region, symbol, ...rest } = args;
  const time = new Date().toISOString();
  const order = {
    ...{ type: "order", orderId, currency: "USD", filledQty: 12, avgPrice: 201.5, errorReason: "" },
    ...{ isCanceled: false, isFilled: true, isCompleted: true, isCancelable: false },
    contract: { type: "contract", tradeType, region, symbol },
    ...rest,
    ...{ status: "FILLED", originStatus: "Filled", tag: "htabcdefghijklmnopqrstuvwx", external: false, warning: null },
    ...{ createdAt: time, updatedAt: time, source: "journal", asOf: time, staleSince: null },
  };
  const data = JSON.stringify({ time, order });
  const bytes = encoder.encode(`id: 3f9c1a7e-${orders}\nevent: order\ndata: ${data}\n\n`);
  for (const follower of followers) follower.enqueue(bytes);
}

serveSideChannel({ port: await listen(app.fetch) });
