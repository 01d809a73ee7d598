/** The figures of an account, under the names that IB gives them. */

import { add, multiply, roundTo, subtract } from "../../src/domain/money.ts";
import { DEFAULT_RATES_TO_USD, ledgerCurrency } from "../../src/exchange/currencies.ts";
import { contractFields, ibContractOf } from "./contracts.ts";
import type { Desk } from "./desk.ts";
import type { Field } from "./frames.ts";

/** Currency that an account's totals are in. */
const BASE_CURRENCY = "USD";

/** One figure. */
export interface AccountValue {
  readonly key: string;
  readonly value: string;
  /** Empty for what is no amount; `BASE` for the sum of the ledger. */
  readonly currency: string;
}

/** A holding as IB counts it. */
export interface HeldPosition {
  /** From the id of the contract to its trading class. */
  readonly contract: readonly Field[];
  readonly currency: string;
  readonly primaryExchange: string;
  readonly qty: number;
  readonly avgCost: number;
  readonly marketPrice: number;
}

/** Every holding of an account, with those that the exchange has no name for. */
export function positionsOf(desk: Desk, account: string): readonly HeldPosition[] {
  const listed = desk.venue
    .book(account)
    .positions()
    .map(({ contract, qty, avgCost }) => {
      const found = ibContractOf(contract, desk.venue);
      return {
        // A position says where the stock is listed, not how an order for it would be routed.
        contract: contractFields(found, found.primaryExchange),
        currency: found.currency,
        primaryExchange: found.primaryExchange,
        qty,
        avgCost,
        marketPrice: desk.venue.quote(contract)?.latest ?? avgCost,
      };
    });
  const extra = desk.extraPositions
    .filter((position) => (position.account ?? desk.accounts[0]) === account)
    .map((position) => {
      const { conId, symbol, secType, expiry = "", strike = 0, right = "", multiplier = "", exchange = "" } = position;
      const { currency, localSymbol, tradingClass, qty, avgCost } = position;
      return {
        contract: [
          ...[conId, symbol, secType, expiry, strike, right, multiplier],
          ...[exchange, currency, localSymbol, tradingClass],
        ],
        currency,
        primaryExchange: exchange,
        qty,
        avgCost,
        marketPrice: multiplier === "" ? avgCost : avgCost / Number(multiplier),
      };
    });
  return [...listed, ...extra];
}

/** The totals, in {@link BASE_CURRENCY}. */
export function totalsOf(desk: Desk, account: string): readonly AccountValue[] {
  const book = desk.venue.book(account);
  const cash = book.totalCash(BASE_CURRENCY);
  const stocks = stockValue(desk, account, undefined);
  const available = book.balances().reduce((sum, { currency, available: free }) => add(sum, inBase(free, currency)), 0);
  const net = add(cash, stocks);
  const amounts: Readonly<Record<string, number>> = {
    AccruedCash: 0,
    AvailableFunds: available,
    BuyingPower: available,
    EquityWithLoanValue: net,
    ExcessLiquidity: available,
    FullAvailableFunds: available,
    FullExcessLiquidity: available,
    FullInitMarginReq: subtract(cash, available),
    FullMaintMarginReq: 0,
    GrossPositionValue: stocks,
    InitMarginReq: subtract(cash, available),
    LookAheadAvailableFunds: available,
    LookAheadExcessLiquidity: available,
    LookAheadInitMarginReq: 0,
    LookAheadMaintMarginReq: 0,
    MaintMarginReq: 0,
    NetLiquidation: net,
    PreviousDayEquityWithLoanValue: net,
    RegTEquity: net,
    RegTMargin: 0,
    SettledCash: cash,
    SMA: available,
    TotalCashValue: cash,
  };
  return [
    { key: "AccountType", value: "INDIVIDUAL", currency: "" },
    { key: "Cushion", value: "1", currency: "" },
    { key: "DayTradesRemaining", value: "-1", currency: "" },
    { key: "Leverage", value: "0.00", currency: "" },
    { key: "LookAheadNextChange", value: "0", currency: "" },
    ...Object.entries(amounts).map(([key, value]) => ({ key, value: money(value), currency: BASE_CURRENCY })),
  ];
}

/** The ledger: the lines of every currency, then those of their sum, which is called `BASE`. */
export function ledgerOf(desk: Desk, account: string): readonly AccountValue[] {
  const book = desk.venue.book(account);
  const cash = new Map(book.balances().map(({ currency, amount }) => [currency, amount]));
  for (const { currency } of positionsOf(desk, account)) {
    const name = ledgerCurrency(currency);
    if (!cash.has(name)) cash.set(name, 0);
  }
  const lines = [...cash].map(([currency, amount]) => ({
    currency: currency === "CNY" ? "CNH" : currency,
    amount,
    stocks: stockValue(desk, account, currency),
    rate: rateOf(currency),
  }));
  const base = {
    currency: "BASE",
    amount: book.totalCash(BASE_CURRENCY),
    stocks: stockValue(desk, account, undefined),
    rate: 1,
  };
  return [...lines, base].flatMap(({ currency, amount, stocks, rate }) =>
    Object.entries({
      AccountOrGroup: account,
      Currency: currency,
      CashBalance: money(add(amount, currency === "USD" || currency === "BASE" ? desk.sweptCash : 0)),
      TotalCashBalance: money(amount),
      AccruedCash: money(0),
      StockMarketValue: money(stocks),
      OptionMarketValue: money(0),
      NetLiquidationByCurrency: money(add(amount, stocks)),
      UnrealizedPnL: money(0),
      RealizedPnL: money(0),
      ExchangeRate: rate.toFixed(7),
    }).map(([key, value]) => ({ key, value, currency })),
  );
}

/** Value of the stocks in one currency, or of all in the base currency. Options are left out: they have no price here. */
function stockValue(desk: Desk, account: string, currency: string | undefined): number {
  return desk.venue
    .book(account)
    .positions()
    .filter((position) => currency === undefined || position.currency === currency)
    .reduce((sum, { contract, qty, currency: of }) => {
      const value = multiply(qty, desk.venue.quote(contract)?.latest ?? 0);
      return add(sum, currency === undefined ? inBase(value, of) : value);
    }, 0);
}

function inBase(amount: number, currency: string): number {
  return roundTo(multiply(amount, rateOf(currency)), 4);
}

function rateOf(currency: string): number {
  return DEFAULT_RATES_TO_USD[ledgerCurrency(currency)] ?? 0.0067;
}

function money(amount: number): string {
  return roundTo(amount, 4).toFixed(2);
}
