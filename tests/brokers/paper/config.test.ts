import { describe, expect, test } from "vitest";
import { parsePaperOptions } from "../../../src/brokers/paper/config.ts";
import { REFUSALS, writeError } from "../../../src/brokers/paper/convert.ts";
import { type PaperOptions, paper } from "../../../src/brokers/paper/index.ts";
import { demoAccount } from "../../../src/exchange/demo-account.ts";
import { createExchange } from "../../../src/exchange/exchange.ts";
import { BROKER_ERROR_CODES } from "../../../src/spec/broker-error.ts";
import { AAPL, INSTANCE } from "./account.ts";

const faultsOf = (options: Record<string, unknown>): string => {
  try {
    paper({ ...INSTANCE, ...options } as PaperOptions);
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  return "";
};

describe("defaults", () => {
  test("without cash and positions: the demo account, with synthetic prices", () => {
    expect(parsePaperOptions(INSTANCE)).toEqual({
      exchange: demoAccount,
      quotes: "synthetic",
      ownsQuotes: false,
      quoteIntervalMs: 3000,
      seed: 1,
      store: undefined,
    });
  });

  test("with either, the other is empty", () => {
    const onlyCash = parsePaperOptions({ ...INSTANCE, cash: { HKD: 5 } }).exchange;
    expect(onlyCash).toEqual({ cash: { HKD: 5 }, prices: demoAccount.prices });
    const onlyPositions = parsePaperOptions({ ...INSTANCE, positions: [{ contract: AAPL, qty: 1 }] }).exchange;
    expect(onlyPositions).toMatchObject({ cash: {}, positions: [{ contract: AAPL, qty: 1 }] });
  });

  test("with an exchange, its prices are left alone", () => {
    expect(parsePaperOptions({ ...INSTANCE, exchange: createExchange() })).toMatchObject({ quotes: "fixed" });
  });

  test("with another broker's quotes, nothing is listed beforehand", () => {
    const quotes = paper(INSTANCE);
    expect(parsePaperOptions({ ...INSTANCE, quotes }).exchange).not.toHaveProperty("prices");
  });
});

const SAVES_ONLY: Record<string, unknown> = { store: { save: async () => undefined } };

describe("faults", () => {
  test.each([
    ["unknown keys", { cahs: {} }, /cahs is not an option of paper/],
    [
      "a key inside",
      { positions: [{ contract: AAPL, qty: 1, quantity: 2 }] },
      /positions\.0\.quantity is not an option/,
    ],
    ["a number for cash", { cash: 5 }, /cash must be an object by currency, not 5/],
    ["one position", { positions: {} }, /positions must be a list, not an object/],
    ["one price", { prices: "US AAPL" }, /prices must be a list, not "US AAPL"/],
    ["a day for all regions", { holidays: "2026-01-01" }, /holidays must be an object by region, not "2026-01-01"/],
    ["one day of a region", { holidays: { US: "2026-01-01" } }, /holidays\.US must be a list, not "2026-01-01"/],
    ["a number for rates", { ratesToUsd: 1 }, /ratesToUsd must be an object by currency, not 1/],
    ["text for a number", { cash: { USD: "5" } }, /cash\.USD must be a number, not "5"/],
    ["no finite number", { cash: { USD: Number.POSITIVE_INFINITY } }, /cash\.USD must be a finite number/],
    ["a currency in small letters", { cash: { usd: 5 } }, /currency code in capitals/],
    ["a currency without a rate", { cash: { JPY: 5 } }, /cash\.JPY has no rate; give ratesToUsd\.JPY/],
    ["a rate of nothing", { ratesToUsd: { JPY: 0 } }, /ratesToUsd\.JPY must be above 0/],
    [
      "a dollar that is not worth a dollar",
      { ratesToUsd: { USD: 7.8, HKD: 1 } },
      /ratesToUsd\.USD must be 1, not 7\.8/,
    ],
    ["two rates of the yuan", { ratesToUsd: { CNY: 0.14, CNH: 0.139 } }, /ratesToUsd\.CNH and ratesToUsd\.CNY .* one/],
    ["a price below zero", { prices: [{ contract: AAPL, price: -1 }] }, /prices\.0\.price must be above 0/],
    [
      "prices of what nobody can trade",
      {
        prices: [
          { contract: { ...AAPL, region: "JP", symbol: "7203" }, price: 1 },
          { contract: AAPL, price: 1 },
          { contract: { ...AAPL, region: "HK", symbol: "0700.HK" }, price: 1 },
          { contract: { ...AAPL, tradeType: "Cryptocurrencies", symbol: "BTC" }, price: 1 },
        ],
      },
      /^paper: prices\.0 names JP 7203, which .*; prices\.2 names HK 0700\.HK, which .*; prices\.3 names Cryptocurrencies US BTC/,
    ],
    ["a price with dust", { prices: [{ contract: AAPL, price: 0.1 + 0.2 }] }, /prices\.0\.price .* 15 digits/],
    [
      "a lot of nothing",
      { prices: [{ contract: AAPL, price: 1, lotSize: 0 }] },
      /prices\.0\.lotSize must be at least 1/,
    ],
    [
      "a contract without a symbol",
      { prices: [{ contract: { ...AAPL, symbol: "" }, price: 1 }] },
      /symbol must not be empty/,
    ],
    [
      "a region in small letters",
      { positions: [{ contract: { ...AAPL, region: "us" }, qty: 1 }] },
      /positions\.0\.contract\.region must be two or more capitals/,
    ],
    [
      "two positions in one contract",
      {
        positions: [
          { contract: { ...AAPL, region: "HK", symbol: "700" }, qty: 100 },
          { contract: { ...AAPL, region: "HK", symbol: "00700" }, qty: 50 },
        ],
      },
      /positions\.1 names HK 00700 again/,
    ],
    [
      "two prices of one contract",
      {
        prices: [
          { contract: AAPL, price: 1 },
          { contract: AAPL, price: 2 },
        ],
      },
      /prices\.1 names US AAPL again/,
    ],
    ["a word for a switch", { allowShort: "yes" }, /allowShort must be true or false/],
    ["holidays of nowhere", { holidays: { JP: [] } }, /must be named by one of US, HK, CN/],
    ["no date", { holidays: { US: ["4 July"] } }, /holidays\.US\.0 must be a date, YYYY-MM-DD/],
    ["a day that is not", { holidays: { US: ["2025-02-30"] } }, /holidays\.US\.0 must be a date/],
    ["no quotes", { quotes: "live" }, /quotes must be "synthetic", "fixed" or a broker/],
    ["a broker without quotes", { quotes: { kind: "x" } }, /quotes must be/],
    ["owning nothing", { ownsQuotes: true }, /ownsQuotes needs another broker/],
    ["too many looks", { quoteIntervalMs: 5 }, /quoteIntervalMs must be at least 100/],
    [
      "looks so rare that a timer cannot count to them",
      { quoteIntervalMs: 2 ** 31 },
      /quoteIntervalMs must be at most/,
    ],
    ["half a seed", { seed: 0.5 }, /seed must be a whole number/],
    ["a clock that stands", { clock: 5 }, /clock must be a function/],
    ["a file without a name", { stateFile: "" }, /stateFile must be a path, not ""/],
    ["a store that cannot save", { store: {} }, /store must be an object with load\(\) and save\(text\)/],
    ["a store that cannot load", SAVES_ONLY, /store must be an object with load\(\) and save\(text\)/],
    ["two places", { stateFile: "a", store: { load: async () => null, save: async () => undefined } }, /not both/],
    ["no exchange", { exchange: {} }, /exchange must be what createExchange gives/],
    [
      "an exchange and its cash",
      { exchange: createExchange(), cash: {}, clock: Date.now },
      /cash, clock cannot be given with exchange/,
    ],
  ])("%s", (_name, options, message) => {
    expect(faultsOf(options)).toMatch(message);
  });

  test("are all listed in one error", () => {
    const message = faultsOf({ cash: { USD: "x" }, seed: 0.5, foo: 1, stateFile: "a", store: {} });
    for (const part of ["cash.USD", "seed", "foo", "not both", "store must be"]) expect(message).toContain(part);
  });

  test("leave the instance's options to the gateway", () => {
    expect(faultsOf({ instanceId: "short", tokens: "x", name: 5, deadlineMs: "soon" })).toBe("");
  });

  test("options that are no object", () => {
    expect(() => Reflect.apply(parsePaperOptions, undefined, [undefined])).toThrow(/must be an object/);
  });
});

test("every refusal of the exchange has a code and an outcome of a write that did not happen", () => {
  for (const { code, outcome } of Object.values(REFUSALS)) {
    expect(BROKER_ERROR_CODES).toContain(code);
    expect(["not_sent", "rejected"]).toContain(outcome);
  }
});

test("what the exchange did not refuse in a write may have happened", () => {
  const cause = new RangeError("the ledger is in disorder");
  expect(writeError(cause)).toMatchObject({
    code: "OutcomeUnknown",
    outcome: "unknown",
    message: cause.message,
    cause,
  });
});
