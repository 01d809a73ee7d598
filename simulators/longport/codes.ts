/** The vendor's words and how the exchange's are written in them. Source: the vendor's pages on trading definitions. */
import { type Contract, cnExchange } from "../../src/domain/contract.ts";
import type { Direction, Lifecycle, OrderStatus, OrderType, TimeInForce } from "../../src/domain/order.ts";

export const SIDES = { BUY: "Buy", SELL: "Sell" } as const satisfies Record<Direction, string>;
export const TIMES_IN_FORCE = { DAY: "Day", GTC: "GTC" } as const satisfies Record<TimeInForce, string>;
/** Good till a date: the exchange's GTC with an end that the simulator brings about. */
export const GTD = "GTD";
export const OUTSIDE_RTH = {
  RTH: "RTH_ONLY",
  ETH: "ANY_TIME",
  OVERNIGHT: "OVERNIGHT",
} as const satisfies Record<Lifecycle, string>;
/** What an order outside the US has instead. */
export const NO_OUTSIDE_RTH = "UnknownOutsideRth";

/** Order types the simulator trades. Conditional and auction orders exist at the vendor and are refused here. */
export const ORDER_TYPES = { LO: "Limit", ELO: "Limit", MO: "Market" } as const satisfies Record<string, OrderType>;
export type VendorOrderType = keyof typeof ORDER_TYPES;

/** Every status text of the vendor. */
export const STATUSES = [
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
] as const;
export type VendorStatus = (typeof STATUSES)[number];

/** What the status of an open order depends on beside the exchange's own. */
export interface OpenOrderState {
  readonly filledQty: number;
  /** True while the order's session is open. */
  readonly reported: boolean;
  readonly replaced: boolean;
}

/** The vendor's status of an order. */
export function vendorStatus(
  status: OrderStatus,
  { filledQty, reported, replaced }: OpenOrderState,
): VendorStatus | "Unknown" {
  const open = reported
    ? replaced
      ? "ReplacedStatus"
      : "NewStatus"
    : replaced
      ? "ReplacedNotReported"
      : "NotReported";
  const table = {
    PENDING: "WaitToNew",
    OPEN: open,
    PARTIALLY_FILLED: "PartialFilledStatus",
    PENDING_REPLACE: "PendingReplaceStatus",
    PENDING_CANCEL: "PendingCancelStatus",
    FILLED: "FilledStatus",
    CANCELED: filledQty > 0 ? "PartialWithdrawal" : "CanceledStatus",
    EXPIRED: "ExpiredStatus",
    REJECTED: "RejectedStatus",
    UNKNOWN: "Unknown",
  } as const satisfies Record<OrderStatus, VendorStatus | "Unknown">;
  return table[status];
}

/** A contract as the vendor writes it: `AAPL.US`, `700.HK`, `600519.SH`. */
export function symbolOf({ region, symbol }: Contract): string {
  if (region === "HK") return `${Number(symbol)}.HK`;
  return region === "CN" ? `${symbol}.${cnExchange(symbol) ?? "SH"}` : `${symbol}.${region}`;
}

/**
 * The contract of a symbol, `undefined` where it has not the form `ticker.region` of the vendor's documents: Hong Kong
 * without zeros in front, as every example there shows it.
 */
export function contractOf(symbol: string): Contract | undefined {
  const [, ticker = "", region = ""] = /^(.+)\.(US|HK|SH|SZ)$/.exec(symbol) ?? [];
  if (region === "HK") return /^[1-9]\d{0,4}$/.test(ticker) ? security("HK", ticker.padStart(5, "0")) : undefined;
  if (region === "US") return /^[A-Z]{1,6}(?:\.[A-Z]{1,2})?$/.test(ticker) ? security("US", ticker) : undefined;
  return region !== "" && cnExchange(ticker) === region ? security("CN", ticker) : undefined;
}

function security(region: string, symbol: string): Contract {
  return { tradeType: "Securities", region, symbol };
}

/** The vendor calls cash in yuan offshore yuan. */
export function vendorCurrency(currency: string): string {
  return currency === "CNY" ? "CNH" : currency;
}

/** A number as the vendor writes it: plain decimal text. */
export function decimal(value: number): string {
  const text = String(value);
  return /e/i.test(text) ? value.toFixed(12).replace(/\.?0+$/, "") : text;
}

/** Seconds since the epoch, as text. */
export function unixSeconds(at: number): string {
  return String(Math.floor(at / 1000));
}
