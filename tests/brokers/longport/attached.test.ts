/** What is attached to an order, to take a profit or to end a loss, by way of the vendor's app. */
import { describe, expect, test } from "vitest";
import type { LongportServer } from "../../../simulators/longport/server.ts";
import {
  call,
  type LongportBroker,
  openFront,
  openLongport,
  rejection,
  restingOrder,
  startBroker,
  TRANSPORTS,
} from "./setup.ts";

const WAITS = { originSymbol: "AAPL.US", qty: 10 };

/** An order that was placed elsewhere, for ten AAPL. */
function placeElsewhere(server: LongportServer): string {
  return server.venue.place("LB", { ...restingOrder({ timeInForce: "GTC" }), tag: null }).wireId;
}

async function unmapped(broker: LongportBroker, status: "open" | "all") {
  return (await broker.orders({ status, fresh: true }, call())).unmapped;
}

describe.each(TRANSPORTS)("what is attached to an order over %s", (transport) => {
  test.each([0, 5])("stands in both lists when the order was filled, %d days ago too", async (days) => {
    const server = await openLongport({ now: Date.UTC(2025, 5, 4, 14, 30) });
    const { broker } = await startBroker(server.port, { transport });
    const orderId = placeElsewhere(server);
    server.venue.fill(orderId, 10, 190);
    server.attach(orderId, {}, { time_in_force: "GTC" });
    server.venue.setNow(server.venue.now() + days * 86_400_000);
    await broker.marketStatus(call());
    expect((await broker.orders({ status: "open", fresh: true }, call())).orders).toEqual([]);
    for (const status of ["open", "all"] as const) expect(await unmapped(broker, status)).toEqual([WAITS, WAITS]);
    // What has been heard of days long past is not kept for good either.
    server.attach(orderId, { status: "FilledStatus" }, { status: "CanceledStatus" });
    for (const status of ["all", "open"] as const) expect(await unmapped(broker, status)).toEqual([]);
  });

  test("may work while the order has fills or may have some, and not when it ended without", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    const orderId = placeElsewhere(server);
    server.attach(orderId, {});
    expect(await unmapped(broker, "open")).toEqual([WAITS]);
    server.venue.end(orderId, "CANCELED", "");
    expect(await unmapped(broker, "open")).toEqual([]);
    const partly = placeElsewhere(server);
    server.attach(partly, {}, { withdrawn: true });
    server.venue.fill(partly, 3, 190);
    server.venue.end(partly, "CANCELED", "");
    expect(await unmapped(broker, "open")).toEqual([WAITS]);
  });
});

test("what is attached to an order is read and canceled by its own id, as the one that it is", async () => {
  const server = await openLongport();
  const { broker } = await startBroker(server.port);
  const orderId = placeElsewhere(server);
  server.venue.fill(orderId, 10, 190);
  const [stop = "", profit = ""] = server.attach(orderId, {}, {});
  // Before a list has told of it, and after.
  expect(await broker.order(stop, call())).toMatchObject({
    orderId: stop,
    direction: "SELL",
    status: "OPEN",
    tag: null,
  });
  expect(await unmapped(broker, "open")).toEqual([WAITS, WAITS]);
  expect(await broker.order(profit, call())).toMatchObject({ orderId: profit, direction: "SELL", status: "OPEN" });
  const change = { code: "NotSupported", outcome: "not_sent" };
  expect(await rejection(broker.replaceOrder(profit, { qty: 5 }, call()))).toMatchObject(change);
  // With the one the vendor cancels the other.
  await broker.cancelOrder(stop, call());
  for (const id of [stop, profit]) {
    expect(await broker.order(id, call())).toMatchObject({ orderId: id, status: "CANCELED", filledQty: 0 });
  }
  expect(await unmapped(broker, "open")).toEqual([]);
  expect(await rejection(broker.cancelOrder(profit, call()))).toMatchObject({ code: "OrderNotOpen" });
});

test("what is attached to the newest orders is remembered, however much is attached to older ones", async () => {
  const server = await openLongport();
  const { broker } = await startBroker(server.port);
  const older = placeElsewhere(server);
  const ended = { status: "CanceledStatus" };
  server.attach(older, ...Array.from({ length: 10_000 }, (_, index) => ({ ...ended, order_id: `9${index}` })));
  const orderId = placeElsewhere(server);
  const [stop = ""] = server.attach(orderId, {});
  expect(await unmapped(broker, "open")).toEqual([WAITS]);
  await broker.cancelOrder(stop, call());
  expect(await unmapped(broker, "open")).toEqual([]);
});

