import { OrderAction, OrderStatus, OrderType, TimeInForce } from "@stoqey/ib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DIRECTION,
  isWarning,
  lookUp,
  ORDER_STATUS,
  ORDER_TYPE,
  TIME_IN_FORCE,
} from "../../../src/brokers/interactive-brokers/codes.ts";
import { chooseContract, toContract, toSearch } from "../../../src/brokers/interactive-brokers/contracts.ts";
import {
  tickField,
  toCash,
  toPositions,
  toQuote,
  toTicket,
  toTime,
} from "../../../src/brokers/interactive-brokers/convert.ts";
import type { ContractDetails, VendorContract } from "../../../src/brokers/interactive-brokers/messages.ts";
import { parseMessage } from "../../../src/brokers/interactive-brokers/messages.ts";
import type { Contract } from "../../../src/domain/contract.ts";
import { restingOrder } from "./setup.ts";

const security = (region: string, symbol: string): Contract => ({ tradeType: "Securities", region, symbol });
const vendor = (changes: Partial<VendorContract>): VendorContract => ({
  ...{ conId: 1, symbol: "AAPL", secType: "STK", exchange: "NASDAQ", primaryExch: "", currency: "USD" },
  ...{ localSymbol: "", tradingClass: "" },
  ...changes,
});

describe("the vendor's words", () => {
  const meanings = (table: Readonly<Record<string, string | null>>, words: object) =>
    Object.fromEntries(Object.values(words).map((word) => [word, lookUp(table, word)]));
  test("for statuses mean what becomes of an order", () => {
    expect(meanings(ORDER_STATUS, OrderStatus)).toEqual({
      ApiPending: "PENDING",
      PendingSubmit: "PENDING",
      PreSubmitted: "OPEN",
      Submitted: "OPEN",
      PendingCancel: "PENDING_CANCEL",
      ApiCancelled: "CANCELED",
      Cancelled: "CANCELED",
      Filled: "FILLED",
      Inactive: "OPEN",
      Unknown: "UNKNOWN",
    });
  });
  test("no status is there that the vendor does not have", () => {
    expect(Object.keys(ORDER_STATUS).sort()).toEqual(Object.values(OrderStatus).map(String).sort());
  });
  test("for sides are a purchase or a sale, short or not", () => {
    const sides = { BUY: "BUY", SELL: "SELL", SSHORT: "SELL", SLONG: "SELL" };
    expect(meanings(DIRECTION, OrderAction)).toEqual(sides);
  });
  test("for how long an order is good are the day, until it is canceled, or none of ours", () => {
    const { DAY, GTC, ...others } = meanings(TIME_IN_FORCE, TimeInForce);
    expect([DAY, GTC]).toEqual(["DAY", "GTC"]);
    expect(new Set(Object.values(others))).toEqual(new Set([null]));
  });
  test("of the order types, limit and market alone have a word here", () => {
    const named = Object.values(OrderType).filter((type) => lookUp<string>(ORDER_TYPE, String(type)) !== undefined);
    expect(named.map((type) => lookUp<string>(ORDER_TYPE, String(type)))).toEqual(
      expect.arrayContaining(["Limit", "Market"]),
    );
    for (const type of ["STP", "STP LMT", "TRAIL", "MOC", "REL"]) expect(lookUp(ORDER_TYPE, type)).toBeUndefined();
  });
  test.each([
    [399, "Order Message:\nWarning: Your order will not be placed", true],
    [2109, "Order Event Warning: Attribute is ignored", true],
    [10349, "Order TIF was set to DAY based on order preset.", true],
    [404, "Shares for this order are not immediately available", true],
    [2158, "Sec-def data farm connection is OK", true],
    [2187, "Generic tick data is not available when using delayed market data fallback.", true],
    [2102, "Unable to modify this order as it is still being processed.", false],
    [201, "Order rejected - reason:", false],
    [202, "Order Canceled", false],
    [460, "No trading permissions", false],
    [110, "The price does not conform", false],
  ])("message %i is a remark or not", (code, text, expected) => {
    expect(isWarning(code, text)).toBe(expected);
  });
});

