import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as codes from "../../../src/brokers/futu/codes.ts";
import {
  toCash,
  toContract,
  toCurrencyNumber,
  toHistoryTime,
  toMarketStatus,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
  toSecurity,
} from "../../../src/brokers/futu/convert.ts";
import { plainMessage, type VendorOrder } from "../../../src/brokers/futu/messages.ts";
import { type Contract, cnExchange } from "../../../src/domain/contract.ts";
import { UNIFIED_STATUSES } from "../../../src/domain/market-status.ts";
import { mergeOrder, ORDER_STATUSES, orderFlags } from "../../../src/domain/order.ts";
import { vendorEnum, vendorMembers } from "./vendor-enums.ts";

const US = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

const ORDER: VendorOrder = {
  trdSide: 1,
  orderType: 1,
  orderStatus: 5,
  orderID: "8900000000000000001",
  orderIDEx: "FH12AB",
  code: "AAPL",
  qty: 10,
  price: 201.5,
  createTime: "2026-01-14 10:30:00",
  updateTime: "2026-01-14 10:30:01.250",
  fillQty: 0,
  fillAvgPrice: 0,
  lastErrMsg: "",
  secMarket: 2,
  remark: "",
  timeInForce: 0,
  currency: 2,
  trdMarket: 2,
  session: 1,
};

describe("every member of every vendor enumeration has its row", () => {
  test.each([
    ["Trd_Common", "OrderStatus", codes.ORDER_STATUS],
    ["Trd_Common", "TrdSide", codes.TRD_SIDE],
    ["Trd_Common", "OrderType", codes.ORDER_TYPE],
    ["Trd_Common", "TimeInForce", codes.TIME_IN_FORCE],
    ["Common", "Session", codes.SESSION],
    ["Trd_Common", "Currency", codes.CURRENCY],
    ["Trd_Common", "TrdMarket", codes.TRD_MARKET],
    ["Trd_Common", "TrdSecMarket", codes.TRD_SEC_MARKET],
    ["Trd_Common", "SimAccType", codes.SIMULATES_SHARES],
    ["Qot_Common", "QotMarketState", codes.MARKET_STATE],
    ["Qot_Common", "SecurityStatus", codes.SECURITY_TRADABLE],
  ])("%s.%s", (file, name, table) => {
    const rows = Object.keys(table)
      .map(Number)
      .sort((a, b) => a - b);
    expect(rows).toEqual(vendorEnum(file, name));
  });
});

describe("order status", () => {
  const rows = [
    [-1, "UNKNOWN", "UNKNOWN"],
    [0, "UNSUBMITTED", "PENDING"],
    [1, "WAITING_SUBMIT", "PENDING"],
    [2, "SUBMITTING", "PENDING"],
    [3, "SUBMIT_FAILED", "REJECTED"],
    [4, "TIMEOUT", "UNKNOWN"],
    [5, "SUBMITTED", "OPEN"],
    [10, "FILLED_PART", "PARTIALLY_FILLED"],
    [11, "FILLED_ALL", "FILLED"],
    [12, "CANCELLING_PART", "PENDING_CANCEL"],
    [13, "CANCELLING_ALL", "PENDING_CANCEL"],
    [14, "CANCELLED_PART", "CANCELED"],
    [15, "CANCELLED_ALL", "CANCELED"],
    [21, "FAILED", "REJECTED"],
    [22, "DISABLED", "EXPIRED"],
    [23, "DELETED", "CANCELED"],
    [24, "FILL_CANCELLED", "CANCELED"],
    [99, "99", "UNKNOWN"],
  ] as const;

  test.each(rows)("%i is %s, %s", (orderStatus, originStatus, status) => {
    expect(toOrder({ ...ORDER, orderStatus })).toMatchObject({ originStatus, status });
  });

  test("the table above is complete", () => {
    expect(rows.map(([number]) => number).filter((number) => number !== 99)).toEqual(
      vendorEnum("Trd_Common", "OrderStatus"),
    );
  });

  test("a last error is a reason only when the order failed, and a warning while it lives", () => {
    for (const orderStatus of vendorEnum("Trd_Common", "OrderStatus")) {
      const order = toOrder({ ...ORDER, orderStatus, lastErrMsg: "price too far away" });
      if (order === undefined) throw new Error("no order");
      const { isCompleted, errorReason } = orderFlags(order);
      if ([3, 21, 22].includes(orderStatus)) expect(errorReason).toBe("price too far away");
      else expect(errorReason).toBe("");
      expect(order.warning).toBe(isCompleted && orderStatus !== 24 ? null : "price too far away");
    }
  });

  test("a failed order always says why, and a status that OpenD does not know stays open", () => {
    expect(toOrder({ ...ORDER, orderStatus: 21 })?.errorReason).toBe("FAILED");
    const timedOut = toOrder({ ...ORDER, orderStatus: 4 });
    if (timedOut === undefined) throw new Error("no order");
    expect(orderFlags(timedOut)).toMatchObject({ isCompleted: false, isCancelable: true });
  });

  test("fills count whatever the status lags behind, and a bust warns", () => {
    expect(toOrder({ ...ORDER, fillQty: 3, fillAvgPrice: 201.40000000000003 })).toMatchObject({
      status: "PARTIALLY_FILLED",
      filledQty: 3,
      avgPrice: 201.4,
    });
    const { fillQty: _, fillAvgPrice: __, ...bare } = ORDER;
    expect(toOrder({ ...bare, orderStatus: 11 })).toMatchObject({ filledQty: 10 });
    expect(toOrder({ ...bare, orderStatus: 24 })).toMatchObject({ filledQty: 0, avgPrice: 0 });
    expect(toOrder({ ...bare, orderStatus: 24 })?.warning).toContain("took the fills back");
    expect(toOrder({ ...ORDER, orderStatus: 24, fillQty: 10, fillAvgPrice: 201.5 })).toMatchObject({
      filledQty: 0,
      avgPrice: 0,
    });
  });
});

