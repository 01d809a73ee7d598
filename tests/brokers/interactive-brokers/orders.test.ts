import { expect, onTestFinished, test, vi } from "vitest";
import { UNUSUAL_POSITIONS } from "../../../simulators/tws/accounts.ts";
import { RESPONSE } from "../../../simulators/tws/messages.ts";
import { errorMessage } from "../../../simulators/tws/refusal.ts";
import type { Order } from "../../../src/domain/order.ts";
import { demoTradingTime } from "../../../src/exchange/demo-account.ts";
import { openBetween } from "./between.ts";
import { call, openTws, rejection, restingOrder, startBroker, until, type WholeBroker } from "./setup.ts";

const QQQ = { tradeType: "Securities", region: "US", symbol: "QQQ" } as const;

async function listed(broker: WholeBroker, orderId: string): Promise<Order | undefined> {
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  return orders.find((order) => order.orderId === orderId);
}

test.each([178, 193])("an order lives from its place to its last fill, with version %i", async (maxVersion) => {
  const tws = await openTws({ maxVersion });
  const { broker, host } = await startBroker(tws.port);
  const order = restingOrder({ qty: 3 });
  const { orderId } = await broker.placeOrder(order, call());
  expect(orderId).toMatch(/^\d+$/);
  tws.venue.fill(orderId, 1, 190.1);
  tws.venue.fill(orderId, 1, 190.2);
  const part = { orderId, status: "PARTIALLY_FILLED", filledQty: 2, avgPrice: 190.15, qty: 3, tag: order.tag };
  await until(() => host.orders.at(-1)?.filledQty === 2);
  expect(host.orders.at(-1)).toMatchObject(part);
  expect(await broker.order(orderId, call())).toMatchObject(part);
  tws.venue.fill(orderId, 1, 190.3);
  await until(() => host.orders.at(-1)?.originStatus === "Filled");
  const whole = { orderId, status: "FILLED", filledQty: 3, avgPrice: 190.2, qty: 3, originStatus: "Filled" };
  expect(host.orders.at(-1)).toMatchObject(whole);
  expect(await listed(broker, orderId)).toMatchObject(whole);
  const told = host.orders.map(({ originStatus, status, filledQty }) => `${originStatus} ${status} ${filledQty}`);
  expect(new Set(told).size, told.join(", ")).toBe(told.length);

  await broker.close();
  const { broker: again } = await startBroker(tws.port);
  expect(await again.order(orderId, call())).toMatchObject({ ...whole, tag: order.tag, price: 190 });
});

test("an order that was canceled keeps its fills, also for a program that comes later", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.venue.fill(orderId, 4, 189.5);
  await until(async () => (await broker.order(orderId, call())).filledQty === 4);
  await broker.cancelOrder(orderId, call());
  const end = { status: "CANCELED", filledQty: 4, avgPrice: 189.5, errorReason: "", warning: null };
  expect(await broker.order(orderId, call())).toMatchObject({ ...end, qty: 10 });
  await broker.close();
  const { broker: again } = await startBroker(tws.port, { clientId: 9 });
  expect(await again.order(orderId, call())).toMatchObject(end);
});

test("a fill that is told before the order is acknowledged belongs to it", async () => {
  const tws = await openTws({ pushFirst: true });
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder({ price: 300, qty: 2 }), call());
  await until(() => host.orders.at(-1)?.status === "FILLED");
  expect(await broker.order(orderId, call())).toMatchObject({ status: "FILLED", filledQty: 2, avgPrice: 201.5 });
});

test("a refusal is the answer, with the vendor's text, and the order counts as rejected", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const order = restingOrder({ qty: 1_000_000 });
  expect(await rejection(broker.placeOrder(order, call()))).toMatchObject({
    code: "InsufficientFunds",
    outcome: "rejected",
    message: expect.stringContaining("EQUITY WITH LOAN VALUE"),
  });
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  const found = orders.filter(({ tag }) => tag === order.tag);
  for (const each of found) {
    expect(each).toMatchObject({ status: "REJECTED", filledQty: 0 });
    expect(each.errorReason).not.toBe("");
  }
  await broker.close();
  const { broker: again } = await startBroker(tws.port);
  const later = (await again.orders({ status: "all", fresh: true }, call())).orders;
  const rejected = { status: "REJECTED", errorReason: expect.stringContaining("EQUITY WITH LOAN VALUE") };
  expect(later.filter(({ tag }) => tag === order.tag)).toMatchObject([rejected]);
});

