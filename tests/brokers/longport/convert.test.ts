import fc from "fast-check";
import * as sdk from "longport";
import { describe, expect, test } from "vitest";
import {
  lookUp,
  ORDER_STATUS,
  ORDER_TYPE,
  OUTSIDE_RTH,
  SIDE,
  TIME_IN_FORCE,
  TRADE_SESSION,
  TRADE_STATUS,
  WORD_OF_DIRECTION,
  WORD_OF_LIFECYCLE,
  WORD_OF_ORDER_TYPE,
  WORD_OF_TIME_IN_FORCE,
} from "../../../src/brokers/longport/codes.ts";
import {
  isPast,
  toCash,
  toCashCurrency,
  toContract,
  toDecimalText,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
  toSecurity,
} from "../../../src/brokers/longport/convert.ts";
import { parseQuote, parseReply, REPLIES } from "../../../src/brokers/longport/messages.ts";
import { SDK_WORDS } from "../../../src/brokers/longport/native-words.ts";
import { isTerminal } from "../../../src/domain/order.ts";

/** Members of an enumeration of the SDK, by number; the SDK exports them as values and declares them as constants. */
function members(name: string): readonly string[] {
  const table = Reflect.get(sdk, name) as Readonly<Record<string, number>>;
  return Object.entries(table)
    .sort(([, a], [, b]) => a - b)
    .map(([word]) => word);
}

const ORDER = {
  order_id: "701276261045858304",
  status: "NewStatus",
  symbol: "700.HK",
  side: "Buy",
  order_type: "LO",
  quantity: "200",
  executed_quantity: "0",
  executed_price: "0",
  price: "300.2",
  submitted_at: "1700000000",
  updated_at: "1700000001",
  msg: "",
  currency: "HKD",
  time_in_force: "Day",
  outside_rth: "UnknownOutsideRth",
  remark: "",
};
const order = (changes: object = {}) => parseReply(REPLIES.order, { ...ORDER, ...changes });

describe("the vendor's enumerations", () => {
  test("every status is placed, under its wire word and the SDK's number", () => {
    const words = members("OrderStatus");
    expect(SDK_WORDS.status).toHaveLength(words.length);
    for (const [number, word] of words.entries()) {
      const wire = SDK_WORDS.status[number] ?? "";
      expect(wire.replace(/Status$/, "")).toBe(word);
      if (number > 0) expect(lookUp(ORDER_STATUS, wire), wire).toBeDefined();
    }
    expect(Object.keys(ORDER_STATUS).sort()).toEqual(SDK_WORDS.status.slice(1).sort());
  });

  test.each([
    ["NotReported", "OPEN"],
    ["ReplacedNotReported", "OPEN"],
    ["ProtectedNotReported", "OPEN"],
    ["VarietiesNotReported", "OPEN"],
    ["FilledStatus", "FILLED"],
    ["WaitToNew", "PENDING"],
    ["NewStatus", "OPEN"],
    ["WaitToReplace", "PENDING_REPLACE"],
    ["PendingReplaceStatus", "PENDING_REPLACE"],
    ["ReplacedStatus", "OPEN"],
    ["PartialFilledStatus", "PARTIALLY_FILLED"],
    ["WaitToCancel", "PENDING_CANCEL"],
    ["PendingCancelStatus", "PENDING_CANCEL"],
    ["RejectedStatus", "REJECTED"],
    ["CanceledStatus", "CANCELED"],
    ["ExpiredStatus", "EXPIRED"],
    ["PartialWithdrawal", "CANCELED"],
    ["ANewWordOfTheirs", "UNKNOWN"],
    ["", "UNKNOWN"],
  ])("%s is %s", (status, means) => {
    expect(toOrder(order({ status }))).toMatchObject({ status: means, originStatus: status || "Unknown" });
  });

  test("open are exactly the orders whose status has not ended", () => {
    for (const [word, means] of Object.entries(ORDER_STATUS)) {
      expect(toOrderListing([order({ status: word })], "open").orders, word).toHaveLength(isTerminal(means) ? 0 : 1);
    }
  });

  test("order types, sides, times in force and sessions are total", () => {
    expect(SDK_WORDS.orderType.slice(1)).toEqual(members("OrderType").slice(1));
    expect(Object.keys(ORDER_TYPE)).toEqual(members("OrderType").slice(1));
    expect(SDK_WORDS.side.slice(1)).toEqual(members("OrderSide").slice(1));
    expect(Object.keys(SIDE)).toEqual(members("OrderSide").slice(1));
    expect(members("TimeInForceType")).toEqual(["Unknown", "Day", "GoodTilCanceled", "GoodTilDate"]);
    expect(members("OrderTag").slice(0, 4)).toEqual(["Unknown", "Normal", "LongTerm", "Grey"]);
    expect(SDK_WORDS.tag).toEqual(["", "Normal", "GTC", "Grey"]);
    expect(members("OutsideRTH")).toEqual(["Unknown", "RTHOnly", "AnyTime", "Overnight"]);
    expect(SDK_WORDS.market.slice(1)).toEqual(members("Market").slice(1));
    const tradeStatuses = Object.values(TRADE_STATUS).map(({ word }) => word.replace(/Trade$/, ""));
    expect(tradeStatuses).toEqual(members("TradeStatus"));
    expect(Object.values(TRADE_SESSION).map(({ word }) => word)).toEqual(members("TradeSession"));
  });

  test("of the order types only the plain ones have our names", () => {
    for (const word of Object.keys(ORDER_TYPE)) {
      const means = { LO: "Limit", MO: "Market" }[word] ?? null;
      expect(toOrder(order({ order_type: word })), word).toMatchObject({ orderType: means });
    }
  });

  test("our words go there and back", () => {
    for (const [ours, word] of Object.entries(WORD_OF_DIRECTION)) expect(lookUp(SIDE, word)).toBe(ours);
    for (const [ours, word] of Object.entries(WORD_OF_ORDER_TYPE)) expect(lookUp(ORDER_TYPE, word)).toBe(ours);
    for (const [ours, word] of Object.entries(WORD_OF_TIME_IN_FORCE)) expect(lookUp(TIME_IN_FORCE, word)).toBe(ours);
    for (const [ours, word] of Object.entries(WORD_OF_LIFECYCLE)) expect(lookUp(OUTSIDE_RTH, word)).toBe(ours);
  });
});