test.each([2, 10, 12, 14, 16, 18])("an order at the market, of type %i, has no price", (orderType) => {
  expect(toOrder({ ...ORDER, orderType, price: 0 })?.price).toBeNull();
});

describe("fills that were taken back", () => {
  const partly = toOrder({ ...ORDER, orderStatus: 10, fillQty: 4, fillAvgPrice: 201.5 });
  const wholly = toOrder({ ...ORDER, orderStatus: 11, fillQty: 10, fillAvgPrice: 201.5 });
  const busted = toOrder({ ...ORDER, orderStatus: 24, fillQty: 4, fillAvgPrice: 201.5 });
  if (partly === undefined || wholly === undefined || busted === undefined) throw new Error("no order");

  test.each([
    ["while the order was still known as open", partly],
    ["of one that was filled", wholly],
  ])("are no longer told as held, %s", (_, known) => {
    const { order } = mergeOrder(known, busted);
    expect(order).toMatchObject({ status: "CANCELED", filledQty: 0, avgPrice: 0 });
    expect(order.warning).toContain(`from ${known.filledQty} to 0`);
  });

  test("come back with no late report for longer than until the next one", () => {
    const late = mergeOrder(mergeOrder(partly, busted).order, partly).order;
    expect(mergeOrder(late, busted).order).toMatchObject({ status: "CANCELED", filledQty: 0 });
  });
});