test("the quantity that TWS writes for none is refused before it is sent, and one beside it is taken", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  tws.venue.setPrice(QQQ, 0.0002);
  const order = restingOrder({ contract: QQQ, qty: 2 ** 31 - 1, price: 0.0001 });
  const refused = { code: "InvalidRequest", outcome: "not_sent", message: expect.stringContaining("2147483647") };
  expect(await rejection(broker.placeOrder(order, call()))).toMatchObject(refused);
  expect(tws.venue.orders()).toEqual([]);
  const { orderId } = await broker.placeOrder({ ...order, qty: 2 ** 31 - 2 }, call());
  expect(await rejection(broker.replaceOrder(orderId, { qty: 2 ** 31 - 1 }, call()))).toMatchObject(refused);
  expect(await broker.order(orderId, call())).toMatchObject({ qty: 2 ** 31 - 2, filledQty: 0 });
});

test.each([
  ["80700", "CNY"],
  ["09001", "USD"],
])("the counter %s of Hong Kong is priced in %s, in quotes, orders and positions", async (symbol, currency) => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const contract = { tradeType: "Securities", region: "HK", symbol } as const;
  tws.venue.setPrice(contract, 10);
  expect(await broker.quote(contract, call())).toMatchObject({ currency, latest: 10 });
  const { orderId } = await broker.placeOrder(restingOrder({ contract, qty: 200, price: 9.5 }), call());
  tws.venue.fill(orderId, 100, 9.5);
  await until(async () => (await broker.order(orderId, call())).filledQty === 100);
  expect(await broker.order(orderId, call())).toMatchObject({ currency, price: 9.5, avgPrice: 9.5 });
  const { positions } = await broker.positions(call());
  expect(positions).toContainEqual({ contract, unit: "Share", currency, qty: 100 });
});

test("a price that does not fit the step of the contract is refused, and so is its change, which leaves the order", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const HK = { tradeType: "Securities", region: "HK", symbol: "00700" } as const;
  const order = restingOrder({ contract: HK, qty: 100, price: 480.2 });
  const { orderId } = await broker.placeOrder(order, call());
  expect(await rejection(broker.placeOrder({ ...order, price: 480.123 }, call()))).toMatchObject({
    code: "OrderRejected",
    outcome: "rejected",
    message: expect.stringContaining("minimum price variation"),
  });
  expect(await rejection(broker.replaceOrder(orderId, { price: 480.123 }, call()))).toMatchObject({
    code: "OrderRejected",
    outcome: "rejected",
  });
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN", price: 480.2, errorReason: "" });
  await broker.cancelOrder(orderId, call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "CANCELED", errorReason: "" });
});

test("the vendor's remark on an order that waits is a warning, not a failure", async () => {
  // 02:00 in New York: an order for regular hours waits in the vendor's system.
  const tws = await openTws({ now: Date.UTC(2025, 4, 28, 6) });
  const { broker } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  expect(await broker.order(orderId, call())).toMatchObject({
    status: "OPEN",
    originStatus: "PreSubmitted",
    errorReason: "",
    warning: expect.stringContaining("will not be placed at the exchange until"),
  });
});

test("orders of the night go to the venue of the night, and nowhere else", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const order = restingOrder({ lifecycle: "OVERNIGHT" });
  const { orderId } = await broker.placeOrder(order, call());
  expect(await broker.order(orderId, call())).toMatchObject({ lifecycle: "OVERNIGHT", timeInForce: "DAY", price: 190 });
  expect(tws.venue.orders().map(({ order: { lifecycle } }) => lifecycle)).toEqual(["OVERNIGHT"]);
  for (const wrong of [{ timeInForce: "GTC" }, { orderType: "Market" }] as const) {
    expect(await rejection(broker.placeOrder({ ...order, ...wrong }, call()))).toMatchObject({
      code: "NotSupported",
      outcome: "not_sent",
    });
  }
});

