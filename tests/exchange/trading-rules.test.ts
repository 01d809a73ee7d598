import { describe, expect, test } from "vitest";
import { normalizeContract } from "../../src/domain/contract.ts";
import { isTradable, MARKET_REGIONS, marketOf, priceStep } from "../../src/exchange/markets.ts";
import { AAPL, FUND, limit, MOUTAI, market, openMarket, refusalOf, security, TENCENT } from "./market.ts";

const RICH = { cash: { USD: 100_000_000 } };

describe("contracts", () => {
  test.each([
    ["US", "AAPL", true],
    ["US", "BRK.B", true],
    ["US", "aapl", false],
    ["US", "00700", false],
    ["HK", "00700", true],
    ["HK", "700", false],
    ["CN", "600519", true],
    ["CN", "000001", true],
    ["CN", "159915", true],
    ["CN", "900901", false],
    ["CN", "430047", false],
    ["CN", "60051", false],
    ["JP", "7203", false],
  ])("%s %s is tradable: %s", (region, symbol, tradable) => {
    expect(isTradable(security(region, symbol))).toBe(tradable);
  });

  test("other trade types are not traded, whatever their symbol", () => {
    expect(isTradable({ tradeType: "Indexes", region: "US", symbol: "SPX" })).toBe(false);
  });

  test("a contract without a price is unknown until it has one", () => {
    const { exchange } = openMarket();
    const contract = security("US", "MSFT");
    expect(exchange.quote(contract)).toBeUndefined();
    expect(refusalOf(() => exchange.place(limit({ contract })))).toBe("unknown-contract");
    exchange.setPrice(contract, 430);
    expect(exchange.place(limit({ contract, price: 430 })).status).toBe("FILLED");
  });

  test("a short form is the same contract", () => {
    const { exchange } = openMarket(RICH);
    const order = exchange.place(limit({ contract: security("HK", "700"), price: 400 }));
    expect(order.contract).toEqual(normalizeContract(TENCENT));
    expect(exchange.quote(security("US", "aapl"))?.contract).toEqual(AAPL);
  });

  test.each(["toString", "__proto__", "constructor"])("a region called %s is no region", (region) => {
    const { exchange } = openMarket();
    expect(refusalOf(() => exchange.place(limit({ contract: security(region, "AAPL") })))).toBe("unknown-contract");
    expect(exchange.marketStatus(region).unifiedStatus).toBe("UNKNOWN");
  });
});

describe("price steps", () => {
  test.each([
    [AAPL, 0.9999, 0.0001],
    [AAPL, 1, 0.01],
    [TENCENT, 0.249, 0.001],
    [TENCENT, 0.25, 0.005],
    [TENCENT, 9.995, 0.005],
    [TENCENT, 10, 0.01],
    [TENCENT, 20, 0.02],
    [TENCENT, 50, 0.05],
    [TENCENT, 100, 0.1],
    [TENCENT, 200, 0.2],
    [TENCENT, 500, 0.5],
    [TENCENT, 1000, 1],
    [TENCENT, 2000, 2],
    [TENCENT, 9999, 5],
    [MOUTAI, 1500, 0.01],
    [FUND, 4, 0.001],
  ] as const)("%o at %d moves by %d", (contract, price, step) => {
    expect(priceStep(contract, price)).toBe(step);
  });

  test.each([
    [AAPL, 190.01, undefined],
    [AAPL, 190.001, "bad-price"],
    [AAPL, 0.1234, undefined],
    [AAPL, 0.12345, "bad-price"],
    [TENCENT, 450.2, undefined],
    [TENCENT, 450.1, "bad-price"],
    [MOUTAI, 1400.01, undefined],
    [MOUTAI, 1400.001, "bad-price"],
    [FUND, 3.999, undefined],
    [FUND, 3.9995, "bad-price"],
    [AAPL, 0, "bad-price"],
    [AAPL, -1, "bad-price"],
    [AAPL, Number.NaN, "bad-price"],
    [AAPL, Number.POSITIVE_INFINITY, "bad-price"],
    [AAPL, 0.1 + 0.2, "bad-price"],
    [AAPL, 1e300, "bad-price"],
  ] as const)("%o at %d: %s", (contract, price, refusal) => {
    const { exchange } = openMarket(RICH);
    expect(refusalOf(() => exchange.place(limit({ contract, price })))).toBe(refusal);
    const { orderId } = exchange.place(
      limit({ contract, price: contract === FUND ? 3.5 : contract === AAPL ? 150 : 400 }),
    );
    expect(refusalOf(() => exchange.replace(orderId, { price }))).toBe(refusal);
  });

  test("a limit order without a price is refused", () => {
    const { exchange } = openMarket();
    expect(refusalOf(() => exchange.place({ ...market(), orderType: "Limit" }))).toBe("bad-price");
  });
});

