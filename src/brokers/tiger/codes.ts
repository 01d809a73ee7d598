/**
 * The vendor's words in ours: one table for each of its enumerations, every member of it in its row.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: the constants of the vendor's
 * Python SDK and the pages on order status and market state in its documentation.
 */
import type { UnifiedStatus } from "../../domain/market-status.ts";
import type { Direction, Lifecycle, OrderStatus, OrderType, TimeInForce } from "../../domain/order.ts";
import type { Region } from "../shared/regions.ts";

/** The form of a symbol, by region; the whole symbol matches. */
export const SYMBOL_PATTERNS = {
  US: "[A-Z]{1,6}(?:[.-][A-Z]{1,4})?",
  HK: "\\d{5}",
  CN: "(?:[0356]\\d|1[568])\\d{4}",
} as const satisfies Record<Region, string>;

/** Order states by their words in answers and pushes. The first report of an order and its last ones use the same. */
export const ORDER_STATUS = {
  // Not yet checked by the vendor's own systems, and possibly on its way to the exchange.
  Initial: "PENDING",
  PendingNew: "PENDING",
  PendingSubmit: "OPEN",
  Submitted: "OPEN",
  PartiallyFilled: "PARTIALLY_FILLED",
  PendingCancel: "PENDING_CANCEL",
  Cancelled: "CANCELED",
  Filled: "FILLED",
  Inactive: "REJECTED",
  Invalid: "EXPIRED",
  // Further words for the same states that the vendor's SDK reads.
  New: "PENDING",
  NEW: "PENDING",
  Held: "OPEN",
  HELD: "OPEN",
  PENDING_CANCEL: "PENDING_CANCEL",
  CANCELLED: "CANCELED",
  FILLED: "FILLED",
  REJECTED: "REJECTED",
  EXPIRED: "EXPIRED",
} as const satisfies Record<string, OrderStatus>;

/** The same states as numbers, which older accounts answer with. */
export const ORDER_STATUS_WORD = {
  [-2]: "Invalid",
  [-1]: "Initial",
  2: "Submitted",
  3: "PendingCancel",
  4: "Cancelled",
  5: "Submitted",
  6: "Filled",
  7: "Inactive",
  8: "PendingSubmit",
} as const satisfies Record<number, keyof typeof ORDER_STATUS>;

/** `replaceStatus` and `cancelStatus`: what an open order waits for. */
export const CHANGE_IS_PENDING = {
  NONE: false,
  RECEIVED: true,
  REPLACED: false,
  CANCELLED: false,
  FAILED: false,
} as const satisfies Record<string, boolean>;

/** `market_state`'s `status`. */
export const MARKET_STATE = {
  NOT_YET_OPEN: "UNKNOWN",
  PRE_HOUR_TRADING: "PRE_HOURS",
  TRADING: "RTH",
  MIDDLE_CLOSE: "REST",
  POST_HOUR_TRADING: "AFTER_HOURS",
  OVERNIGHT_TRADING: "OVERNIGHT",
  CLOSING: "CLOSED",
  EARLY_CLOSED: "CLOSED",
  EARLY_CLOSING: "CLOSED",
  MARKET_CLOSED: "CLOSED",
} as const satisfies Record<string, UnifiedStatus>;

/** `status` of a quote: whether it trades. A security that is being renamed or whose state is not known does not. */
export const QUOTE_IS_TRADABLE = {
  NORMAL: true,
  HALTED: false,
  DELIST: false,
  NEW: true,
  ALTER: false,
  UNKNOWN: false,
} as const satisfies Record<string, boolean>;

/** `action`. */
export const DIRECTION = { BUY: "BUY", SELL: "SELL" } as const satisfies Record<string, Direction>;

/** `orderType`: only the plain ones have our names. */
export const ORDER_TYPE = {
  LMT: "Limit",
  MKT: "Market",
  STP: null,
  STP_LMT: null,
  TRAIL: null,
  AM: null,
  AL: null,
  TWAP: null,
  VWAP: null,
  OCA: null,
  ICEBERG: null,
} as const satisfies Record<string, OrderType | null>;

export const WORD_OF_ORDER_TYPE = { Limit: "LMT", Market: "MKT" } as const satisfies Record<OrderType, string>;

/** `timeInForce`. */
export const TIME_IN_FORCE = {
  DAY: "DAY",
  GTC: "GTC",
  GTD: null,
  OPG: null,
  IOC: null,
  FOK: null,
} as const satisfies Record<string, TimeInForce | null>;

/** `tradingSessionType`: every session with the night has no word here. The last three are parts of a day in Hong Kong. */
export const SESSION = {
  RTH: "RTH",
  PRE_RTH_POST: "ETH",
  OVERNIGHT: "OVERNIGHT",
  FULL: null,
  HK_AUC: null,
  HK_CTS: null,
  HK_AUC_CTS: null,
} as const satisfies Record<string, Lifecycle | null>;

/** How an order says when it may trade. */
export const SESSION_OF_LIFECYCLE = {
  RTH: { outside_rth: false },
  ETH: { outside_rth: true },
  OVERNIGHT: { outside_rth: true, trading_session_type: "OVERNIGHT" },
} as const satisfies Record<Lifecycle, { outside_rth: boolean; trading_session_type?: string }>;

/** Currencies that the vendor converts an account's assets into. */
export const BASE_CURRENCIES = ["USD", "HKD", "CNH", "SGD", "AUD", "NZD"] as const;

/** Looks a vendor's word up; `undefined` for one that is newer than this table. */
export function lookUp<T>(table: Readonly<Record<string, T>>, word: string | null | undefined): T | undefined {
  return word != null && Object.hasOwn(table, word) ? table[word] : undefined;
}