test("ETH is sent as such in the US, and is RTH elsewhere", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const us = await broker.placeOrder(restingOrder({ lifecycle: "ETH", timeInForce: "GTC" }), call());
  expect(us.effective).toBeUndefined();
  expect(await broker.order(us.orderId, call())).toMatchObject({ lifecycle: "ETH", timeInForce: "GTC" });
  await broker.replaceOrder(us.orderId, { price: 189 }, call());
  const changed = { lifecycle: "ETH", timeInForce: "GTC", price: 189 };
  expect(await broker.order(us.orderId, call())).toMatchObject(changed);
  const contract = { tradeType: "Securities", region: "CN", symbol: "600519" } as const;
  const cn = await broker.placeOrder(restingOrder({ contract, lifecycle: "ETH", qty: 100, price: 1500 }), call());
  expect(cn.effective).toEqual({ lifecycle: "RTH" });
  expect(await broker.order(cn.orderId, call())).toMatchObject({ lifecycle: "RTH", currency: "CNY", contract });
});

test("orders of other client ids are shown and told, but cannot be changed or canceled from here", async () => {
  const tws = await openTws();
  const { broker: other } = await startBroker(tws.port, { clientId: 70 });
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await other.placeOrder(restingOrder({ contract: QQQ, price: 400 }), call());
  const refusal = { code: "NotSupported", outcome: "not_sent", message: expect.stringContaining("client id 70") };
  expect(await listed(broker, orderId)).toMatchObject({ status: "OPEN", cancelable: false, contract: QQQ });
  expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject(refusal);
  expect(await rejection(broker.replaceOrder(orderId, { price: 401 }, call()))).toMatchObject(refusal);
  await until(() => host.orders.some((order) => order.orderId === orderId));

  tws.venue.fill(orderId, 10, 400);
  await until(() => host.orders.some((order) => order.orderId === orderId && order.status === "FILLED"));
  const pushed = host.orders.findLast((order) => order.orderId === orderId);
  expect(pushed).toMatchObject({ filledQty: 10, avgPrice: 400 });
  expect(await rejection(broker.cancelOrder(orderId, call()))).toMatchObject({ code: "OrderNotOpen" });
});

test.each(["EDGX", "CSFBALGO", "TXSE"])(
  "an order that somebody sends to %s, which has no name here, is one of its share",
  async (exchange) => {
    const tws = await openTws();
    const isOrder = (fields: readonly string[]) => Number(fields[0]) === RESPONSE.openOrder;
    const port = await openBetween(
      tws,
      () => undefined,
      (fields) => (isOrder(fields) ? fields.map((field) => (field === "SMART" ? exchange : field)) : fields),
    );
    const { broker } = await startBroker(port);
    const { broker: other } = await startBroker(tws.port, { clientId: 8 });
    const { orderId } = await other.placeOrder(restingOrder(), call());
    const { contract } = restingOrder();
    expect(await broker.orders({ status: "open" }, call())).toMatchObject({
      orders: [{ orderId, contract }],
      unmapped: [],
    });
  },
);

test("an order that the venue turns down later is rejected, and says why", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.venue.end(orderId, "REJECTED", "no more of this");
  await until(() => host.orders.at(-1)?.status === "REJECTED");
  expect(host.orders.at(-1)?.errorReason).toContain("no more of this");
});

test("an order whose rest the venue turns down was traded: it is canceled with its fills, for a later program too", async () => {
  const tws = await openTws();
  const { broker, host } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.venue.fill(orderId, 4, 190);
  tws.venue.end(orderId, "REJECTED", "no more of this");
  await until(() => host.orders.at(-1)?.originStatus === "Inactive");
  const ended = { status: "CANCELED", filledQty: 4, errorReason: "" };
  expect(host.orders.at(-1)).toMatchObject(ended);
  await broker.close();
  const { broker: later } = await startBroker(tws.port);
  expect(await later.order(orderId, call())).toMatchObject(ended);
});