describe("symbols", () => {
  test.each([
    ["US", "AAPL", "AAPL.US"],
    ["US", "BRK.B", "BRK.B.US"],
    ["HK", "00700", "700.HK"],
    ["HK", "09988", "9988.HK"],
    ["HK", "80700", "80700.HK"],
    ["CN", "600519", "600519.SH"],
    ["CN", "510300", "510300.SH"],
    ["CN", "000001", "000001.SZ"],
    ["CN", "159915", "159915.SZ"],
  ])("%s %s is %s, and back", (region, symbol, vendor) => {
    const contract = { tradeType: "Securities", region, symbol } as const;
    expect(toSecurity(contract)).toEqual({ region, symbol: vendor });
    expect(toContract(vendor)).toEqual(contract);
  });

  test("Hong Kong is understood with zeros and without", () => {
    for (const vendor of ["700.HK", "0700.HK", "00700.HK"]) expect(toContract(vendor)?.symbol).toBe("00700");
  });

  test.each(["D05.SG", "AAPL271217C200000.US", "600519.SZ", "900901.SH", "00000.HK", "BTCUSD.HAS", "AAPL", ".US", ""])(
    "%s has no name here",
    (vendor) => {
      expect(toContract(vendor)).toBeUndefined();
    },
  );

  test.each([
    ["JP", "7203"],
    ["HK", "00000"],
    ["HK", "700"],
    ["CN", "900901"],
    ["CN", "430047"],
    ["US", "aapl"],
    ["US", ""],
  ])("%s %s is refused by name", (region, symbol) => {
    expect(() => toSecurity({ tradeType: "Securities", region, symbol })).toThrow(`${region} ${symbol}`);
  });

  test("what is no security is refused, though a share may have its symbol", () => {
    const refused = expect.objectContaining({ code: "InvalidRequest", outcome: "not_sent" });
    for (const tradeType of ["Cryptocurrencies", "Indexes", "Currencies", "Yields"] as const) {
      expect(() => toSecurity({ tradeType, region: "US", symbol: "BTC" })).toThrow(refused);
    }
  });

  test("whatever has a name goes there and back", () => {
    const hk = fc.integer({ min: 1, max: 99_999 }).map((number) => String(number).padStart(5, "0"));
    fc.assert(
      fc.property(hk, (symbol) => {
        const contract = { tradeType: "Securities", region: "HK", symbol } as const;
        expect(toContract(toSecurity(contract).symbol)).toEqual(contract);
      }),
    );
  });
});

