/** Tiger's words in ours: every member of every table, and what no table has. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CHANGE_IS_PENDING,
  DIRECTION,
  MARKET_STATE,
  ORDER_STATUS,
  ORDER_STATUS_WORD,
  ORDER_TYPE,
  QUOTE_IS_TRADABLE,
  SESSION,
  SESSION_OF_LIFECYCLE,
  TIME_IN_FORCE,
} from "../../../src/brokers/tiger/codes.ts";
import {
  scaled,
  toBaseCurrency,
  toCash,
  toContract,
  toMarketStatus,
  toOrder,
  toOrderListing,
  toPositions,
  toQuote,
  toSecurity,
} from "../../../src/brokers/tiger/convert.ts";
import type { VendorOrder } from "../../../src/brokers/tiger/messages.ts";
import { isTerminal, orderFlags } from "../../../src/domain/order.ts";
import { isBrokerError } from "../../../src/spec/broker-error.ts";

const TAG = "htabcdefghijklmnopqrstuvwx";
const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

function vendorOrder(changes: Partial<VendorOrder> = {}): VendorOrder {
  return {
    id: "40130857465156608",
    orderId: "1042",
    symbol: "AAPL",
    market: "US",
    secType: "STK",
    currency: "USD",
    action: "BUY",
    orderType: "LMT",
    limitPrice: 190.5,
    totalQuantity: "10",
    totalQuantityScale: 0,
    filledQuantity: "0",
    filledQuantityScale: 0,
    avgFillPrice: 0,
    timeInForce: "DAY",
    outsideRth: false,
    tradingSessionType: "RTH",
    status: "Submitted",
    replaceStatus: "NONE",
    cancelStatus: "NONE",
    canCancel: true,
    remark: "",
    userMark: TAG,
    openTime: 1_749_047_400_000,
    updateTime: 1_749_047_401_000,
    latestTime: undefined,
    ...changes,
  };
}

const order = (changes: Partial<VendorOrder> = {}) => {
  const converted = toOrder(vendorOrder(changes));
  if (converted === undefined) throw new Error("it has no name here");
  return converted;
};

describe("an order", () => {
  test("is what Tiger says of it", () => {
    expect(order()).toEqual({
      orderId: "40130857465156608",
      contract: AAPL,
      currency: "USD",
      direction: "BUY",
      orderType: "Limit",
      price: 190.5,
      timeInForce: "DAY",
      lifecycle: "RTH",
      qty: 10,
      filledQty: 0,
      avgPrice: 0,
      status: "OPEN",
      originStatus: "Submitted",
      errorReason: "",
      warning: null,
      tag: TAG,
      number: "1042",
      createdAt: 1_749_047_400_000,
      updatedAt: 1_749_047_401_000,
    });
  });

  // Name, status without fills, with a part filled, with all filled.
  test.each([
    ["Initial", "PENDING", "PARTIALLY_FILLED", "FILLED"],
    ["PendingNew", "PENDING", "PARTIALLY_FILLED", "FILLED"],
    ["PendingSubmit", "OPEN", "PARTIALLY_FILLED", "FILLED"],
    ["Submitted", "OPEN", "PARTIALLY_FILLED", "FILLED"],
    ["PartiallyFilled", "PARTIALLY_FILLED", "PARTIALLY_FILLED", "FILLED"],
    ["PendingCancel", "PENDING_CANCEL", "PENDING_CANCEL", "FILLED"],
    ["Cancelled", "CANCELED", "CANCELED", "FILLED"],
    ["Filled", "UNKNOWN", "PARTIALLY_FILLED", "FILLED"],
    ["Inactive", "REJECTED", "REJECTED", "FILLED"],
    ["Invalid", "EXPIRED", "EXPIRED", "FILLED"],
    ["New", "PENDING", "PARTIALLY_FILLED", "FILLED"],
    ["NEW", "PENDING", "PARTIALLY_FILLED", "FILLED"],
    ["Held", "OPEN", "PARTIALLY_FILLED", "FILLED"],
    ["HELD", "OPEN", "PARTIALLY_FILLED", "FILLED"],
    ["PENDING_CANCEL", "PENDING_CANCEL", "PENDING_CANCEL", "FILLED"],
    ["CANCELLED", "CANCELED", "CANCELED", "FILLED"],
    ["FILLED", "UNKNOWN", "PARTIALLY_FILLED", "FILLED"],
    ["REJECTED", "REJECTED", "REJECTED", "FILLED"],
    ["EXPIRED", "EXPIRED", "EXPIRED", "FILLED"],
    ["Surprise", "UNKNOWN", "UNKNOWN", "FILLED"],
  ] as const)("that is %s is %s, with a part filled %s, wholly filled %s", (word, none, part, whole) => {
    const statuses = ["0", "4", "10"].map((filledQuantity) => order({ status: word, filledQuantity }).status);
    expect(statuses).toEqual([none, part, whole]);
    expect(order({ status: word }).originStatus).toBe(word);
  });

  test("has every state of the vendor in the table above", () => {
    expect(Object.keys(ORDER_STATUS)).toHaveLength(19);
    const words = Object.values(ORDER_STATUS_WORD);
    expect(words.every((word) => Object.hasOwn(ORDER_STATUS, word))).toBe(true);
  });

  test.each(Object.entries(ORDER_STATUS_WORD))("with the number %s is %s", (number, word) => {
    expect(order({ status: Number(number) })).toEqual(order({ status: word }));
    // As a push has it, where all words are text.
    expect(order({ status: number })).toEqual(order({ status: word }));
  });

  test.each([null, undefined, "0"])(
    "for an amount of money, with the quantity %s, is filled by what it bought",
    (given) => {
      const bought = { filledQuantity: "773", filledQuantityScale: 5, avgFillPrice: 190.25 };
      const filled = order({ totalQuantity: given, status: "Filled", ...bought });
      expect(filled).toMatchObject({ status: "FILLED", qty: 0.00773, filledQty: 0.00773 });
      expect(orderFlags(filled)).toMatchObject({ isFilled: true, isCompleted: true });
      expect(order({ totalQuantity: given, ...bought })).toMatchObject({ status: "PARTIALLY_FILLED", qty: 0 });
    },
  );

  test.each(["10", null])("of %s that is filled, and nobody says how much, has not ended", (totalQuantity) => {
    const filled = order({ status: "Filled", totalQuantity, filledQuantity: null });
    expect(filled).toMatchObject({ status: "UNKNOWN", originStatus: "Filled", filledQty: 0 });
    expect(orderFlags(filled)).toMatchObject({ isCompleted: false, isFilled: false, isCanceled: false });
  });

  test.each(["Inactive", "Invalid", "Cancelled"])("that is %s keeps its fills", (status) => {
    const ended = order({ status, filledQuantity: "4", avgFillPrice: 190.25, remark: "201:no" });
    expect([ended.filledQty, ended.avgPrice]).toEqual([4, 190.25]);
    expect(orderFlags(ended)).toMatchObject({ isCompleted: true, isFilled: false });
    expect(ended.errorReason).toBe(status === "Cancelled" ? "" : "201:no");
  });

  test("tells why it failed in the vendor's words, and by its state where there are none", () => {
    expect(order({ status: "Inactive", remark: "201:Order rejected" }).errorReason).toBe("201:Order rejected");
    expect(order({ status: "Invalid", remark: null }).errorReason).toBe("Invalid");
  });

  test.each([
    ["Order is expired", "0", "EXPIRED"],
    ["订单已过期", "4", "EXPIRED"],
    ["Order is expired", "10", "FILLED"],
    ["canceled by the user", "0", "CANCELED"],
    [null, "4", "CANCELED"],
  ])("that is Cancelled with the remark %j and %s filled is %s", (remark, filledQuantity, status) => {
    const ended = order({ status: "Cancelled", remark, filledQuantity });
    expect(ended).toMatchObject({ status, originStatus: "Cancelled", errorReason: status === "EXPIRED" ? remark : "" });
  });

  // What the account cannot pay is taken at first, and is Invalid soon after.
  test.each([
    ["您的可用资金或者可用购买力不足", "0", "REJECTED"],
    ["Insufficient buying power", "0", "REJECTED"],
    ["The order quantity you entered exceeds your currently available position", "0", "REJECTED"],
    ["合约不正确", "0", "REJECTED"],
    ["The current order is cross-trading with your pending sell order of the same holders account", "0", "REJECTED"],
    ["The primary order has expired", "0", "EXPIRED"],
    ["Insufficient buying power", "4", "EXPIRED"],
    ["day order expired at close", "0", "EXPIRED"],
    ["Order not found", "0", "EXPIRED"],
    ["", "0", "EXPIRED"],
  ])("that is Invalid since %j, with %s filled, is %s", (remark, filledQuantity, status) => {
    expect(order({ status: "Invalid", remark, filledQuantity })).toMatchObject({
      status,
      errorReason: remark || "Invalid",
    });
    expect(order({ status: -2, remark, filledQuantity }).status).toBe(status);
  });

  test("that lives on is warned of, and not failed", () => {
    expect(order({ remark: "held for review" })).toMatchObject({ warning: "held for review", errorReason: "" });
  });

  test.each(Object.entries(CHANGE_IS_PENDING))("whose change is %s waits for it: %s", (word, waits) => {
    expect(order({ replaceStatus: word }).status).toBe(waits ? "PENDING_REPLACE" : "OPEN");
    expect(order({ cancelStatus: word }).status).toBe(waits ? "PENDING_CANCEL" : "OPEN");
    expect(order({ cancelStatus: word, status: "Cancelled" }).status).toBe("CANCELED");
  });

  // What is not checked yet cannot be canceled for a moment, and what has ended is not to be.
  test.each([
    ["Submitted", false, false],
    ["Submitted", true, undefined],
    ["Submitted", undefined, undefined],
    ["Initial", false, undefined],
    ["Cancelled", false, undefined],
  ])("that is %s and may be canceled: %s", (status, canCancel, cancelable) => {
    expect(order({ status, canCancel }).cancelable).toBe(cancelable);
  });

  test.each(Object.entries(ORDER_TYPE))("of type %s is %s", (word, means) => {
    expect(order({ orderType: word }).orderType).toBe(means);
  });

  test("to trade at the market has no price", () => {
    expect(order({ orderType: "MKT", limitPrice: 5 }).price).toBeNull();
  });

  test("that waits for a trigger has no price either, also where 0 stands for none", () => {
    for (const limitPrice of [0, null, undefined]) expect(order({ orderType: "STP", limitPrice }).price).toBeNull();
    expect(order({ orderType: "STP_LMT", limitPrice: 5 }).price).toBe(5);
  });

  test.each(Object.entries(TIME_IN_FORCE))("for %s is for %s", (word, means) => {
    expect(order({ timeInForce: word }).timeInForce).toBe(means);
  });

  test.each(Object.entries(SESSION))("of the session %s is %s", (word, means) => {
    expect(order({ tradingSessionType: word }).lifecycle).toBe(means);
  });

  test("without a session is what outsideRth says, and in HK and CN always RTH", () => {
    expect(order({ tradingSessionType: null, outsideRth: true }).lifecycle).toBe("ETH");
    expect(order({ tradingSessionType: null, outsideRth: false }).lifecycle).toBe("RTH");
    expect(order({ tradingSessionType: null, outsideRth: null }).lifecycle).toBeNull();
    expect(order({ symbol: "00700", market: "HK", outsideRth: true, tradingSessionType: "FULL" }).lifecycle).toBe(
      "RTH",
    );
  });

  test.each(Object.keys(DIRECTION))("to %s keeps its side", (action) => {
    expect(order({ action }).direction).toBe(action);
  });

  test.each([
    ["an option", { secType: "OPT" }],
    ["a share of Singapore", { market: "SI", symbol: "D05" }],
    ["a side of its own", { action: "EXERCISE" }],
  ])("that is %s is unmapped, and hides no other", (_what, changes) => {
    const { orders, unmapped } = toOrderListing([vendorOrder(changes), vendorOrder()]);
    expect(orders).toHaveLength(1);
    const originSymbol = "symbol" in changes ? changes.symbol : "AAPL";
    expect(unmapped).toEqual([{ originSymbol, qty: 10, tag: vendorOrder().userMark }]);
  });

  test("that cannot be read hides no other", () => {
    expect(toOrderListing([null, { symbol: "X", totalQuantity: 3 }, vendorOrder()])).toMatchObject({
      orders: [{ orderId: "40130857465156608" }],
      unmapped: [
        { originSymbol: "", qty: 0 },
        { originSymbol: "X", qty: 3 },
      ],
    });
  });

  test("of an option is shown by its own name, which the symbol of its share is not", () => {
    const option = { ...vendorOrder({ secType: "OPT", userMark: "" }), identifier: "AAPL  280121C00200000" };
    const nameless = { ...option, identifier: null };
    expect(toOrderListing([option, nameless]).unmapped).toEqual([
      { originSymbol: "AAPL  280121C00200000", qty: 10 },
      { originSymbol: "AAPL", qty: 10 },
    ]);
  });

  // As the vendor shows what is attached to an order: under the order's id, and with its mark.
  test.each([
    ["29360379940044800", null],
    ["0", TAG],
    [null, TAG],
  ])("with the parent %s has the tag %s", (parentId, tag) => {
    expect(order({ parentId }).tag).toBe(tag);
  });

  test.each(["", "for my pension", "HTABCDEFGHIJKLMNOPQRSTUVWX"])("with the mark %j has no tag", (userMark) => {
    expect(order({ userMark }).tag).toBeNull();
  });

  test.each(["0", null, undefined])("with the number %s was placed without one, in the vendor's app", (orderId) => {
    expect(order({ orderId })).not.toHaveProperty("number");
  });

  test("of any state shows an error only when it failed", () => {
    const states = fc.constantFrom(...Object.keys(ORDER_STATUS), "Surprise");
    fc.assert(
      fc.property(states, fc.nat(20), fc.string(), (status, filled, remark) => {
        const one = order({ status, filledQuantity: String(filled), remark });
        const failed = one.status === "REJECTED" || one.status === "EXPIRED";
        expect(one.errorReason !== "").toBe(failed);
        expect(one.warning === null || !isTerminal(one.status)).toBe(true);
      }),
    );
  });
});

describe("a quantity", () => {
  test.each([
    ["773", 5, 0.00773],
    ["10", 0, 10],
    ["10", null, 10],
    ["-25", 1, -2.5],
    ["900719925474099", 8, 9007199.25474099],
    [null, 2, 0],
  ])("%s with scale %s is %s", (quantity, scale, expected) => {
    expect(scaled(quantity, scale)).toBe(expected);
  });
});

describe("a contract", () => {
  test.each([
    ["BRK.B", "US", "STK", "US BRK.B"],
    ["700", "HK", "STK", "HK 00700"],
    ["00700", "HK", undefined, "HK 00700"],
    ["600519", "CN", "STK", "CN 600519"],
    ["000001", "CN", "STK", "CN 000001"],
    ["900901", "CN", "STK", undefined],
    ["61486", "HK", "IOPT", undefined],
    ["D05", "SI", "STK", undefined],
    ["aapl", "US", "STK", undefined],
  ])("%s of %s, %s is %s", (symbol, market, secType, expected) => {
    const contract = toContract(symbol, market, secType);
    expect(contract && `${contract.region} ${contract.symbol}`).toBe(expected);
  });

  test.each([
    { tradeType: "Securities", region: "JP", symbol: "7203" },
    { tradeType: "Cryptocurrencies", region: "US", symbol: "BTC" },
    { tradeType: "Securities", region: "US", symbol: "AAPL US" },
    { tradeType: "Securities", region: "CN", symbol: "900901" },
  ] as const)("$tradeType $region $symbol is refused before anything is sent", (contract) => {
    try {
      toSecurity(contract);
      expect.unreachable();
    } catch (error) {
      if (!isBrokerError(error)) throw error;
      expect(error).toMatchObject({ code: "InvalidRequest", outcome: "not_sent" });
      expect(error.message).toContain(contract.symbol);
    }
  });
});

describe("the market", () => {
  test.each(Object.entries(MARKET_STATE))("that is %s is %s", (status, means) => {
    const states = toMarketStatus([{ market: "US", status, marketStatus: "words", openTime: null }]);
    expect(states).toEqual({ Securities: { US: { region: "US", originStatus: status, unifiedStatus: means } } });
  });

  test("in a state that is newer than the table is unknown, and one of another country is not there", () => {
    const states = toMarketStatus([
      { market: "HK", status: "SIESTA", marketStatus: "", openTime: null },
      { market: "SG", status: "TRADING", marketStatus: "", openTime: null },
    ]);
    expect(states).toEqual({ Securities: { HK: { region: "HK", originStatus: "SIESTA", unifiedStatus: "UNKNOWN" } } });
  });
});

describe("a quote", () => {
  const quote = {
    symbol: "AAPL",
    open: 200,
    high: 202.30000000000001,
    low: 199.5,
    preClose: 198,
    latestPrice: 201.49999999999997,
    latestTime: 1_749_047_400_000,
    status: "NORMAL",
  };

  test("has no float dust", () => {
    expect(toQuote(AAPL, quote)).toEqual({
      contract: AAPL,
      currency: "USD",
      isTradable: true,
      latest: 201.5,
      preClose: 198,
      highPrice: 202.3,
      lowPrice: 199.5,
      openPrice: 200,
      timestamp: 1_749_047_400_000,
    });
  });

  test.each(Object.entries(QUOTE_IS_TRADABLE))("of a security that is %s trades: %s", (status, trades) => {
    expect(toQuote(AAPL, { ...quote, status }).isTradable).toBe(trades);
  });

  test("before the first trade of a day shows the last price for what is not there yet", () => {
    const early = { ...quote, open: null, high: null, low: null };
    expect(toQuote(AAPL, early)).toMatchObject({ openPrice: 201.5, highPrice: 201.5, lowPrice: 201.5 });
  });

  test("without a price is one of an unknown contract", () => {
    expect(() => toQuote(AAPL, { ...quote, latestPrice: null, preClose: null })).toThrow(/no price of US AAPL/);
    expect(() => toQuote(AAPL, { ...quote, latestPrice: 0, preClose: 0 })).toThrow(/no price of US AAPL/);
  });

  test.each([null, 0])(
    "before the first trade ever, of which it says %s, tells the close, as from nobody knows when",
    (none) => {
      const never = { ...quote, latestPrice: none, preClose: 21.5, open: none, high: none, low: none };
      expect(toQuote(AAPL, never)).toMatchObject({ latest: 21.5, preClose: 21.5, openPrice: 21.5, timestamp: 0 });
    },
  );

  test("in yuan says CNY", () => {
    const contract = { tradeType: "Securities", region: "CN", symbol: "600519" } as const;
    expect(toQuote(contract, quote).currency).toBe("CNY");
  });

  test.each([
    ["00700", "HKD"],
    ["80700", "CNY"],
    ["09010", "USD"],
  ])("of Hong Kong's counter %s is in %s", (symbol, currency) => {
    expect(toQuote({ tradeType: "Securities", region: "HK", symbol }, quote).currency).toBe(currency);
  });
});

describe("cash", () => {
  const assets = {
    segments: [
      { category: "C", currency: "USD", cashBalance: 5, currencyAssets: [] },
      {
        category: "S",
        currency: "CNH",
        cashBalance: 7198.59,
        currencyAssets: [
          { currency: "USD", cashBalance: 1000.1, cashAvailableForTrade: 900 },
          { currency: "CNH", cashBalance: -3, cashAvailableForTrade: null },
          { currency: "HKD", cashBalance: null, cashAvailableForTrade: null },
        ],
      },
    ],
  };

  test("is that of the securities, with the lines of its ledger", () => {
    expect(toCash(assets, "CNY")).toEqual({
      currency: "CNH",
      amount: 7198.59,
      balances: [
        { currency: "USD", amount: 1000.1, available: 900 },
        { currency: "CNH", amount: -3, available: null },
      ],
    });
  });

  test.each([
    ["in another currency than was asked for", assets, "USD"],
    ["of an account without securities", { segments: [] }, "USD"],
    [
      "that is not given",
      { segments: [{ category: "S", currency: "USD", cashBalance: null, currencyAssets: [] }] },
      "USD",
    ],
  ])("%s is not supported, and never 0", (_what, given, currency) => {
    expect(() => toCash(given, currency)).toThrow(expect.objectContaining({ code: "NotSupported" }));
  });

  test("is converted into these currencies only", () => {
    expect(["USD", "HKD", "CNY", "CNH", "SGD", "XTS", "BTC"].map(toBaseCurrency)).toEqual([
      "USD",
      "HKD",
      "CNH",
      "CNH",
      "SGD",
      undefined,
      undefined,
    ]);
  });
});

describe("positions", () => {
  const row = {
    symbol: "AAPL",
    market: "US",
    secType: "STK",
    currency: "USD",
    position: "100",
    positionScale: 0,
    positionQty: null,
    identifier: "AAPL",
  };

  test("keep fractions and signs, and what has no name is apart", () => {
    const listing = toPositions([
      row,
      { ...row, symbol: "NVDA", position: "773", positionScale: 5 },
      { ...row, symbol: "TSLA", position: "-20" },
      { ...row, symbol: "00700", market: "HK", currency: "HKD", position: null, positionQty: 300 },
      { ...row, symbol: "QQQ", position: "0" },
      { ...row, secType: "OPT", position: "3", identifier: "AAPL  280121C00200000" },
      { ...row, symbol: "D05", market: "SI", currency: "SGD", position: "200", identifier: null },
    ]);
    expect(listing.positions.map(({ contract, currency, qty }) => [contract.symbol, currency, qty])).toEqual([
      ["AAPL", "USD", 100],
      ["NVDA", "USD", 0.00773],
      ["TSLA", "USD", -20],
      ["00700", "HKD", 300],
    ]);
    expect(listing.unmapped).toEqual([
      { originSymbol: "AAPL  280121C00200000", qty: 3 },
      { originSymbol: "D05", qty: 200 },
    ]);
  });
});

test("every session of an order is written as the vendor wants it", () => {
  expect(SESSION_OF_LIFECYCLE).toEqual({
    RTH: { outside_rth: false },
    ETH: { outside_rth: true },
    OVERNIGHT: { outside_rth: true, trading_session_type: "OVERNIGHT" },
  });
});

test.each([
  [{ openTime: 0, updateTime: 0, latestTime: 1_749_047_402_000 }, [null, 1_749_047_402_000]],
  [{ openTime: 0, updateTime: 0, latestTime: 0 }, [null, null]],
] as const)("a time of 0 is none: %o", (changes, times) => {
  const { createdAt, updatedAt } = order(changes);
  expect([createdAt, updatedAt]).toEqual(times);
});
