import { describe, expect, test } from "vitest";
import { demoAccount, demoTradingTime } from "../../src/exchange/demo-account.ts";
import { createExchange } from "../../src/exchange/exchange.ts";
import { AAPL, IN_HK, limit, MOUTAI, openMarket, refusalOf, security, TENCENT } from "./market.ts";

const usd = (amount: number, available = amount) => ({ currency: "USD", amount, available });

describe("cash", () => {
  test("an open buy order reserves its rest at the limit; a fill pays its price; an end gives the rest back", () => {
    const { exchange } = openMarket({ cash: { USD: 100_000 } });
    const { orderId } = exchange.place(limit({ price: 190, qty: 100 }));
    expect(exchange.balances()).toEqual([usd(100_000, 81_000)]);
    exchange.fill(orderId, 40, 189.99);
    expect(exchange.balances()).toEqual([usd(92_400.4, 81_000.4)]);
    exchange.replace(orderId, { qty: 60 });
    expect(exchange.balances()).toEqual([usd(92_400.4, 88_600.4)]);
    exchange.cancel(orderId);
    expect(exchange.balances()).toEqual([usd(92_400.4)]);
  });

  test("what is reserved cannot be spent twice", () => {
    const { exchange } = openMarket({ cash: { USD: 30_000 } });
    const first = exchange.place(limit({ price: 190, qty: 100 }));
    expect(refusalOf(() => exchange.place(limit({ price: 190, qty: 100 })))).toBe("insufficient-funds");
    expect(refusalOf(() => exchange.replace(first.orderId, { qty: 158 }))).toBe("insufficient-funds");
    expect(exchange.order(first.orderId)?.qty).toBe(100);
    expect(exchange.replace(first.orderId, { qty: 157 }).qty).toBe(157);
    exchange.cancel(first.orderId);
    expect(exchange.place(limit({ price: 190, qty: 100 })).status).toBe("OPEN");
  });

  test("what is needed is told in the currency of the order, and in that of the buying power where it is another", () => {
    const { exchange } = openMarket({ cash: { USD: 10_000 }, ratesToUsd: { HKD: 0.125 } }, IN_HK);
    const left = "and 10000 USD of buying power are left";
    expect(() => exchange.place(limit({ price: 190, qty: 100 }))).toThrow(`the order needs 19000 USD, ${left}`);
    expect(() => exchange.place(limit({ contract: TENCENT, price: 500, qty: 200 }))).toThrow(
      `the order needs 100000 HKD (12500 USD), ${left}`,
    );
  });

  test("buying power reaches across currencies; the loan stands in the ledger", () => {
    const { exchange } = openMarket({ cash: { USD: 10_000 }, ratesToUsd: { HKD: 0.125 } }, IN_HK);
    expect(refusalOf(() => exchange.place(limit({ contract: TENCENT, price: 500, qty: 200 })))).toBe(
      "insufficient-funds",
    );
    exchange.place(limit({ contract: TENCENT, price: 500, qty: 100 }));
    expect(exchange.balances()).toEqual([usd(10_000), { currency: "HKD", amount: -50_000, available: -50_000 }]);
    expect(exchange.totalCash("USD")).toBe(3_750);
    expect(exchange.totalCash("HKD")).toBe(30_000);
  });

  test("a Hong Kong counter in yuan or US dollars is paid for in its own currency", () => {
    const cash = { USD: 10_000, CNY: 10_000 };
    const counters = [security("HK", "80700"), security("HK", "9010")] as const;
    const prices = counters.map((contract) => ({ contract, price: 9, lotSize: 100 }));
    const { exchange } = openMarket({ cash, prices }, IN_HK);
    const bought = counters.map((contract) => exchange.place(limit({ contract, price: 9, qty: 100 })));
    expect(bought.map(({ currency }) => currency)).toEqual(["CNY", "USD"]);
    expect(exchange.positions().map(({ currency }) => currency)).toEqual(["CNY", "USD"]);
    expect(counters.map((contract) => exchange.quote(contract)?.currency)).toEqual(["CNY", "USD"]);
    expect(exchange.balances()).toEqual([usd(9_100), { currency: "CNY", amount: 9_100, available: 9_100 }]);
  });

  test("onshore and offshore yuan are one line", () => {
    const { exchange } = openMarket({ cash: { CNH: 100, CNY: 50 }, ratesToUsd: { CNH: 0.1 } });
    expect(exchange.balances()).toEqual([{ currency: "CNY", amount: 150, available: 150 }]);
    expect([exchange.totalCash("CNH"), exchange.totalCash("CNY"), exchange.totalCash("USD")]).toEqual([150, 150, 15]);
  });

  test("an account without cash has nothing in a currency with a rate, and cannot say in one without", () => {
    const { exchange } = openMarket({ cash: {} });
    expect(exchange.totalCash("HKD")).toBe(0);
    expect(() => exchange.totalCash("EUR")).toThrow("no rate for the currency");
  });

  test("a currency without a rate or a position given twice is a wrong set-up, said at once", () => {
    expect(() => createExchange({ cash: { JPY: 1 } })).toThrow(/JPY.*ratesToUsd/);
    expect(() => createExchange().totalCash("JPY")).toThrow(RangeError);
    expect(() => createExchange({ positions: [1, 2].map((qty) => ({ contract: AAPL, qty })) })).toThrow(/AAPL.*twice/);
    expect(() => createExchange({ ratesToUsd: { HKD: 0 } })).toThrow(/ratesToUsd.HKD/);
    expect(() => createExchange({ prices: [{ contract: AAPL, price: 0 }] })).toThrow(/US AAPL/);
    const half = [{ contract: AAPL, price: 200, lotSize: 0.5 }];
    expect(() => createExchange({ prices: half })).toThrow(/lot size of US AAPL .* 0\.5/);
  });
});