describe("numbers", () => {
  test.each([
    [1e-7, "0.0000001"],
    [1.5e-7, "0.00000015"],
    [1e21, "1000000000000000000000"],
    [201.5, "201.5"],
    [10, "10"],
    [-1e-7, "-0.0000001"],
  ])("%d is written %s", (value, text) => {
    expect(toDecimalText(value)).toBe(text);
  });

  test("the text of a number is plain, and is that number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = toDecimalText(value);
        expect(text).toMatch(/^-?\d+(?:\.\d+)?$/);
        expect(Number(text)).toBe(value === 0 ? 0 : value);
      }),
    );
  });
});

describe("orders", () => {
  test("a working order", () => {
    expect(toOrder(order({ remark: "htaaaaaaaaaaaaaaaaaaaaaaaa" }))).toEqual({
      orderId: "701276261045858304",
      contract: { tradeType: "Securities", region: "HK", symbol: "00700" },
      currency: "HKD",
      direction: "BUY",
      orderType: "Limit",
      price: 300.2,
      timeInForce: "DAY",
      lifecycle: "RTH",
      qty: 200,
      filledQty: 0,
      avgPrice: 0,
      status: "OPEN",
      originStatus: "NewStatus",
      errorReason: "",
      warning: null,
      tag: "htaaaaaaaaaaaaaaaaaaaaaaaa",
      createdAt: 1_700_000_000_000,
      updatedAt: 1_700_000_001_000,
    });
  });

  test("a reason is an error only at the end, and a warning before", () => {
    const msg = "no more money";
    expect(toOrder(order({ msg }))).toMatchObject({ errorReason: "", warning: msg });
    expect(toOrder(order({ msg, status: "RejectedStatus" }))).toMatchObject({ errorReason: msg, warning: null });
    expect(toOrder(order({ status: "ExpiredStatus" }))).toMatchObject({ errorReason: "ExpiredStatus" });
    expect(toOrder(order({ msg, status: "CanceledStatus" }))).toMatchObject({ errorReason: "", warning: null });
  });

  test("one that is good till canceled has not ended between two sessions, though it is called expired there", () => {
    const seconds = (daysAgo: number) => String(Math.floor(Date.now() / 1000 - daysAgo * 86_400));
    const expired = (tag: string, daysAgo: number) =>
      order({ status: "ExpiredStatus", tag, submitted_at: seconds(60), updated_at: seconds(daysAgo) });
    // The vendor's documents write GTC and its client reads Gtc, of which an SDK from before makes nothing.
    for (const between of [expired("GTC", 0), expired("GTC", 4), expired("Gtc", 4), expired("", 4)]) {
      expect(toOrder(between)).toMatchObject({ status: "UNKNOWN", originStatus: "ExpiredStatus", errorReason: "" });
      expect(isPast(between)).toBe(false);
    }
    for (const ended of [expired("Gtc", 30), expired("Normal", 0), expired("Grey", 0)]) {
      expect(toOrder(ended)).toMatchObject({ status: "EXPIRED", errorReason: "ExpiredStatus" });
      expect(isPast(ended)).toBe(true);
    }
  });

  test("how long an order stands is not known where the vendor contradicts itself, as its lists have", () => {
    const stands = (time_in_force: string, tag: string) => toOrder(order({ time_in_force, tag }))?.timeInForce;
    expect([stands("Day", "Normal"), stands("Day", "Grey"), stands("Day", "")]).toEqual(["DAY", "DAY", "DAY"]);
    expect([stands("GTC", "GTC"), stands("GTC", "Gtc"), stands("GTC", "")]).toEqual(["GTC", "GTC", "GTC"]);
    expect([stands("GTC", "Normal"), stands("Day", "Gtc"), stands("GTD", "Gtc")]).toEqual([null, null, null]);
  });

  test("fills count in every status, and an open order with fills is partly filled", () => {
    const fills = { executed_quantity: "100", executed_price: "300.133333333333333333" };
    expect(toOrder(order(fills))).toMatchObject({
      status: "PARTIALLY_FILLED",
      filledQty: 100,
      avgPrice: 300.1333333333,
    });
    expect(toOrder(order({ ...fills, status: "PartialWithdrawal" }))).toMatchObject({
      status: "CANCELED",
      filledQty: 100,
    });
  });

  test("one that is filled has all of its quantity, though a paper account's says none of it", () => {
    const paper = order({ status: "FilledStatus", executed_quantity: "0", executed_price: "0" });
    expect(toOrder(paper)).toMatchObject({ status: "FILLED", qty: 200, filledQty: 200, avgPrice: 0 });
    const live = order({ status: "FilledStatus", executed_quantity: "200", executed_price: "300.1" });
    expect(toOrder(live)).toMatchObject({ status: "FILLED", filledQty: 200, avgPrice: 300.1 });
    const canceled = order({ status: "CanceledStatus", executed_quantity: "0" });
    expect(toOrder(canceled)).toMatchObject({ status: "CANCELED", filledQty: 0 });
  });

  test("what the vendor leaves empty is absent, and its own kinds are not bent into ours", () => {
    const us = { symbol: "AAPL.US", currency: "USD" };
    const conditional = { ...us, order_type: "LIT", time_in_force: "GTD", outside_rth: "", price: "" };
    const seen = { orderType: null, timeInForce: null, lifecycle: null, price: null };
    expect(toOrder(order(conditional))).toMatchObject(seen);
    expect(toOrder(order({ updated_at: "0", submitted_at: "" }))).toMatchObject({ createdAt: null, updatedAt: null });
    expect(toOrder(order({ executed_price: "", executed_quantity: null }))).toMatchObject({
      filledQty: 0,
      avgPrice: 0,
    });
  });

  test("what has no name here stands apart in the list", () => {
    const listed = [order(), order({ symbol: "D05.SG", quantity: "7" }), order({ side: "" })];
    expect(toOrderListing(listed, "all")).toMatchObject({
      orders: [{ orderId: ORDER.order_id }],
      unmapped: [
        { originSymbol: "D05.SG", qty: 7 },
        { originSymbol: "700.HK", qty: 200 },
      ],
    });
  });

  test.each([
    ["quantity", ""],
    ["quantity", "ten"],
    ["order_id", ""],
    ["submitted_at", "yesterday"],
  ])("%s %j makes the answer unreadable instead of wrong", (name, value) => {
    expect(() => order({ [name]: value })).toThrow(name);
  });
});