describe("contracts", () => {
  test.each([
    [security("US", "AAPL"), { symbol: "AAPL", exchange: "SMART", currency: "USD" }],
    [security("US", "BRK.B"), { symbol: "BRK B", exchange: "SMART", currency: "USD" }],
    [security("HK", "00700"), { symbol: "700", exchange: "SEHK" }],
    [security("HK", "80700"), { symbol: "80700", exchange: "SEHK" }],
    [security("CN", "600519"), { symbol: "600519", exchange: "SEHKNTL", currency: "CNH" }],
    [security("CN", "000001"), { symbol: "000001", exchange: "SEHKSZSE", currency: "CNH" }],
    [security("CN", "159915"), { symbol: "159915", exchange: "SEHKSZSE", currency: "CNH" }],
  ])("%o is asked for as %o", (contract, search) => {
    expect(toSearch(contract)).toEqual({ secType: "STK", ...search });
  });

  test.each([security("US", "brk b"), security("HK", "700"), security("CN", "900901"), security("JP", "7203")])(
    "%o has no name at the vendor",
    (contract) => {
      expect(() => toSearch(contract)).toThrow(expect.objectContaining({ code: "InvalidRequest" }));
    },
  );

  test.each([
    [vendor({}), security("US", "AAPL")],
    [vendor({ symbol: "BRK B", exchange: "NYSE" }), security("US", "BRK.B")],
    [vendor({ exchange: "SMART", primaryExch: "NYSE" }), security("US", "AAPL")],
    [vendor({ exchange: "OVERNIGHT" }), security("US", "AAPL")],
    [vendor({ exchange: "NASDAQ.NMS" }), security("US", "AAPL")],
    [vendor({ symbol: "5", exchange: "SEHK", currency: "HKD" }), security("HK", "00005")],
    [vendor({ symbol: "600519", exchange: "SEHKNTL", currency: "CNH" }), security("CN", "600519")],
    [vendor({ symbol: "300750", exchange: "SEHKSZSE", currency: "CNH" }), security("CN", "300750")],
    // A number of Shanghai at Shenzhen's exchange is nothing that is known here.
    [vendor({ symbol: "600519", exchange: "SEHKSZSE", currency: "CNH" }), null],
    [vendor({ secType: "OPT" }), null],
    // In dollars, where an exchange has no name here, the gateway tells whose share it is: new ones come each year.
    [vendor({ exchange: "LSEETF", symbol: "CSPX" }), undefined],
    [vendor({ exchange: "T24X2" }), undefined],
    [vendor({ exchange: "TSEJ", symbol: "7203", currency: "JPY" }), null],
    // The exchange of routing says nothing of the listing: an ETF of London in dollars is routed smartly too.
    [vendor({ exchange: "SMART" }), undefined],
    [vendor({ exchange: "" }), undefined],
  ])("%o is %o", (given, expected) => {
    expect(toContract(given)).toEqual(expected);
  });

  test("what is asked for comes back under its own name", () => {
    const symbols = fc.oneof(
      fc.stringMatching(/^[A-Z]{1,5}(\.[A-Z])?$/).map((symbol) => security("US", symbol)),
      fc.integer({ min: 1, max: 99_999 }).map((number) => security("HK", String(number).padStart(5, "0"))),
      fc.stringMatching(/^(?:[0356]\d|1[568])\d{4}$/).map((symbol) => security("CN", symbol)),
    );
    fc.assert(
      fc.property(symbols, (contract) => {
        const { symbol, exchange } = toSearch(contract);
        const listing = exchange === "SMART" ? "NYSE" : exchange;
        expect(toContract(vendor({ symbol, exchange, primaryExch: listing }))).toEqual(contract);
      }),
    );
  });

  const details = (changes: Partial<VendorContract>): ContractDetails => ({
    contract: vendor(changes),
    ...{ validExchanges: "", longName: "", timeZoneId: "", tradingHours: "", liquidHours: "" },
  });

  test("one of several contracts is never guessed: the error names them all", () => {
    const found = [details({ conId: 11, primaryExch: "NYSE" }), details({ conId: 22, primaryExch: "NASDAQ" })];
    expect(() => chooseContract(security("US", "AAPL"), found)).toThrow(
      expect.objectContaining({
        code: "InvalidRequest",
        outcome: "not_sent",
        message: expect.stringMatching(/ambiguous.*11 AAPL NYSE USD; 22 AAPL NASDAQ USD/),
      }),
    );
    expect(chooseContract(security("US", "AAPL"), [...found.slice(0, 1), ...found.slice(0, 1)]).contract.conId).toBe(
      11,
    );
  });

  test("a share that a new exchange lists is one of the country where it is traded", () => {
    const found = { ...details({ conId: 11, primaryExch: "TXSE" }), validExchanges: "SMART,AMEX,NYSE,TXSE" };
    expect(chooseContract(security("US", "AAPL"), [found])).toBe(found);
  });

  test("a contract of the same symbol in another country is none", () => {
    const found = [details({ exchange: "LSEETF" }), details({ secType: "OPT" })];
    expect(() => chooseContract(security("US", "AAPL"), found)).toThrow(
      expect.objectContaining({ code: "UnknownContract", outcome: "rejected" }),
    );
  });
});

