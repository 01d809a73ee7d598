/** What all of OpenD's calls share: the login, the lock, the accounts, and how a request's header names one of them. */
import type { FrequencyLimiter } from "../shared/frequency.ts";
import { marketTime } from "../shared/market-time.ts";
import type { Venue, VenueOrder } from "../shared/venue.ts";
import type { Account, ExtraPosition } from "./accounts.ts";
import { marketState, TRD_ENV } from "./codes.ts";
import { Refusal } from "./refusal.ts";
import type { Header } from "./requests.ts";

/** The one login behind OpenD; all connections share it. */
export interface Desk {
  readonly venue: Venue;
  readonly accounts: readonly Account[];
  readonly extraPositions: readonly ExtraPosition[];
  /** Absent when the limits are switched off. */
  readonly limiter: FrequencyLimiter | undefined;
  /** Lowercase hex MD5 of the trade password. */
  readonly pinMd5: string;
  /** Lowercase hex MD5 of the WebSocket key, empty for none. */
  readonly keyMd5: string;
  /** Firms whose real accounts a connection has unlocked; holds for all connections. */
  readonly unlockedFirms: Set<number>;
  /** OpenD's version as it tells it: 1011 for 10.11. */
  readonly version: number;
  /** False while OpenD has no link to the vendor's servers. */
  loggedIn: boolean;
  /** False while it has none to those of quotes, which are others than those of trading. */
  quotesLoggedIn: boolean;
  /**
   * The orders as OpenD keeps them, which it lists without another question; `undefined` where the exchange's own are
   * always at hand.
   */
  readonly cache: Map<string, VenueOrder> | undefined;
  /** What OpenD keeps of accounts that it hears nothing of, by what was asked. */
  readonly kept: Map<string, unknown>;
  /** Whether it keeps the funds and positions of all accounts so. */
  readonly keepsHoldings: boolean;
  /** Does later what OpenD has only handed on; at once where nothing takes its time. */
  readonly later: (act: () => void) => void;
}

/** One connection, as far as the protocol above the wire knows it. */
export interface Peer {
  /** Decimal text of a 64-bit number; a new one for each connection. */
  readonly connId: string;
  /** True after the handshake. */
  ready: boolean;
  /** Highest packet number of a write so far. */
  serial: number;
  /** Accounts whose order pushes this connection asked for. */
  subscribed: ReadonlySet<string>;
  /** True when the connection wants notices such as a lost login. */
  wantsNotices: boolean;
}

/** OpenD's version as it tells it: 10.11, build 7108, the one the SDK belongs to. */
export const SERVER_VERSION = 1011;
export const SERVER_BUILD = 7108;

/** The vendor's definitions up to 7.6 name an order by its number alone, except in orders themselves. */
const LAST_WITHOUT_TEXT_IDS = 706;

/** Whether OpenD knows an order's `orderIDEx` in requests, and answers it to writes. */
export function readsTextIds({ version }: Desk): boolean {
  return version > LAST_WITHOUT_TEXT_IDS;
}

/** @throws {Refusal} while OpenD is not logged in behind. */
export function requireLogin(desk: Desk): void {
  if (!desk.loggedIn) throw new Refusal("OpenD 与服务器的连接已断开，未登录");
}

/** @throws {Refusal} while OpenD is not logged in to the servers of quotes; that is all it says of them then. */
export function requireQuotes(desk: Desk): void {
  if (!desk.quotesLoggedIn) throw new Refusal("网络中断");
}

/**
 * The account that a header names.
 * @throws {Refusal} when the login has no such account, or it may not trade that market.
 */
export function accountOf(desk: Desk, header: Header): Account {
  requireLogin(desk);
  const account = desk.accounts.find(({ accId, env }) => accId === header.accID && TRD_ENV[env] === header.trdEnv);
  if (account === undefined) throw new Refusal(`找不到业务账号 ${header.accID}，交易环境 ${header.trdEnv}`);
  if (!account.markets.includes(header.trdMarket)) {
    throw new Refusal(`业务账号 ${header.accID} 没有交易市场 ${header.trdMarket} 的权限`);
  }
  return account;
}

/** `QotMarketState` of a region's market now. */
export function stateOfMarket({ venue }: Desk, region: string): number {
  const hour = Number(marketTime(venue.now(), region).slice(11, 13));
  return marketState(venue.marketStatus(region), hour >= 12);
}