describe("an order", () => {
  test("is read field by field", () => {
    expect(toOrder({ ...ORDER, remark: `ht${"a2".repeat(12)}`, session: 2, timeInForce: 1 })).toEqual({
      orderId: "FH12AB",
      contract: US,
      currency: "USD",
      direction: "BUY",
      orderType: "Limit",
      price: 201.5,
      timeInForce: "GTC",
      lifecycle: "ETH",
      qty: 10,
      filledQty: 0,
      avgPrice: 0,
      status: "OPEN",
      originStatus: "SUBMITTED",
      errorReason: "",
      warning: null,
      tag: `ht${"a2".repeat(12)}`,
      createdAt: Date.parse("2026-01-14T15:30:00Z"),
      updatedAt: Date.parse("2026-01-14T15:30:01.250Z"),
      dated: true,
    });
  });

  test.each([
    [1, "BUY"],
    [2, "SELL"],
    [3, "SELL"],
    [4, "BUY"],
  ])("side %i is %s", (trdSide, direction) => {
    expect(toOrder({ ...ORDER, trdSide })?.direction).toBe(direction);
  });

  test("what has no word here is null, never bent", () => {
    for (const orderType of vendorEnum("Trd_Common", "OrderType")) {
      const expected = orderType === 1 ? "Limit" : orderType === 2 ? "Market" : null;
      expect(toOrder({ ...ORDER, orderType })?.orderType).toBe(expected);
    }
    expect([0, 1, 2, 3].map((timeInForce) => toOrder({ ...ORDER, timeInForce })?.timeInForce)).toEqual([
      "DAY",
      "GTC",
      null,
      null,
    ]);
    expect([1, 2, 3, 4].map((session) => toOrder({ ...ORDER, session })?.lifecycle)).toEqual([
      "RTH",
      "ETH",
      null,
      "OVERNIGHT",
    ]);
    expect(toOrder({ ...ORDER, orderType: 2 })?.price).toBeNull();
    const newer = toOrder({ ...ORDER, orderType: 99, timeInForce: 99, session: 99 });
    expect(newer).toMatchObject({ orderType: null, timeInForce: null, lifecycle: null });
  });

  test("without a session, outside hours decide; other regions have regular hours only", () => {
    expect(toOrder({ ...ORDER, session: 0, fillOutsideRTH: true })?.lifecycle).toBe("ETH");
    expect(toOrder({ ...ORDER, session: 0, fillOutsideRTH: false })?.lifecycle).toBe("RTH");
    expect(toOrder({ ...ORDER, session: 0 })?.lifecycle).toBeNull();
    expect(toOrder({ ...ORDER, code: "00700", secMarket: 1, session: 0 })?.lifecycle).toBe("RTH");
  });

  test("times are those of the market, in summer and winter", () => {
    const at = (code: string, secMarket: number, createTime: string) =>
      new Date(toOrder({ ...ORDER, code, secMarket, createTime })?.createdAt ?? 0).toISOString();
    expect(at("AAPL", 2, "2026-07-14 09:30:00")).toBe("2026-07-14T13:30:00.000Z");
    expect(at("AAPL", 2, "2026-12-14 09:30:00")).toBe("2026-12-14T14:30:00.000Z");
    expect(at("AAPL", 2, "2026-03-08 03:00:00")).toBe("2026-03-08T07:00:00.000Z");
    expect(at("00700", 1, "2026-07-14 09:30:00")).toBe("2026-07-14T01:30:00.000Z");
    expect(toOrder({ ...ORDER, createTimestamp: 1768404600.25 })?.createdAt).toBe(1768404600250);
    expect(toOrder({ ...ORDER, createTime: "" })?.createdAt).toBeNull();
  });

  test("only a gateway's mark is a tag", () => {
    expect(toOrder({ ...ORDER, remark: "my strategy" })?.tag).toBeNull();
    expect(toOrder({ ...ORDER, remark: "" })?.tag).toBeNull();
  });

  test("what cannot be mapped goes apart", () => {
    const option = { ...ORDER, code: "AAPL260116C200000", qty: 3 };
    const unknownSide = { ...ORDER, trdSide: 0 };
    expect(toOrderListing([ORDER, option, unknownSide])).toMatchObject({
      orders: [{ orderId: "FH12AB" }],
      unmapped: [
        { originSymbol: "AAPL260116C200000", qty: 3 },
        { originSymbol: "AAPL", qty: 10 },
      ],
    });
  });
});