describe("numbers that are not set never come out", () => {
  const UNSET = Number("1.7976931348623157E308");

  test("of orders", () => {
    const message = parseMessage("openOrder", [
      1,
      { ...vendor({}), strike: UNSET },
      { permId: 5, clientId: 7, action: "BUY", totalQuantity: 3, orderType: "MKT", lmtPrice: UNSET, tif: "DAY" },
      { status: "Submitted" },
    ]);
    expect(message).toMatchObject({ order: { lmtPrice: undefined, totalQuantity: 3 }, state: { warningText: "" } });
  });

  test.each([2_147_483_647, 2 ** 63, -(2 ** 63), 2 ** 127, UNSET])("of quantities, where TWS writes %d", (unset) => {
    const fill = { execId: "a.01.01", permId: 5, shares: unset, price: 190, cumQty: unset };
    const ended = { permId: 5, action: "BUY", totalQuantity: unset, orderType: "MKT", filledQuantity: unset };
    expect([
      parseMessage("orderStatus", [1, "Submitted", unset, unset, 0, 5, 0, 0, 7]),
      parseMessage("completedOrder", [vendor({}), ended, { status: "Cancelled" }]),
      parseMessage("execDetails", [-1, vendor({}), fill]),
      parseMessage("position", ["DU1", vendor({}), unset, 0]),
    ]).toMatchObject([
      { filled: undefined },
      { order: { totalQuantity: undefined, filledQuantity: undefined } },
      { execution: { shares: undefined, cumQty: undefined, price: 190 } },
      { qty: undefined },
    ]);
  });

  test.each([
    [4, -1],
    [4, 0],
    [9, -1],
    [68, -1],
  ])("of tick %i with %d", (type, value) => {
    expect(tickField(type, value)).toBeUndefined();
  });

  test("of account values", () => {
    const value = (key: string, amount: string, currency: string) => ({ key, value: amount, currency });
    const base = [value("CashBalance", "100.10", "BASE"), value("TotalCashValue", "100.10", "USD")];
    const odd = [value("CashBalance", "1.7976931348623157E308", "HKD"), value("CashBalance", "", "CNH")];
    expect(toCash([...base, ...odd, value("CashBalance", "100.10", "USD")], "USD")).toEqual({
      currency: "USD",
      amount: 100.1,
      balances: [{ currency: "USD", amount: 100.1, available: null }],
    });
  });
});

describe("cash", () => {
  const value = (key: string, amount: string, currency: string) => ({ key, value: amount, currency });
  const ledger = [
    value("NetLiquidation", "5000", "HKD"),
    value("CashBalance", "780.00", "BASE"),
    value("CashBalance", "100.00", "USD"),
    value("CashBalance", "0.00", "HKD"),
    value("CashBalance", "0.00", "JPY"),
    value("CashBalance", "-20.5", "CNH"),
    value("ExchangeRate", "7.80", "USD"),
    value("ExchangeRate", "1.00", "HKD"),
    value("ExchangeRate", "1.08", "CNH"),
    value("ExchangeRate", "1.00", "BASE"),
  ];
  test.each([
    ["HKD", "HKD", 780],
    ["USD", "USD", 100],
    ["CNY", "CNH", 722.22],
    ["CNH", "CNH", 722.22],
  ])("in %s", (asked, currency, amount) => {
    expect(toCash(ledger, asked)).toMatchObject({ currency, amount });
  });
  test("lines of nothing are left out, but that of the base currency", () => {
    expect(toCash(ledger, "HKD").balances.map(({ currency, amount }) => `${currency} ${amount}`)).toEqual([
      "USD 100",
      "HKD 0",
      "CNH -20.5",
    ]);
  });
  test("without a rate or a total it is an error, never 0", () => {
    expect(() => toCash(ledger, "EUR")).toThrow(expect.objectContaining({ code: "NotSupported" }));
    expect(() => toCash([], "USD")).toThrow(expect.objectContaining({ code: "BrokerFault" }));
  });
});

