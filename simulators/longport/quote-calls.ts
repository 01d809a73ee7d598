/** What the quote link answers: prices, static data, sessions and trading days. */
import * as v from "valibot";
import type { UnifiedStatus } from "../../src/domain/market-status.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { MARKET_REGIONS, marketOf } from "../../src/exchange/markets.ts";
import { dayOf, isoDate, weekday } from "../../src/exchange/zoned-time.ts";
import { securityName } from "../shared/security-names.ts";
import { contractOf, decimal, vendorCurrency } from "./codes.ts";
import type { Desk } from "./desk.ts";
import { QUOTE_LIMIT, QUOTES_AT_ONCE } from "./limits.ts";
import { decode, encode } from "./messages.ts";
import { SOCKET_CODE, SOCKET_STATUS, SocketRefusal } from "./refusal.ts";
import { lastUsDay, type RegularCloses } from "./regular-close.ts";

/** Kinds of session in the vendor's numbers. */
const SESSION_KIND = { normal: 0, pre: 1, post: 2, overnight: 3 } as const;
const TRADE_STATUS = { normal: 0, suspended: 10 } as const;
const MOST_SYMBOLS = 500;
const LONGEST_DAYS = 31;

/** A quote call. */
export interface QuoteCall {
  readonly desk: Desk;
  readonly closes: RegularCloses;
  readonly body: Uint8Array;
  /** True when the client asked for quotes of the night session as it authenticated. */
  readonly overnight: boolean;
}

/** The calls that count towards the limits, by command. */
export const QUOTE_CALLS: Readonly<Record<number, (call: QuoteCall) => Uint8Array>> = {
  8: tradingSessions,
  9: tradingDays,
  10: staticInfo,
  11: realtimeQuote,
};

/** Command 4. The client's own throttle is set by what stands here. */
export function userProfile(): Uint8Array {
  const limit = { limit: QUOTE_LIMIT.calls, burst: QUOTES_AT_ONCE };
  return encode("ProfileResponse", {
    member_id: 10_000_001,
    quote_level: "Lv1",
    subscribe_limit: MOST_SYMBOLS,
    history_candlestick_limit: 100,
    rate_limit: Object.keys(QUOTE_CALLS).map((command) => ({ command: Number(command), ...limit })),
  });
}

/** Command 101: a price as those who subscribed to it are told. */
export function pushQuote({ venue }: Desk, symbol: string, quote: Quote, sequence: number): Uint8Array {
  const status = venue.marketStatus(quote.contract.region).unifiedStatus;
  return encode("PushQuote", {
    symbol,
    sequence,
    last_done: decimal(quote.latest),
    open: decimal(quote.openPrice),
    high: decimal(quote.highPrice),
    low: decimal(quote.lowPrice),
    timestamp: Math.floor(quote.timestamp / 1000),
    volume: 0,
    turnover: "0",
    trade_status: statusOf(venue.isSuspended(quote.contract)),
    trade_session: KIND_OF_STATUS[status] ?? SESSION_KIND.normal,
    current_volume: 0,
    current_turnover: "0",
  });
}

/**
 * The contracts of the symbols of a request.
 * @throws {SocketRefusal} for too many or none, a symbol of another form, or one without quotes.
 */
export function listed(
  desk: Desk,
  symbols: readonly string[],
): readonly { readonly symbol: string; readonly quote: Quote }[] {
  if (symbols.length === 0) throw badRequest("no symbol");
  if (symbols.length > MOST_SYMBOLS) {
    throw new SocketRefusal(SOCKET_STATUS.failed, SOCKET_CODE.tooMany, "too many symbols");
  }
  return symbols.map((symbol) => {
    const contract = contractOf(symbol);
    if (contract === undefined) throw badRequest(`invalid symbol ${symbol}`);
    const quote = desk.venue.quote(contract);
    if (quote === undefined)
      throw new SocketRefusal(SOCKET_STATUS.failed, SOCKET_CODE.noQuotes, `no quotes: ${symbol}`);
    return { symbol, quote };
  });
}

