/**
 * The SDK's objects in the vendor's own words, so that both transports give the same. Its enumerations are numbers: each
 * table here lists the words of one, in the order of the numbers.
 */
import {
  type Balance,
  type Channel,
  type MarketHours,
  type PushedOrder,
  parsePushedOrder,
  parseQuote,
  parseReply,
  REPLIES,
  type TradingDays,
  Unreadable,
  type VendorQuote,
} from "./messages.ts";

export const SDK_WORDS = {
  status: [
    "Unknown",
    "NotReported",
    "ReplacedNotReported",
    "ProtectedNotReported",
    "VarietiesNotReported",
    "FilledStatus",
    "WaitToNew",
    "NewStatus",
    "WaitToReplace",
    "PendingReplaceStatus",
    "ReplacedStatus",
    "PartialFilledStatus",
    "WaitToCancel",
    "PendingCancelStatus",
    "RejectedStatus",
    "CanceledStatus",
    "ExpiredStatus",
    "PartialWithdrawal",
  ],
  orderType: ["", "LO", "ELO", "MO", "AO", "ALO", "ODD", "LIT", "MIT", "TSLPAMT", "TSLPPCT", "TSMAMT", "TSMPCT", "SLO"],
  // Of the others nothing is read; the service's own word for the third has become one that the SDK does not know.
  tag: ["", "Normal", "GTC", "Grey"],
  side: ["", "Buy", "Sell"],
  market: ["", "US", "HK", "CN", "SG", "Crypto"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The SDK's number of a word. */
export function numberOf(table: keyof typeof SDK_WORDS, word: string): number {
  return (SDK_WORDS[table] as readonly string[]).indexOf(word);
}

type Getters = Readonly<Record<string, unknown>>;

function object(value: unknown): Getters {
  if (typeof value !== "object" || value === null) throw new Unreadable("the SDK gave no object");
  return value as Getters;
}

function list(value: unknown): Getters[] {
  if (!Array.isArray(value)) throw new Unreadable("the SDK gave no list");
  return value.map(object);
}

function word(table: keyof typeof SDK_WORDS, value: unknown): string {
  return (SDK_WORDS[table] as readonly string[])[Number(value ?? 0)] ?? "";
}

/** A decimal as its text; nothing for nothing. */
function decimal(value: unknown): string {
  return value === null || value === undefined ? "" : String(value);
}

function seconds(value: unknown): string {
  return value instanceof Date ? String(value.getTime() / 1000) : "";
}

function common(order: Getters) {
  return {
    order_id: order["orderId"],
    status: word("status", order["status"]),
    symbol: order["symbol"],
    side: word("side", order["side"]),
    order_type: word("orderType", order["orderType"]),
    executed_quantity: decimal(order["executedQuantity"]),
    executed_price: decimal(order["executedPrice"]),
    submitted_at: seconds(order["submittedAt"]),
    updated_at: seconds(order["updatedAt"]),
    msg: order["msg"],
    tag: word("tag", order["tag"]),
    currency: order["currency"],
    remark: order["remark"],
  };
}

/** @throws Unreadable, as all of these. */
export function toPushedOrder(value: unknown): PushedOrder {
  const order = object(value);
  return parsePushedOrder({
    ...common(order),
    submitted_quantity: decimal(order["submittedQuantity"]),
    submitted_price: decimal(order["submittedPrice"]),
    account_no: order["accountNo"],
  });
}

export function toBalances(value: unknown): readonly Balance[] {
  const lines = list(value).map((balance) => ({
    currency: balance["currency"],
    total_cash: decimal(balance["totalCash"]),
    cash_infos: list(balance["cashInfos"]).map((info) => ({
      currency: info["currency"],
      available_cash: decimal(info["availableCash"]),
      frozen_cash: decimal(info["frozenCash"]),
    })),
  }));
  return parseReply(REPLIES.balances, { list: lines }).list;
}

export function toChannels(value: unknown): readonly Channel[] {
  const channels = list(object(value)["channels"]).map((channel) => ({
    stock_info: list(channel["positions"]).map((position) => ({
      symbol: position["symbol"],
      quantity: decimal(position["quantity"]),
      currency: position["currency"],
    })),
  }));
  return parseReply(REPLIES.positions, { list: channels }).list;
}

function prices(quote: Getters) {
  const { timestamp } = quote;
  return {
    last_done: decimal(quote["lastDone"]),
    prev_close: decimal(quote["prevClose"]),
    high: decimal(quote["high"]),
    low: decimal(quote["low"]),
    timestamp: timestamp instanceof Date ? timestamp.getTime() / 1000 : 0,
  };
}

function extended(value: unknown) {
  return value === null || value === undefined ? null : prices(object(value));
}

export function toVendorQuotes(value: unknown): readonly VendorQuote[] {
  return list(value).map((quote) =>
    parseQuote({
      ...prices(quote),
      symbol: quote["symbol"],
      open: decimal(quote["open"]),
      trade_status: Number(quote["tradeStatus"]),
      pre: extended(quote["preMarketQuote"]),
      post: extended(quote["postMarketQuote"]),
      overnight: extended(quote["overnightQuote"]),
    }),
  );
}

/** SDK fault (spelling): the minutes of a time are called `monute`. */
function clock(value: unknown): number {
  const { hour, minute, monute } = object(value);
  return Number(hour) * 100 + Number(minute ?? monute);
}

export function toMarketHours(value: unknown): readonly MarketHours[] {
  return list(value).map((market) => ({
    market: word("market", market["market"]),
    periods: list(market["tradeSessions"]).map((period) => ({
      from: clock(period["beginTime"]),
      to: clock(period["endTime"]),
      kind: Number(period["tradeSession"]),
    })),
  }));
}

export function toTradingDays(value: unknown): TradingDays {
  const { tradingDays, halfTradingDays } = object(value);
  const days = (given: unknown) => list(given).map(({ year, month, day }) => `${year}${two(month)}${two(day)}`);
  return { whole: days(tradingDays), half: days(halfTradingDays) };
}

function two(value: unknown): string {
  return String(value).padStart(2, "0");
}