test("short positions are negative, fractions are kept, and one contract is one line", () => {
  const held = (symbol: string, qty: number) => ({ contract: security("US", symbol), vendor: vendor({ symbol }), qty });
  const unnamed = { contract: null, vendor: vendor({ localSymbol: "AAPL  270115C00200000" }), qty: -2 };
  const closed = [held("QQQ", 0), held("MSFT", 0)];
  const short = [held("AAPL", -0.1), held("AAPL", -0.2)];
  expect(toPositions([...short, ...closed, held("QQQ", 1.5), held("TSLA", 1), unnamed])).toEqual({
    positions: [
      { contract: security("US", "AAPL"), unit: "Share", currency: "USD", qty: -0.3 },
      { contract: security("US", "QQQ"), unit: "Share", currency: "USD", qty: 1.5 },
      { contract: security("US", "TSLA"), unit: "Share", currency: "USD", qty: 1 },
    ],
    unmapped: [{ originSymbol: "AAPL  270115C00200000", qty: -2 }],
  });
});

test("before the first trade of a day the last price stands in, and without any price there is no quote", () => {
  const of = (prices: readonly (readonly [string, number])[]) => ({
    prices: new Map(prices) as never,
    lastTime: undefined,
    halted: false,
  });
  expect(toQuote(security("US", "AAPL"), "USD", of([["preClose", 200.5]]), 7)).toEqual({
    contract: security("US", "AAPL"),
    currency: "USD",
    isTradable: true,
    ...{ latest: 200.5, preClose: 200.5, highPrice: 200.5, lowPrice: 200.5, openPrice: 200.5, timestamp: 0 },
  });
  expect(toQuote(security("US", "AAPL"), "USD", of([["latest", 200.5]]), 7)).toMatchObject({ timestamp: 7 });
  expect(() => toQuote(security("US", "AAPL"), "USD", of([]), 7)).toThrow(
    expect.objectContaining({ code: "BrokerFault" }),
  );
});

test.each([
  [{ lifecycle: "RTH" }, { outsideRth: false, tif: "DAY", orderType: "LMT", lmtPrice: 190 }],
  [
    { lifecycle: "ETH", timeInForce: "GTC" },
    { outsideRth: true, tif: "GTC" },
  ],
  [{ lifecycle: "OVERNIGHT" }, { outsideRth: false, tif: "DAY" }],
  [{ lifecycle: "ETH", contract: security("HK", "00700") }, { outsideRth: false }],
] as const)("%o is sent as %o", (changes, expected) => {
  const order = restingOrder(changes);
  expect(toTicket(order, "DU1", order.tag)).toMatchObject({ ...expected, account: "DU1", orderRef: order.tag });
});

test("a market order is sent without a price", () => {
  const order = restingOrder({ orderType: "Market" });
  expect(toTicket(order, "DU1", order.tag)).not.toHaveProperty("lmtPrice");
});

test.each([
  ["20261122 10:00:00 US/Eastern", Date.UTC(2026, 10, 22, 15)],
  ["20260722 10:00:00 America/New_York", Date.UTC(2026, 6, 22, 14)],
  ["20261122  10:00:05 Hongkong", Date.UTC(2026, 10, 22, 2, 0, 5)],
  ["20261122-10:00:00", Date.UTC(2026, 10, 22, 10)],
  ["20261122 10:00:00", null],
  ["20261322 10:00:00 US/Eastern", null],
  ["20261122 10:00:00 Nowhere/Else", null],
  ["", null],
])("the time %s", (text, at) => {
  expect(toTime(text)).toBe(at);
});

test.each(["China Standard Time", "CST", "\u4e2d\u56fd\u6807\u51c6\u65f6\u95f4"])(
  "a time in a zone that no one else calls so is one of TWS's own clock: %s",
  (zone) => {
    expect(toTime(`20261125 00:05:00 ${zone}`, 8 * 3_600_000)).toBe(Date.UTC(2026, 10, 24, 16, 5));
    expect(toTime("20261125 00:05:00 US/Eastern", 8 * 3_600_000)).toBe(Date.UTC(2026, 10, 25, 5, 5));
  },
);

test.each(["error", "info"])(
  "a text of the vendor is cut in %s: to look for words in it would cost by its square",
  (event) => {
    const text = `exceeds ${" ".repeat(100_000)}`;
    const message = parseMessage(event, [event === "error" ? new Error(text) : text, 201, 7]);
    expect(message).toMatchObject({ kind: "notice", code: 201, text: text.slice(0, 2_000) });
  },
);