describe("lots", () => {
  test.each([
    [AAPL, 1, undefined],
    [AAPL, 1.5, "bad-quantity"],
    [AAPL, 0, "bad-quantity"],
    [AAPL, -5, "bad-quantity"],
    [AAPL, Number.NaN, "bad-quantity"],
    [TENCENT, 100, undefined],
    [TENCENT, 150, "bad-quantity"],
    [MOUTAI, 200, undefined],
    [MOUTAI, 99, "bad-quantity"],
  ] as const)("buying %o × %d: %s", (contract, qty, refusal) => {
    const { exchange } = openMarket(RICH);
    const price = contract === AAPL ? 190 : 400;
    expect(refusalOf(() => exchange.place(limit({ contract, price, qty })))).toBe(refusal);
    const lot = exchange.lotSize(contract);
    const { orderId } = exchange.place(limit({ contract, price, qty: 3 * lot }));
    expect(refusalOf(() => exchange.replace(orderId, { qty }))).toBe(refusal);
  });

  test.each([
    [50, undefined],
    [150, undefined],
    [250, undefined],
    [100, undefined],
    [200, undefined],
    [49, "bad-quantity"],
    [120, "bad-quantity"],
  ] as const)("selling %d of 250 Chinese shares: %s", (qty, refusal) => {
    const { exchange } = openMarket({ positions: [{ contract: MOUTAI, qty: 250 }] });
    expect(refusalOf(() => exchange.place(limit({ contract: MOUTAI, direction: "SELL", price: 1600, qty })))).toBe(
      refusal,
    );
  });

  test("the odd remainder can be sold once, not twice", () => {
    const { exchange } = openMarket({ positions: [{ contract: MOUTAI, qty: 250 }] });
    const sell = (qty: number) => exchange.place(limit({ contract: MOUTAI, direction: "SELL", price: 1600, qty }));
    const { orderId } = sell(50);
    expect(refusalOf(() => sell(50))).toBe("bad-quantity");
    expect(exchange.replace(orderId, { qty: 150 }).qty).toBe(150);
    expect(refusalOf(() => sell(200))).toBe("short-sale");
    expect(sell(100).status).toBe("OPEN");
  });

  test("a contract may have a lot of its own", () => {
    const { exchange } = openMarket({ ...RICH, prices: [{ contract: TENCENT, price: 500, lotSize: 400 }] });
    expect(exchange.lotSize(security("HK", "700"))).toBe(400);
    expect(refusalOf(() => exchange.place(limit({ contract: TENCENT, price: 400, qty: 100 })))).toBe("bad-quantity");
    expect(exchange.place(limit({ contract: TENCENT, price: 400, qty: 400 })).qty).toBe(400);
  });
});

describe("sessions", () => {
  test.each([
    [limit({ contract: TENCENT, price: 400, lifecycle: "OVERNIGHT" }), "unsupported-session"],
    [limit({ contract: MOUTAI, price: 1400, lifecycle: "OVERNIGHT" }), "unsupported-session"],
    [market({ lifecycle: "OVERNIGHT" }), "unsupported-session"],
    [limit({ lifecycle: "OVERNIGHT" }), undefined],
    [limit({ contract: TENCENT, price: 400, lifecycle: "ETH" }), undefined],
  ] as const)("%o: %s", (request, refusal) => {
    const { exchange } = openMarket(RICH);
    expect(refusalOf(() => exchange.place(request))).toBe(refusal);
  });
});

test("every venue's own numbers fit together", () => {
  for (const region of MARKET_REGIONS) {
    const venue = marketOf(region);
    expect(venue?.slots.map(({ from, to }) => from < to)).not.toContain(false);
    const edges = venue?.slots.flatMap(({ from, to }) => [from, to]) ?? [];
    expect(edges).toEqual(edges.toSorted((a, b) => a - b));
    const steps = venue?.priceSteps ?? [];
    expect(steps[0]?.from).toBe(0);
    expect(steps).toEqual(steps.toSorted((a, b) => a.from - b.from));
  }
});

test("an order that is refused uses up no number and leaves no trace", () => {
  const { exchange, events } = openMarket({ cash: { USD: 1000 } });
  const before = JSON.stringify(exchange.snapshot());
  expect(refusalOf(() => exchange.place(limit()))).toBe("insufficient-funds");
  expect(refusalOf(() => exchange.place(limit({ direction: "SELL" })))).toBe("short-sale");
  expect(JSON.stringify(exchange.snapshot())).toBe(before);
  expect(events).toEqual([]);
  expect(exchange.place(limit({ qty: 1 })).orderId).toBe("1");
});
