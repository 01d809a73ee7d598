/**
 * The vendor's words in ours: one table for each of its enumerations, every member of it in its row.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: "Trade Definition" and "Quote
 * Definition" in the documentation of the Longport OpenAPI.
 */
import type { UnifiedStatus } from "../../domain/market-status.ts";
import type { Direction, Lifecycle, OrderStatus, OrderType, TimeInForce } from "../../domain/order.ts";
import type { Region } from "../shared/regions.ts";

/** `OrderStatus`, as text in answers and pushes. */
export const ORDER_STATUS = {
  // Accepted and kept until its session begins, or until its condition is met.
  NotReported: "OPEN",
  ReplacedNotReported: "OPEN",
  ProtectedNotReported: "OPEN",
  VarietiesNotReported: "OPEN",
  FilledStatus: "FILLED",
  WaitToNew: "PENDING",
  NewStatus: "OPEN",
  WaitToReplace: "PENDING_REPLACE",
  PendingReplaceStatus: "PENDING_REPLACE",
  // The order as it was changed, which works on.
  ReplacedStatus: "OPEN",
  PartialFilledStatus: "PARTIALLY_FILLED",
  WaitToCancel: "PENDING_CANCEL",
  PendingCancelStatus: "PENDING_CANCEL",
  RejectedStatus: "REJECTED",
  CanceledStatus: "CANCELED",
  ExpiredStatus: "EXPIRED",
  // A part was filled and the rest withdrawn.
  PartialWithdrawal: "CANCELED",
} as const satisfies Record<string, OrderStatus>;

/** The vendor's words for orders that may still change by themselves. */
export const OPEN_STATUSES: readonly string[] = Object.entries(ORDER_STATUS)
  .filter(([, means]) => !["FILLED", "CANCELED", "REJECTED", "EXPIRED"].includes(means))
  .map(([word]) => word);

/** Its word for orders of which most have ended, and that may be good for another session. */
export const EXPIRED_STATUSES: readonly string[] = ["ExpiredStatus"];

/**
 * `OrderTag`, as far as it says how long an order stands. Unlike the time in force it is pushed as well. The vendor's
 * documents write `GTC` and its client reads `Gtc`.
 */
export const ORDER_TAG = { Normal: "DAY", Grey: "DAY", GTC: "GTC", Gtc: "GTC" } as const satisfies Record<
  string,
  TimeInForce
>;

/** `OrderSide`. */
export const SIDE = { Buy: "BUY", Sell: "SELL" } as const satisfies Record<string, Direction>;
export const WORD_OF_DIRECTION = { BUY: "Buy", SELL: "Sell" } as const satisfies Record<Direction, string>;

/** `OrderType`: only the plain ones have our names. */
export const ORDER_TYPE = {
  LO: "Limit",
  ELO: null,
  MO: "Market",
  AO: null,
  ALO: null,
  ODD: null,
  LIT: null,
  MIT: null,
  TSLPAMT: null,
  TSLPPCT: null,
  TSMAMT: null,
  TSMPCT: null,
  SLO: null,
} as const satisfies Record<string, OrderType | null>;
/** Those that a quantity and a price describe; of the others a change would have to say triggers and trails again. */
export const PLAIN_ORDER_TYPES: readonly string[] = ["LO", "ELO", "MO", "AO", "ALO", "ODD", "SLO"];
export const WORD_OF_ORDER_TYPE = { Limit: "LO", Market: "MO" } as const satisfies Record<OrderType, string>;

/** `TimeInForceType`. */
export const TIME_IN_FORCE = { Day: "DAY", GTC: "GTC", GTD: null } as const satisfies Record<
  string,
  TimeInForce | null
>;
export const WORD_OF_TIME_IN_FORCE = { DAY: "Day", GTC: "GTC" } as const satisfies Record<TimeInForce, string>;

/** `OutsideRTH`. */
export const OUTSIDE_RTH = {
  RTH_ONLY: "RTH",
  ANY_TIME: "ETH",
  OVERNIGHT: "OVERNIGHT",
  UnknownOutsideRth: null,
} as const satisfies Record<string, Lifecycle | null>;
export const WORD_OF_LIFECYCLE = {
  RTH: "RTH_ONLY",
  ETH: "ANY_TIME",
  OVERNIGHT: "OVERNIGHT",
} as const satisfies Record<Lifecycle, string>;

/** `TradeStatus` of a security: whether it can be traded. */
export const TRADE_STATUS = {
  0: { word: "Normal", tradable: true },
  1: { word: "Halted", tradable: false },
  2: { word: "Delisted", tradable: false },
  3: { word: "Fuse", tradable: false },
  4: { word: "PrepareList", tradable: false },
  5: { word: "CodeMoved", tradable: false },
  6: { word: "ToBeOpened", tradable: false },
  7: { word: "SplitStockHalts", tradable: false },
  8: { word: "Expired", tradable: false },
  9: { word: "WarrantPrepareList", tradable: false },
  10: { word: "SuspendTrade", tradable: false },
} as const satisfies Record<number, { readonly word: string; readonly tradable: boolean }>;

/** `TradeSession`: the kinds of trading hours. */
export const TRADE_SESSION = {
  0: { word: "Intraday", means: "RTH" },
  1: { word: "Pre", means: "PRE_HOURS" },
  2: { word: "Post", means: "AFTER_HOURS" },
  3: { word: "Overnight", means: "OVERNIGHT" },
} as const satisfies Record<number, { readonly word: string; readonly means: UnifiedStatus }>;

/** The form of a symbol, by region; the whole symbol matches. */
export const SYMBOL_PATTERNS = {
  US: "[A-Z]{1,6}(?:\\.[A-Z]{1,4})?",
  HK: "(?!00000)\\d{5}",
  CN: "(?:[0356]\\d|1[568])\\d{4}",
} as const satisfies Record<Region, string>;

/** Where a security is listed, as its symbol ends. */
export const REGION_OF_SUFFIX = {
  US: "US",
  HK: "HK",
  SH: "CN",
  SZ: "CN",
  SG: null,
} as const satisfies Record<string, Region | null>;

/** Looks a vendor's word up; `undefined` for a member that is newer than this table. */
export function lookUp<T>(table: Readonly<Record<string | number, T>>, word: string | number): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
