import { describe, expect, test } from "vitest";
import { checkPlace, checkReplace } from "../../src/desk/guards.ts";
import type { OrderRequest } from "../../src/domain/order.ts";
import { anOrder, CAPABILITIES, LIMIT_BUY } from "./desk-broker.ts";

function view(fields: Parameters<typeof anOrder>[0] = {}) {
  return { ...anOrder(fields), external: false, source: "broker", asOf: 1, staleSince: null } as const;
}

function failureOf(check: () => unknown): unknown {
  try {
    check();
  } catch (error) {
    return error;
  }
  throw new Error("was not refused");
}

describe("a new order", () => {
  test("passes with the row it falls under", () => {
    expect(checkPlace(CAPABILITIES, LIMIT_BUY)).toMatchObject({ region: "US", orderType: "Limit", lifecycle: "RTH" });
  });

  const cases: [string, Partial<OrderRequest>, string, string][] = [
    ["a fraction of a share", { qty: 1.5 }, "InvalidRequest", "qty"],
    ["nothing", { qty: 0 }, "InvalidRequest", "qty"],
    ["a price finer than a cent", { price: 200.005 }, "InvalidRequest", "price"],
    ["a price finer than allowed below a dollar", { price: 0.12345 }, "InvalidRequest", "price"],
    ["a symbol of another shape", { contract: { ...LIMIT_BUY.contract, symbol: "00700" } }, "InvalidRequest", "symbol"],
    ["a market order in extended hours", { orderType: "Market", lifecycle: "ETH" }, "InvalidRequest", "regular hours"],
    ["a region that is not there", { contract: { ...LIMIT_BUY.contract, region: "JP" } }, "NotSupported", "region JP"],
    [
      "a trade type that is not there",
      { contract: { ...LIMIT_BUY.contract, tradeType: "Yields" } },
      "NotSupported",
      "Yields",
    ],
    ["a session that is not taken", { lifecycle: "OVERNIGHT" }, "NotSupported", "OVERNIGHT"],
    ["a time in force that is not taken", { orderType: "Market", timeInForce: "GTC" }, "NotSupported", "GTC"],
  ];
  test.each(cases)("%s is refused", (_name, fields, code, word) => {
    const failure = failureOf(() => checkPlace(CAPABILITIES, { ...LIMIT_BUY, ...fields }));
    expect(failure).toMatchObject({ code, outcome: "not_sent", message: expect.stringContaining(word) });
  });

  test("a symbol that is no text is refused, though its figures would do", () => {
    const markets = CAPABILITIES.markets.map((market) => ({ ...market, symbolPattern: "[0-9]{6}" }));
    const contract = { ...LIMIT_BUY.contract, symbol: 600000 as unknown as string };
    const failure = failureOf(() => checkPlace({ ...CAPABILITIES, markets }, { ...LIMIT_BUY, contract }));
    expect(failure).toMatchObject({ code: "InvalidRequest", message: expect.stringContaining("must be text") });
  });

  test("any price is fine where a market says no step", () => {
    const markets = CAPABILITIES.markets.map((market) => ({ ...market, priceSteps: [] }));
    expect(() => checkPlace({ ...CAPABILITIES, markets }, { ...LIMIT_BUY, price: 0.123456 })).not.toThrow();
  });

  test("four decimals are fine below a dollar", () => {
    expect(() => checkPlace(CAPABILITIES, { ...LIMIT_BUY, price: 0.1234 })).not.toThrow();
  });

  test("a limit order without a price is refused, a market order with one is not", () => {
    const { price: _, ...withoutPrice } = LIMIT_BUY;
    expect(failureOf(() => checkPlace(CAPABILITIES, withoutPrice))).toMatchObject({ code: "InvalidRequest" });
    expect(() => checkPlace(CAPABILITIES, { ...LIMIT_BUY, orderType: "Market", price: 0.00001 })).not.toThrow();
  });

  test("every fault is told at once", () => {
    const failure = failureOf(() => checkPlace(CAPABILITIES, { ...LIMIT_BUY, qty: 1.5, price: 0.12345 }));
    expect(failure).toMatchObject({
      details: [
        { path: "qty", value: 1.5 },
        { path: "price", value: 0.12345 },
      ],
    });
  });

  test("what is taken instead is told as data", () => {
    const failure = failureOf(() => checkPlace(CAPABILITIES, { ...LIMIT_BUY, lifecycle: "OVERNIGHT" }));
    expect(failure).toMatchObject({
      details: { supported: expect.arrayContaining([expect.objectContaining({ lifecycle: "ETH" })]) },
    });
  });
});

describe("a change", () => {
  test("below what is filled is refused", () => {
    const order = view({ filledQty: 5, status: "PARTIALLY_FILLED" });
    expect(failureOf(() => checkReplace(CAPABILITIES, { qty: 4 }, order))).toMatchObject({
      code: "InvalidRequest",
      message: expect.stringContaining("5"),
    });
    expect(() => checkReplace(CAPABILITIES, { qty: 5 }, order)).not.toThrow();
  });

  test("of a completed order is OrderNotOpen and shows the order", () => {
    expect(
      failureOf(() => checkReplace(CAPABILITIES, { qty: 13 }, view({ status: "FILLED", filledQty: 12 }))),
    ).toMatchObject({
      code: "OrderNotOpen",
      details: { order: { orderId: "1", status: "FILLED" } },
    });
  });

  test("of an order that its market does not change is NotSupported", () => {
    const orders = CAPABILITIES.orders.map((row) => ({ ...row, replaceable: false }));
    const failure = failureOf(() => checkReplace({ ...CAPABILITIES, orders }, { qty: 13 }, view()));
    expect(failure).toMatchObject({ code: "NotSupported", outcome: "not_sent" });
  });

  test("is held to steps, and a market order has no price", () => {
    expect(failureOf(() => checkReplace(CAPABILITIES, { qty: 1.5, price: 1.001 }, view()))).toMatchObject({
      details: [{ path: "qty" }, { path: "price" }],
    });
    expect(
      failureOf(() => checkReplace(CAPABILITIES, { price: 2 }, view({ orderType: "Market", price: null }))),
    ).toMatchObject({
      code: "InvalidRequest",
    });
  });
});