describe("contracts", () => {
  const letters = fc.stringMatching(/^[A-Z]{1,6}(\.[A-Z]{1,2})?$/);
  const contracts = fc
    .oneof(
      letters.map((symbol) => ({ region: "US", symbol })),
      fc.stringMatching(/^\d{5}$/).map((symbol) => ({ region: "HK", symbol })),
      fc.stringMatching(/^([0356]\d|1[568])\d{4}$/).map((symbol) => ({ region: "CN", symbol })),
    )
    .map((part): Contract => ({ tradeType: "Securities", ...part }));

  test("go to OpenD and come back the same", () => {
    fc.assert(
      fc.property(contracts, (contract) => {
        const { code, secMarket } = toSecurity(contract);
        expect(toContract(code, secMarket, undefined)).toEqual(contract);
      }),
    );
  });

  test("the exchange of a mainland symbol is in both of OpenD's numbers", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^([0356]\d|1[568])\d{4}$/), (symbol) => {
        const { secMarket, qotMarket } = toSecurity({ tradeType: "Securities", region: "CN", symbol });
        const shanghai = cnExchange(symbol) === "SH";
        expect([secMarket, qotMarket]).toEqual(shanghai ? [31, 21] : [32, 22]);
      }),
    );
  });

  test.each([
    ["CN", "900901"],
    ["CN", "430047"],
    ["CN", "60051"],
    ["HK", "700"],
    ["US", "aapl"],
    ["US", "AAPL260116C200000"],
    ["JP", "7203"],
  ])("%s %s is refused with its name", (region, symbol) => {
    const act = () => toSecurity({ tradeType: "Securities", region, symbol });
    expect(act).toThrow(expect.objectContaining({ code: "InvalidRequest", outcome: "not_sent" }));
    expect(act).toThrow(symbol);
  });

  test("other trade types are refused", () => {
    expect(() => toSecurity({ ...US, tradeType: "Cryptocurrencies" })).toThrow(
      expect.objectContaining({ code: "InvalidRequest" }),
    );
  });

  test("an order's market is the trade market when OpenD names no security market, and never against one", () => {
    expect(toContract("AAPL", undefined, 2)).toEqual(US);
    expect(toContract("600519", 0, 4)).toEqual({ tradeType: "Securities", region: "CN", symbol: "600519" });
    expect(toContract("7203", 51, 15)).toBeUndefined();
    expect(toContract("00700", 51, 1)).toBeUndefined();
    expect(toContract("600519", 32, 4)).toBeUndefined();
    expect(toContract("HSImain", 1, 5)).toBeUndefined();
  });
});

describe("positions", () => {
  const line = { positionSide: 0, code: "AAPL", qty: 10, secMarket: 2, currency: 2 };

  test("are one line a contract, shorts negative, fractions whole, what was closed left out", () => {
    expect(
      toPositions([
        { ...line, qty: 1.5 },
        { ...line, qty: 0.2 },
        { ...line, code: "QQQ", positionSide: 1, qty: 5 },
        { ...line, code: "TSLA", positionSide: 1, qty: -5 },
        { ...line, code: "MSFT", qty: 0 },
        // What is left of fractions that were bought and sold again.
        { ...line, code: "NVDA", qty: 2.7755575615628914e-17 },
        { ...line, code: "600519", secMarket: 31, currency: 3, qty: 100 },
        { ...line, code: "AAPL260116P200000", positionSide: 1, qty: 2 },
      ]),
    ).toEqual({
      positions: [
        { contract: US, unit: "Share", currency: "USD", qty: 1.7 },
        { contract: { ...US, symbol: "QQQ" }, unit: "Share", currency: "USD", qty: -5 },
        { contract: { ...US, symbol: "TSLA" }, unit: "Share", currency: "USD", qty: -5 },
        {
          contract: { tradeType: "Securities", region: "CN", symbol: "600519" },
          unit: "Share",
          currency: "CNY",
          qty: 100,
        },
      ],
      unmapped: [{ originSymbol: "AAPL260116P200000", qty: -2 }],
    });
  });
});

test("quantities are without the dust of the vendor's own sums: what is held whole can be sold, and what is filled is", () => {
  const held = { positionSide: 0, code: "AAPL", qty: 2.9999999999999996, secMarket: 2, currency: 2 };
  expect(toPositions([held, { ...held, code: "AAPL260116P200000" }])).toMatchObject({
    positions: [{ qty: 3 }],
    unmapped: [{ qty: 3 }],
  });
  const filled = toOrder({ ...ORDER, orderStatus: 10, qty: 0.30000000000000004, fillQty: 0.3, fillAvgPrice: 201 });
  expect(filled).toMatchObject({ qty: 0.3, filledQty: 0.3 });
});

