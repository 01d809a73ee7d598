/**
 * OpenD's numbers in our words: one table for each of the vendor's enumerations, every member of it in its row.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: the `.proto` files in the
 * vendor's SDK; the words for states are those of its Python SDK, which clients of the Python project know.
 */
import type { UnifiedStatus } from "../../domain/market-status.ts";
import type { Direction, Lifecycle, OrderStatus, OrderType, TimeInForce } from "../../domain/order.ts";
import type { Region } from "../shared/regions.ts";

/** A vendor's word and what it means here. */
interface Meaning<T> {
  readonly word: string;
  readonly means: T;
}

/** `Trd_Common.OrderStatus`. */
export const ORDER_STATUS = {
  [-1]: { word: "UNKNOWN", means: "UNKNOWN" },
  0: { word: "UNSUBMITTED", means: "PENDING" },
  1: { word: "WAITING_SUBMIT", means: "PENDING" },
  2: { word: "SUBMITTING", means: "PENDING" },
  3: { word: "SUBMIT_FAILED", means: "REJECTED" },
  // OpenD does not know what became of the order; it may well be working.
  4: { word: "TIMEOUT", means: "UNKNOWN" },
  5: { word: "SUBMITTED", means: "OPEN" },
  10: { word: "FILLED_PART", means: "PARTIALLY_FILLED" },
  11: { word: "FILLED_ALL", means: "FILLED" },
  12: { word: "CANCELLING_PART", means: "PENDING_CANCEL" },
  13: { word: "CANCELLING_ALL", means: "PENDING_CANCEL" },
  14: { word: "CANCELLED_PART", means: "CANCELED" },
  15: { word: "CANCELLED_ALL", means: "CANCELED" },
  21: { word: "FAILED", means: "REJECTED" },
  // No longer in the market. A person may wake a Hong Kong order again in the vendor's app: its fills are still applied.
  22: { word: "DISABLED", means: "EXPIRED" },
  // Only an order without fills can be deleted, and the vendor withdraws it then.
  23: { word: "DELETED", means: "CANCELED" },
  // The exchange took the fills back: what remains is an order without them.
  24: { word: "FILL_CANCELLED", means: "CANCELED" },
} as const satisfies Record<number, Meaning<OrderStatus>>;

/** `Qot_Common.QotMarketState`. */
export const MARKET_STATE = {
  0: { word: "NONE", means: "CLOSED" },
  1: { word: "AUCTION", means: "UNKNOWN" },
  2: { word: "WAITING_OPEN", means: "UNKNOWN" },
  3: { word: "MORNING", means: "RTH" },
  4: { word: "REST", means: "REST" },
  5: { word: "AFTERNOON", means: "RTH" },
  6: { word: "CLOSED", means: "CLOSED" },
  8: { word: "PRE_MARKET_BEGIN", means: "PRE_HOURS" },
  9: { word: "PRE_MARKET_END", means: "UNKNOWN" },
  10: { word: "AFTER_HOURS_BEGIN", means: "AFTER_HOURS" },
  11: { word: "AFTER_HOURS_END", means: "CLOSED" },
  12: { word: "FUTU_SWITCH_DATE", means: "CLOSED" },
  13: { word: "NIGHT_OPEN", means: "OVERNIGHT" },
  14: { word: "NIGHT_END", means: "CLOSED" },
  15: { word: "FUTURE_DAY_OPEN", means: "RTH" },
  16: { word: "FUTURE_DAY_BREAK", means: "REST" },
  17: { word: "FUTURE_DAY_CLOSE", means: "CLOSED" },
  18: { word: "FUTURE_DAY_WAIT_OPEN", means: "UNKNOWN" },
  19: { word: "HK_CAS", means: "CLOSED" },
  20: { word: "FUTURE_NIGHT_WAIT", means: "UNKNOWN" },
  21: { word: "FUTURE_AFTERNOON", means: "RTH" },
  22: { word: "FUTURE_SWITCH_DATE", means: "CLOSED" },
  23: { word: "FUTURE_OPEN", means: "RTH" },
  24: { word: "FUTURE_BREAK", means: "REST" },
  25: { word: "FUTURE_BREAK_OVER", means: "RTH" },
  26: { word: "FUTURE_CLOSE", means: "CLOSED" },
  27: { word: "STIB_AFTER_HOURS_WAIT", means: "CLOSED" },
  28: { word: "STIB_AFTER_HOURS_BEGIN", means: "AFTER_HOURS" },
  29: { word: "STIB_AFTER_HOURS_END", means: "CLOSED" },
  30: { word: "CLOSE_AUCTION", means: "CLOSED" },
  31: { word: "AFTERNOON_END", means: "CLOSED" },
  32: { word: "NIGHT", means: "OVERNIGHT" },
  33: { word: "OVERNIGHT_BEGIN", means: "OVERNIGHT" },
  34: { word: "OVERNIGHT_END", means: "CLOSED" },
  35: { word: "TRADE_AT_LAST", means: "CLOSED" },
  36: { word: "TRADE_AUCTION", means: "CLOSED" },
  37: { word: "OVERNIGHT", means: "OVERNIGHT" },
} as const satisfies Record<number, Meaning<UnifiedStatus>>;

/** `Trd_Common.TrdSide`: buying back is buying, selling short is selling. */
export const TRD_SIDE = {
  0: null,
  1: "BUY",
  2: "SELL",
  3: "SELL",
  4: "BUY",
} as const satisfies Record<number, Direction | null>;

