/** What a transport must be. There are two, `web.ts` and `native.ts`; neither knows of the other. */
import type { Balance, Channel, MarketHours, PushedOrder, TradingDays, VendorOrder, VendorQuote } from "./messages.ts";

/** What a transport reports. */
export interface TransportHandlers {
  onOrder(order: PushedOrder): void;
  /** The trade link came, with its pushes subscribed, or went, or did not come. */
  onLink(up: boolean, reason: string): void;
}

/** Which old orders. Times are milliseconds since the epoch. */
export interface HistoryQuery {
  readonly from: number;
  readonly to: number;
  /** In the vendor's words; empty for any. */
  readonly statuses: readonly string[];
}

/** A page of old orders, the newest first. */
export interface HistoryPage {
  readonly orders: readonly VendorOrder[];
  /** Absent where the vendor does not say. */
  readonly hasMore?: boolean;
}

/**
 * The connection to the vendor's services, kept up until it is closed.
 *
 * Reads reject with `VendorRefusal`, `HttpFault`, `NoAnswer` or `Unreadable`, and all of them end: with their signal, with
 * the transport, or in time.
 */
export interface Transport {
  /** Resolves when the first attempt has ended, well or badly. @throws BrokerError for what another attempt cannot heal. */
  start(): Promise<void>;
  /** Connects anew, since the token has changed. */
  renew(): void;
  /** Ends every call and, as far as the transport can, every connection. */
  close(): Promise<void>;
  /** A round trip on both links. @throws when one of them is not there. */
  probe(signal: AbortSignal): Promise<void>;
  balances(currency: string, signal: AbortSignal): Promise<readonly Balance[]>;
  positions(signal: AbortSignal): Promise<readonly Channel[]>;
  /**
   * With an id, that order alone, of whatever day; nothing where there is none. What is attached to an order is found by its id
   * where that is said to be of this kind.
   */
  todayOrders(signal: AbortSignal, orderId?: string, isAttached?: boolean): Promise<readonly VendorOrder[]>;
  historyOrders(query: HistoryQuery, signal: AbortSignal): Promise<HistoryPage>;
  order(orderId: string, signal: AbortSignal): Promise<VendorOrder>;
  quotes(symbols: readonly string[], signal: AbortSignal): Promise<readonly VendorQuote[]>;
  tradingSessions(signal: AbortSignal): Promise<readonly MarketHours[]>;
  /** Days as `20250604`; no more than a month. */
  tradingDays(market: string, from: string, to: string, signal: AbortSignal): Promise<TradingDays>;
}
