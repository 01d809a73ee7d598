/** The accounts behind one OpenD login, as a real one lists them: real, simulated, and some that are traps. */

import { demoAccount } from "../../src/exchange/demo-account.ts";
import type { ExchangeOptions } from "../../src/exchange/types.ts";
import { regionOfTrdMarket, TRD_ENV, TRD_MARKET, type TradeEnv } from "./codes.ts";

/** An account of the login. */
export interface Account {
  /** Decimal text: 64 bits. */
  readonly accId: string;
  readonly env: TradeEnv;
  /** The book its money and orders are on; accounts of one book see the parts of their markets. */
  readonly book: string;
  /** `TrdMarket` numbers the account may trade. */
  readonly markets: readonly number[];
  /** `SecurityFirm`; real accounts only. */
  readonly firm?: number;
  /** `SimAccType`: 1 stock, 2 option, 3 futures, 4 stock and option; simulated accounts only. */
  readonly simAccType?: number;
  /** True for one that holds several markets and currencies: its funds need a currency. */
  readonly universal?: boolean;
}

/** A holding the exchange has no name for: an option, a stock of another market. Reported as it is, never traded. */
export interface ExtraPosition {
  readonly accId: string;
  readonly code: string;
  readonly name?: string;
  readonly qty: number;
  readonly price: number;
  readonly trdMarket: number;
  readonly secMarket: number;
  readonly currency: number;
}

const UNIVERSAL: Account = {
  accId: "281756455982434220",
  env: "REAL",
  book: "REAL",
  markets: [TRD_MARKET.HK, TRD_MARKET.US, TRD_MARKET.HKCC],
  firm: 1,
  universal: true,
};

/** A real account at a second firm (Futu Inc), which makes the choice by environment and market ambiguous. */
export const SECOND_FIRM_ACCOUNT: Account = {
  accId: "284008255795119451",
  env: "REAL",
  book: "REAL-US",
  markets: [TRD_MARKET.US],
  firm: 2,
};

/** Another simulated account for US shares, of the newer kind. */
export const SILENT_ACCOUNT: Account = {
  accId: "3450314",
  env: "SIMULATE",
  book: "SIMULATE",
  markets: [TRD_MARKET.US],
  simAccType: 4,
};

const simulated = (accId: string, market: number, simAccType: number): Account => ({
  accId,
  env: "SIMULATE",
  book: "SIMULATE",
  markets: [market],
  simAccType,
});

/** What a fresh OpenD lists. */
export const DEFAULT_ACCOUNTS: readonly Account[] = [
  UNIVERSAL,
  simulated("3450309", TRD_MARKET.US, 2),
  simulated("3450310", TRD_MARKET.HK, 1),
  simulated("3450311", TRD_MARKET.US, 1),
  simulated("3450312", TRD_MARKET.CN, 1),
  simulated("3450313", TRD_MARKET.FUTURES, 3),
];

/** An option and a Japanese stock, in the real and in the simulated US account. */
export const UNUSUAL_POSITIONS: readonly ExtraPosition[] = [UNIVERSAL.accId, "3450311"].flatMap((accId) => [
  {
    accId,
    code: "AAPL260116C200000",
    name: "AAPL 260116 200.00C",
    qty: 3,
    price: 12.4,
    trdMarket: TRD_MARKET.US,
    secMarket: 2,
    currency: 2,
  },
  { accId, code: "7203", name: "Toyota", qty: 100, price: 2750, trdMarket: TRD_MARKET.JP, secMarket: 51, currency: 4 },
]);

/** The books of these accounts, each with the cash and the positions of a fresh account. */
export function booksOf(
  accounts: readonly Account[],
): Readonly<Record<string, Pick<ExchangeOptions, "cash" | "positions">>> {
  const names = new Set(accounts.map(({ book }) => book));
  return Object.fromEntries(
    [...names].map((name) => [name, { cash: demoAccount.cash, positions: positionsIn(accounts, name) }]),
  );
}

/** True for an account that trades shares: not a simulated option or futures account. */
export function tradesShares(account: Account): boolean {
  return account.simAccType === undefined || account.simAccType === 1 || isSilent(account);
}

/** The newer simulated account, of which OpenD is told nothing by itself: it pushes nothing, and keeps what it once read. */
export function isSilent({ simAccType }: Pick<Account, "simAccType">): boolean {
  return simAccType === 4;
}

/** Our regions that the account may trade. */
export function regionsOf(account: Account): readonly string[] {
  return account.markets.map(regionOfTrdMarket).filter((region) => region !== undefined);
}

/** The account as `Trd_GetAccList` tells it. */
export function accountMessage(account: Account): Readonly<Record<string, unknown>> {
  const real = account.env === "REAL";
  return {
    trdEnv: TRD_ENV[account.env],
    accID: account.accId,
    trdMarketAuthList: account.markets,
    accType: account.universal || account.simAccType === 2 ? 2 : 1,
    accStatus: 0,
    ...(real ? { securityFirm: account.firm, accRole: 1 } : { simAccType: account.simAccType }),
  };
}

function positionsIn(accounts: readonly Account[], book: string): NonNullable<ExchangeOptions["positions"]> {
  const regions = new Set(accounts.filter((account) => account.book === book).flatMap(regionsOf));
  return demoAccount.positions.filter(({ contract }) => regions.has(contract.region));
}
