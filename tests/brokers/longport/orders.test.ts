/** Orders when things go wrong: nothing is sent twice, and nothing is called certain that is not. */
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  call,
  openDoor,
  openFront,
  openLongport,
  rejection,
  restingOrder,
  startBroker,
  TRANSPORTS,
  until,
} from "./setup.ts";

describe.each(TRANSPORTS)("orders with reads over %s", (transport) => {
  test("a plain 429 on a submit leaves no order, is never posted again, and says that nothing was sent", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    server.faults.arm({ kind: "plain-429", on: "place" });
    const order = restingOrder();
    expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
    });
    expect(server.faults.armed()).toBe(0);
    // The SDK would have posted again by now had the order been its own.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(server.venue.orders()).toEqual([]);
    await broker.placeOrder(restingOrder(), call());
    expect(server.venue.orders()).toHaveLength(1);
  });

  test.each(["late-502", "missing-data", "lose-answer"] as const)(
    "%s after a submit is unknown, and the order is there once, under its tag",
    async (kind) => {
      const server = await openLongport();
      const { broker } = await startBroker(server.port, { transport });
      server.faults.arm({ kind, on: "place" });
      const order = restingOrder();
      expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({
        code: "OutcomeUnknown",
        outcome: "unknown",
      });
      expect(server.venue.orders()).toHaveLength(1);
      const { orders } = await broker.orders({ status: "open", fresh: true }, call());
      expect(orders.map(({ tag }) => tag)).toEqual([order.tag]);
    },
  );

  test("a write that the vendor's door turns away with its token is not sent", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    for (const on of ["place", "replace", "cancel"] as const) server.faults.arm({ kind: "expired-token", on });
    const refused = { code: "AuthenticationFailed", outcome: "not_sent" };
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject(refused);
    expect(await rejection(broker.replaceOrder(orderId, { price: 189 }, call()))).toMatchObject(refused);
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject(refused);
    expect(server.venue.orders()).toHaveLength(1);
  });

  test("a limit in an envelope is not sent, an HTML page is unknown", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    server.faults.arm({ kind: "rate-limit", on: "place" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "not_sent" });
    server.faults.arm({ kind: "html-502", on: "place" });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({ outcome: "unknown" });
    expect(server.venue.orders()).toEqual([]);
  });

  test.each(["html-502", "missing-data"] as const)("reads survive what the vendor's front says, %s", async (kind) => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port, { transport });
    server.faults.arm({ kind, on: "read" });
    expect(await rejection(broker.cash({ currency: "USD" }, call()))).toMatchObject({ code: "BrokerFault" });
    expect(await broker.cash({ currency: "USD" }, call())).toMatchObject({ amount: 1_000_000 });
  });
});

/** An order that ends in the moment in which the vendor refuses this change of it. */
async function refusing(method: string, ending: "EXPIRED" | "CANCELED") {
  const server = await openLongport();
  let meanwhile = () => {};
  const httpUrl = await openFront(server.port, async (request, answer) => {
    if (!request.startsWith(method)) return answer;
    meanwhile();
    return { status: 200, text: '{"code":602999,"message":"not now","data":null}' };
  });
  const { broker } = await startBroker(server.port, { httpUrl });
  const { wireId } = server.venue.place("LB", { ...restingOrder(), tag: null });
  const end = () => void server.venue.end(wireId, ending, "");
  // A replace looks at the order beforehand.
  if (method === "PUT") meanwhile = end;
  else end();
  const change = (ms?: number): Promise<unknown> =>
    method === "PUT" ? broker.replaceOrder(wireId, { qty: 5 }, call(ms)) : broker.cancelOrder(wireId, call(ms));
  return { broker, wireId, change };
}

