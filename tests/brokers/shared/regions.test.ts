import { expect, test } from "vitest";
import { contractCurrency } from "../../../src/brokers/shared/regions.ts";

test.each([
  ["HK", "00700", undefined, "HKD"],
  ["HK", "80700", undefined, "CNY"],
  ["HK", "09834", undefined, "USD"],
  ["HK", "09834", "", "USD"],
  ["HK", "00700", "USD", "USD"],
  ["CN", "600519", "CNH", "CNY"],
  ["US", "AAPL", null, "USD"],
  ["US", "AAPL", "???", "USD"],
  ["SG", "D05", undefined, "USD"],
])("%s %s, told to be in %s, is in %s", (region, symbol, given, currency) => {
  expect(contractCurrency(given, { tradeType: "Securities", region, symbol })).toBe(currency);
});
