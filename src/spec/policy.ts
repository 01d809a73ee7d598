/** What an operator allows: to a token, and to an account as a whole. Checked in `http/check-policy.ts`, held to in `desk/risk/`. */
import type { Direction, Lifecycle, OrderType } from "../domain/order.ts";

/**
 * What a token may do. `read`: everything that changes nothing. `trade`: place and replace. `cancel`: cancel.
 * `admin`: the kill switch, metrics and readiness, and nothing of the other three.
 */
export const SCOPES = ["read", "trade", "cancel", "admin"] as const;

/** One of {@link SCOPES}, which say what each allows. */
export type Scope = (typeof SCOPES)[number];

/** A token with a name and bounds, in place of a plain text, which may `read`, `trade` and `cancel` without bounds. */
export interface TokenOptions {
  /** The token itself: 16 to 64 visible ASCII characters. Give this or `sha256`. */
  readonly token?: string;
  /**
   * SHA-256 of the token as 64 hexadecimal digits in lower case, so that the token itself stands nowhere.
   * `npx httptrading token` makes both.
   */
  readonly sha256?: string;
  /**
   * Who this is, for logs and the journal, 1 to 64 letters, digits, `_`, `.` or `-`; idempotency keys and daily figures
   * belong to it. Two tokens of one name are one principal: a token is rotated by adding its successor under the same name
   * and removing the old one later.
   */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** From then on the token is none: a date, or text with its time zone such as `2026-12-31T23:59:59Z`. Default: never. */
  readonly expiresAt?: Date | string;
  /** The only orders that it may place, and what a replaced order must be. Each list left out allows all. */
  readonly allow?: TokenAllowance;
  readonly limits?: TokenLimits;
}

/** An operator's token, see `adminTokens` of `createHttpTrading`. */
export type AdminTokenOptions = Pick<TokenOptions, "token" | "sha256" | "name" | "expiresAt">;

/** Which orders a token may send. Other orders are answered 403 `Forbidden`. */
export interface TokenAllowance {
  /** `["US"]` */
  readonly regions?: readonly string[];
  /** With their regions: `["US AAPL", "HK 00700"]`. */
  readonly symbols?: readonly string[];
  readonly directions?: readonly Direction[];
  readonly orderTypes?: readonly OrderType[];
  readonly lifecycles?: readonly Lifecycle[];
}

/** How much a token may send. Values are in {@link RiskOptions.currency} of the instance. */
export interface TokenLimits {
  /** Value of one order. */
  readonly maxOrderValue?: number;
  /** Quantity of one order. */
  readonly maxOrderQty?: number;
  /** Sum of the values of one UTC day's orders of this name; see {@link RiskOptions.maxDailyValue}. */
  readonly maxDailyValue?: number;
  /** Orders and replacements in any 60 seconds. What is more is answered 429 with the time to wait. */
  readonly ordersPerMinute?: number;
}

/**
 * Limits of an account, whichever token is used. They hold for the order that results from `order/place` and from
 * `order/replace`; what is beyond one is answered 422 `LimitExceeded` with the rule, the value and the limit, and is not
 * sent. Every limit left out does not exist, but for short sales: with `risk` given they are refused unless allowed.
 */
export interface RiskOptions {
  /** Currency of all values here and in the tokens' limits. Default `USD`. */
  readonly currency?: string;
  /**
   * What one unit of another currency is worth in `currency`: `{ HKD: 0.128, CNY: 0.14 }`. An order in a currency
   * without a rate is refused where its value matters.
   */
  readonly rates?: Readonly<Record<string, number>>;
  /**
   * Greatest value of one order: quantity times price. That of a limit order to buy is at its limit; an order to sell, a
   * market order and one of a kind without a name here are valued at the last quote where that is higher.
   */
  readonly maxOrderValue?: number;
  /** Greatest quantity of one order, in the unit of the contract. */
  readonly maxOrderQty?: number;
  /**
   * Greatest sum of the values of a UTC day's orders. Counted when an order is sent, given back when it turns out not to
   * have been sent or is rejected, and not when it is canceled. A replacement counts by how much more it is worth.
   */
  readonly maxDailyValue?: number;
  /** Greatest number of orders of the account that are open at once, those placed elsewhere among them. */
  readonly maxOpenOrders?: number;
  /** How far a limit price may be from the last quote on its bad side, as a part of it, at most 1: `0.05` is 5 percent. */
  readonly priceCollar?: number;
  /** Quotes that the rules above rest on. */
  readonly quotes?: QuotePolicy;
  /**
   * Milliseconds in which the same order (contract, direction, type, quantity, price) is not placed twice without an
   * `Idempotency-Key`. Default: no such window.
   */
  readonly duplicateWindowMs?: number;
  /** The only contracts that may be traded. Each list left out allows all. */
  readonly allow?: Pick<TokenAllowance, "regions" | "symbols">;
  /** True to let orders sell what is not held. Default false. */
  readonly allowShort?: boolean;
}

/** What a quote must be for a rule to rest on it. */
export interface QuotePolicy {
  /** Milliseconds after which a quote is too old. Default 60000. */
  readonly maxAgeMs?: number;
  /**
   * What happens to an order whose quote is missing or too old. `refuse` (default), or `allow`: rules that cannot be
   * checked are passed over, and a market order counts by the price of the old quote, or as 0 without any.
   */
  readonly missing?: "refuse" | "allow";
}

/**
 * The kill switch. `ACTIVE`: everything may be sent. `REDUCING`: only orders that shrink a position. `HALTED`: no order.
 * Cancels are always sent.
 */
export const TRADING_STATES = ["ACTIVE", "REDUCING", "HALTED"] as const;

/** One of {@link TRADING_STATES}, which say what each lets through. */
export type TradingState = (typeof TRADING_STATES)[number];

/** What a verified token stands for. */
export interface Mandate {
  /** The token's name. */
  readonly principal: string;
  readonly scopes: readonly Scope[];
  readonly allow?: TokenAllowance;
  readonly limits?: TokenLimits;
  /** From when on it is good for nothing, in milliseconds since the epoch; absent for one without an end. */
  readonly expiresAt?: number;
}