describe("orders", () => {
  test("no client's reading stands in the way of the lists that orders and cancels of everything wait for", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    const ids = Array.from({ length: 40 }, (_, index) => String(index + 1));
    const reads = Promise.allSettled(ids.map((orderId) => broker.order(orderId, call())));
    for (const status of ["all", "open"] as const) {
      const listed = broker.orders({ status, fresh: true }, { ...call(), forWrite: true });
      expect(await listed).toMatchObject({ orders: [] });
    }
    expect((await reads).some(({ status }) => status === "rejected")).toBe(true);
  });

  test("equal reads at the same time are one call, and those that must be fresh are not", async () => {
    const server = await openLongport();
    const reads: string[] = [];
    const httpUrl = await openFront(server.port, async (request, answer) => {
      if (/^GET \/v1\/(?:asset|trade)\//.test(request)) reads.push(request.replace(/\?.*/, ""));
      return answer;
    });
    const { broker } = await startBroker(server.port, { httpUrl });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    const twice = async (read: () => Promise<unknown>) => {
      reads.length = 0;
      await Promise.all([read(), read()]);
      return [...new Set(reads)].map((path) => reads.filter((each) => each === path).length);
    };
    expect(await twice(() => broker.cash({ currency: "USD" }, call()))).toEqual([1]);
    expect(await twice(() => broker.positions(call()))).toEqual([1]);
    expect(await twice(() => broker.order(orderId, call()))).toEqual([1]);
    expect(await twice(() => broker.orders({ status: "all" }, call()))).toEqual([1, 1]);
    expect(await twice(() => broker.orders({ status: "all", fresh: true }, call()))).toEqual([2, 2]);
  });

  test("who reads an order once its change is answered does not join a read that began before", async () => {
    const server = await openLongport();
    const held = Promise.withResolvers<void>();
    let reads = 0;
    const httpUrl = await openFront(server.port, async (request, answer) => {
      if (!request.startsWith("GET /v1/trade/order?")) return answer;
      reads += 1;
      if (reads === 1) await held.promise;
      return answer;
    });
    const { broker } = await startBroker(server.port, { httpUrl });
    const { orderId } = await broker.placeOrder(restingOrder({ price: 190 }), call());
    const slow = broker.order(orderId, call());
    await until(() => reads === 1);
    await broker.replaceOrder(orderId, { price: 189 }, call());
    const newer = broker.order(orderId, call());
    // Behind what the newer one asks for, if it asks.
    await broker.cash({ currency: "USD" }, call());
    held.resolve();
    expect(await newer).toMatchObject({ price: 189 });
    expect(await slow).toMatchObject({ price: 190 });
  });

  test("a replace keeps what the order is now, not what a read that began before says", async () => {
    const server = await openLongport();
    const held = Promise.withResolvers<void>();
    let reads = 0;
    const httpUrl = await openFront(server.port, async (request, answer) => {
      if (request.startsWith("GET /v1/trade/order?")) reads += 1;
      if (request.startsWith("GET /v1/trade/order?") && reads === 1) await held.promise;
      return answer;
    });
    const { broker } = await startBroker(server.port, { httpUrl });
    const { orderId } = await broker.placeOrder(restingOrder({ price: 190 }), call());
    const slow = broker.order(orderId, call());
    await until(() => reads === 1);
    // Changed meanwhile, as in the vendor's app.
    const found = server.venue.find(orderId);
    if (found === undefined) throw new Error("no order");
    server.venue.book("LB").replace(found.order.orderId, { price: 180 });
    const replaced = broker.replaceOrder(orderId, { qty: 20 }, call());
    await delay(300);
    held.resolve();
    await Promise.all([slow, replaced]);
    expect(server.venue.find(orderId)?.order).toMatchObject({ qty: 20, price: 180 });
  });

  test.each([
    '{"code":504,"message":"upstream request timed out"}',
    '{"code":403202,"message":"duplicate request","data":null}',
    '{"code":503000,"message":"unavailable","data":null}',
    '{"code":500000,"message":"order service: symbol not found in cache","data":null}',
  ])("an order that was taken is unknown behind a front that answers %s", async (text) => {
    const server = await openLongport();
    const httpUrl = await openFront(server.port, async (request, answer) =>
      request === "POST /v1/trade/order" ? { status: Number(text.slice(8, 11)), text } : answer,
    );
    const { broker } = await startBroker(server.port, { httpUrl });
    expect(await rejection(broker.placeOrder(restingOrder(), call()))).toMatchObject({
      code: "OutcomeUnknown",
      outcome: "unknown",
    });
    expect(server.venue.orders()).toHaveLength(1);
  });

  test("an order whose caller goes away once it has left goes on, and what became of it is told", async () => {
    const server = await openLongport();
    const gate = Promise.withResolvers<void>();
    let isHeld = false;
    const httpUrl = await openFront(server.port, async (request, answer) => {
      if (request !== "POST /v1/trade/order") return answer;
      isHeld = true;
      await gate.promise;
      return answer;
    });
    const { broker } = await startBroker(server.port, { httpUrl });
    const leaving = new AbortController();
    const placed = broker.placeOrder(restingOrder(), { signal: leaving.signal });
    await until(() => isHeld);
    leaving.abort();
    gate.resolve();
    expect(await placed).toEqual({ orderId: expect.stringMatching(/^\d+$/) });
  });

  test.each(["PUT", "DELETE"])("a refused %s is explained by what the order is now", async (method) => {
    const { change } = await refusing(method, "EXPIRED");
    expect(await rejection(change())).toMatchObject({
      code: "OrderNotOpen",
      outcome: "rejected",
      message: expect.stringMatching(/not now .*it is ExpiredStatus/),
    });
  });

  test.each(["PUT", "DELETE"])("a refused %s is explained though reads have had their share", async (method) => {
    const { broker, wireId, change } = await refusing(method, "CANCELED");
    const readAll = async (): Promise<unknown> => {
      for (;;) await broker.order(wireId, call(500));
    };
    expect(await rejection(readAll())).toMatchObject({ code: "RateLimited" });
    expect(await broker.positions({ ...call(500), forWrite: true })).toHaveProperty("positions");
    expect(await rejection(change(5_000))).toMatchObject({ code: "OrderNotOpen", outcome: "rejected" });
  });

  test.each(["PUT", "DELETE"])("a refused %s is told as refused where the order cannot be read", async (method) => {
    const server = await openLongport();
    let refused = false;
    const httpUrl = await openFront(server.port, async (request, answer) => {
      refused ||= request.startsWith(method);
      if (!refused || !/^(?:PUT|DELETE|GET) \/v1\/trade\/order(?:\?|$)/.test(request)) return answer;
      if (request.startsWith("GET")) return { status: 502, text: "<html>" };
      return { status: 200, text: '{"code":602999,"message":"not now","data":null}' };
    });
    const { broker } = await startBroker(server.port, { httpUrl });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    const change =
      method === "PUT" ? broker.replaceOrder(orderId, { qty: 5 }, call()) : broker.cancelOrder(orderId, call());
    expect(await rejection(change)).toMatchObject({
      code: "OrderRejected",
      outcome: "rejected",
      message: expect.stringContaining("not now"),
    });
  });

  test("a history that goes on and gives nothing is not taken for a whole one", async () => {
    const server = await openLongport();
    const httpUrl = await openFront(server.port, async (request, answer) =>
      request.startsWith("GET /v1/trade/order/history")
        ? { status: 200, text: '{"code":0,"message":"","data":{"orders":[],"has_more":true}}' }
        : answer,
    );
    const { broker } = await startBroker(server.port, { httpUrl });
    expect(await rejection(broker.orders({ status: "all", fresh: true }, call()))).toMatchObject({
      code: "BrokerFault",
    });
  });

  test("a session that the vendor changes in silence is shown", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    server.faults.arm({ kind: "change-session", on: "place" });
    expect(await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call())).toMatchObject({
      effective: { lifecycle: "RTH" },
    });
    const kept = await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call());
    expect(kept.effective).toBeUndefined();
  });

  test("a session that the vendor changes in silence is shown before there is a detail of the order", async () => {
    const server = await openLongport({ detailLagMs: 60_000 });
    const { broker } = await startBroker(server.port);
    server.faults.arm({ kind: "change-session", on: "place" });
    const { orderId, effective } = await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call());
    expect(effective).toEqual({ lifecycle: "RTH" });
    expect(await broker.order(orderId, call())).toMatchObject({ orderId, status: "OPEN" });
    expect(await broker.replaceOrder(orderId, { qty: 12, price: 189 }, call())).toEqual({ orderId });
  });

  test.each(TRANSPORTS)(
    "one of an earlier day has its detail over %s, and one that is none is not found",
    async (transport) => {
      const server = await openLongport();
      const { broker } = await startBroker(server.port, { transport });
      const { orderId } = await broker.placeOrder(restingOrder(), call());
      server.venue.setNow(server.venue.now() + 3 * 86_400_000);
      expect(await broker.order(orderId, call())).toMatchObject({ orderId, status: "EXPIRED" });
      expect(await rejection(broker.order("123456789012345679", call()))).toMatchObject({
        code: "OrderNotFound",
        outcome: "rejected",
      });
    },
  );

  test("a push that comes before the answer is reported as the order reads", async () => {
    const server = await openLongport({ pushFirst: true });
    const { broker, host } = await startBroker(server.port);
    const { orderId } = await broker.placeOrder(restingOrder({ timeInForce: "GTC", lifecycle: "ETH" }), call());
    await until(() => host.orders.length > 0);
    expect(host.orders[0]).toMatchObject({ orderId, timeInForce: "GTC", lifecycle: "ETH" });
  });

  test("pushes of an order placed elsewhere wait for what they leave out, and keep their order", async () => {
    const server = await openLongport();
    const { host } = await startBroker(server.port);
    server.faults.arm({ kind: "delay", on: "read", ms: 300 });
    const { wireId } = server.venue.place("LB", { ...restingOrder({ timeInForce: "GTC" }), tag: null });
    server.venue.fill(wireId, 3, 190);
    server.venue.end(wireId, "CANCELED", "");
    await until(() => host.orders.at(-1)?.status === "CANCELED");
    expect(host.orders.map(({ status, timeInForce, lifecycle }) => [status, timeInForce, lifecycle])).toEqual([
      ["OPEN", "GTC", "RTH"],
      ["PARTIALLY_FILLED", "GTC", "RTH"],
      ["CANCELED", "GTC", "RTH"],
    ]);
  });

  test.each(["today", "history"])("a listing of %s without its orders is not taken for an empty one", async (name) => {
    const server = await openLongport();
    const httpUrl = await openFront(server.port, async (request, answer) =>
      request.startsWith(`GET /v1/trade/order/${name}`)
        ? { status: 200, text: '{"code":0,"message":"","data":{}}' }
        : answer,
    );
    const { broker } = await startBroker(server.port, { httpUrl });
    await broker.placeOrder(restingOrder(), call());
    expect(await rejection(broker.orders({ status: "all", fresh: true }, call()))).toMatchObject({
      code: "BrokerFault",
    });
  });

  test.each([
    ["its side", '"side":"Buy"', '"side":"Unknown"'],
    ["its contract", '"symbol":"AAPL.US"', '"symbol":"AAPL260116C200000.US"'],
  ])(
    "an order of a gateway that has no name here for %s shows the tag by which it is known to exist",
    async (_, said, odd) => {
      const server = await openLongport();
      let isOdd = true;
      const httpUrl = await openFront(server.port, async (request, { status, text }) => ({
        status,
        text: isOdd && request.startsWith("GET /v1/trade/order/today") ? text.replace(said, odd) : text,
      }));
      const { broker } = await startBroker(server.port, { httpUrl });
      const order = restingOrder();
      await broker.placeOrder(order, call());
      const list = () => broker.orders({ status: "all", fresh: true }, call());
      expect(await list()).toMatchObject({ orders: [], unmapped: [{ tag: order.tag }] });
      isOdd = false;
      expect(await list()).toMatchObject({ orders: [{}], unmapped: [] });
    },
  );

  test("a history that does not say whether it goes on is looked into until it ends", async () => {
    const day = Date.now() - 5 * 86_400_000;
    const server = await openLongport({ now: day, historyLimit: 4 });
    const httpUrl = await openFront(server.port, async (request, { status, text }) => ({
      status,
      text: request.startsWith("GET /v1/trade/order/history") ? text.replace(/"has_more":(?:true|false),?/, "") : text,
    }));
    const { broker } = await startBroker(server.port, { httpUrl });
    for (let index = 0; index < 7; index += 1) {
      const { wireId } = server.venue.place("LB", { ...restingOrder(), tag: null });
      server.venue.end(wireId, "CANCELED", "");
      server.venue.setNow(day + (index + 1) * 3_000);
    }
    server.venue.setNow(day + 4 * 86_400_000);
    expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toHaveLength(7);
  });

  test("a long history leaves known what pushes of today's orders leave out", async () => {
    const server = await openLongport();
    let reads = 0;
    const httpUrl = await openFront(server.port, async (request, answer) => {
      if (request.startsWith("GET /v1/trade/order?")) reads += 1;
      if (!request.startsWith("GET /v1/trade/order/history")) return answer;
      const old = { status: "FilledStatus", symbol: "AAPL.US", side: "Buy", quantity: "1", submitted_at: "1700000000" };
      const orders = Array.from({ length: 10_000 }, (_, index) => ({ ...old, order_id: String(index + 1) }));
      return { status: 200, text: JSON.stringify({ code: 0, message: "", data: { orders, has_more: false } }) };
    });
    const { broker, host } = await startBroker(server.port, { httpUrl });
    const { wireId } = server.venue.place("LB", { ...restingOrder({ timeInForce: "GTC" }), tag: null });
    await until(() => host.orders.length === 1);
    expect((await broker.orders({ status: "all", fresh: true }, call())).orders).toHaveLength(10_001);
    reads = 0;
    server.venue.fill(wireId, 3, 190);
    await until(() => host.orders.length === 2);
    expect(host.orders[1]).toMatchObject({ filledQty: 3, timeInForce: "GTC" });
    expect(reads).toBe(0);
  });

  test("the vendor's texts become our codes", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    await broker.cancelOrder(orderId, call());
    const rejected = (code: string) => ({ code, outcome: "rejected" });
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject(rejected("OrderNotOpen"));
    expect(await rejection(broker.cancelOrder("123456789012345679", call()))).toMatchObject(rejected("OrderNotFound"));
    expect(await rejection(broker.placeOrder(restingOrder({ qty: 10_000_000 }), call()))).toMatchObject(
      rejected("InsufficientFunds"),
    );
    const qqq = { tradeType: "Securities", region: "US", symbol: "NOSUCH" } as const;
    expect(await rejection(broker.placeOrder(restingOrder({ contract: qqq }), call()))).toMatchObject(
      rejected("UnknownContract"),
    );
    expect(await rejection(broker.replaceOrder(orderId, { qty: 5 }, call()))).toMatchObject({
      code: "OrderNotOpen",
      outcome: "not_sent",
    });
    expect(await rejection(broker.cancelOrder("1&order_id=2", call()))).toMatchObject({ code: "OrderNotFound" });
  });

  test.each(["LIT", "MIT", "TSLPAMT", "TSMPCT", "newer"])(
    "a %s order of the vendor's app is not replaced, but canceled",
    async (order_type) => {
      const server = await openLongport();
      const { broker } = await startBroker(server.port);
      const { wireId } = server.venue.place("LB", { ...restingOrder(), tag: null });
      server.showOrder(wireId, { order_type, trigger_price: "195" });
      expect(await rejection(broker.replaceOrder(wireId, { qty: 5 }, call()))).toMatchObject({
        code: "NotSupported",
        outcome: "not_sent",
      });
      expect(server.venue.find(wireId)?.order).toMatchObject({ qty: 10 });
      await broker.cancelOrder(wireId, call());
      expect(server.venue.find(wireId)?.order).toMatchObject({ status: "CANCELED" });
    },
  );

  test("a client that reads as often as it may keeps no order from being replaced", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    const reads = async () => {
      for (;;) await broker.positions(call());
    };
    expect(await rejection(reads())).toMatchObject({ code: "RateLimited" });
    await broker.replaceOrder(orderId, { qty: 5 }, call());
    expect(server.venue.find(orderId)?.order).toMatchObject({ qty: 5 });
  });

  test("equal requests of one second are no repetitions of each other", async () => {
    const server = await openLongport({ refusesRepeats: true });
    const { broker } = await startBroker(server.port);
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    for (const price of [189, 188, 189]) await broker.replaceOrder(orderId, { price }, call());
    expect(server.venue.find(orderId)?.order).toMatchObject({ price: 189 });
    await Promise.all((["open", "open"] as const).map((status) => broker.orders({ status, fresh: true }, call())));
    await broker.cancelOrder(orderId, call());
    expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({ code: "OrderNotOpen" });
  });

  test("a replace keeps what is not changed, and never goes below what is filled", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    server.venue.fill(orderId, 3, 190);
    await broker.replaceOrder(orderId, { price: 189, tag: order.tag }, call());
    await broker.replaceOrder(orderId, { qty: 8, tag: order.tag }, call());
    expect(await broker.order(orderId, call())).toMatchObject({ qty: 8, price: 189, filledQty: 3, tag: order.tag });
    expect(await rejection(broker.replaceOrder(orderId, { qty: 2 }, call()))).toMatchObject({
      code: "InvalidRequest",
      outcome: "not_sent",
    });
  });

  test("a replace does not undo what another one that is under way changes", async () => {
    const server = await openLongport();
    const { broker } = await startBroker(server.port);
    const { orderId } = await broker.placeOrder(restingOrder({ qty: 10, price: 190 }), call());
    await broker.replaceOrder(orderId, { qty: 20 }, call());
    // What the exchange has not confirmed yet.
    server.showOrder(orderId, { status: "WaitToReplace", quantity: "10" });
    expect(await rejection(broker.replaceOrder(orderId, { price: 189 }, call()))).toMatchObject({
      code: "RateLimited",
      outcome: "not_sent",
    });
    expect(server.venue.find(orderId)?.order).toMatchObject({ qty: 20, price: 190 });
    await broker.replaceOrder(orderId, { qty: 30, price: 189 }, call());
    expect(server.venue.find(orderId)?.order).toMatchObject({ qty: 30, price: 189 });
  });
});