describe("positions", () => {
  test("buying moves the average cost, selling does not, and nothing held is not shown", () => {
    const { exchange } = openMarket({ positions: [{ contract: AAPL, qty: 100, avgCost: 100 }] });
    exchange.place(limit({ price: 200, qty: 100 }));
    expect(exchange.positions()).toEqual([{ contract: AAPL, currency: "USD", qty: 200, avgCost: 150 }]);
    exchange.place(limit({ direction: "SELL", price: 150, qty: 150 }));
    expect(exchange.positions()).toEqual([{ contract: AAPL, currency: "USD", qty: 50, avgCost: 150 }]);
    exchange.place(limit({ direction: "SELL", price: 150, qty: 50 }));
    expect(exchange.positions()).toEqual([]);
  });

  test("fractions and contracts of other venues are kept", () => {
    const odd = security("JP", "7203");
    const { exchange } = openMarket({
      positions: [
        { contract: AAPL, qty: 0.5 },
        { contract: odd, qty: -3 },
      ],
    });
    expect(exchange.positions().map(({ qty }) => qty)).toEqual([0.5, -3]);
    expect(exchange.place(limit({ direction: "SELL", qty: 0.5 })).status).toBe("FILLED");
  });
});

describe("short sales", () => {
  test("are refused by default, and open sell orders count against the position", () => {
    const { exchange } = openMarket({ positions: [{ contract: AAPL, qty: 100 }] });
    const sell = (qty: number) => exchange.place(limit({ direction: "SELL", price: 210, qty }));
    const { orderId } = sell(60);
    expect(refusalOf(() => sell(41))).toBe("short-sale");
    expect(refusalOf(() => exchange.replace(orderId, { qty: 101 }))).toBe("short-sale");
    expect(sell(40).status).toBe("OPEN");
    exchange.cancel(orderId);
    expect(sell(60).status).toBe("OPEN");
  });

  test("an order that became one can be made smaller", () => {
    const before = openMarket({ allowShort: true });
    const { orderId } = before.exchange.place(limit({ direction: "SELL", price: 210 }));
    const { exchange } = openMarket({ state: before.exchange.snapshot() });
    expect(refusalOf(() => exchange.replace(orderId, { qty: 101 }))).toBe("short-sale");
    expect(exchange.replace(orderId, { qty: 50 }).qty).toBe(50);
  });

  test("where allowed, bind half as much again as they bring in", () => {
    const { exchange } = openMarket({ cash: { USD: 10_000 }, allowShort: true });
    const short = (qty: number) => exchange.place(limit({ direction: "SELL", price: 200, qty }));
    expect(refusalOf(() => short(101))).toBe("insufficient-funds");
    expect(short(100)).toMatchObject({ status: "FILLED" });
    expect(exchange.positions()).toEqual([{ contract: AAPL, currency: "USD", qty: -100, avgCost: 200 }]);
    expect(exchange.balances()).toEqual([usd(30_000, 0)]);
    expect(refusalOf(() => short(1))).toBe("insufficient-funds");
  });

  test("bind by what they cost where no price is known", () => {
    const positions = [{ contract: security("US", "MSFT"), qty: -100, avgCost: 400 }];
    const { exchange } = openMarket({ cash: { USD: 70_000 }, positions, allowShort: true });
    expect(exchange.balances()).toEqual([usd(70_000, 10_000)]);
    expect(refusalOf(() => exchange.place(limit({ price: 190, qty: 100 })))).toBe("insufficient-funds");
    exchange.setPrice(security("US", "MSFT"), 300);
    expect(exchange.balances()).toEqual([usd(70_000, 25_000)]);
  });

  test("can always be bought back", () => {
    const { exchange } = openMarket({ cash: { USD: 10_000 }, allowShort: true });
    exchange.place(limit({ direction: "SELL", price: 200, qty: 100 }));
    exchange.setPrice(AAPL, 280);
    expect(exchange.place(limit({ price: 280, qty: 100 })).status).toBe("FILLED");
    expect(exchange.balances()).toEqual([usd(2_000)]);
  });

  test("a trade that turns a position sets its cost", () => {
    const { exchange } = openMarket({ positions: [{ contract: AAPL, qty: 50, avgCost: 10 }], allowShort: true });
    exchange.place(limit({ direction: "SELL", price: 200, qty: 80 }));
    expect(exchange.positions()).toEqual([{ contract: AAPL, currency: "USD", qty: -30, avgCost: 200 }]);
  });
});