const KIND_OF_STATUS: Readonly<Partial<Record<UnifiedStatus, number>>> = {
  RTH: SESSION_KIND.normal,
  PRE_HOURS: SESSION_KIND.pre,
  AFTER_HOURS: SESSION_KIND.post,
  OVERNIGHT: SESSION_KIND.overnight,
};

/** Singapore is not traded here; its hours are told because clients ask for them as they connect. */
const SINGAPORE = [
  { beg_time: 900, end_time: 1200, trade_session: SESSION_KIND.normal },
  { beg_time: 1300, end_time: 1700, trade_session: SESSION_KIND.normal },
];

function tradingSessions({ desk }: QuoteCall): Uint8Array {
  return encode("MarketTradePeriodResponse", {
    market_trade_session: [
      ...MARKET_REGIONS.map((market) => ({ market, trade_session: periodsOf(market, desk.listsNight) })),
      { market: "SG", trade_session: SINGAPORE },
    ],
  });
}

function periodsOf(region: string, listsNight: boolean) {
  return (marketOf(region)?.slots ?? []).flatMap(({ from, to, unifiedStatus }) => {
    const kind = KIND_OF_STATUS[unifiedStatus];
    if (kind === undefined || (kind === SESSION_KIND.overnight && !listsNight)) return [];
    return [{ beg_time: hhmm(from), end_time: hhmm(to), trade_session: kind }];
  });
}

/** Hours and minutes as one number, 930 for half past nine. Minutes before midnight belong to the evening before. */
function hhmm(minutes: number): number {
  const time = (minutes + 24 * 60) % (24 * 60);
  return Math.floor(time / 60) * 100 + (time % 60);
}

const DAYS = v.object({ market: v.string(), beg_day: v.string(), end_day: v.string() });

function tradingDays({ desk, body }: QuoteCall): Uint8Array {
  const { market, beg_day, end_day } = v.parse(DAYS, decode("MarketTradeDayRequest", body));
  if (!["US", "HK", "CN", "SG"].includes(market)) throw badRequest(`invalid market ${market}`);
  const [from, to] = [dayNumber(beg_day), dayNumber(end_day)];
  if (to < from || to - from > LONGEST_DAYS) throw badRequest("the days lie more than a month apart");
  const halves = new Set(desk.halfDays[market] ?? []);
  const holidays = new Set(desk.holidays[market] ?? []);
  const dates = Array.from({ length: to - from + 1 }, (_, index) => from + index)
    .filter((day) => weekday(day) !== 0 && weekday(day) !== 6)
    .map(isoDate)
    .filter((date) => !holidays.has(date));
  const compact = (date: string): string => date.replaceAll("-", "");
  return encode("MarketTradeDayResponse", {
    trade_day: dates.filter((date) => !halves.has(date)).map(compact),
    half_trade_day: dates.filter((date) => halves.has(date)).map(compact),
  });
}

function dayNumber(text: string): number {
  const [, year, month, day] = /^(\d{4})(\d{2})(\d{2})$/.exec(text) ?? [];
  try {
    return dayOf(`${year}-${month}-${day}`);
  } catch {
    throw badRequest(`invalid day ${text}`);
  }
}

const SYMBOLS = v.object({ symbol: v.array(v.string()) });

const EXCHANGES: Readonly<Record<string, string>> = { US: "NASD", HK: "SEHK" };

function staticInfo({ desk, body }: QuoteCall): Uint8Array {
  const { symbol: symbols } = v.parse(SYMBOLS, decode("SymbolsRequest", body));
  return encode("StaticInfoResponse", {
    secu_static_info: listed(desk, symbols).map(({ symbol, quote: { contract, currency } }) => {
      const name = securityName(contract);
      return {
        symbol,
        name_cn: name,
        name_en: name,
        name_hk: name,
        listing_date: "19990310",
        exchange: EXCHANGES[contract.region] ?? symbol.slice(-2),
        currency: vendorCurrency(currency) === "CNH" ? "CNY" : currency,
        lot_size: desk.venue.lotSize(contract),
        total_shares: 1_000_000_000,
        circulating_shares: 1_000_000_000,
        hk_shares: contract.region === "HK" ? 1_000_000_000 : 0,
        eps: "1",
        eps_ttm: "1",
        bps: "1",
        dividend_yield: "0",
        board: contract.region === "HK" ? "HKEquity" : contract.region === "US" ? "USMain" : "SHMainConnect",
      };
    }),
  });
}

