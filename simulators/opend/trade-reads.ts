/** Funds, positions and orders of an account. */
import * as v from "valibot";
import type { Contract } from "../../src/domain/contract.ts";
import { add, divide, multiply, roundTo, subtract } from "../../src/domain/money.ts";
import { isTerminal } from "../../src/domain/order.ts";
import { DEFAULT_RATES_TO_USD } from "../../src/exchange/currencies.ts";
import { marketTime, parseMarketTime, tradingDay } from "../shared/market-time.ts";
import { securityName } from "../shared/security-names.ts";
import type { VenueOrder } from "../shared/venue.ts";
import { type Account, isSilent, regionsOf, tradesShares } from "./accounts.ts";
import {
  currencyName,
  currencyNumber,
  currencyOfRegion,
  regionOfTrdMarket,
  secMarketOf,
  trdMarketOf,
} from "./codes.ts";
import { accountOf, type Desk, type Peer, readsTextIds } from "./desk.ts";
import { countCall } from "./limits.ts";
import { orderIdOf, orderMessage } from "./order-message.ts";
import { Refusal } from "./refusal.ts";
import { type FilterConditions, type Header, requests } from "./requests.ts";
import type { Answer } from "./session-calls.ts";

/** 2101: universal accounts need a currency; simulated ones have the one of their market and ignore it. */
export function getFunds(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const request = v.parse(requests.funds, c2s);
  const account = accountOf(desk, request.header);
  if (request.refreshCache) countCall(desk.limiter, "funds", account.accId);
  const currency = account.universal ? request.currency : currencyOfRegion(regionsOf(account)[0] ?? "US");
  if (currency === 0) throw new Refusal("缺少必要的参数: currency");
  const name = currencyName(currency);
  if (name === undefined) throw new Refusal(`账户不支持货币 ${currency}`);
  const now = () => funds(desk, account, name);
  return { header: request.header, funds: kept(desk, account, `funds ${name}`, request.refreshCache, now) };
}

/** 2102. */
export function getPositionList(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const { header, filterConditions, refreshCache } = v.parse(requests.positions, c2s);
  const account = accountOf(desk, header);
  if (refreshCache) countCall(desk.limiter, "positions", account.accId);
  const { codeList, filterMarket } = filterConditions;
  const list = kept(desk, account, "positions", refreshCache, () => [
    ...shares(desk, account).map((share) => shareMessage(share, account)),
    ...extras(desk, account),
  ]);
  return {
    header,
    positionList: list.filter(
      ({ code, trdMarket }) =>
        (codeList.length === 0 || codeList.includes(code)) && (filterMarket === 0 || filterMarket === trdMarket),
    ),
  };
}

/** What OpenD has kept, or what is there now. */
function kept<T>(desk: Desk, account: Account, what: string, refresh: boolean, now: () => T): T {
  const key = `${account.accId} ${what}`;
  if (!desk.keepsHoldings && !isSilent(account)) return now();
  if (refresh || !desk.kept.has(key)) desk.kept.set(key, now());
  return desk.kept.get(key) as T;
}

/** 2201: the orders of the current trading day and those still open. */
export function getOrderList(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const { header, filterConditions, filterStatusList, refreshCache } = v.parse(requests.orders, c2s);
  const account = accountOf(desk, header);
  if (refreshCache) countCall(desk.limiter, "orders", account.accId);
  const heard = () => ordersOf(desk, account).flatMap((entry) => known(desk, entry, refreshCache));
  const orders = (isSilent(account) ? kept(desk, account, "orders", refreshCache, heard) : heard()).filter((entry) =>
    isOfToday(desk, entry),
  );
  return listed(header, account, filterStatusList, chosen(desk, orders, account, header, filterConditions));
}

/** The longest span of history that is known to be answered, which is the vendor's default; of months the clocks change in. */
const LONGEST_HISTORY_MS = 90 * 86_400_000 + 3_600_000;

/** 2221: what ended on an earlier trading day. Of longer spans users of the vendor's get no answer. */
export function getHistoryOrderList(desk: Desk, _peer: Peer, c2s: unknown): Answer {
  const { header, filterConditions, filterStatusList } = v.parse(requests.orders, c2s);
  const account = accountOf(desk, header);
  if (filterConditions.beginTime === "" || filterConditions.endTime === "") {
    throw new Refusal("缺少必要的参数: beginTime, endTime");
  }
  countCall(desk.limiter, "history", account.accId);
  const bound = (text: string, field: string) => timeBound(text, "HK", field) ?? 0;
  const span = bound(filterConditions.endTime, "endTime") - bound(filterConditions.beginTime, "beginTime");
  if (span > LONGEST_HISTORY_MS) throw new Refusal("NN_ProtoRet_TimeOut");
  const orders = ordersOf(desk, account).filter((entry) => !isOfToday(desk, entry));
  return listed(header, account, filterStatusList, chosen(desk, orders, account, header, filterConditions));
}

/** The orders an account has: those of its book in its markets. */
export function ordersOf(desk: Desk, account: Account): readonly VenueOrder[] {
  if (!tradesShares(account)) return [];
  const regions = regionsOf(account);
  return desk.venue
    .orders()
    .filter(({ book, order }) => book === account.book && regions.includes(order.contract.region));
}

/** The order as OpenD has it, nothing before it has heard of it; as it is once OpenD asks anew. */
function known({ cache }: Desk, entry: VenueOrder, refresh: boolean): readonly VenueOrder[] {
  if (cache === undefined) return [entry];
  if (refresh) cache.set(entry.wireId, entry);
  return [cache.get(entry.wireId) ?? []].flat();
}

