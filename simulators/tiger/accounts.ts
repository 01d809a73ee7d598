/** The developer and the accounts behind the simulator, and holdings that no adapter has a name for. */
import { demoAccount } from "../../src/exchange/demo-account.ts";
import type { BookOptions } from "../shared/venue.ts";

export const DEFAULT_TIGER_ID = "20150001";
/** A standard (prime) account: real money at the vendor. */
export const DEFAULT_ACCOUNT = "50190001";
/** A paper account: nothing but digits, seventeen of them. */
export const DEFAULT_PAPER_ACCOUNT = "20191106192858300";

/** Names of the two books. */
export const BOOKS = { live: "LIVE", paper: "PAPER" } as const;

/** True for a Global account, which has assets of its own kind. */
export function isGlobal({ number }: Account): boolean {
  return /^D?[UF]/.test(number);
}

/** An account of the developer. */
export interface Account {
  readonly number: string;
  readonly book: string;
  readonly isPaper: boolean;
}

/** A holding the exchange has no name for. Reported as it is, never traded. */
export interface ExtraPosition {
  readonly symbol: string;
  readonly secType: string;
  readonly market: string;
  readonly currency: string;
  /** As the vendor writes it: the number of shares is `position` × 10^-`positionScale`. */
  readonly position: number;
  readonly positionScale: number;
  readonly averageCost: number;
  readonly latestPrice: number;
}

/** A Singapore stock, a fraction of a US share, and an option, which only a request for its kind shows. */
export const UNUSUAL_POSITIONS: readonly ExtraPosition[] = [
  {
    symbol: "D05",
    secType: "STK",
    market: "SI",
    currency: "SGD",
    position: 200,
    positionScale: 0,
    averageCost: 41.5,
    latestPrice: 42.1,
  },
  {
    symbol: "NVDA",
    secType: "STK",
    market: "US",
    currency: "USD",
    position: 773,
    positionScale: 5,
    averageCost: 129.45,
    latestPrice: 183.52,
  },
  {
    symbol: "AAPL",
    secType: "OPT",
    market: "US",
    currency: "USD",
    position: 3,
    positionScale: 0,
    averageCost: 12.4,
    latestPrice: 13,
  },
];

/** What each book begins with. */
export function booksOf(accounts: readonly Account[]): Readonly<Record<string, BookOptions>> {
  const { cash, positions } = demoAccount;
  return Object.fromEntries(accounts.map(({ book }) => [book, { cash, positions }]));
}
