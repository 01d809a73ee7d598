import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { paper } from "../../../src/brokers/paper/index.ts";
import type { Lifecycle } from "../../../src/domain/order.ts";
import { createExchange } from "../../../src/exchange/exchange.ts";
import { instanceOf } from "../../../src/spec/define-broker.ts";
import {
  AAPL,
  aborted,
  call,
  closedAccount,
  errorOf,
  INSTANCE,
  limit,
  openAccount,
  REGULAR,
  security,
  start,
  TENCENT,
  until,
} from "./account.ts";

describe("an account as it comes", () => {
  test("holds the demo account's money and shares", async () => {
    const { broker, connections } = await openAccount();
    expect(connections).toEqual([{ connected: true }]);
    expect(await broker.ping(call())).toBe(true);
    expect(await broker.cash({ currency: "USD" }, call())).toEqual({
      currency: "USD",
      amount: 1_000_000,
      balances: [{ currency: "USD", amount: 1_000_000, available: 1_000_000 }],
    });
    expect(await broker.positions(call())).toEqual({
      positions: [
        { contract: security("US", "QQQ"), unit: "Share", currency: "USD", qty: 2400 },
        { contract: TENCENT, unit: "Share", currency: "HKD", qty: 300 },
      ],
      unmapped: [],
    });
    expect(await broker.quote(AAPL, call())).toMatchObject({ latest: 201.5, currency: "USD", isTradable: true });
    expect(await broker.marketStatus(call())).toMatchObject({
      Securities: { US: { unifiedStatus: "RTH" }, HK: { unifiedStatus: "CLOSED" }, CN: { unifiedStatus: "CLOSED" } },
    });
    await broker.close();
  });

  test("is called by its name and keeps its secrets", async () => {
    const broker = paper({ ...INSTANCE, name: "desk one" });
    expect([broker.kind, broker.display]).toEqual(["paper", "模拟交易"]);
    expect(instanceOf(broker)).toMatchObject({ ...INSTANCE, name: "desk one" });
    const seen = JSON.stringify(broker) + inspect(broker, { showHidden: true, depth: 9 });
    expect(seen).not.toContain(INSTANCE.instanceId);
    expect(seen).not.toContain(INSTANCE.tokens[0]);
  });

  test("says money in the currency asked for", async () => {
    const { broker } = await openAccount({ cash: { USD: 100, HKD: 1000, CNH: 500 } });
    expect(await broker.cash({ currency: "HKD" }, call())).toMatchObject({ amount: 2328.125 });
    expect(await broker.cash({ currency: "CNH" }, call())).toMatchObject({ currency: "CNH" });
    expect(await broker.cash({ currency: "CNY" }, call())).toMatchObject({ currency: "CNH" });
    expect((await broker.cash({ currency: "CNY" }, call())).balances.map(({ currency }) => currency)).toEqual([
      "USD",
      "HKD",
      "CNH",
    ]);
    expect(await errorOf(broker.cash({ currency: "JPY" }, call()))).toMatchObject({ code: "NotSupported" });
    await broker.close();
  });

  test("shows a holding that has no name here under the exchange's", async () => {
    const { broker } = await openAccount({
      positions: [
        { contract: security("US", "AAPL260116C00200000"), qty: 2 },
        { contract: security("JP", "7203"), qty: -100 },
        { contract: AAPL, qty: 0.5 },
      ],
    });
    expect(await broker.positions(call())).toEqual({
      positions: [{ contract: AAPL, unit: "Share", currency: "USD", qty: 0.5 }],
      unmapped: [
        { originSymbol: "US.AAPL260116C00200000", qty: 2 },
        { originSymbol: "JP.7203", qty: -100 },
      ],
    });
    await broker.close();
  });
});

