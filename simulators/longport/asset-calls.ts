/** Cash, positions and what could be bought. */
import * as v from "valibot";
import { add, divide, multiply, roundTo, subtract } from "../../src/domain/money.ts";
import { isTerminal } from "../../src/domain/order.ts";
import { DEFAULT_RATES_TO_USD, ledgerCurrency } from "../../src/exchange/currencies.ts";
import { securityName } from "../shared/security-names.ts";
import { contractOf, decimal, symbolOf, vendorCurrency } from "./codes.ts";
import type { Desk } from "./desk.ts";
import type { Answer, Query } from "./http-messages.ts";
import { BOOK, CHANNEL, type ExtraPosition } from "./positions.ts";
import { badParameter, CODE, Refusal } from "./refusal.ts";
import { requests } from "./requests.ts";

/** `GET /v1/asset/account`. */
export function accountBalance(desk: Desk, { query }: Query): Answer {
  const { currency } = v.parse(requests.balance, query.single());
  const exchange = desk.venue.book(BOOK);
  const lines = exchange.balances();
  const totalCash = exchange.totalCash(currency);
  const holdings = exchange.positions().reduce((sum, { contract, qty, currency: own }) => {
    const price = desk.venue.quote(contract)?.latest ?? 0;
    return add(sum, convert(multiply(qty, price), own, currency));
  }, 0);
  const netAssets = roundTo(add(totalCash, holdings), 2);
  return {
    list: [
      {
        total_cash: decimal(roundTo(totalCash, 2)),
        max_finance_amount: "0",
        remaining_finance_amount: "0",
        risk_level: "1",
        margin_call: "0",
        currency,
        cash_infos: lines.map(({ currency: own, amount, available }) => ({
          withdraw_cash: decimal(Math.max(0, available)),
          available_cash: decimal(available),
          frozen_cash: decimal(subtract(amount, available)),
          settling_cash: "0",
          currency: vendorCurrency(own),
        })),
        net_assets: decimal(netAssets),
        init_margin: "0",
        maintenance_margin: "0",
        buy_power: decimal(roundTo(freePower(desk, currency), 2)),
        frozen_transaction_fees: [{ currency, frozen_transaction_fee: "0" }],
      },
    ],
  };
}

/** `GET /v1/asset/stock`: by channel; `symbol` may be repeated. */
export function stockPositions(desk: Desk, { query }: Query): Answer {
  const { symbol: wanted } = v.parse(requests.positions, query.repeated("symbol"));
  const own = desk.venue
    .book(BOOK)
    .positions()
    .map(({ contract, currency, qty, avgCost }) => ({
      symbol: symbolOf(contract),
      symbol_name: securityName(contract),
      currency,
      quantity: decimal(qty),
      available_quantity: decimal(subtract(qty, onSale(desk, symbolOf(contract)))),
      cost_price: decimal(roundTo(avgCost, 4)),
      market: contract.region,
      init_quantity: decimal(qty),
    }));
  const channels = new Map<string, readonly Readonly<Record<string, string>>[]>([[CHANNEL, own]]);
  for (const extra of desk.extraPositions) {
    channels.set(extra.channel, [...(channels.get(extra.channel) ?? []), extraMessage(extra)]);
  }
  const chosen = (symbol: string | undefined): boolean =>
    wanted.length === 0 || (symbol !== undefined && wanted.includes(symbol));
  return {
    list: [...channels].map(([channel, infos]) => ({
      account_channel: channel,
      stock_info: infos.filter(({ symbol }) => chosen(symbol)),
    })),
  };
}

/** `GET /v1/trade/estimate/buy_limit`: whole lots that the free cash buys at a price. */
export function estimateBuyLimit(desk: Desk, { query }: Query): Answer {
  const { symbol, side, price } = v.parse(requests.estimate, query.single());
  const contract = contractOf(symbol);
  if (contract === undefined) throw badParameter(`symbol: "${symbol}" is no ticker.region`);
  const quote = desk.venue.quote(contract);
  if (quote === undefined) throw new Refusal(CODE.unknownSymbol, `Symbol not found: ${symbol}`);
  const each = price ?? quote.latest;
  const lot = desk.venue.lotSize(contract);
  const power = Math.max(0, freePower(desk, quote.currency));
  const qty = side === "Sell" || !(each > 0) ? 0 : Math.floor(divide(power, multiply(each, lot))) * lot;
  return { cash_max_qty: decimal(qty), margin_max_qty: decimal(qty) };
}

function extraMessage({ symbol, name, qty, costPrice, currency, market }: ExtraPosition) {
  return {
    symbol,
    symbol_name: name,
    currency,
    quantity: decimal(qty),
    available_quantity: decimal(qty),
    cost_price: decimal(costPrice),
    market,
    init_quantity: decimal(qty),
  };
}

function onSale({ venue }: Desk, symbol: string): number {
  return venue
    .orders()
    .filter(
      ({ order }) => !isTerminal(order.status) && order.direction === "SELL" && symbolOf(order.contract) === symbol,
    )
    .reduce((sum, { order }) => add(sum, subtract(order.qty, order.filledQty)), 0);
}

function freePower({ venue }: Desk, currency: string): number {
  return venue
    .book(BOOK)
    .balances()
    .reduce((sum, line) => add(sum, convert(line.available, line.currency, currency)), 0);
}

function convert(amount: number, from: string, to: string): number {
  const rate = (currency: string): number => DEFAULT_RATES_TO_USD[ledgerCurrency(currency)] ?? 1;
  return divide(multiply(amount, rate(from)), rate(to));
}