test("of two programs that place at once, each gets the ids of its own orders", async () => {
  const tws = await openTws();
  const [{ broker: one }, { broker: two }] = [
    await startBroker(tws.port, { clientId: 1 }),
    await startBroker(tws.port, { clientId: 2 }),
  ];
  const place = async (broker: WholeBroker) => {
    const order = restingOrder();
    const { orderId } = await broker.placeOrder(order, call());
    return [orderId, order.tag] as const;
  };
  const placed = await Promise.all(Array.from({ length: 16 }, (_, index) => place(index % 2 === 0 ? one : two)));
  const atVenue = tws.venue.orders().map(({ wireId, order }) => [wireId, order.tag]);
  expect([...placed].sort()).toEqual(atVenue.sort());
});

test("holdings without a name here are shown apart, those of the account alone", async () => {
  const tws = await openTws({ extraPositions: UNUSUAL_POSITIONS });
  const { broker } = await startBroker(tws.port);
  const { positions, unmapped } = await broker.positions(call());
  expect(positions).toEqual([
    { contract: QQQ, unit: "Share", currency: "USD", qty: 2400 },
    {
      contract: { tradeType: "Securities", region: "HK", symbol: "00700" },
      unit: "Share",
      currency: "HKD",
      qty: 300,
    },
  ]);
  expect(unmapped).toEqual(UNUSUAL_POSITIONS.map(({ localSymbol, qty }) => ({ originSymbol: localSymbol, qty })));
});

test("cash that Interactive Brokers has swept to banks is counted once", async () => {
  const tws = await openTws({ sweptCash: 250_000 });
  const { broker } = await startBroker(tws.port);
  const { amount, balances } = await broker.cash({ currency: "USD" }, call());
  expect(amount).toBe(1_000_000);
  expect(balances).toContainEqual({ currency: "USD", amount: 1_000_000, available: null });
});

test.each([false, true])(
  "cash is the total in the base currency, by the vendor's rate in another one (keys marked: %s)",
  async (ledgerPrefix) => {
    const tws = await openTws({ ledgerPrefix });
    const { broker } = await startBroker(tws.port);
    const dollars = await broker.cash({ currency: "USD" }, call());
    expect(dollars).toMatchObject({ currency: "USD", amount: 1_000_000 });
    expect(dollars.balances).toContainEqual({ currency: "USD", amount: 1_000_000, available: null });
    expect(await broker.cash({ currency: "HKD" }, call())).toMatchObject({ currency: "HKD", amount: 7_812_500 });
    expect(await rejection(broker.cash({ currency: "JPY" }, call()))).toMatchObject({ code: "NotSupported" });
  },
);

test("a delayed price of which TWS does not say the time passes for none of this moment", async () => {
  const tws = await openTws({ now: demoTradingTime, marketData: "not-subscribed" });
  const { broker } = await startBroker(tws.port, { delayedQuotes: true });
  const { contract } = restingOrder();
  expect(await broker.quote(contract, call())).toMatchObject({
    latest: 201.5,
    timestamp: expect.toSatisfy((at) => at > 0),
  });
  tws.silence(RESPONSE.tickString);
  expect(await broker.quote(contract, call())).toMatchObject({ latest: 201.5, timestamp: 0 });
  tws.setMarketData("live");
  expect(await broker.quote(contract, call())).toMatchObject({
    latest: 201.5,
    timestamp: expect.toSatisfy((at) => at > 0),
  });
});

test("no cash is told while the vendor's servers are being reset, when what TWS has of it may be anything", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  tws.setAccountReady(false);
  expect(await rejection(broker.cash({ currency: "USD" }, call()))).toMatchObject({ code: "BrokerFault" });
  tws.setAccountReady(true);
  expect(await broker.cash({ currency: "USD" }, call())).toMatchObject({ amount: 1_000_000 });
});

test("a last price that comes a moment after the close of the day before is the one that is told", async () => {
  const tws = await openTws();
  let last: readonly string[] | undefined;
  const port = await openBetween(
    tws,
    ([id]) => (id === "61" ? last : undefined),
    (fields) => {
      if (Number(fields[0]) !== RESPONSE.tickPrice || fields[3] !== "4") return fields;
      last = fields;
      return undefined;
    },
  );
  const { broker } = await startBroker(port);
  const quoting = broker.quote(QQQ, call());
  await until(() => last !== undefined);
  const price = Number(last?.[4]);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  // TWS tells it before it tells what is held.
  await broker.positions(call());
  expect(await quoting).toMatchObject({ latest: price });
});

