/** What the exchange takes and gives; the paper broker and every simulator stand on these. */
import type { Contract } from "../domain/contract.ts";
import type { MarketStatus } from "../domain/market-status.ts";
import type { Direction, Lifecycle, Order, OrderChange, OrderRequest, OrderStatus } from "../domain/order.ts";
import type { Quote } from "../domain/quote.ts";

/** An order to the exchange. */
export interface ExchangeRequest extends OrderRequest {
  /** Free text that comes back with the order; `null` for none. */
  readonly tag: string | null;
}

/** An order on the exchange's books: the domain's order, with every field known. */
export interface ExchangeOrder extends Order {
  readonly orderType: OrderRequest["orderType"];
  readonly timeInForce: OrderRequest["timeInForce"];
  readonly lifecycle: Lifecycle;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One fill. */
export interface ExchangeFill {
  readonly fillId: string;
  readonly orderId: string;
  readonly contract: Contract;
  readonly direction: Direction;
  readonly qty: number;
  readonly price: number;
  readonly at: number;
}

/** Why the exchange said no. `reason` is for people. */
export type ExchangeRefusal =
  | "unknown-contract"
  | "unknown-order"
  | "order-not-open"
  | "insufficient-funds"
  | "short-sale"
  | "bad-quantity"
  | "bad-price"
  | "unsupported-session"
  | "market-closed";

/** Thrown by `place`, `replace` and `cancel`; nothing has changed then. */
export interface ExchangeError extends Error {
  readonly refusal: ExchangeRefusal;
}

/** A change on the books, told to every listener in the order in which it happened. */
export interface ExchangeEvent {
  readonly order: ExchangeOrder;
  /** The fill that caused it, if one did. */
  readonly fill: ExchangeFill | null;
}

/** How an order may be ended from outside. */
export type ExchangeEnding = Extract<OrderStatus, "CANCELED" | "EXPIRED" | "REJECTED">;

/** A matching engine with one account behind it. Synchronous; every call sees the effect of the one before. */
export interface Exchange {
  /** Milliseconds since the epoch on the exchange's clock. */
  now(): number;

  place(request: ExchangeRequest): ExchangeOrder;
  /** Keeps the order's id, fills and tag; `qty` is the new total. */
  replace(orderId: string, change: OrderChange): ExchangeOrder;
  cancel(orderId: string): ExchangeOrder;
  order(orderId: string): ExchangeOrder | undefined;
  /** Every order that is remembered, oldest first. */
  orders(): readonly ExchangeOrder[];
  fills(): readonly ExchangeFill[];

  /** Total quantity of each contract that is held, shorts negative, zero positions left out. */
  positions(): readonly {
    readonly contract: Contract;
    readonly currency: string;
    readonly qty: number;
    readonly avgCost: number;
  }[];
  /** Ledger lines: `available` is what open orders have not reserved. */
  balances(): readonly { readonly currency: string; readonly amount: number; readonly available: number }[];
  /** All balances expressed in one currency, at the exchange's configured rates. */
  totalCash(currency: string): number;

  /** The last prices; `undefined` for a contract that is not listed. */
  quote(contract: Contract): Quote | undefined;
  /** Sets the last price, traded at `at` (default now); what crosses is filled. Lists the contract if it was not. */
  setPrice(contract: Contract, price: number, at?: number): void;
  lotSize(contract: Contract): number;
  marketStatus(region: string): MarketStatus;

  /** Fills a part of an open order, whatever its limit. */
  fill(orderId: string, qty: number, price: number): ExchangeOrder;
  /** The venue itself ends an open order. */
  end(orderId: string, status: ExchangeEnding, reason: string): ExchangeOrder;

  /** Lets time-driven things happen up to `now()`: expiry of day orders, session opens. Called by whoever owns the clock. */
  tick(): void;
  /** Calls back on every change; returns the function that stops it. */
  subscribe(listener: (event: ExchangeEvent) => void): () => void;

  /** Plain data that `createExchange` takes back, for a state file. */
  snapshot(): ExchangeState;
}

/** What the exchange remembers, as plain JSON. */
export interface ExchangeState {
  readonly version: 1;
  readonly nextOrderNumber: number;
  readonly orders: readonly ExchangeOrder[];
  readonly fills: readonly ExchangeFill[];
  readonly cash: Readonly<Record<string, number>>;
  readonly positions: readonly { readonly contract: Contract; readonly qty: number; readonly avgCost: number }[];
  readonly prices: readonly {
    readonly contract: Contract;
    readonly price: number;
    readonly preClose: number;
    /** The running trading day's figures, and which day that is; without them the day starts afresh. */
    readonly openPrice?: number;
    readonly highPrice?: number;
    readonly lowPrice?: number;
    readonly tradingDay?: string;
  }[];
  /** Ids of the open orders in time priority; without it they stand in the order in which they were accepted. */
  readonly priority?: readonly string[];
  /** By its id, the price at which money was reserved for an open market order; without it the last price. */
  readonly countedAt?: Readonly<Record<string, number>>;
}

/** How an exchange is set up. */
export interface ExchangeOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number;
  /** Starting cash by currency. Default `{ USD: 1_000_000 }`. */
  readonly cash?: Readonly<Record<string, number>>;
  readonly positions?: readonly { readonly contract: Contract; readonly qty: number; readonly avgCost?: number }[];
  /** Listed contracts and their prices. */
  readonly prices?: readonly {
    readonly contract: Contract;
    readonly price: number;
    readonly preClose?: number;
    readonly lotSize?: number;
  }[];
  /** What one unit of a currency is worth in USD, for buying power across currencies. Default `{ USD: 1, HKD: 0.128, CNY: 0.14 }`. */
  readonly ratesToUsd?: Readonly<Record<string, number>>;
  /** Default false. */
  readonly allowShort?: boolean;
  /** Non-trading days by region, `YYYY-MM-DD` in the market's own time zone. */
  readonly holidays?: Readonly<Record<string, readonly string[]>>;
  /**
   * True where the last prices are another market's, which `setPrice` tells of: an order that has waited for its session
   * then meets the first price that is set in it, since the one from before may long be gone, and no order meets one that
   * was traded before its session began. Default false.
   */
  readonly quoted?: boolean;
  /** First order number. Default 1. */
  readonly firstOrderNumber?: number;
  /**
   * Orders that have ended, with their fills: at least so many of the newest are remembered, and at most twice as many.
   * Default: all.
   */
  readonly keptOrders?: number;
  /** A state to go on from; then `cash`, `positions` and `prices` only list contracts that the state lacks. */
  readonly state?: ExchangeState;
}
