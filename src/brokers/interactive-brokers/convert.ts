/** Between our words and the gateway's: pure functions, nothing of the connection. */
import { type Cash, type CashBalance, sameCurrency } from "../../domain/cash.ts";
import { type Contract, contractKey, type Unmapped } from "../../domain/contract.ts";
import { add, divide, withoutDust } from "../../domain/money.ts";
import {
  type Direction,
  isTerminal,
  type Lifecycle,
  type Order,
  type OrderRequest,
  type OrderType,
  type TimeInForce,
} from "../../domain/order.ts";
import type { Position } from "../../domain/position.ts";
import type { Quote } from "../../domain/quote.ts";
import { dayOf, instantAt } from "../../exchange/zoned-time.ts";
import type { Placed, PositionListing } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import { isTag } from "../shared/own-tag.ts";
import { contractCurrency } from "../shared/regions.ts";
import { AT_EXCHANGE, DIRECTION, lookUp, ORDER_TYPE, TICK_FIELD, TIME_IN_FORCE, type TickField } from "./codes.ts";
import { OVERNIGHT_EXCHANGE } from "./contracts.ts";
import { toZone } from "./hours.ts";
import type { KnownOrder } from "./known-order.ts";
import type { OrderTicket } from "./link.ts";
import type { AccountValue, VendorContract } from "./messages.ts";

/**
 * One order; `undefined` when its side has no word here.
 *
 * @param ours our client id: orders of other programs cannot be canceled from here.
 * @param isNew whether TWS may still send on what it was told before this session.
 */
export function toOrder(known: KnownOrder, contract: Contract, ours: number, isNew = false): Order | undefined {
  const { order, status } = known;
  const direction = lookUp<Direction>(DIRECTION, order.action);
  if (direction === undefined) return undefined;
  const orderType = lookUp<OrderType>(ORDER_TYPE, order.orderType) ?? null;
  const isOurs = isOwn(known, ours);
  return {
    orderId: String(known.permId),
    contract,
    currency: contractCurrency(known.contract.currency, contract),
    direction,
    orderType,
    price: orderType === "Market" || !order.lmtPrice ? null : withoutDust(order.lmtPrice),
    timeInForce: lookUp<TimeInForce | null>(TIME_IN_FORCE, order.tif) ?? null,
    lifecycle: lifecycleOf(known, contract),
    qty: known.qty,
    filledQty: known.filledQty,
    avgPrice: known.avgPrice,
    status,
    originStatus: known.originStatus,
    errorReason: known.errorReason,
    warning: known.warning,
    // No order of ours has a parent: a mark of ours on one that TWS has attached is its parent's.
    tag: isTag(order.orderRef) && !order.attached ? order.orderRef : null,
    ...(isOurs ? {} : { cancelable: false }),
    ...(known.corrected ? { busted: true } : {}),
    // TWS shows a change that is made between two sessions of the exchange with the next one.
    ...(isTerminal(status) || (known.originStatus === AT_EXCHANGE && !isNew) ? {} : { holdsChanges: true }),
    createdAt: known.createdAt,
    updatedAt: known.updatedAt,
  };
}

/** True for an order that this client id placed: no other can be changed or canceled by it. */
export function isOwn({ clientId, orderId }: KnownOrder, ours: number): boolean {
  return clientId === ours && orderId > 0;
}

function lifecycleOf({ contract: vendor, order }: KnownOrder, { region }: Contract): Lifecycle | null {
  if (region !== "US") return "RTH";
  // The night and the day in one has no word here.
  if (order.includeOvernight) return null;
  if (vendor.exchange === OVERNIGHT_EXCHANGE) return "OVERNIGHT";
  return order.outsideRth ? "ETH" : "RTH";
}

/** A new order in the SDK's form. */
export function toTicket(request: OrderRequest, account: string, tag: string): OrderTicket {
  const { direction, orderType, timeInForce, lifecycle, qty, price, contract } = request;
  return {
    action: direction,
    totalQuantity: qty,
    orderType: orderType === "Limit" ? "LMT" : "MKT",
    ...(orderType === "Limit" && price !== undefined ? { lmtPrice: price } : {}),
    tif: timeInForce,
    outsideRth: contract.region === "US" && lifecycle === "ETH",
    account,
    orderRef: tag,
    transmit: true,
  };
}