test("a quote that lacks something is told also while bid and ask never rest, as before the open", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (Number(fields[0]) === RESPONSE.tickPrice && fields[3] === "14" ? undefined : fields),
  );
  const { broker } = await startBroker(port, { timeout: 3_000 });
  let price = 520;
  const moving = setInterval(() => {
    price = price === 520 ? 521 : 520;
    tws.venue.setPrice(QQQ, price);
  }, 100);
  onTestFinished(() => clearInterval(moving));
  const { latest, openPrice } = await broker.quote(QQQ, call());
  expect([520, 521]).toContain(latest);
  expect(openPrice).toBe(latest);
});

test("a quote has every field, says when trading is halted, and tells what is not subscribed from what is delayed", async () => {
  const tws = await openTws({ now: demoTradingTime });
  const { broker } = await startBroker(tws.port);
  const { broker: delayed } = await startBroker(tws.port, { clientId: 8, delayedQuotes: true });
  const contract = restingOrder().contract;
  expect(await broker.quote(contract, call())).toMatchObject({ latest: 201.5, preClose: 200.85, isTradable: true });
  tws.venue.suspend(contract, true);
  expect(await broker.quote(contract, call())).toMatchObject({ isTradable: false });
  for (const access of ["not-subscribed", "api-not-subscribed"] as const) {
    tws.setMarketData(access);
    expect(await rejection(broker.quote(contract, call()))).toMatchObject({
      code: "NotSupported",
      message: expect.stringContaining("delayedQuotes"),
    });
    expect(await delayed.quote(contract, call())).toMatchObject({ latest: 201.5, preClose: 200.85 });
  }
  const speakAgain = tws.silence(RESPONSE.tickPrice);
  expect(await rejection(delayed.quote(contract, call()))).toMatchObject({ code: "NotSupported" });
  speakAgain();
  for (const access of ["partial", "api-partial"] as const) {
    tws.setMarketData(access);
    expect(await broker.quote(contract, call())).toMatchObject({ latest: 200.85, preClose: 200.85 });
  }
  tws.setMarketData("competing-session");
  expect(await rejection(broker.quote(contract, call()))).toMatchObject({ code: "BrokerFault" });
  const unknown = { tradeType: "Securities", region: "US", symbol: "NOSUCH" } as const;
  expect(await rejection(broker.quote(unknown, call()))).toMatchObject({ code: "UnknownContract" });
});

test("the states of the markets follow the vendor's clock and hours, with lunch, night and holidays", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const day = (hour: number, minute = 0) => Date.UTC(2025, 4, 28, hour, minute);
  const tws = await openTws({ now: day(14, 30), holidays: { CN: ["2025-05-28"] } });
  const { broker } = await startBroker(tws.port);
  const states = async (at: number) => {
    tws.venue.setNow(at);
    // So long TWS is not asked for the time again.
    vi.advanceTimersByTime(5_000);
    const { Securities = {} } = await broker.marketStatus(call());
    return Object.values(Securities).map(({ region, unifiedStatus }) => `${region} ${unifiedStatus}`);
  };
  expect(await states(day(14, 30))).toEqual(["US RTH", "HK CLOSED", "CN CLOSED"]);
  expect(await states(day(4, 30))).toEqual(["US OVERNIGHT", "HK REST", "CN CLOSED"]);
  expect(await states(day(12))).toEqual(["US PRE_HOURS", "HK CLOSED", "CN CLOSED"]);
  const { Securities = {} } = await broker.marketStatus(call());
  expect(Securities["US"]?.originStatus).toMatch(/^AAPL tradingHours: 2025-05-28 04:00-2025-05-28 20:00/);
});

