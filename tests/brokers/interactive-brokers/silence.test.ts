/** TWS falls silent at each kind of message in turn: every call ends, and says what is certain. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { RESPONSE } from "../../../simulators/tws/messages.ts";
import { startTws, type Tws } from "../../../simulators/tws/server.ts";
import { call, newBroker, restingOrder, until, type WholeBroker } from "./setup.ts";

/** Every kind of message that an exchange of this broker waits for, and the reply to the hello. */
const AWAITED = [
  ["version", "version"],
  ...Object.entries(RESPONSE).filter(([name]) =>
    [
      ...[
        "managedAccounts",
        "nextValidId",
        "currentTime",
        "openOrder",
        "openOrderEnd",
        "orderStatus",
        "completedOrder",
      ],
      ...["completedOrderEnd", "executionDetails", "executionDetailsEnd", "contractDetails", "contractDetailsEnd"],
      ...["position", "positionEnd", "accountUpdateMulti", "accountUpdateMultiEnd", "tickPrice", "tickString", "error"],
    ].includes(name),
  ),
] as const;
const SCOPES = ["message", "connection"] as const;
const BRIEF = { timeout: 500, writeTimeout: 1_500 };
const HOST = { onOrder() {}, onConnection() {} };

async function walk(id: (typeof AWAITED)[number][1], scope: (typeof SCOPES)[number]): Promise<void> {
  const tws = await startTws();
  const late = newBroker(tws.port, BRIEF);
  const early = newBroker(tws.port, { ...BRIEF, timeout: 5_000, clientId: 8 });
  try {
    await early.start(HOST);
    const { orderId: changed } = await early.placeOrder(restingOrder(), call());
    const { orderId: canceled } = await early.placeOrder(restingOrder(), call());
    tws.silence(id, scope);
    await late.start(HOST);
    await Promise.all([late, early].map((broker) => expectEnds(tws, broker, changed, canceled)));
  } finally {
    await Promise.all([late.close(), early.close()]);
    await tws.close();
  }
}

async function expectEnds(tws: Tws, broker: WholeBroker, changed: string, canceled: string): Promise<void> {
  const { tag, contract } = restingOrder();
  const calls = {
    ping: broker.ping(call()),
    cash: broker.cash({ currency: "USD" }, call()),
    positions: broker.positions(call()),
    quote: broker.quote(contract, call()),
    marketStatus: broker.marketStatus(call()),
    order: broker.order(changed, call()),
    orders: broker.orders({ status: "all", fresh: true }, call()),
    place: broker.placeOrder(restingOrder({ tag }), call()),
    replace: broker.replaceOrder(changed, { price: 180 }, call()),
    cancel: broker.cancelOrder(canceled, call()),
  };
  const names = Object.keys(calls);
  const ends = await Promise.allSettled(Object.values(calls));
  for (const [index, end] of ends.entries()) {
    if (end.status === "rejected") expect(end.reason, names[index]).toMatchObject({ name: "BrokerError" });
  }
  const placed = ends[names.indexOf("place")];
  const atVenue = tws.venue.orders().filter(({ order }) => order.tag === tag);
  expect(atVenue.length, "times that the order is at the venue").toBeLessThanOrEqual(1);
  if (placed?.status === "fulfilled") expect(atVenue).toHaveLength(1);
  else if (placed?.reason.outcome !== "unknown") expect(atVenue).toEqual([]);
}

test.concurrent.each(AWAITED)("every call ends when TWS falls silent at its %s", { timeout: 60_000 }, async (_, id) => {
  await Promise.all(SCOPES.map((scope) => walk(id, scope)));
});

test.concurrent("a TWS that does not tell the time and says other things keeps its connection", async () => {
  const tws = await startTws();
  const broker = newBroker(tws.port);
  const connections: boolean[] = [];
  try {
    await broker.start({ onOrder() {}, onConnection: ({ connected }) => connections.push(connected) });
    tws.silence(RESPONSE.currentTime, "message");
    // A look at the gateway is given up after five seconds.
    await until(async () => !(await broker.ping(call())));
    for (let look = 0; look < 7; look += 1) {
      await pause(500);
      await broker.positions(call());
    }
    expect(connections).toEqual([true]);
    expect(tws.connections().total).toBe(1);
  } finally {
    await broker.close();
    await tws.close();
  }
});

test.concurrent("a TWS that leaves the time unanswered once, as where it is asked too often, keeps its connection", async () => {
  const tws = await startTws();
  const broker = newBroker(tws.port);
  const connections: boolean[] = [];
  try {
    await broker.start({ onOrder() {}, onConnection: ({ connected }) => connections.push(connected) });
    await until(async () => {
      const speak = tws.silence(RESPONSE.currentTime, "message");
      const hears = await broker.ping(call());
      speak();
      return !hears;
    });
    await until(() => broker.ping(call()));
    expect(connections).toEqual([true]);
    expect(tws.connections().total).toBe(1);
  } finally {
    await broker.close();
    await tws.close();
  }
});

test.concurrent.each([
  ["fills", RESPONSE.executionDetailsEnd],
  ["orders that ended", RESPONSE.completedOrderEnd],
])("an order is listed as open, and canceled, also where TWS does not answer which %s there are", async (_, id) => {
  const tws = await startTws();
  const before = newBroker(tws.port);
  const broker = newBroker(tws.port, BRIEF);
  try {
    await before.start(HOST);
    const { orderId } = await before.placeOrder(restingOrder(), call());
    await before.close();
    tws.silence(id);
    await broker.start(HOST);
    expect((await broker.orders({ status: "open", fresh: true }, call())).orders).toMatchObject([{ orderId }]);
    await broker.cancelOrder(orderId, call());
    expect(tws.venue.orders()).toMatchObject([{ order: { status: "CANCELED" } }]);
    await expect(broker.orders({ status: "all", fresh: true }, call())).rejects.toMatchObject({ code: "Timeout" });
  } finally {
    await Promise.all([before.close(), broker.close()]);
    await tws.close();
  }
});

test.concurrent.each([
  ["fills", RESPONSE.executionDetailsEnd],
  ["orders that ended", RESPONSE.completedOrderEnd],
])(
  "an order that is open no more is not told as open, nor changed, where TWS does not answer which %s there are",
  async (_, id) => {
    const tws = await startTws();
    const broker = newBroker(tws.port, BRIEF);
    const connections: boolean[] = [];
    try {
      await broker.start({ onOrder() {}, onConnection: ({ connected }) => connections.push(connected) });
      const { orderId } = await broker.placeOrder(restingOrder({ timeInForce: "GTC" }), call());
      tws.faults.arm({ kind: "restart", ms: 300 });
      await until(() => connections.at(-1) === false);
      tws.venue.end(orderId, "CANCELED", "");
      tws.venue.setNow(tws.venue.now() + 3 * 86_400_000);
      const answer = tws.silence(id);
      await until(() => connections.at(-1) === true);
      await broker.cancelOrder(orderId, call());
      await Promise.all([
        expect(broker.order(orderId, call())).rejects.toMatchObject({ code: "Timeout" }),
        expect(broker.replaceOrder(orderId, { qty: 11 }, call())).rejects.toMatchObject({ outcome: "not_sent" }),
      ]);
      answer();
      const end = () => broker.order(orderId, call()).catch((error) => error.code);
      await until(async () => (await end()) === "OrderNotFound");
    } finally {
      await broker.close();
      await tws.close();
    }
  },
);