function isOfToday(desk: Desk, { order }: VenueOrder): boolean {
  const day = (at: number): string => tradingDay(at, order.contract.region);
  const today = day(desk.venue.now());
  if (!isTerminal(order.status) || day(order.createdAt) === today) return true;
  return order.timeInForce === "GTC" && day(order.updatedAt) === today;
}

function chosen(
  desk: Desk,
  orders: readonly VenueOrder[],
  account: Account,
  header: Header,
  { idList, orderIDExList, codeList, beginTime, endTime, filterMarket }: FilterConditions,
): readonly VenueOrder[] {
  const region = regionOfTrdMarket(header.trdMarket) ?? "HK";
  const begin = timeBound(beginTime, region, "beginTime") ?? Number.NEGATIVE_INFINITY;
  const end = timeBound(endTime, region, "endTime") ?? Number.POSITIVE_INFINITY;
  return orders.filter(
    ({ order, wireId }) =>
      (idList.length === 0 || idList.includes(orderIdOf(wireId))) &&
      (orderIDExList.length === 0 || !readsTextIds(desk) || orderIDExList.includes(wireId)) &&
      (codeList.length === 0 || codeList.includes(order.contract.symbol)) &&
      (filterMarket === 0 || filterMarket === trdMarketOf(order.contract.region, account.env)) &&
      order.createdAt >= begin &&
      order.createdAt <= end,
  );
}

function listed(header: Header, account: Account, statuses: readonly number[], orders: readonly VenueOrder[]): Answer {
  const messages = orders
    .map((entry) => orderMessage(entry, account.env))
    .filter(({ orderStatus }) => statuses.length === 0 || statuses.some((status) => status === orderStatus));
  // The vendor lists the newest order first.
  return { header, orderList: messages.toReversed() };
}

function timeBound(text: string, region: string, field: string): number | undefined {
  if (text === "") return undefined;
  const at = parseMarketTime(text, region);
  if (at === undefined) {
    throw new Refusal(`${field} 格式错误: "${text}"，应为 YYYY-MM-DD HH:MM:SS，例如 ${marketTime(0, region)}`);
  }
  return at;
}

function funds(desk: Desk, account: Account, currency: string): Answer {
  const exchange = desk.venue.book(account.book);
  const lines = exchange
    .balances()
    .filter((line) => account.universal || currencyNumber(line.currency) === currencyNumber(currency));
  const cash = account.universal ? exchange.totalCash(currency) : (lines[0]?.amount ?? 0);
  const available = account.universal
    ? lines.reduce((sum, line) => add(sum, convert(line.available, line.currency, currency)), 0)
    : (lines[0]?.available ?? 0);
  const marketVal = shares(desk, account).reduce(
    (sum, share) => add(sum, convert(multiply(share.qty, share.price), share.currency, currency)),
    0,
  );
  const amount = (value: number): number => roundTo(value, 3);
  return {
    power: amount(Math.max(0, available)),
    totalAssets: amount(add(cash, marketVal)),
    cash: amount(cash),
    marketVal: amount(marketVal),
    frozenCash: amount(Math.max(0, subtract(cash, available))),
    debtCash: amount(Math.max(0, -cash)),
    avlWithdrawalCash: amount(Math.max(0, available)),
    currency: currencyNumber(currency),
    cashInfoList: lines.map((line) => ({
      currency: currencyNumber(line.currency),
      cash: amount(line.amount),
      availableBalance: amount(Math.max(0, line.available)),
      netCashPower: amount(line.available),
    })),
  };
}

function convert(value: number, from: string, to: string): number {
  const rate = (currency: string): number => DEFAULT_RATES_TO_USD[currency] ?? 1;
  return from === to ? value : divide(multiply(value, rate(from)), rate(to), 6);
}

/** A holding of the exchange with its market price. */
interface Share {
  readonly contract: Contract;
  readonly currency: string;
  readonly qty: number;
  readonly avgCost: number;
  readonly price: number;
}

interface PositionMessage extends Answer {
  readonly code: string;
  readonly trdMarket: number;
}

function shares(desk: Desk, account: Account): readonly Share[] {
  if (!tradesShares(account)) return [];
  const regions = regionsOf(account);
  const exchange = desk.venue.book(account.book);
  return exchange
    .positions()
    .filter(({ contract }) => regions.includes(contract.region))
    .map((holding) => ({ ...holding, price: exchange.quote(holding.contract)?.latest ?? holding.avgCost }));
}

function shareMessage({ contract, currency, qty, avgCost, price }: Share, { accId, env }: Account): PositionMessage {
  return {
    positionID: orderIdOf(`position ${accId} ${contract.region} ${contract.symbol}`),
    positionSide: qty < 0 ? 1 : 0,
    code: contract.symbol,
    name: securityName(contract),
    qty,
    canSellQty: Math.max(0, qty),
    price,
    costPrice: avgCost,
    val: roundTo(multiply(qty, price), 3),
    plVal: roundTo(multiply(qty, subtract(price, avgCost)), 3),
    secMarket: secMarketOf(contract),
    currency: currencyNumber(currency),
    trdMarket: trdMarketOf(contract.region, env),
  };
}

function extras(desk: Desk, account: Account): readonly PositionMessage[] {
  return desk.extraPositions
    .filter(({ accId }) => accId === account.accId)
    .map(({ accId: _accId, name, ...position }) => ({
      ...position,
      positionID: orderIdOf(`position ${account.accId} ${position.code}`),
      positionSide: position.qty < 0 ? 1 : 0,
      name: name ?? position.code,
      canSellQty: Math.max(0, position.qty),
      val: roundTo(multiply(position.qty, position.price), 3),
      plVal: 0,
    }));
}