describe("the demo account", () => {
  const exchange = createExchange({ ...demoAccount, clock: () => demoTradingTime });

  test("is what the simulators promise", () => {
    expect(exchange.totalCash("USD")).toBe(1_000_000);
    expect(exchange.positions().map(({ contract, qty }) => [contract.region, contract.symbol, qty])).toEqual([
      ["US", "QQQ", 2400],
      ["HK", "00700", 300],
    ]);
    expect(exchange.quote(AAPL)?.latest).toBe(201.5);
    for (const contract of [
      security("US", "QQQ"),
      security("US", "BRK.B"),
      TENCENT,
      MOUTAI,
      security("CN", "000001"),
    ]) {
      expect(exchange.quote(contract)).toBeDefined();
    }
    expect(exchange.marketStatus("US").unifiedStatus).toBe("RTH");
  });
});

describe("a state", () => {
  test("goes through JSON and back with everything that matters", () => {
    const first = openMarket({ cash: { USD: 100_000 }, positions: [{ contract: MOUTAI, qty: 200, avgCost: 1400 }] });
    const late = first.exchange.place(limit({ qty: 10, tag: "late" })).orderId;
    const early = first.exchange.place(limit({ qty: 20, timeInForce: "GTC" })).orderId;
    first.exchange.fill(early, 5, 189);
    first.exchange.replace(late, { qty: 30 });
    first.exchange.place(limit({ price: 205, qty: 7 }));
    first.exchange.setPrice(AAPL, 210);
    const state = JSON.parse(JSON.stringify(first.exchange.snapshot()));

    const second = openMarket({ state });
    expect(second.exchange.snapshot()).toEqual(first.exchange.snapshot());
    expect(second.exchange.balances()).toEqual(first.exchange.balances());
    expect(second.exchange.quote(AAPL)).toEqual(first.exchange.quote(AAPL));
    second.exchange.setPrice(AAPL, 180);
    expect(second.events.map(({ order }) => order.orderId)).toEqual([early, late]);
    expect(second.exchange.order(early)?.avgPrice).toBe(182.25);
    expect(second.exchange.place(limit()).orderId).toBe("4");
  });

  test("lists what the options name and it lacks, and no cash or positions of theirs", () => {
    const state = createExchange({ cash: { USD: 5 } }).snapshot();
    const { exchange } = openMarket({ state, cash: { USD: 9 }, positions: [{ contract: AAPL, qty: 1 }] });
    expect(exchange.balances()).toEqual([usd(5)]);
    expect(exchange.positions()).toEqual([]);
    expect(exchange.quote(AAPL)?.latest).toBe(200);
  });

  test("day orders whose day has passed meanwhile end at the first look, with the time at which it ended", () => {
    const first = openMarket();
    const { orderId } = first.exchange.place(limit({ price: 150 }));
    const second = openMarket({ state: first.exchange.snapshot() }, "2025-06-20T12:00:00-04:00");
    second.exchange.tick();
    expect(second.exchange.order(orderId)).toMatchObject({
      status: "EXPIRED",
      updatedAt: Date.parse("2025-05-28T16:00:00-04:00"),
    });
  });

  test("of another version is refused", () => {
    const state = { ...createExchange().snapshot(), version: 2 };
    expect(() => Reflect.apply(createExchange, undefined, [{ state }])).toThrow(/version 2/);
  });
});