test("an order without fills has no price of fills, whatever stands there", () => {
  expect(toOrder(order({ executed_quantity: "0", executed_price: "300" }))).toMatchObject({
    filledQty: 0,
    avgPrice: 0,
  });
});

describe("the account", () => {
  const balances = parseReply(REPLIES.balances, {
    list: [
      {
        currency: "USD",
        total_cash: "1000.10",
        cash_infos: [
          { currency: "USD", available_cash: "0.1", frozen_cash: "0.2" },
          { currency: "CNH", available_cash: "-5", frozen_cash: "0" },
        ],
      },
    ],
  }).list;

  test("cash is the total in the currency asked for, with the ledger's lines in decimal", () => {
    expect(toCash(balances, "USD")).toEqual({
      currency: "USD",
      amount: 1000.1,
      balances: [
        { currency: "USD", amount: 0.3, available: 0.1 },
        { currency: "CNH", amount: -5, available: -5 },
      ],
    });
  });

  test("a currency that the vendor does not give is not supported", () => {
    expect(() => toCash(balances, "HKD")).toThrow(/HKD/);
    expect(() => toCashCurrency("JPY")).toThrow(/JPY/);
    expect(toCashCurrency("CNY")).toBe("CNH");
  });

  test("positions of every channel are counted, and what has no name here is set apart", () => {
    const stock = (symbol: string, quantity: string, currency = "") => ({ symbol, quantity, currency });
    const channels = parseReply(REPLIES.positions, {
      list: [
        {
          account_channel: "lb",
          stock_info: [
            stock("700.HK", "300", "HKD"),
            stock("00700.HK", "0.5", "HKD"),
            stock("AAPL.US", "-2"),
            stock("QQQ.US", "0", "USD"),
            stock("D05.SG", "200", "SGD"),
          ],
        },
        { account_channel: "lb_other", stock_info: [stock("9988.HK", "100", "HKD"), stock("AAPL.US", "5")] },
      ],
    }).list;
    expect(toPositions(channels)).toMatchObject({
      positions: [
        { contract: { symbol: "00700" }, qty: 300.5, currency: "HKD", unit: "Share" },
        { contract: { symbol: "AAPL" }, qty: 3, currency: "USD" },
        { contract: { symbol: "09988" }, qty: 100, currency: "HKD" },
      ],
      unmapped: [{ originSymbol: "D05.SG", qty: 200 }],
    });
  });

  test.each(["lb", "lb_sg", "lb_papertrading"])(
    "positions of an account are counted by whichever of the vendor's companies it is, as %s",
    (account_channel) => {
      const stock_info = [{ symbol: "AAPL.US", quantity: "7", currency: "USD" }];
      const { list } = parseReply(REPLIES.positions, { list: [{ account_channel, stock_info }] });
      expect(toPositions(list)).toMatchObject({ positions: [{ contract: { symbol: "AAPL" }, qty: 7 }], unmapped: [] });
    },
  );
});