test("what is attached to an order is canceled before a list or a read has told that it is", async () => {
  const server = await openLongport();
  const { broker } = await startBroker(server.port);
  const orderId = placeElsewhere(server);
  const [stop = ""] = server.attach(orderId, {});
  await broker.cancelOrder(stop, call());
  expect(await broker.order(stop, call())).toMatchObject({ orderId: stop, status: "CANCELED" });
});

test.each(["read", "canceled"])("what was attached to an order and is one of its own by now can be %s", async (how) => {
  const server = await openLongport();
  const own = placeElsewhere(server);
  // Within another one, as the list had it before.
  const before = `"order_id":"1","attached_orders":[{"order_id":"${own}"}]`;
  const httpUrl = await openFront(server.port, async (request, answer) =>
    request === "GET /v1/trade/order/today"
      ? { ...answer, text: answer.text.replace(/,"attached_orders":\[\]/, "").replace(`"order_id":"${own}"`, before) }
      : answer,
  );
  const { broker } = await startBroker(server.port, { httpUrl });
  expect(await unmapped(broker, "open")).toHaveLength(1);
  if (how === "read") expect(await broker.order(own, call())).toMatchObject({ orderId: own, status: "OPEN" });
  await broker.cancelOrder(own, call());
  expect(server.venue.find(own)?.order.status).toBe("CANCELED");
});

test("what is attached to an order stays, with the quantity that the order is changed to", async () => {
  const server = await openLongport();
  const { broker } = await startBroker(server.port);
  const orderId = placeElsewhere(server);
  server.attach(orderId, {}, {});
  await broker.replaceOrder(orderId, { qty: 12, price: 189 }, call());
  expect(await unmapped(broker, "open")).toEqual([
    { ...WAITS, qty: 12 },
    { ...WAITS, qty: 12 },
  ]);
});

test.each([602001, 602023, 603001])(
  "an order that is in no list is not found, though the vendor answers %d where it is attached to none",
  async (code) => {
    const server = await openLongport();
    const httpUrl = await openFront(server.port, async (request, answer) =>
      request.includes("is_attached=true")
        ? { status: 400, text: `{"code":${code},"message":"no","data":null}` }
        : answer,
    );
    const { broker } = await startBroker(server.port, { httpUrl });
    expect(await rejection(broker.order("123456789012345679", call()))).toMatchObject({ code: "OrderNotFound" });
  },
);

test("an order that the vendor says it does not know costs one more call, for what may be attached to another", async () => {
  const server = await openLongport();
  const asked: string[] = [];
  const httpUrl = await openFront(server.port, async (request, answer) => {
    if (request.includes("123456789012345679")) asked.push(request);
    return request.startsWith("GET /v1/trade/order?")
      ? { status: 400, text: '{"code":603001,"message":"Order not found","data":null}' }
      : answer;
  });
  const { broker } = await startBroker(server.port, { httpUrl });
  expect(await rejection(broker.order("123456789012345679", call()))).toMatchObject({ code: "OrderNotFound" });
  expect(asked).toHaveLength(2);
});

test.each([
  ['"none"', []],
  ["{}", []],
  ['["116"]', [{ originSymbol: "AAPL.US", qty: 0 }]],
  ['[{"quantity":"ten","withdrawn":"no"}]', [{ originSymbol: "AAPL.US", qty: 0 }]],
])("what is said to be attached, and cannot be read, as %s, hides no order, and may work", async (said, unmapped) => {
  const server = await openLongport();
  const httpUrl = await openFront(server.port, async (request, answer) =>
    request.startsWith("GET /v1/trade/order/today")
      ? { ...answer, text: answer.text.replace(/"attached_orders":\[\]/, `"attached_orders":${said}`) }
      : answer,
  );
  const { broker } = await startBroker(server.port, { httpUrl });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  expect(await broker.orders({ status: "open", fresh: true }, call())).toMatchObject({
    orders: [{ orderId }],
    unmapped,
  });
});