test.each([
  ["filled at once", { qty: 12, price: 210 }, { status: "FILLED", filledQty: 12 }],
  ["made smaller and filled at once", { qty: 8, price: 210 }, { status: "FILLED", filledQty: 8 }],
])("a change whose answer is lost and that is %s is seen in what is told of the order", async (_, change, end) => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "lose-answer", on: "replace" });
  expect(await rejection(broker.replaceOrder(orderId, change, call()))).toMatchObject({ outcome: "unknown" });
  await until(() =>
    broker.orders({ status: "all", fresh: true }, call()).then(
      () => true,
      () => false,
    ),
  );
  const { orders } = await broker.orders({ status: "all", fresh: true }, call());
  expect(orders).toMatchObject([{ orderId, ...change, ...end }]);
});

test("new orders have numbers above those of the other programs that TWS has told of, as it wants them", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  await broker.placeOrder(restingOrder(), call());
  const { broker: other } = await startBroker(tws.port, { clientId: 70 });
  for (let count = 0; count < 5; count += 1) await other.placeOrder(restingOrder(), call());
  await broker.orders({ status: "all", fresh: true }, call());
  await broker.placeOrder(restingOrder(), call());
  expect(tws.venue.orders()).toHaveLength(7);
});

/** `includeOvernight` of an open order. */
const INCLUDE_OVERNIGHT_FROM_END = -3;

test("what a preset of TWS makes of an order is told with its answer", async () => {
  const tws = await openTws({ presetTif: "DAY" });
  const { broker } = await startBroker(tws.port);
  const { orderId, effective } = await broker.placeOrder(restingOrder({ timeInForce: "GTC" }), call());
  expect(effective).toEqual({ timeInForce: "DAY" });
  const warning = expect.stringContaining("order preset");
  expect(await broker.order(orderId, call())).toMatchObject({ timeInForce: "DAY", warning });
  expect(await broker.placeOrder(restingOrder({ timeInForce: "DAY" }), call())).not.toHaveProperty("effective");
});

test("hours that TWS ignores for an order are told with its answer", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (Number(fields[0]) === RESPONSE.openOrder ? fields.with(26, "0") : fields),
  );
  const { broker } = await startBroker(port);
  expect(await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call())).toMatchObject({
    effective: { lifecycle: "RTH" },
  });
});

test("an order for the night and the day after it is told with no session, since none of ours is both", async () => {
  const tws = await openTws();
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (Number(fields[0]) === RESPONSE.openOrder ? fields.with(INCLUDE_OVERNIGHT_FROM_END, "1") : fields),
  );
  const { broker } = await startBroker(port);
  const { orderId } = await broker.placeOrder(restingOrder({ lifecycle: "ETH" }), call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN", lifecycle: null });
});

/** The night before a trading day in New York: an order for regular hours waits. */
const NIGHT = Date.UTC(2026, 10, 25, 4, 55);