describe("quotes", () => {
  const contract = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
  const prices = (last_done: string, timestamp: number) => ({
    last_done,
    timestamp,
    high: "3",
    low: "1",
    prev_close: "2",
  });
  const quote = (changes: object = {}) =>
    toQuote(
      contract,
      parseQuote({ ...prices("200", 100), symbol: "AAPL.US", open: "199", trade_status: 0, ...changes }),
    );

  test("the session that traded last gives the price", () => {
    expect(quote()).toMatchObject({
      latest: 200,
      timestamp: 100_000,
      openPrice: 199,
      currency: "USD",
      isTradable: true,
    });
    expect(quote({ pre: prices("198", 50), post: prices("201", 101) })).toMatchObject({
      latest: 201,
      timestamp: 101_000,
    });
    expect(quote({ overnight: prices("205", 300), post: prices("201", 101) })).toMatchObject({ latest: 205 });
    expect(quote({ overnight: prices("", 300) })).toMatchObject({ latest: 200 });
  });

  test("after hours the day is that of the regular session, as in the vendor's own example", () => {
    const day = { last_done: "156.570", prev_close: "156.800", open: "155.910", high: "159.790", low: "155.380" };
    const post = { last_done: "158.770", timestamp: 101, high: "159.400", low: "156.400", prev_close: "156.570" };
    expect(quote({ ...day, post })).toMatchObject({
      latest: 158.77,
      preClose: 156.8,
      openPrice: 155.91,
      highPrice: 159.79,
      lowPrice: 155.38,
    });
    expect(quote({ ...day, post: { ...post, high: "160.5", low: "150" } })).toMatchObject({
      highPrice: 160.5,
      lowPrice: 150,
    });
  });

  test("before hours and overnight nothing but the close is of the regular session, which was of the day before", () => {
    const before = { last_done: "156.570", prev_close: "156.800", open: "155.910", high: "159.790", low: "155.380" };
    const next = { last_done: "162", timestamp: 200, high: "163", low: "161", prev_close: "156.570" };
    const expected = { latest: 162, preClose: 156.57, openPrice: 162, highPrice: 163, lowPrice: 161 };
    expect(quote({ ...before, pre: next })).toMatchObject(expected);
    expect(quote({ ...before, overnight: next })).toMatchObject(expected);
  });

  test("with the opening trade is of the regular session, though what went before is told with a later time", () => {
    const at = 1_651_066_200;
    const day = { last_done: "155.910", timestamp: at, prev_close: "156.800", open: "155.910" };
    const pre = { last_done: "155.880", timestamp: at + 1, high: "158.400", low: "155.100", prev_close: "156.800" };
    expect(quote({ ...day, pre })).toMatchObject({ latest: 155.91, openPrice: 155.91, timestamp: at * 1000 });
    expect(quote({ ...day, timestamp: at - 63_000, pre })).toMatchObject({ latest: 155.88 });
  });

  test("before the first trade of a day has the last price for what the vendor writes 0 or nothing for", () => {
    const early = { open: "0.000", high: "", low: "0", prev_close: "0.000" };
    expect(quote(early)).toMatchObject({ latest: 200, openPrice: 200, highPrice: 200, lowPrice: 200, preClose: 200 });
  });

  test("before the first trade ever tells the close, as from nobody knows when, and without one fails", () => {
    const never = { open: "0.000", high: "", low: "0", last_done: "0.000" };
    expect(quote({ ...never, prev_close: "21.5" })).toMatchObject({
      latest: 21.5,
      preClose: 21.5,
      openPrice: 21.5,
      timestamp: 0,
    });
    expect(() => quote({ ...never, prev_close: "0.000" })).toThrow(/no price of US AAPL/);
  });

  test("only a normal security can be traded", () => {
    for (const number of Object.keys(TRADE_STATUS)) {
      expect(quote({ trade_status: Number(number) }).isTradable, number).toBe(number === "0");
    }
    expect(quote({ trade_status: 99 }).isTradable).toBe(false);
  });
});