describe("cash", () => {
  const usd = {
    cash: 1000.1,
    currency: 2,
    // What was sold yesterday can be spent today, and withdrawn tomorrow.
    cashInfoList: [{ currency: 2, cash: 1000.1, availableBalance: 400, netCashPower: 900 }],
  };
  const hkd = { cash: 500, currency: 1, cashInfoList: [] };

  test("is what the vendor expresses in the currency, with every line of the ledger", () => {
    const accounts = [
      { funds: usd, region: "US" as const },
      { funds: hkd, region: "HK" as const },
      { funds: { ...usd, cash: 0.2 }, region: "US" as const },
    ];
    expect(toCash(accounts, "USD")).toEqual({
      currency: "USD",
      amount: 1000.3,
      balances: [
        { currency: "USD", amount: 2000.2, available: 1800 },
        { currency: "HKD", amount: 500, available: null },
      ],
    });
  });

  test("is refused, never 0, in a currency the vendor does not express it in", () => {
    expect(() => toCash([{ funds: usd, region: "US" }], "HKD")).toThrow(
      expect.objectContaining({ code: "NotSupported", message: expect.stringContaining("USD") }),
    );
    expect(() => toCash([], "USD")).toThrow(expect.objectContaining({ code: "NotSupported" }));
  });

  test("of an account without a currency is in that of its region; yuan are CNH, also when asked for as CNY", () => {
    const yuan = { cash: 7, cashInfoList: [] };
    expect(toCash([{ funds: yuan, region: "CN" }], "CNY")).toEqual({
      currency: "CNH",
      amount: 7,
      balances: [{ currency: "CNH", amount: 7, available: null }],
    });
    expect([toCurrencyNumber("CNY"), toCurrencyNumber("CNH"), toCurrencyNumber("USD")]).toEqual([3, 3, 2]);
    expect(toCurrencyNumber("EUR")).toBeUndefined();
  });

  test("is asked for and told in the currency that the vendor means by its number", () => {
    const { Unknown, ...numbers } = vendorMembers("Trd_Common", "Currency");
    expect(codes.CURRENCY[Unknown as 0]).toBeNull();
    for (const [currency, number] of Object.entries(numbers)) {
      expect(toCurrencyNumber(currency)).toBe(number);
      const funds = { cash: 5, currency: number, cashInfoList: [{ currency: number, cash: 5 }] };
      const balances = [{ currency, amount: 5, available: null }];
      expect(toCash([{ funds, region: "US" }], currency)).toEqual({ currency, amount: 5, balances });
    }
  });

  test("leaves out of the ledger what OpenD did not send", () => {
    const lines = [{ currency: 2, cash: 5, availableBalance: 4 }, { currency: 1 }, { cash: 3 }];
    const partial = { cash: 5, currency: 2, cashInfoList: lines };
    expect(toCash([{ funds: partial, region: "US" }], "USD").balances).toEqual([
      { currency: "USD", amount: 5, available: null },
    ]);
  });
});