describe("orders", () => {
  test("are placed, found, changed and canceled, and every step is pushed before its answer", async () => {
    const { broker, pushes } = await openAccount();
    const { orderId } = await broker.placeOrder(limit(), call());
    expect(pushes.map(({ status }) => status)).toEqual(["OPEN"]);
    expect(await broker.order(orderId, call())).toMatchObject({
      orderId,
      status: "OPEN",
      tag: limit().tag,
      price: 190,
      qty: 10,
    });
    expect(await broker.replaceOrder(orderId, { qty: 20, price: 191 }, call())).toEqual({ orderId });
    expect(await broker.orders({ status: "open" }, call())).toMatchObject({
      orders: [{ orderId, qty: 20, price: 191, tag: limit().tag }],
      unmapped: [],
    });
    await broker.cancelOrder(orderId, call());
    expect(pushes.map(({ status, qty }) => [status, qty])).toEqual([
      ["OPEN", 10],
      ["OPEN", 20],
      ["CANCELED", 20],
    ]);
    expect((await broker.orders({ status: "open" }, call())).orders).toEqual([]);
    expect((await broker.orders({ status: "all" }, call())).orders).toHaveLength(1);
    await broker.close();
  });

  test("at the market are filled at the last price; a price they carry is ignored", async () => {
    const { broker } = await openAccount();
    const { orderId } = await broker.placeOrder(limit({ orderType: "Market", price: 1 }), call());
    expect(await broker.order(orderId, call())).toMatchObject({ status: "FILLED", avgPrice: 201.5, price: null });
    expect(await broker.cash({ currency: "USD" }, call())).toMatchObject({ amount: 997_985 });
    await broker.close();
  });

  test("of every row of the capabilities are taken, and come back as what they became", async () => {
    const { broker } = await openAccount();
    const prices: Record<string, number> = { US: 190, HK: 400, CN: 11 };
    const contracts: Record<string, typeof AAPL> = { US: AAPL, HK: TENCENT, CN: security("CN", "000001") };
    for (const row of broker.capabilities().orders) {
      const { price, ...order } = limit({
        ...row,
        contract: contracts[row.region] ?? AAPL,
        qty: 100,
        price: prices[row.region] ?? 0,
      });
      const placed = await broker.placeOrder(row.orderType === "Limit" && price ? { ...order, price } : order, call());
      expect(placed.effective).toEqual(row.effective);
      const { orderType, timeInForce, lifecycle } = await broker.order(placed.orderId, call());
      expect({ orderType, timeInForce, lifecycle }).toEqual({
        orderType: row.orderType,
        timeInForce: row.timeInForce,
        lifecycle: row.effective?.lifecycle ?? row.lifecycle,
      });
    }
    expect(broker.capabilities().orders).toHaveLength(7 + 16);
    await broker.close();
  });

  test.each([
    ["an unknown symbol", limit({ contract: security("US", "NOPE") }), "UnknownContract", "rejected"],
    ["too much", limit({ qty: 1_000_000 }), "InsufficientFunds", "rejected"],
    ["what is not held", limit({ direction: "SELL" }), "OrderRejected", "rejected"],
    ["a price between two steps", limit({ price: 190.001 }), "OrderRejected", "rejected"],
    ["part of a lot", limit({ contract: TENCENT, price: 400, qty: 150 }), "OrderRejected", "rejected"],
    [
      "the night in Hong Kong",
      limit({ contract: TENCENT, price: 400, qty: 100, lifecycle: "OVERNIGHT" }),
      "NotSupported",
      "not_sent",
    ],
    ["a lasting night order", limit({ lifecycle: "OVERNIGHT", timeInForce: "GTC" }), "NotSupported", "not_sent"],
    ["a market order after hours", limit({ orderType: "Market", lifecycle: "ETH" }), "NotSupported", "not_sent"],
    ["another region", limit({ contract: security("JP", "7203") }), "NotSupported", "not_sent"],
  ] as const)("for %s are refused", async (_name, order, code, outcome) => {
    const { broker, pushes } = await openAccount();
    const error = await errorOf(broker.placeOrder(order, call()));
    expect(error).toMatchObject({ code, outcome });
    expect(error.message).not.toBe("");
    expect(pushes).toEqual([]);
    await broker.close();
  });

  test("that are not there or not open are refused with their own codes", async () => {
    const { broker } = await openAccount();
    const { orderId } = await broker.placeOrder(limit({ price: 205 }), call());
    expect(await errorOf(broker.order("77", call()))).toMatchObject({ code: "OrderNotFound" });
    expect(await errorOf(broker.cancelOrder("77", call()))).toMatchObject({
      code: "OrderNotFound",
      outcome: "rejected",
    });
    expect(await errorOf(broker.replaceOrder("77", { qty: 1 }, call()))).toMatchObject({ code: "OrderNotFound" });
    expect(await errorOf(broker.cancelOrder(orderId, call()))).toMatchObject({
      code: "OrderNotOpen",
      outcome: "rejected",
    });
    expect(await errorOf(broker.replaceOrder(orderId, { qty: 20 }, call()))).toMatchObject({ code: "OrderNotOpen" });
    await broker.close();
  });

  test("quotes of what is not listed are refused", async () => {
    const { broker } = await openAccount();
    expect(await errorOf(broker.quote(security("US", "NOPE"), call()))).toMatchObject({ code: "UnknownContract" });
    await broker.close();
  });
});

