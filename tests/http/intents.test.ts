/** Writes of which nobody knows what became of them, as an operator is told of them. */
import { expect, test, vi } from "vitest";
import { BrokerError, memoryJournal, type Order } from "../../mod.ts";
import { intentSchema } from "../../src/http/answers/intent.ts";
import { ask, exampleBroker, gatewayOf, moment, ORDER, openOrder } from "./gateway.ts";

const lost = async (): Promise<never> => {
  throw new BrokerError("Timeout", "the line went dead", { outcome: "unknown" });
};

/** A broker that loses every answer, and of whose list nothing follows. */
function losing(options: Parameters<typeof gatewayOf>[1] = {}) {
  const example = exampleBroker();
  const broker = exampleBroker({
    placeOrder: lost,
    replaceOrder: lost,
    cancelOrder: lost,
    orders: async () => ({ orders: [openOrder], unmapped: [] }),
    capabilities: () => ({ ...example.capabilities(), listing: { complete: false, settleMs: 60_000 } }),
  });
  return gatewayOf(broker, options);
}

test("each is listed as it was asked for, oldest first, until it is settled", async () => {
  const trading = losing();
  const place = await ask(trading, "order/place", { body: ORDER });
  expect([place.status, place.json.error.code]).toEqual([504, "OutcomeUnknown"]);
  await ask(trading, "order/replace", { body: { orderId: openOrder.orderId, qty: "10.0", price: 201 } });
  await ask(trading, "order/cancel", { body: { orderId: openOrder.orderId } });

  const { status, json } = await ask(trading, "order/intents?state=unknown");
  expect(status).toBe(200);
  expect(json.intents).toMatchObject([
    { type: "intent", tag: place.json.error.tag, action: "place", orderId: null, args: ORDER, principal: "default" },
    { action: "replace", orderId: openOrder.orderId, args: { orderId: openOrder.orderId, qty: 10, price: 201 } },
    { action: "cancel", orderId: openOrder.orderId, args: { orderId: openOrder.orderId } },
  ]);
  for (const intent of json.intents) {
    expect(intentSchema().strict().safeParse(intent).error).toBeUndefined();
    expect(intent.message).not.toBe("");
    expect(intent.state).toBe("unknown");
    moment(intent.createdAt);
  }
  expect(JSON.stringify(json)).not.toContain("fingerprint");
  await trading.close();
});

test("what the process before this one was sending is among them from the first question", async () => {
  const kept = memoryJournal();
  const { promise: never } = Promise.withResolvers<never>();
  const { promise: sent, resolve: reached } = Promise.withResolvers<void>();
  const broker = exampleBroker({
    placeOrder: () => {
      reached();
      return never;
    },
  });
  const before = gatewayOf(broker, { journal: { ...kept, close: () => undefined } });
  void ask(before, "order/place", { body: ORDER });
  await sent;
  const after = losing({ journal: kept });
  await vi.waitFor(async () => {
    const { json } = await ask(after, "order/intents");
    expect(json.intents).toMatchObject([
      { action: "place", state: "unknown", args: ORDER, message: "the gateway ended before the broker answered" },
    ]);
  });
  await after.close();
  await before.close();
});

test("none is an empty list, and another state is refused", async () => {
  const trading = gatewayOf(exampleBroker());
  expect((await ask(trading, "order/intents")).json.intents).toEqual([]);
  const { status, json } = await ask(trading, "order/intents?state=accepted");
  expect([status, json.error.code]).toEqual([400, "InvalidRequest"]);
  await trading.close();
});

test("writes without a key are refused where keys are required, and reads are not", async () => {
  const trading = gatewayOf(exampleBroker(), { requireIdempotencyKey: true });
  for (const [path, body] of [
    ["order/place", ORDER],
    ["order/replace", { orderId: "6278888", qty: 5 }],
    ["order/cancel", { orderId: "6278888" }],
  ] as const) {
    const { status, json } = await ask(trading, path, { body });
    expect([status, json.error.code, json.error.outcome]).toEqual([400, "InvalidRequest", "not_sent"]);
    expect(json.error.details).toMatchObject([{ path: "Idempotency-Key" }]);
  }
  expect((await ask(trading, "order/list")).status).toBe(200);
  const keyed = await ask(trading, "order/place", { body: ORDER, headers: { "Idempotency-Key": "mine" } });
  expect(keyed.status).toBe(200);
  await trading.close();
});

test.each([
  ["found out after its answer was lost", false],
  ["known by its tag alone, when the journal is lost", true],
])("an order %s says again what became of its session", async (_, isJournalLost) => {
  const orders: Order[] = [];
  const broker = exampleBroker({
    async placeOrder({ tag, contract }) {
      orders.push({ ...openOrder, contract, currency: "HKD", lifecycle: "RTH", tag });
      return isJournalLost ? { orderId: openOrder.orderId } : lost();
    },
    order: async () => orders[0] ?? openOrder,
    orders: async () => ({ orders, unmapped: [] }),
  });
  const first = gatewayOf(broker);
  const how = { body: { ...ORDER, region: "HK", symbol: "700" }, headers: { "Idempotency-Key": "mine" } };
  expect((await ask(first, "order/place", how)).status).toBe(isJournalLost ? 200 : 504);
  const trading = isJournalLost ? gatewayOf(broker) : first;
  if (!isJournalLost) await ask(trading, `order/state?orderId=${openOrder.orderId}`);
  const { status, headers, json } = await ask(trading, "order/place", how);
  expect([status, headers.get("idempotent-replayed")]).toEqual([200, "true"]);
  expect(json).toMatchObject({ orderId: openOrder.orderId, effective: { lifecycle: "RTH" } });
  await Promise.all([first.close(), trading.close()]);
});