test.each(["CANCELED", "EXPIRED"] as const)(
  "the list of a cancel of everything leaves calls for the cancels, however many orders were %s",
  async (ended) => {
    const now = Date.now();
    const server = await openLongport({ now: now - 80 * 86_400_000, historyLimit: 10 });
    for (let days = 80; days > 0; days -= 0.25) {
      server.venue.setNow(now - days * 86_400_000);
      server.venue.end(server.venue.place("LB", restingOrder()).wireId, ended, "");
    }
    server.venue.setNow(now);
    const orderId = server.venue.place("LB", restingOrder()).wireId;
    const { broker } = await startBroker(server.port);
    const taken = () => broker.queues?.().find(({ name }) => name === "trade")?.taken;
    expect(await broker.orders({ status: "open", fresh: true }, { ...call(), forWrite: true })).toMatchObject({
      orders: [{ orderId }],
      isWhole: false,
    });
    expect(taken()).toBeLessThan(12);
  },
);

test("the list of a cancel of everything has the orders of today where the vendor's limit keeps it from earlier ones", async () => {
  const server = await openLongport();
  const orderId = server.venue.place("LB", restingOrder()).wireId;
  const { broker } = await startBroker(server.port);
  const forWrite = () => ({ ...call(), forWrite: true });
  // All but a tenth of thirty calls, and one of them for the list.
  for (let calls = 0; calls < 26; calls += 1) await broker.order(orderId, forWrite());
  expect(await broker.orders({ status: "open", fresh: true }, forWrite())).toMatchObject({
    orders: [{ orderId }],
    isWhole: false,
  });
  // Whoever lists them to look at is told that it cannot be done now.
  expect(await rejection(broker.orders({ status: "open" }, forWrite()))).toMatchObject({ code: "RateLimited" });
});

