/** Positions and the assets of an account. */
import * as v from "valibot";
import { add, divide, multiply, roundTo, subtract } from "../../src/domain/money.ts";
import { isTerminal } from "../../src/domain/order.ts";
import { DEFAULT_RATES_TO_USD, ledgerCurrency } from "../../src/exchange/currencies.ts";
import { securityName } from "../shared/security-names.ts";
import { type Account, type ExtraPosition, isGlobal } from "./accounts.ts";
import { contractOf, vendorCurrency } from "./codes.ts";
import { accountOf, contractId, type Desk, ordersOf } from "./desk.ts";
import { scaled } from "./order-message.ts";
import { bizParameter } from "./refusal.ts";
import { requests } from "./requests.ts";

type Answer = Readonly<Record<string, unknown>>;

/** Currencies that the vendor keeps a cash line of here. */
const CASH_CURRENCIES = ["USD", "HKD", "CNH"] as const;

/** `positions`: of one kind of security. */
export function positions(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.positions, biz);
  const account = accountOf(desk, request.account);
  const { sec_type: kind, currency, market, symbol } = request;
  const rows = [...shares(desk, account), ...desk.extraPositions.map((extra) => extraMessage(desk, extra, account))];
  return {
    items: rows.filter(
      (row) =>
        row["secType"] === kind &&
        (currency === "ALL" || row["currency"] === currency) &&
        (market === "ALL" || row["market"] === market) &&
        (symbol === undefined || symbol === "" || row["symbol"] === symbol),
    ),
  };
}

/** `prime_assets`: the securities' segment in the asked currency with a line for each currency, and an empty one of futures. */
export function primeAssets(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.primeAssets, biz);
  const account = accountOf(desk, request.account);
  if (isGlobal(account)) throw bizParameter(`prime_assets does not support the account ${account.number}`);
  const base = request.base_currency;
  if (!CASH_CURRENCIES.some((known) => known === base)) throw bizParameter(`invalid base_currency ${base}`);
  const now = desk.venue.now();
  return {
    accountId: account.number,
    updateTimestamp: now,
    segments: [securities(desk, account, base), segment("C", base, 0, 0, 0, [])],
  };
}

/** `assets`: of Global accounts alone. Its totals are in the account's own currency, and what is of a market in that of the market. */
export function assets(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.assets, biz);
  const account = accountOf(desk, request.account);
  if (!isGlobal(account)) throw bizParameter(`assets does not support the account ${account.number}`);
  const balances = desk.venue.book(account.book).balances();
  const ofMarkets = balances.map(({ currency, amount }) => ({
    account: account.number,
    currency: vendorCurrency(currency),
    cashBalance: roundTo(amount, 2),
    exchangeRate: convert(1, vendorCurrency(currency), "USD"),
  }));
  const cash = balances.reduce((sum, { currency, amount }) => add(sum, convert(amount, currency, "USD")), 0);
  const cashValue = roundTo(cash, 2);
  const segments = [
    { account: account.number, category: "S", title: "US Securities", cashValue },
    { account: account.number, category: "C", title: "US Commodities", cashValue: 0 },
  ];
  return {
    items: [
      {
        account: account.number,
        capability: "Reg T Margin",
        currency: "USD",
        cashBalance: cashValue,
        cashValue,
        ...(request.segment ? { segments } : {}),
        ...(request.market_value ? { marketValues: ofMarkets } : {}),
      },
    ],
  };
}

function securities(desk: Desk, account: Account, base: string): Answer {
  const exchange = desk.venue.book(account.book);
  const lines = new Map(exchange.balances().map((line) => [vendorCurrency(line.currency), line]));
  const cash = [...lines].reduce((sum, [currency, { amount }]) => add(sum, convert(amount, currency, base)), 0);
  const available = [...lines].reduce((sum, [currency, line]) => add(sum, convert(line.available, currency, base)), 0);
  const value = exchange.positions().reduce((sum, { contract, currency, qty, avgCost }) => {
    const price = exchange.quote(contract)?.latest ?? avgCost;
    return add(sum, convert(multiply(qty, price), currency, base));
  }, 0);
  return segment(
    "S",
    base,
    cash,
    available,
    value,
    CASH_CURRENCIES.map((currency) => ({
      currency,
      cashBalance: roundTo(lines.get(currency)?.amount ?? 0, 2),
      cashAvailableForTrade: roundTo(lines.get(currency)?.available ?? 0, 2),
      forexRate: convert(1, currency, base),
    })),
  );
}