describe("orders that have ended", () => {
  test("are forgotten with their fills, the oldest first, where so many only are kept; open ones never are", () => {
    const { exchange } = openMarket({ cash: { USD: 1_000_000 }, keptOrders: 2 });
    const first = exchange.place(limit({ price: 190, qty: 1 }));
    exchange.fill(exchange.place(limit({ price: 190, qty: 1 })).orderId, 1, 190);
    for (let count = 0; count < 100; count += 1) exchange.cancel(exchange.place(limit({ price: 190, qty: 1 })).orderId);
    const last = exchange.place(limit({ price: 190, qty: 1 }));
    exchange.fill(last.orderId, 1, 190);
    const known = exchange.orders().map(({ orderId }) => orderId);
    expect(known.slice(0, 1)).toEqual([first.orderId]);
    expect(known.slice(-1)).toEqual([last.orderId]);
    expect(known.length - 1).toBeGreaterThanOrEqual(2);
    expect(known.length - 1).toBeLessThanOrEqual(4);
    expect(exchange.fills().map(({ orderId }) => orderId)).toEqual([last.orderId]);
    expect(exchange.positions()).toMatchObject([{ qty: 2 }]);
    const { orders, fills } = createExchange({ state: exchange.snapshot(), keptOrders: 1 }).snapshot();
    expect([orders.map(({ orderId }) => orderId), fills.length]).toEqual([[first.orderId, last.orderId], 1]);
    expect(exchange.place(limit({ price: 190, qty: 1 })).orderId).toBe(String(Number(last.orderId) + 1));
  });

  test("are forgotten in the order in which they ended, also after a restart", () => {
    const first = openMarket({ cash: { USD: 1_000_000 }, keptOrders: 3 });
    const place = ({ exchange }: typeof first) => exchange.place(limit({ qty: 1, timeInForce: "GTC" })).orderId;
    const oldest = place(first);
    for (const minute of [31, 32, 33, 34]) {
      const orderId = place(first);
      first.at(`2025-05-28T10:${minute}:00-04:00`);
      first.exchange.cancel(orderId);
    }
    first.at("2025-05-28T10:40:00-04:00");
    first.exchange.cancel(oldest);
    const second = openMarket({ state: first.exchange.snapshot(), keptOrders: 3 }, "2025-05-28T10:41:00-04:00");
    for (const { exchange } of [first, second]) exchange.cancel(exchange.place(limit({ qty: 1 })).orderId);
    const known = ({ exchange }: typeof first) => exchange.orders().map(({ orderId }) => orderId);
    expect(known(second)).toContain(oldest);
    expect(known(second)).toEqual(known(first));
  });

  test("are all remembered by default", () => {
    const { exchange } = openMarket();
    for (let count = 0; count < 100; count += 1) exchange.cancel(exchange.place(limit({ price: 190, qty: 1 })).orderId);
    expect(exchange.orders()).toHaveLength(100);
  });
});
