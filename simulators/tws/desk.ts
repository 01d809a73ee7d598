/** What every call works on: the exchange, the accounts, whose orders are whose, and one client's session. */
import type { TimeInForce } from "../../src/domain/order.ts";
import type { Venue } from "../shared/venue.ts";
import type { ExtraPosition } from "./accounts.ts";
import type { Message } from "./frames.ts";
import type { OrderRecords } from "./order-records.ts";
import type { Holidays } from "./times.ts";

/**
 * What the account may see of the market:
 *
 * | word | meaning |
 * |---|---|
 * | `live` | everything |
 * | `not-subscribed` | 354; delayed data only to who asked for them (10167) |
 * | `api-not-subscribed` | the same with 10089, which announces delayed data too |
 * | `partial` | 10090 and no more than the close |
 * | `api-partial` | the same with 10091 |
 * | `competing-session` | 10197: the same user looks at the market elsewhere |
 */
export type MarketDataAccess =
  | "live"
  | "not-subscribed"
  | "api-not-subscribed"
  | "partial"
  | "api-partial"
  | "competing-session";

/** A TWS. */
export interface Desk {
  readonly venue: Venue;
  readonly accounts: readonly string[];
  readonly extraPositions: readonly ExtraPosition[];
  readonly records: OrderRecords;
  readonly holidays: Holidays;
  /** Days of which fills are listed, today included. */
  readonly tradeLogDays: number;
  /** The time in force that every order gets, whatever it asks for; `undefined` for none. */
  readonly presetTif: TimeInForce | undefined;
  /** Dollars of the cash that are at banks. */
  readonly sweptCash: number;
  /** True where the keys of the ledger begin with `$LEDGER-`. */
  readonly ledgerPrefix: boolean;
  /** Milliseconds within which a client is told the time once alone. */
  readonly timeEveryMs: number;
  /** Orders whose cancel waits for the exchange to open, by `permId`; `undefined` where it takes them at once. */
  pendingCancels: Set<string> | undefined;
  /** Changes that wait for the session of their order, the last of each, by `permId`; `undefined` where they are made at once. */
  pendingChanges: Map<string, () => void> | undefined;
  /** True where orders and changes wait for the link to IB's servers while it is lost. */
  readonly keepsOrders: boolean;
  /** TWS's link to IB's servers. */
  loggedIn: boolean;
  /** False while IB's servers are being reset: what is told of the accounts may be anything. */
  accountReady: boolean;
  marketData: MarketDataAccess;
}

/** A client's session, and what it has asked to be told. */
export interface Client {
  readonly id: number;
  readonly version: number;
  /** 1 live, 2 frozen, 3 delayed, 4 delayed and frozen. */
  marketDataType: number;
  /** Client 0 only: orders of the vendor's own window become its own. */
  bindsOrders: boolean;
  readonly summaries: Map<number, string>;
  accountUpdates: string | undefined;
  readonly accountUpdatesMulti: Map<number, string>;
  wantsPositions: boolean;
  readonly positionsMulti: Map<number, string>;
  readonly tickers: Map<number, Ticker>;
  /** When it was last told the time, by `performance.now()`. */
  toldTimeAt: number;
  /** Sends something that answers no request. */
  readonly send: (messages: readonly Message[]) => void;
}

/** A running market data subscription. */
export interface Ticker {
  readonly reqId: number;
  readonly contractKey: string;
  /** Tells of a change. */
  readonly changed: () => void;
}