function segment(
  category: "S" | "C",
  currency: string,
  cash: number,
  available: number,
  value: number,
  currencyAssets: readonly Answer[],
): Answer {
  const amount = (each: number): number => roundTo(each, 2);
  return {
    category,
    capability: "Cash",
    currency,
    cashBalance: amount(cash),
    cashAvailableForTrade: amount(available),
    cashAvailableForWithdrawal: amount(Math.max(0, available)),
    grossPositionValue: amount(value),
    equityWithLoan: amount(add(cash, value)),
    netLiquidation: amount(add(cash, value)),
    initMargin: 0,
    maintainMargin: 0,
    overnightMargin: 0,
    unrealizedPL: 0,
    realizedPL: 0,
    buyingPower: amount(Math.max(0, available)),
    lockedFunds: amount(Math.max(0, subtract(cash, available))),
    leverage: 0,
    uncollected: 0,
    currencyAssets,
    consolidatedSegTypes: category === "S" ? ["SEC", "FUND"] : [],
  };
}

function shares(desk: Desk, account: Account): readonly Answer[] {
  const exchange = desk.venue.book(account.book);
  return exchange.positions().map(({ contract, currency, qty, avgCost }) => {
    const latestPrice = exchange.quote(contract)?.latest ?? avgCost;
    const { value, scale } = scaled(qty);
    return {
      symbol: contract.symbol,
      market: contract.region,
      contractId: contractId(contract),
      identifier: contract.symbol,
      name: securityName(contract),
      currency: vendorCurrency(currency),
      ...rowOf(account, "STK", value, scale, avgCost, latestPrice, desk.venue.now()),
      salableQty: subtract(qty, onSale(desk, account, contract.symbol)),
    };
  });
}

function extraMessage(desk: Desk, extra: ExtraPosition, account: Account): Answer {
  const { symbol, market, currency, secType, position, positionScale, averageCost, latestPrice } = extra;
  const contract = contractOf(symbol) ?? { tradeType: "Securities", region: market, symbol };
  return {
    symbol,
    market,
    contractId: contractId(contract),
    identifier: secType === "OPT" ? `${symbol.padEnd(6)}280121C00200000` : symbol,
    name: symbol,
    currency,
    ...(secType === "OPT" ? { expiry: "20280121", strike: "200.0", right: "CALL" } : {}),
    ...rowOf(account, secType, position, positionScale, averageCost, latestPrice, desk.venue.now()),
  };
}

function rowOf(
  account: Account,
  secType: string,
  position: number,
  positionScale: number,
  averageCost: number,
  latestPrice: number,
  updateTimestamp: number,
): Answer {
  const qty = divide(position, 10 ** positionScale);
  const multiplier = secType === "OPT" ? 100 : 1;
  return {
    account: account.number,
    secType,
    position,
    positionScale,
    positionQty: qty,
    salableQty: qty,
    averageCost,
    averageCostByAverage: averageCost,
    latestPrice,
    marketValue: roundTo(multiply(multiply(qty, latestPrice), multiplier), 4),
    unrealizedPnl: roundTo(multiply(multiply(qty, subtract(latestPrice, averageCost)), multiplier), 4),
    realizedPnl: 0,
    multiplier,
    status: 0,
    updateTimestamp,
  };
}

function onSale(desk: Desk, account: Account, symbol: string): number {
  return ordersOf(desk, account)
    .filter(({ order }) => !isTerminal(order.status) && order.direction === "SELL" && order.contract.symbol === symbol)
    .reduce((sum, { order }) => add(sum, subtract(order.qty, order.filledQty)), 0);
}

function convert(amount: number, from: string, to: string): number {
  const rate = (currency: string): number => DEFAULT_RATES_TO_USD[ledgerCurrency(currency)] ?? 1;
  return from === to ? amount : divide(multiply(amount, rate(from)), rate(to));
}
