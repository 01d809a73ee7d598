/**
 * The least that an order can cost: the bare route, which also checks the order and keeps of it what has to be kept, an
 * intent, the order and an event. There is no broker, no guard, no failure and no state that changes: no desk. Its answers
 * are given by turns, as the gateway's are: that alone makes a server cheaper.
 */
import { Hono } from "hono";
import * as z from "zod";
import { answerByTurns } from "../../src/runtime/turn.ts";
import { orderIdOf } from "../order-id.ts";
import type { Caller } from "../setups.ts";
import { envelope } from "./envelope.ts";
import { listen } from "./listen.ts";
import { serveSideChannel, setupOf } from "./side-channel.ts";

const { instanceId, token } = setupOf<Caller>();
const ORDER = z.strictObject({
  tradeType: z.string().min(1).max(32),
  region: z.string().regex(/^[A-Z]{2,8}$/),
  symbol: z.string().min(1).max(32),
  direction: z.enum(["BUY", "SELL"]),
  orderType: z.enum(["Limit", "Market"]),
  timeInForce: z.enum(["DAY", "GTC"]),
  lifecycle: z.enum(["RTH", "ETH", "OVERNIGHT"]),
  qty: z.number().positive(),
  price: z.number().positive().optional(),
});

/** As many are kept as of a journal in memory, in parts as there. */
const PART = 5000;
const PARTS = 3;

/** Keeps the newest, in the cheapest way there is: a part is forgotten as a whole. */
function kept<T>(): (key: string, value: T) => void {
  let parts = [new Map<string, T>()];
  return (key, value) => {
    let [newest] = parts;
    if (newest === undefined || newest.size >= PART) {
      newest = new Map();
      parts = [newest, ...parts.slice(0, PARTS - 1)];
    }
    newest.set(key, value);
  };
}

const keepIntent = kept<object>();
const keepOrder = kept<object>();
const keepEvent = kept<object>();
let orders = 0;

const app = new Hono();
app.post(`/httptrading/api/${instanceId}/order/place`, async (context) => {
  if (context.req.header("HT-TOKEN") !== token) return context.notFound();
  const checked = ORDER.safeParse(await context.req.json());
  if (!checked.success) return context.json(envelope(instanceId, { ex: checked.error.message }), 400);
  const { tradeType, region, symbol, direction, orderType, timeInForce, lifecycle, qty, price = null } = checked.data;
  const contract = { tradeType, region, symbol };
  orders += 1;
  const orderId = orderIdOf(orders);
  const tag = `ht${orderId.padStart(24, "a")}`;
  const at = Date.now();
  const request = { contract, direction, orderType, timeInForce, lifecycle, qty, price };
  keepIntent(tag, {
    id: tag,
    principal: "plain",
    at,
    action: { kind: "place", request },
    fingerprint: null,
    state: "accepted",
    updatedAt: at,
    placed: { orderId },
    failure: null,
    reason: null,
  });
  const order = {
    orderId,
    contract,
    currency: "USD",
    direction,
    orderType,
    price,
    timeInForce,
    lifecycle,
    qty,
    filledQty: qty,
    avgPrice: price,
    status: "FILLED",
    originStatus: "Filled",
    errorReason: "",
    warning: null,
    tag,
    createdAt: at,
    updatedAt: at,
    external: false,
    asOf: at,
    staleSince: null,
  };
  keepOrder(orderId, order);
  keepEvent(orderId, { kind: "order", order, at, sequence: orders });
  return context.json(envelope(instanceId, { orderId, args: checked.data, tag, effective: null }));
});

serveSideChannel({ port: await listen(answerByTurns(async (request) => app.fetch(request))) });