test.each([
  ["is not answered", undefined],
  ["loses its connection", "lose-answer"],
] as const)("a change that comes with the next session only, and %s, is under way until then", async (_, fault) => {
  const tws = await openTws({ now: NIGHT });
  const { broker, host } = await startBroker(tws.port, { writeTimeout: 500 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  const letThrough = tws.holdChanges();
  if (fault !== undefined) tws.faults.arm({ kind: fault, on: "replace" });
  expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({ outcome: "unknown" });
  await until(async () => (await listed(broker, orderId))?.status === "PENDING_REPLACE");
  await until(() => host.orders.at(-1)?.status === "PENDING_REPLACE");
  expect(await broker.order(orderId, call())).toMatchObject({ status: "PENDING_REPLACE", price: 190, qty: 10 });
  // With the price that is shown, the change that is under way would be taken back.
  expect(await rejection(broker.replaceOrder(orderId, { qty: 5 }, call()))).toMatchObject({ outcome: "not_sent" });
  letThrough();
  await until(() => host.orders.at(-1)?.price === 150);
  expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN", price: 150, qty: 10 });
});

test.each([
  ["a remark", 10311, "This order is routed directly."],
  ["that it is told too much", 100, "Max rate of messages per second has been exceeded"],
])(
  "a change that comes with the next session only, and on which TWS says %s, is not told as refused",
  async (_, code, text) => {
    const tws = await openTws({ now: NIGHT });
    let sent = 0;
    const port = await openBetween(tws, ([id, number]) => {
      if (id !== "3") return undefined;
      sent += 1;
      return sent === 2 ? errorMessage(Number(number), code, text) : undefined;
    });
    const { broker } = await startBroker(port, { writeTimeout: 2_000 });
    const { orderId } = await broker.placeOrder(restingOrder(), call());
    const letThrough = tws.holdChanges();
    expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({ outcome: "unknown" });
    expect(await listed(broker, orderId)).toMatchObject({ status: "PENDING_REPLACE", price: 190 });
    letThrough();
    await until(async () => (await listed(broker, orderId))?.price === 150);
  },
);

test("a change that TWS has shown, and not passed on before the time was up, is under way no more when it has", async () => {
  const tws = await openTws({ now: NIGHT });
  let isPassedOn = true;
  const port = await openBetween(
    tws,
    () => undefined,
    (fields) => (isPassedOn ? fields : fields.map((field) => field.replace(/^PreSubmitted$/, "PendingSubmit"))),
  );
  const { broker } = await startBroker(port, { writeTimeout: 500 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  isPassedOn = false;
  expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({ outcome: "unknown" });
  isPassedOn = true;
  expect(await listed(broker, orderId)).toMatchObject({ status: "OPEN", originStatus: "PreSubmitted", price: 150 });
});

test("an order that waits for its session may hold changes back, also for who has not asked for any", async () => {
  vi.useFakeTimers({ toFake: ["performance"], shouldAdvanceTime: true });
  onTestFinished(() => void vi.useRealTimers());
  const tws = await openTws({ now: NIGHT });
  const before = await startBroker(tws.port);
  const { orderId } = await before.broker.placeOrder(restingOrder(), call());
  await before.broker.close();
  const { broker } = await startBroker(tws.port);
  vi.advanceTimersByTime(30_000);
  expect(await listed(broker, orderId)).toMatchObject({ status: "OPEN", holdsChanges: true });
  tws.venue.setNow(NIGHT + 10 * 3_600_000);
  await until(async () => (await listed(broker, orderId))?.originStatus === "Submitted");
  expect(await listed(broker, orderId)).not.toHaveProperty("holdsChanges");
});

test("a change under way that is not there when the order's session begins was not made", async () => {
  const tws = await openTws({ now: NIGHT });
  const { broker, host } = await startBroker(tws.port, { writeTimeout: 500 });
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "replace" });
  expect(await rejection(broker.replaceOrder(orderId, { price: 150 }, call()))).toMatchObject({ outcome: "unknown" });
  await until(() => host.orders.at(-1)?.status === "PENDING_REPLACE");
  tws.venue.setNow(NIGHT + 10 * 3_600_000);
  expect(await listed(broker, orderId)).toMatchObject({ status: "OPEN", originStatus: "Submitted", price: 190 });
});

test("an order and a change that TWS has are not given up when their caller is: its answer says what became of them", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const givenUp = async <T>(
    on: "place" | "replace",
    write: (call: { signal: AbortSignal }) => Promise<T>,
  ): Promise<T> => {
    tws.faults.arm({ kind: "delay", on, ms: 500 });
    const caller = new AbortController();
    const writing = write(caller);
    await until(() => tws.faults.armed() === 0);
    caller.abort();
    return writing;
  };
  const { orderId } = await givenUp("place", (caller) => broker.placeOrder(restingOrder(), caller));
  expect(await givenUp("replace", (caller) => broker.replaceOrder(orderId, { price: 189 }, caller))).toEqual({
    orderId,
  });
});

test("a change that TWS leaves unanswered keeps no cancel of its order back", async () => {
  const tws = await openTws();
  const { broker } = await startBroker(tws.port);
  const { orderId } = await broker.placeOrder(restingOrder(), call());
  tws.faults.arm({ kind: "stall", on: "replace" });
  const changing = rejection(broker.replaceOrder(orderId, { price: 189 }, call()));
  await until(() => tws.faults.armed() === 0);
  await broker.cancelOrder(orderId, call());
  expect(await broker.order(orderId, call())).toMatchObject({ status: "CANCELED" });
  expect(await changing).toMatchObject({ outcome: "rejected" });
});