/** What TWS has made of an order in silence, or with a remark, as by its presets. */
export function changedTerms(asked: OrderRequest, { lifecycle, timeInForce, price }: Order): Placed["effective"] {
  return {
    ...(lifecycle !== null && lifecycle !== asked.lifecycle ? { lifecycle } : {}),
    ...(timeInForce !== null && timeInForce !== asked.timeInForce ? { timeInForce } : {}),
    ...(asked.orderType === "Limit" && price !== null && price !== asked.price ? { price } : {}),
  };
}

/** One holding as the gateway reports it, with the contract of ours (`null` for none). */
export interface Holding {
  readonly contract: Contract | null;
  readonly vendor: VendorContract;
  readonly qty: number;
}

/** Holdings: one line a contract, what has no name here apart. */
export function toPositions(holdings: readonly Holding[]): PositionListing {
  const positions = new Map<string, Position>();
  const unmapped: Unmapped[] = [];
  for (const { contract, vendor, qty: raw } of holdings) {
    const qty = withoutDust(raw);
    // What was sold today stays in the vendor's list with nothing in it.
    if (qty === 0) continue;
    if (contract === null) {
      unmapped.push({ originSymbol: originSymbol(vendor), qty });
      continue;
    }
    const key = contractKey(contract);
    const sum = add(positions.get(key)?.qty ?? 0, qty);
    positions.set(key, { contract, unit: "Share", currency: contractCurrency(vendor.currency, contract), qty: sum });
  }
  return { positions: [...positions.values()], unmapped };
}

/** The vendor's own name of a contract: that of the exchange for options and futures. */
export function originSymbol({ localSymbol, symbol }: VendorContract): string {
  return localSymbol || symbol;
}

const BASE = "BASE";

/**
 * Cash from the account's values: the ledger's total in the base currency, by the vendor's own rate in the one asked for.
 *
 * @throws BrokerError `NotSupported` where the vendor gives no rate, `BrokerFault` where it gives no total, or says that its
 * servers are being reset.
 */
export function toCash(values: readonly AccountValue[], currency: string): Cash {
  if (values.some(({ key, value }) => /^accountReady$/i.test(key) && /^false$/i.test(value))) {
    const message =
      "Interactive Brokers is resetting its servers: what TWS has of the account may be wrong; ask again later";
    throw new BrokerError("BrokerFault", message);
  }
  const find = (key: string, of: (currency: string) => boolean): number | undefined =>
    values.filter((each) => each.key === key && of(each.currency)).map(({ value }) => toAmount(value))[0];
  // The other one counts cash twice that is swept to banks.
  const cashIn = (asked: string) =>
    find("TotalCashBalance", (of) => of === asked) ?? find("CashBalance", (of) => of === asked);
  const lines: CashBalance[] = [];
  const seen = new Set<string>();
  for (const { key, currency: of } of values) {
    if (!/^(?:Total)?CashBalance$/.test(key) || of === BASE || of === "" || seen.has(of)) continue;
    seen.add(of);
    const amount = cashIn(of);
    if (amount !== undefined) lines.push({ currency: of, amount, available: null });
  }
  const base = baseCurrency(values);
  const total = cashIn(BASE);
  if (base === undefined || total === undefined) {
    throw new BrokerError("BrokerFault", "Interactive Brokers gave no total of the account's cash");
  }
  // Kept at zero for ever after a currency was once held.
  const balances = lines.filter(({ amount, currency: of }) => amount !== 0 || sameCurrency(of, base));
  const asked = currency === "CNY" ? "CNH" : currency;
  if (sameCurrency(base, currency)) return { currency: asked, amount: total, balances };
  const rate = find("ExchangeRate", (of) => sameCurrency(of, currency));
  if (rate === undefined || rate <= 0) {
    throw new BrokerError(
      "NotSupported",
      `Interactive Brokers gives no exchange rate from ${base} to ${currency} for this account; it has: ${[
        base,
        ...lines.map((line) => line.currency),
      ]
        .filter((each, at, all) => all.indexOf(each) === at)
        .join(", ")}`,
    );
  }
  return { currency: asked, amount: divide(total, rate, 2), balances };
}