export const SIDE_OF_DIRECTION = { BUY: 1, SELL: 2 } as const satisfies Record<Direction, number>;

/** `Trd_Common.OrderType`: only the plain ones have our names. */
export const ORDER_TYPE = {
  0: null,
  1: "Limit",
  2: "Market",
  5: null,
  6: null,
  7: null,
  8: null,
  9: null,
  10: null,
  11: null,
  12: null,
  13: null,
  14: null,
  15: null,
  16: null,
  17: null,
  18: null,
  19: null,
} as const satisfies Record<number, OrderType | null>;

export const NUMBER_OF_ORDER_TYPE = { Limit: 1, Market: 2 } as const satisfies Record<OrderType, number>;

/** `Trd_Common.TimeInForce`. */
export const TIME_IN_FORCE = {
  0: "DAY",
  1: "GTC",
  2: null,
  3: null,
} as const satisfies Record<number, TimeInForce | null>;

export const NUMBER_OF_TIME_IN_FORCE = { DAY: 0, GTC: 1 } as const satisfies Record<TimeInForce, number>;

/** `Common.Session`: 3 is every session with the night, which we have no word for. */
export const SESSION = {
  0: null,
  1: "RTH",
  2: "ETH",
  3: null,
  4: "OVERNIGHT",
} as const satisfies Record<number, Lifecycle | null>;

export const SESSION_OF_LIFECYCLE = { RTH: 1, ETH: 2, OVERNIGHT: 4 } as const satisfies Record<Lifecycle, number>;

/** `Trd_Common.Currency`, as cash is written. */
export const CURRENCY = {
  0: null,
  1: "HKD",
  2: "USD",
  3: "CNH",
  4: "JPY",
  5: "SGD",
  6: "AUD",
  7: "CAD",
  8: "MYR",
  9: "NZD",
} as const satisfies Record<number, string | null>;

/** The form of a symbol, by region; the whole symbol matches. */
export const SYMBOL_PATTERNS = {
  US: "[A-Z]{1,6}(?:[.-][A-Z]{1,4})?",
  HK: "\\d{5}",
  CN: "(?:[0356]\\d|1[568])\\d{4}",
} as const satisfies Record<Region, string>;

/** `Trd_Common.TrdMarket`: 3 is the paper market of A-shares, 4 the real one through Stock Connect. */
export const TRD_MARKET = {
  0: null,
  1: "HK",
  2: "US",
  3: "CN",
  4: "CN",
  5: null,
  6: null,
  7: null,
  8: null,
  10: null,
  11: null,
  12: null,
  13: null,
  15: null,
  17: null,
  111: null,
  112: null,
  113: null,
  123: null,
  124: null,
  125: null,
  126: null,
} as const satisfies Record<number, Region | null>;

export const MARKET_OF_REGION = {
  REAL: { US: 2, HK: 1, CN: 4 },
  SIMULATE: { US: 2, HK: 1, CN: 3 },
} as const satisfies Record<"REAL" | "SIMULATE", Record<Region, number>>;

/** `Trd_Common.TrdSecMarket`. */
export const TRD_SEC_MARKET = {
  0: null,
  1: "HK",
  2: "US",
  31: "SH",
  32: "SZ",
  41: null,
  51: null,
  61: null,
  71: null,
  81: null,
  91: null,
  101: null,
  111: null,
} as const satisfies Record<number, Exchange | null>;

/** Where a security is listed, as far as OpenD tells exchanges apart. */
export type Exchange = "US" | "HK" | "SH" | "SZ";

/** An exchange as `TrdSecMarket`, for orders, and as `QotMarket`, for quotes. */
export const NUMBERS_OF_EXCHANGE = {
  HK: { security: 1, quotes: 1 },
  US: { security: 2, quotes: 11 },
  SH: { security: 31, quotes: 21 },
  SZ: { security: 32, quotes: 22 },
} as const satisfies Record<Exchange, { security: number; quotes: number }>;

/** `Qot_Common.SecurityStatus`: whether it can be traded, as far as the security itself is concerned. */
export const SECURITY_TRADABLE = {
  0: true,
  1: true,
  2: false,
  3: false,
  4: false,
  5: true,
  6: true,
  7: true,
  8: true,
  9: false,
  10: false,
  11: false,
  12: false,
  13: false,
  14: false,
  15: false,
  16: false,
  17: false,
  18: false,
  19: false,
  20: true,
  21: true,
} as const satisfies Record<number, boolean>;

/** `Trd_Common.SimAccType`: whether a paper account is one for shares. A contest's account is not chosen by itself. */
export const SIMULATES_SHARES = {
  0: false,
  1: true,
  2: false,
  3: false,
  4: true,
  5: false,
} as const satisfies Record<number, boolean>;

/** `Trd_Common.TrdEnv`. */
export const NUMBER_OF_ENVIRONMENT = { SIMULATE: 0, REAL: 1 } as const;

/** `Trd_Common.ModifyOrderOp`, as far as it is used. */
export const MODIFY = { change: 1, cancel: 2 } as const;

/** Looks a vendor's number up; `undefined` for a member that is newer than this table. */
export function lookUp<T>(table: Readonly<Record<number, T>>, number: number): T | undefined {
  return table[number];
}