describe("time", () => {
  test("every call sees what the clock has done, without a timer", async () => {
    let now = REGULAR;
    const { broker, pushes } = await openAccount({ clock: () => now });
    const day = (await broker.placeOrder(limit(), call())).orderId;
    const night = (await broker.placeOrder(limit({ lifecycle: "OVERNIGHT", price: 205 }), call())).orderId;
    now = Date.parse("2025-05-28T21:00:00-04:00");
    expect(await broker.order(day, call())).toMatchObject({ status: "EXPIRED" });
    expect(await broker.order(night, call())).toMatchObject({ status: "FILLED" });
    expect(pushes.map(({ orderId, status }) => [orderId, status]).slice(2)).toEqual([
      [day, "EXPIRED"],
      [night, "FILLED"],
    ]);
    await broker.close();
  });

  test("passes between calls too, and synthetic prices move", async () => {
    let now = REGULAR;
    const { broker, pushes } = await openAccount({ clock: () => now, quotes: "synthetic", seed: 4 });
    await broker.placeOrder(limit(), call());
    now = Date.parse("2025-05-28T15:59:00-04:00");
    const before = await broker.quote(AAPL, call());
    expect(before.latest).not.toBe(201.5);
    now = Date.parse("2025-05-28T17:00:00-04:00");
    await until(() => pushes.length === 2);
    expect(pushes[1]).toMatchObject({ status: "EXPIRED", updatedAt: Date.parse("2025-05-28T16:00:00-04:00") });
    await broker.close();
  });
});

