/** The accounts behind one login, and what a fresh one holds. */
import { demoAccount } from "../../src/exchange/demo-account.ts";
import type { BookOptions } from "../shared/venue.ts";

/** The account of a fresh login: a paper account. */
export const DEFAULT_ACCOUNT = "DU1234567";

/** A second account behind the same login. */
export const SECOND_ACCOUNT = "DU7654321";

/** A holding that the exchange has no name for. Reported as it is, never traded. */
export interface ExtraPosition {
  /** Default: the login's first account. */
  readonly account?: string;
  readonly conId: number;
  readonly symbol: string;
  readonly secType: string;
  readonly expiry?: string;
  readonly strike?: number;
  readonly right?: string;
  readonly multiplier?: string;
  readonly exchange?: string;
  readonly currency: string;
  readonly localSymbol: string;
  readonly tradingClass: string;
  readonly qty: number;
  /** As IB counts it: of an option, a contract's price times its multiplier. */
  readonly avgCost: number;
}

/** An option and a Japanese stock. */
export const UNUSUAL_POSITIONS: readonly ExtraPosition[] = [
  {
    conId: 654198765,
    symbol: "AAPL",
    secType: "OPT",
    expiry: "20270115",
    strike: 200,
    right: "C",
    multiplier: "100",
    currency: "USD",
    localSymbol: "AAPL  270115C00200000",
    tradingClass: "AAPL",
    qty: 3,
    avgCost: 1240,
  },
  {
    conId: 14017562,
    symbol: "7203",
    secType: "STK",
    exchange: "TSEJ",
    currency: "JPY",
    localSymbol: "7203",
    tradingClass: "7203",
    qty: 100,
    avgCost: 2750,
  },
];

/** The books of these accounts, one each, named by the account. */
export function booksOf(
  accounts: readonly string[],
  holidays: BookOptions["holidays"],
): Readonly<Record<string, BookOptions>> {
  const book: BookOptions = {
    cash: demoAccount.cash,
    positions: demoAccount.positions,
    ...(holidays === undefined ? {} : { holidays }),
  };
  return Object.fromEntries(accounts.map((account) => [account, book]));
}
