/** The vendor's words and how the exchange's are written in them. Source: the vendor's pages on enumerations. */
import { type Contract, cnExchange } from "../../src/domain/contract.ts";
import type { UnifiedStatus } from "../../src/domain/market-status.ts";
import type { Lifecycle, OrderStatus, OrderType } from "../../src/domain/order.ts";

export const ORDER_TYPES = { LMT: "Limit", MKT: "Market" } as const satisfies Record<string, OrderType>;
/** Trading sessions of an order. FULL, day and night in one, is no order of the exchange behind. */
export const SESSIONS = { RTH: "RTH", PRE_RTH_POST: "ETH", OVERNIGHT: "OVERNIGHT" } as const satisfies Record<
  string,
  Lifecycle
>;
const SESSION_NAMES = {
  RTH: "RTH",
  ETH: "PRE_RTH_POST",
  OVERNIGHT: "OVERNIGHT",
} as const satisfies Record<Lifecycle, keyof typeof SESSIONS>;

/** `tradingSessionType` of an order. */
export function sessionName(lifecycle: Lifecycle): string {
  return SESSION_NAMES[lifecycle];
}

/** Every status text of the vendor. */
const STATUSES = [
  "Initial",
  "PendingSubmit",
  "Submitted",
  "PendingCancel",
  "Cancelled",
  "Filled",
  "Inactive",
  "Invalid",
] as const;
export type VendorStatus = (typeof STATUSES)[number];

/**
 * The vendor's status of an order. An order whose session is not open yet is held (`PendingSubmit`); a part that is
 * filled shows in the quantity alone, and that an order has expired in its remark.
 */
export function vendorStatus(status: OrderStatus, isReported: boolean): VendorStatus {
  const live = isReported ? "Submitted" : "PendingSubmit";
  const table = {
    PENDING: "Initial",
    OPEN: live,
    PARTIALLY_FILLED: live,
    PENDING_REPLACE: live,
    PENDING_CANCEL: "PendingCancel",
    FILLED: "Filled",
    CANCELED: "Cancelled",
    EXPIRED: "Cancelled",
    REJECTED: "Inactive",
    UNKNOWN: "Initial",
  } as const satisfies Record<OrderStatus, VendorStatus>;
  return table[status];
}

/** Market states: the constant and the words beside it. */
export const MARKET_STATES = {
  NOT_YET_OPEN: "Not Yet Opened",
  PRE_HOUR_TRADING: "Pre-Mkt Trading",
  TRADING: "Trading",
  MIDDLE_CLOSE: "Lunch Break",
  POST_HOUR_TRADING: "Post-Mkt Trading",
  OVERNIGHT_TRADING: "Overnight Trading",
  CLOSING: "Closing Auction",
  EARLY_CLOSED: "Early Closed",
  MARKET_CLOSED: "Closed",
} as const;
export type MarketState = keyof typeof MARKET_STATES;

/** The vendor's state of a market. Source: its page on the state of markets in the documentation of the Java SDK. */
export function marketState(originStatus: string, unified: UnifiedStatus): MarketState {
  if (originStatus === "CLOSING_AUCTION") return "CLOSING";
  const table = {
    UNKNOWN: "NOT_YET_OPEN",
    OVERNIGHT: "OVERNIGHT_TRADING",
    PRE_HOURS: "PRE_HOUR_TRADING",
    RTH: "TRADING",
    REST: "MIDDLE_CLOSE",
    AFTER_HOURS: "POST_HOUR_TRADING",
    CLOSED: "MARKET_CLOSED",
  } as const satisfies Record<UnifiedStatus, MarketState>;
  return table[unified];
}

const REGION_OF_CURRENCY: Readonly<Record<string, string>> = { USD: "US", HKD: "HK", CNH: "CN" };

/** The vendor trades A shares in offshore yuan and keeps cash in it. */
export function vendorCurrency(currency: string): string {
  return currency === "CNY" ? "CNH" : currency;
}

/** Our region of a currency in which the vendor trades shares, `undefined` for any other. */
export function regionOfCurrency(currency: string): string | undefined {
  return REGION_OF_CURRENCY[currency];
}

/** The contract of a symbol as the vendor writes it: `BRK.B`, `00700`, `600519`. `undefined` for another form. */
export function contractOf(symbol: string, region?: string): Contract | undefined {
  const found = /^\d{5}$/.test(symbol) ? "HK" : /^\d{6}$/.test(symbol) ? "CN" : "US";
  if (region !== undefined && region !== found) return undefined;
  if (found === "CN" && cnExchange(symbol) === undefined) return undefined;
  if (found === "US" && !/^[A-Z]{1,6}(?:\.[A-Z]{1,2})?$/.test(symbol)) return undefined;
  return { tradeType: "Securities", region: found, symbol };
}