describe("calls that come too late", () => {
  test("a write whose time is up is not sent; a read ends", async () => {
    const { broker, pushes } = await openAccount();
    const { orderId } = await broker.placeOrder(limit(), call());
    for (const write of [
      broker.placeOrder(limit(), aborted()),
      broker.replaceOrder(orderId, { qty: 5 }, aborted()),
      broker.cancelOrder(orderId, aborted()),
    ]) {
      expect(await errorOf(write)).toMatchObject({ outcome: "not_sent" });
    }
    expect(await errorOf(broker.orders({ status: "all" }, aborted()))).toMatchObject({ code: "Timeout" });
    expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN", qty: 10 });
    expect(pushes).toHaveLength(1);
    await broker.close();
  });

  test.each(["before start", "after close"])("%s nothing is connected and nothing is sent", async (when) => {
    const broker = closedAccount();
    if (when === "after close") {
      await start(broker);
      await broker.close();
    }
    const calls = [
      broker.ping(call()),
      broker.cash({ currency: "USD" }, call()),
      broker.positions(call()),
      broker.quote(AAPL, call()),
      broker.marketStatus(call()),
      broker.placeOrder(limit(), call()),
      broker.replaceOrder("1", { qty: 1 }, call()),
      broker.cancelOrder("1", call()),
      broker.order("1", call()),
      broker.orders({ status: "all" }, call()),
    ];
    for (const promise of calls)
      expect(await errorOf(promise)).toMatchObject({ code: "NotConnected", outcome: "not_sent" });
    expect(broker.capabilities().environment).toBe("SIMULATE");
    await broker.close();
  });

  test("an account that is opened again is the same account", async () => {
    const { broker, pushes } = await openAccount();
    const { orderId } = await broker.placeOrder(limit(), call());
    await broker.close();
    const again = await start(broker);
    expect(await broker.order(orderId, call())).toMatchObject({ status: "OPEN" });
    await broker.cancelOrder(orderId, call());
    expect([pushes.length, again.pushes.length]).toEqual([1, 1]);
    await broker.close();
  });

  test("a closed account leaves no timer behind", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      const { broker } = await openAccount();
      expect(vi.getTimerCount()).toBe(1);
      await broker.close();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("starting twice is starting once, and closing while it starts leaves it closed", async () => {
    const twice = closedAccount();
    const [first, second] = await Promise.all([start(twice), start(twice)]);
    expect([...first.connections, ...second.connections]).toEqual([{ connected: true }]);
    await twice.close();

    const broker = closedAccount();
    const starting = start(broker);
    await broker.close();
    expect((await starting).connections).toEqual([]);
    expect(await errorOf(broker.ping(call()))).toMatchObject({ code: "NotConnected" });
    const { connections } = await start(broker);
    expect(connections).toEqual([{ connected: true }]);
    await broker.close();
  });
});

describe("exchanges", () => {
  test("two accounts share nothing", async () => {
    const [one, two] = await Promise.all([openAccount(), openAccount()]);
    await one.broker.placeOrder(limit({ price: 205 }), call());
    expect((await two.broker.orders({ status: "all" }, call())).orders).toEqual([]);
    expect(await two.broker.cash({ currency: "USD" }, call())).toMatchObject({ amount: 1_000_000 });
    expect(two.pushes).toEqual([]);
    await Promise.all([one.broker.close(), two.broker.close()]);
  });

  test("one exchange given to two accounts is one account, and what is placed on it by hand is pushed", async () => {
    const exchange = createExchange({ clock: () => REGULAR, prices: [{ contract: AAPL, price: 200 }] });
    const [one, two] = await Promise.all([openAccount({ exchange }), openAccount({ exchange })]);
    const { orderId } = await one.broker.placeOrder(limit(), call());
    expect(await two.broker.order(orderId, call())).toMatchObject({ tag: limit().tag });
    const elsewhere = exchange.place({ ...limit(), tag: null });
    exchange.setPrice(AAPL, 180);
    for (const { pushes } of [one, two]) {
      expect(pushes.map((order) => [order.orderId, order.tag, order.status])).toEqual([
        [orderId, limit().tag, "OPEN"],
        [elsewhere.orderId, null, "OPEN"],
        [orderId, limit().tag, "FILLED"],
        [elsewhere.orderId, null, "FILLED"],
      ]);
    }
    await Promise.all([one.broker.close(), two.broker.close()]);
  });
});

test("the orders that ended the longest ago are forgotten in the end", async () => {
  const { broker } = await openAccount();
  const first = await broker.placeOrder(limit(), call());
  for (let count = 0; count < 10_000; count += 1) {
    const { orderId } = await broker.placeOrder(limit(), call());
    await broker.cancelOrder(orderId, call());
  }
  const { orders } = await broker.orders({ status: "all" }, call());
  expect(orders[0]).toMatchObject({ orderId: first.orderId, status: "OPEN" });
  expect(orders.length).toBeLessThan(10_000);
  await broker.close();
});

test("the lifecycles of the capabilities are those of the language", () => {
  const lifecycles = new Set<Lifecycle>(
    closedAccount()
      .capabilities()
      .orders.map(({ lifecycle }) => lifecycle),
  );
  expect([...lifecycles].toSorted()).toEqual(["ETH", "OVERNIGHT", "RTH"]);
});
