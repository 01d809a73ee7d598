import { describe, expect, test } from "vitest";
import { cnExchange, contractKey, currencyOf, normalizeContract } from "../../src/domain/contract.ts";

function securities(region: string, symbol: string) {
  return { tradeType: "Securities", region, symbol } as const;
}

describe("normalizeContract", () => {
  test.each([
    ["HK", "700", "00700"],
    ["HK", "00700", "00700"],
    ["HK", "80700", "80700"],
    ["HK", "700700", "700700"],
    ["US", "brk.b", "BRK.B"],
    ["CN", "600519", "600519"],
    ["SG", "d05", "d05"],
  ])("%s %s is %s", (region, symbol, normalized) => {
    expect(normalizeContract(securities(region, symbol))).toEqual(securities(region, normalized));
  });

  test("leaves other trade types to their broker", () => {
    const coin = { tradeType: "Cryptocurrencies", region: "US", symbol: "btc-usd" } as const;
    expect(normalizeContract(coin)).toBe(coin);
  });
});

describe("cnExchange", () => {
  test.each([
    ["600519", "SH"],
    ["510300", "SH"],
    ["688981", "SH"],
    ["000001", "SZ"],
    ["300750", "SZ"],
    ["159915", "SZ"],
    ["161725", "SZ"],
    ["180101", "SZ"],
    ["900901", undefined],
    ["200011", undefined],
    ["430047", undefined],
    ["830799", undefined],
    ["110059", undefined],
    ["60051", undefined],
    ["60051A", undefined],
  ])("%s is at %s", (symbol, exchange) => expect(cnExchange(symbol)).toBe(exchange));
});

describe("currencyOf", () => {
  test.each([
    ["HK", "00700", "HKD"],
    ["HK", "80700", "CNY"],
    ["HK", "09000", "USD"],
    ["HK", "09599", "USD"],
    ["HK", "09600", "HKD"],
    ["HK", "09618", "HKD"],
    ["HK", "09799", "HKD"],
    ["HK", "09800", "USD"],
    ["HK", "09849", "USD"],
    ["HK", "09850", "HKD"],
    ["HK", "09988", "HKD"],
    ["CN", "830799", "HKD"],
  ])("%s %s is in %s", (region, symbol, currency) => {
    expect(currencyOf(securities(region, symbol), "HKD")).toBe(currency);
  });
});

test("contractKey is equal for equal contracts only", () => {
  expect(contractKey(securities("US", "AAPL"))).toBe("US AAPL");
  expect(contractKey({ tradeType: "Indexes", region: "US", symbol: "AAPL" })).not.toBe("US AAPL");
});