function realtimeQuote({ desk, closes, body, overnight }: QuoteCall): Uint8Array {
  const { symbol: symbols } = v.parse(SYMBOLS, decode("SymbolsRequest", body));
  return encode("SecurityQuoteResponse", {
    secu_quote: listed(desk, symbols).map(({ symbol, quote }) => ({
      symbol,
      last_done: decimal(regularPrice(desk, closes, quote)),
      prev_close: decimal(quote.preClose),
      open: decimal(quote.openPrice),
      high: decimal(quote.highPrice),
      low: decimal(quote.lowPrice),
      timestamp: Math.floor(regularTime(desk, quote) / 1000),
      volume: 0,
      turnover: "0",
      trade_status: statusOf(desk.venue.isSuspended(quote.contract)),
      ...ended(closes, quote),
      ...extended(desk, closes, quote, overnight),
    })),
  });
}

/** The last price of the regular session: outside it, what the extended sessions do leaves it alone. */
function regularPrice({ venue }: Desk, closes: RegularCloses, { contract, latest, preClose }: Quote): number {
  if (contract.region !== "US") return latest;
  const { unifiedStatus } = venue.marketStatus("US");
  if (unifiedStatus === "PRE_HOURS" || unifiedStatus === "OVERNIGHT") return preClose;
  return unifiedStatus === "RTH" ? latest : (closes.of(contract) ?? latest);
}

/** When that price was traded. */
function regularTime({ venue, holidays }: Desk, { contract, timestamp }: Quote): number {
  if (contract.region !== "US" || venue.marketStatus("US").unifiedStatus === "RTH") return timestamp;
  return lastUsDay(timestamp, holidays["US"] ?? []).close;
}

/** The sessions before and after regular hours stay beside what came after them, until they come again. */
function ended(closes: RegularCloses, { contract }: Quote): Readonly<Record<string, unknown>> {
  const told = (["pre", "post"] as const).flatMap((session) => {
    const prices = closes.ended(contract, session);
    if (prices === undefined) return [];
    const { last, high, low, before, endedAt } = prices;
    const message = {
      last_done: decimal(last),
      timestamp: Math.floor(endedAt / 1000),
      volume: 0,
      turnover: "0",
      high: decimal(high),
      low: decimal(low),
      prev_close: decimal(before),
    };
    return [[`${session}_market_quote`, message]];
  });
  return Object.fromEntries(told);
}

const FIELD_OF_STATUS: Readonly<Partial<Record<UnifiedStatus, string>>> = {
  PRE_HOURS: "pre_market_quote",
  AFTER_HOURS: "post_market_quote",
  CLOSED: "post_market_quote",
  OVERNIGHT: "over_night_quote",
};

function extended(
  desk: Desk,
  closes: RegularCloses,
  quote: Quote,
  overnight: boolean,
): Readonly<Record<string, unknown>> {
  const { unifiedStatus } = desk.venue.marketStatus("US");
  const field = FIELD_OF_STATUS[unifiedStatus];
  if (quote.contract.region !== "US" || field === undefined) return {};
  if (unifiedStatus === "OVERNIGHT" && !overnight) return {};
  const at = unifiedStatus === "CLOSED" ? lastUsDay(quote.timestamp, desk.holidays["US"] ?? []).end : quote.timestamp;
  return {
    [field]: {
      last_done: decimal(quote.latest),
      timestamp: Math.floor(at / 1000),
      volume: 0,
      turnover: "0",
      high: decimal(quote.highPrice),
      low: decimal(quote.lowPrice),
      // The close of the session before, which after hours is that of the same day.
      prev_close: decimal(regularPrice(desk, closes, quote)),
    },
  };
}

function statusOf(suspended: boolean): number {
  return suspended ? TRADE_STATUS.suspended : TRADE_STATUS.normal;
}

function badRequest(message: string): SocketRefusal {
  return new SocketRefusal(SOCKET_STATUS.failed, SOCKET_CODE.badRequest, `invalid request: ${message}`);
}