test("as many cancels, or orders, as the vendor takes in its half minute go out when they come at once", async () => {
  const server = await openLongport();
  const { broker } = await startBroker(server.port);
  const ids = Array.from({ length: 30 }, () => server.venue.place("LB", restingOrder()).wireId);
  await Promise.all(ids.map((id) => broker.cancelOrder(id, call())));
  const other = await openLongport();
  const { broker: fresh } = await startBroker(other.port);
  await Promise.all(Array.from({ length: 27 }, () => fresh.placeOrder(restingOrder(), call())));
  expect(other.venue.orders()).toHaveLength(27);
});

test("orders that a lost connection kept from going out take nothing of the vendor's limit from those after it", async () => {
  const server = await openLongport();
  const { broker } = await startBroker(server.port);
  const place = () => broker.placeOrder(restingOrder(), call());
  server.faults.arm({ kind: "drop", on: "place" });
  const first = await Promise.allSettled(Array.from({ length: 27 }, place));
  const reasons = first.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const kept = reasons.filter(({ outcome }) => outcome === "not_sent");
  expect(kept).not.toEqual([]);
  for (const reason of kept) expect(reason).toMatchObject({ code: "NotConnected" });
  await until(() => broker.ping(call()));
  await Promise.all(kept.map(place));
  expect(server.venue.orders().length).toBeGreaterThanOrEqual(kept.length);
});