/** The account's base currency: that of its totals, or else the ledger's line with the rate of one. */
function baseCurrency(values: readonly AccountValue[]): string | undefined {
  for (const key of ["TotalCashValue", "NetLiquidation"]) {
    const found = values.find((each) => each.key === key && /^[A-Z]{3}$/.test(each.currency));
    if (found !== undefined) return found.currency;
  }
  return values.find(({ key, value, currency }) => key === "ExchangeRate" && currency !== BASE && toAmount(value) === 1)
    ?.currency;
}

function toAmount(value: string): number | undefined {
  const amount = value === "" ? Number.NaN : Number(value);
  return Number.isFinite(amount) && Math.abs(amount) < 1e300 ? withoutDust(amount) : undefined;
}

/** What the ticks of one contract have told. */
export interface Ticks {
  readonly prices: ReadonlyMap<TickField, number>;
  /** Seconds since the epoch of the last trade. */
  readonly lastTime: number | undefined;
  /** True where the last price is of a quarter of an hour ago. */
  readonly isDelayed?: boolean;
  readonly halted: boolean;
}

/** The field of a price tick; `undefined` for other ticks, and for the vendor's words for "none" (-1, 0). */
export function tickField(type: number, value: number): TickField | undefined {
  return value > 0 ? lookUp<TickField>(TICK_FIELD, type) : undefined;
}

/** True once nothing of a quote is missing. */
export function isWhole({ prices, lastTime }: Ticks): boolean {
  return (
    lastTime !== undefined &&
    (["latest", "preClose", "highPrice", "lowPrice", "openPrice"] as const).every((field) => prices.has(field))
  );
}

/**
 * A quote from ticks. Before a day's first trade there is no open, high and low, and the vendor sends none: the last price
 * stands in for what is missing, and a missing last price is the close of the day before, whose time is told as 0 where the
 * vendor does not say it, and so is that of a delayed price.
 *
 * @throws BrokerError `BrokerFault` when there is no price at all.
 */
export function toQuote(contract: Contract, currency: string, ticks: Ticks, now: number): Quote {
  const { prices, lastTime, isDelayed = false, halted } = ticks;
  const latest = prices.get("latest") ?? prices.get("preClose");
  if (latest === undefined) {
    throw new BrokerError("BrokerFault", `Interactive Brokers sent no price of ${contractKey(contract)}`);
  }
  const price = (field: TickField) => withoutDust(prices.get(field) ?? latest);
  // Nobody knows when a close is from, or a delayed price: told as of now, it would pass for fresh with limits that rest on it.
  const unsaid = prices.has("latest") && !isDelayed ? now : 0;
  return {
    contract,
    currency: contractCurrency(currency, contract),
    isTradable: !halted,
    latest: withoutDust(latest),
    preClose: price("preClose"),
    highPrice: price("highPrice"),
    lowPrice: price("lowPrice"),
    openPrice: price("openPrice"),
    timestamp: lastTime === undefined || lastTime <= 0 ? unsaid : Math.round(lastTime * 1000),
  };
}

/**
 * Milliseconds of `20261122 10:00:00 US/Eastern` (or `20261122-10:00:00`, which is UTC); `null` for anything else.
 *
 * @param ahead of TWS's own clock, as `clockAhead` gives it. It holds where the name says nothing: `CST` is what Shanghai and
 * Chicago call their time, and Windows has names of its own.
 */
export function toTime(text: string, ahead?: number): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)(-| +)(\d\d):(\d\d):(\d\d)(?: +(\S.*))?$/.exec(text.trim());
  if (match === null) return null;
  const [, year, month, day, mark, hour, minute, second, name] = match;
  const named = name === undefined ? (mark === "-" ? "UTC" : undefined) : toZone(name);
  const isOwn = name !== undefined && ahead !== undefined && (named === undefined || name === "CST");
  const zone = isOwn ? "UTC" : named;
  if (zone === undefined) return null;
  try {
    const minutes = Number(hour) * 60 + Number(minute);
    const at = instantAt(zone, dayOf(`${year}-${month}-${day}`), minutes) + Number(second) * 1000;
    return isOwn ? at - ahead : at;
  } catch {
    return null;
  }
}