describe("quotes and markets", () => {
  const snapshot = {
    security: { market: 11, code: "AAPL" },
    isSuspend: false,
    updateTime: "2026-01-14 10:30:00",
    highPrice: 203,
    openPrice: 200,
    lowPrice: 199.5,
    lastClosePrice: 198.70000000000002,
    curPrice: 201.5,
    secStatus: 1,
  };

  test("a quote is read field by field", () => {
    expect(toQuote(US, snapshot)).toEqual({
      contract: US,
      currency: "USD",
      isTradable: true,
      latest: 201.5,
      preClose: 198.7,
      highPrice: 203,
      lowPrice: 199.5,
      openPrice: 200,
      timestamp: Date.parse("2026-01-14T15:30:00Z"),
    });
    expect(toQuote({ tradeType: "Securities", region: "HK", symbol: "80700" }, snapshot).currency).toBe("CNY");
  });

  test("before the first trade of a day has the last price for what OpenD writes 0 for", () => {
    const early = { ...snapshot, openPrice: 0, highPrice: 0, lowPrice: 0, lastClosePrice: 0 };
    const { latest, ...rest } = toQuote(US, early);
    expect(rest).toMatchObject({ preClose: latest, openPrice: latest, highPrice: latest, lowPrice: latest });
  });

  test("before the first trade ever tells the close, as from nobody knows when, and without one fails", () => {
    const never = { ...snapshot, openPrice: 0, highPrice: 0, lowPrice: 0, curPrice: 0, lastClosePrice: 21.5 };
    expect(toQuote(US, never)).toMatchObject({ latest: 21.5, preClose: 21.5, openPrice: 21.5, timestamp: 0 });
    expect(() => toQuote(US, { ...never, lastClosePrice: 0 })).toThrow(/no price of US AAPL/);
  });

  test("a suspension, a halt and a delisting are not tradable", () => {
    expect(toQuote(US, { ...snapshot, isSuspend: true }).isTradable).toBe(false);
    const tradable = vendorEnum("Qot_Common", "SecurityStatus").filter(
      (secStatus) => toQuote(US, { ...snapshot, secStatus }).isTradable,
    );
    expect(tradable).toEqual([0, 1, 5, 6, 7, 8, 20, 21]);
  });

  test("every market state has a word and a meaning", () => {
    const meanings = Object.fromEntries(
      vendorEnum("Qot_Common", "QotMarketState").map((marketUS) => {
        const state = toMarketStatus({
          marketHK: 0,
          marketUS,
          marketSH: 0,
          marketSZ: 0,
          qotLogined: true,
          trdLogined: true,
          serverVer: 1011,
          time: "0",
        });
        const us = state["Securities"]?.["US"];
        expect(UNIFIED_STATUSES).toContain(us?.unifiedStatus);
        return [us?.originStatus, us?.unifiedStatus];
      }),
    );
    expect(meanings).toEqual({
      NONE: "CLOSED",
      AUCTION: "UNKNOWN",
      WAITING_OPEN: "UNKNOWN",
      MORNING: "RTH",
      REST: "REST",
      AFTERNOON: "RTH",
      CLOSED: "CLOSED",
      PRE_MARKET_BEGIN: "PRE_HOURS",
      PRE_MARKET_END: "UNKNOWN",
      AFTER_HOURS_BEGIN: "AFTER_HOURS",
      AFTER_HOURS_END: "CLOSED",
      FUTU_SWITCH_DATE: "CLOSED",
      NIGHT_OPEN: "OVERNIGHT",
      NIGHT_END: "CLOSED",
      FUTURE_DAY_OPEN: "RTH",
      FUTURE_DAY_BREAK: "REST",
      FUTURE_DAY_CLOSE: "CLOSED",
      FUTURE_DAY_WAIT_OPEN: "UNKNOWN",
      HK_CAS: "CLOSED",
      FUTURE_NIGHT_WAIT: "UNKNOWN",
      FUTURE_AFTERNOON: "RTH",
      FUTURE_SWITCH_DATE: "CLOSED",
      FUTURE_OPEN: "RTH",
      FUTURE_BREAK: "REST",
      FUTURE_BREAK_OVER: "RTH",
      FUTURE_CLOSE: "CLOSED",
      STIB_AFTER_HOURS_WAIT: "CLOSED",
      STIB_AFTER_HOURS_BEGIN: "AFTER_HOURS",
      STIB_AFTER_HOURS_END: "CLOSED",
      CLOSE_AUCTION: "CLOSED",
      AFTERNOON_END: "CLOSED",
      NIGHT: "OVERNIGHT",
      OVERNIGHT_BEGIN: "OVERNIGHT",
      OVERNIGHT_END: "CLOSED",
      TRADE_AT_LAST: "CLOSED",
      TRADE_AUCTION: "CLOSED",
      OVERNIGHT: "OVERNIGHT",
    });
  });

  test("Shenzhen stands in for a Shanghai without a state; a new state is unknown under its number", () => {
    const base = {
      marketHK: 99,
      marketUS: 3,
      marketSH: 0,
      marketSZ: 5,
      qotLogined: true,
      trdLogined: true,
      serverVer: 1011,
      time: "0",
    };
    expect(toMarketStatus(base)["Securities"]).toMatchObject({
      CN: { region: "CN", originStatus: "AFTERNOON", unifiedStatus: "RTH" },
      HK: { region: "HK", originStatus: "99", unifiedStatus: "UNKNOWN" },
    });
  });
});

test("statuses of ours that Futu has a state for are a subset of the domain's", () => {
  for (const { means } of Object.values(codes.ORDER_STATUS)) expect(ORDER_STATUSES).toContain(means);
});

test("times of history windows have OpenD's form", () => {
  expect(toHistoryTime(Date.parse("2026-01-14T15:30:01.250Z"))).toBe("2026-01-14 15:30:01");
});

test("64-bit numbers become text, and absent fields stay absent", () => {
  class Message {
    declare price: number;
    accID = { low: -1, high: 65600000, unsigned: true, toString: () => "281756455982434220" };
    list = [{ low: 1, high: 0, unsigned: true, toString: () => "1" }];
  }
  Object.assign(Message.prototype, { price: 0 });
  expect(plainMessage(new Message())).toEqual({ accID: "281756455982434220", list: ["1"] });
});