test("cancels and reads that did not get as far as Longport take nothing of its limit from those after them", async () => {
  const server = await openLongport();
  const { httpUrl, cut, reopen } = await openDoor(server.port);
  const { broker } = await startBroker(server.port, { httpUrl, deadlineMs: 5_000 });
  const orderId = server.venue.place("LB", restingOrder()).wireId;
  cut();
  const cancels = Array.from({ length: 30 }, () => rejection(broker.cancelOrder(orderId, call())));
  for (const error of await Promise.all(cancels)) {
    expect(error).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
  }
  const read = (_: unknown, id: number) => rejection(broker.order(String(id + 1), call()));
  for (const error of await Promise.all(Array.from({ length: 10 }, read))) {
    expect(error).toMatchObject({ code: "NotConnected" });
  }
  await reopen();
  expect(await broker.order(orderId, call())).toMatchObject({ orderId });
  await broker.cancelOrder(orderId, call());
});

test("orders are listed and placed also where a request has less time than a call may be on its way", async () => {
  const server = await openLongport();
  const { broker } = await startBroker(server.port, { deadlineMs: 900 });
  const inTime = (forWrite: boolean) => ({ ...call(), forWrite, deadline: performance.now() + 900 });
  const { orderId } = await broker.placeOrder(restingOrder(), inTime(true));
  const { orders } = await broker.orders({ status: "all", fresh: true }, inTime(true));
  expect(orders).toMatchObject([{ orderId }]);
});

test("an order that nobody knows is looked for as long as its caller waits, under however many turns that is", async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const server = await openLongport();
  const { broker } = await startBroker(server.port);
  const orderId = server.venue.place("LB", restingOrder()).wireId;
  const read = () => broker.order(orderId, call());
  // Reads have twenty turns in half a minute; a look for an order that there is not takes three.
  const begun = performance.now();
  await read();
  vi.advanceTimersByTime(5_000);
  for (let asked = 0; asked < 19; asked += 1) await read();
  vi.advanceTimersByTime(begun + 29_000 - performance.now());
  const inTime = { ...call(), deadline: performance.now() + 3_000 };
  const error = await rejection(broker.order("1", inTime));
  expect(error).toMatchObject({ code: "RateLimited", retryAfterMs: expect.any(Number) });
});
