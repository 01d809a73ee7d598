/** What is refused before it is sent to Longport. */
import { expect, test } from "vitest";
import { checkNumbers, checkOrder, toCapabilities } from "../../../src/brokers/longport/capabilities.ts";
import { restingOrder } from "./setup.ts";

const refused = (code: string) => expect.objectContaining({ code, outcome: "not_sent" });

test("an order without a row is not supported, and one at a limit needs it", () => {
  const outside = restingOrder({ orderType: "Market", lifecycle: "ETH" });
  expect(() => checkOrder(outside, "US", undefined)).toThrow(refused("NotSupported"));
  const night = { lifecycle: "OVERNIGHT" } as const;
  expect(checkOrder(restingOrder(night), "US", undefined)).toMatchObject(night);
  expect(() => checkOrder(restingOrder({ ...night, timeInForce: "GTC" }), "US", undefined)).toThrow(
    refused("NotSupported"),
  );
  const { price: _none, ...open } = restingOrder();
  expect(() => checkOrder(open, "US", undefined)).toThrow(refused("InvalidRequest"));
});

test.each([{ lifecycle: "ETH" }, { lifecycle: "OVERNIGHT" }, { timeInForce: "GTC" }] as const)(
  "a paper account has none of %o",
  (changes) => {
    expect(() => checkOrder(restingOrder(changes), "US", "SIMULATE")).toThrow(refused("NotSupported"));
    expect(checkOrder(restingOrder(changes), "US", "REAL")).toMatchObject(changes);
  },
);

test("a paper account trades in the US and in Hong Kong, the day alone", () => {
  expect(() => checkOrder(restingOrder(), "CN", "SIMULATE")).toThrow(refused("NotSupported"));
  expect(checkOrder(restingOrder({ lifecycle: "ETH" }), "HK", "SIMULATE").effective).toEqual({ lifecycle: "RTH" });
  expect(checkOrder(restingOrder({ orderType: "Market" }), "US", "SIMULATE")).toMatchObject({ region: "US" });
  const { orders } = toCapabilities(null, "SIMULATE");
  expect(new Set(orders.map(({ region }) => region))).toEqual(new Set(["US", "HK"]));
  expect(orders.map(({ timeInForce }) => timeInForce)).not.toContain("GTC");
  expect(toCapabilities(null, undefined)).toMatchObject({ orders: toCapabilities(null, "REAL").orders });
});

test("an order at the market has no price to be too fine", () => {
  expect(checkOrder(restingOrder({ orderType: "Market", price: 190.001 }), "US", undefined)).toMatchObject({
    region: "US",
  });
});

test.each([
  ["US", 190.01, 190.005],
  ["US", 1.01, 1.0001],
  ["US", 0.9999, 0.99995],
  ["HK", 300.001, 300.0005],
  ["CN", 3.977, 3.9775],
] as const)("in %s the price %d is taken, and %d is refused, never cut", (region, taken, tooFine) => {
  expect(() => checkNumbers({ qty: 1, price: taken }, region)).not.toThrow();
  for (const price of [tooFine, 0, -taken, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => checkNumbers({ price }, region)).toThrow(refused("InvalidRequest"));
  }
});

test.each([0, -1, 0.5, 2 ** 53, Number.NaN])("a quantity of %d is refused", (qty) => {
  expect(() => checkNumbers({ qty }, "US")).toThrow(refused("InvalidRequest"));
});
