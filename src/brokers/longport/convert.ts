/** Between our words and the vendor's: pure functions, nothing of the connection. */
import { type Cash, type CashBalance, sameCurrency } from "../../domain/cash.ts";
import { type Contract, cnExchange, contractKey, type Unmapped } from "../../domain/contract.ts";
import { add } from "../../domain/money.ts";
import { isTerminal, type Order, type OrderStatus, type TimeInForce } from "../../domain/order.ts";
import type { Position } from "../../domain/position.ts";
import type { Quote } from "../../domain/quote.ts";
import type { OrderListing, PositionListing, UnmappedOrder } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import { isTag, ownTag } from "../shared/own-tag.ts";
import { contractCurrency, isRegion, type Region } from "../shared/regions.ts";
import {
  lookUp,
  ORDER_STATUS,
  ORDER_TAG,
  ORDER_TYPE,
  OUTSIDE_RTH,
  REGION_OF_SUFFIX,
  SIDE,
  SYMBOL_PATTERNS,
  TIME_IN_FORCE,
  TRADE_STATUS,
} from "./codes.ts";
import type { Balance, Channel, PushedOrder, SessionPrices, VendorOrder, VendorQuote } from "./messages.ts";

/** A security as the vendor names it. */
export interface Security {
  readonly region: Region;
  readonly symbol: string;
}

/**
 * The vendor's symbol: `AAPL.US`, `700.HK` without zeros in front, as its documents show, `600519.SH`.
 *
 * @throws BrokerError `InvalidRequest` for a contract that Longport has no name for, with the contract in it.
 */
export function toSecurity(contract: Contract): Security {
  const { tradeType, region, symbol } = contract;
  if (tradeType !== "Securities" || !isRegion(region)) {
    throw invalid(`${contractKey(contract)}: Longport trades Securities of US, HK and CN here`);
  }
  const suffix = matches(region, symbol) ? suffixOf(region, symbol) : undefined;
  if (suffix === undefined) {
    throw invalid(`${contractKey(contract)}: not a symbol of ${region}; expected the form ${SYMBOL_PATTERNS[region]}`);
  }
  return { region, symbol: `${region === "HK" ? Number(symbol) : symbol}.${suffix}` };
}

/** The contract of a vendor's symbol, with or without zeros; `undefined` for what has no name here: options, Singapore. */
export function toContract(vendorSymbol: string): Contract | undefined {
  const [, ticker = "", suffix = ""] = /^(.+)\.([A-Z]+)$/.exec(vendorSymbol) ?? [];
  const region = lookUp<Region | null>(REGION_OF_SUFFIX, suffix) ?? null;
  if (region === null) return undefined;
  const symbol = region === "HK" && /^\d{1,5}$/.test(ticker) ? ticker.padStart(5, "0") : ticker;
  if (!matches(region, symbol) || suffixOf(region, symbol) !== suffix) return undefined;
  return { tradeType: "Securities", region, symbol };
}

function matches(region: Region, symbol: string): boolean {
  return new RegExp(`^(?:${SYMBOL_PATTERNS[region]})$`).test(symbol);
}

function suffixOf(region: Region, symbol: string): string | undefined {
  return region === "CN" ? cnExchange(symbol) : region;
}

function invalid(message: string): BrokerError {
  return new BrokerError("InvalidRequest", message, { outcome: "not_sent" });
}

/** A number in plain decimal text, as the vendor takes it: 0.0000001 is not `1e-7`. */
export function toDecimalText(value: number): string {
  const [, sign = "", whole = "", part = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const shift = Number(exponent);
  if (shift === 0) return String(value);
  const digits = whole + part;
  const point = whole.length + shift;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, "0")}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** What the vendor lists, with what has no name here apart: with `open` only what may still change by itself. */
export function toOrderListing(listed: readonly VendorOrder[], status: "open" | "all"): OrderListing {
  const known: Order[] = [];
  const unmapped: UnmappedOrder[] = [];
  const ids = new Set(listed.map(({ order_id }) => order_id));
  for (const vendor of listed) {
    for (const { order_id, quantity } of mayWork(vendor)) {
      if (!ids.has(order_id)) unmapped.push({ originSymbol: vendor.symbol, qty: quantity });
    }
    if (status === "open" && !isOpen(vendor)) continue;
    const order = toOrder(vendor);
    if (order !== undefined) known.push(order);
    else unmapped.push({ originSymbol: vendor.symbol, qty: vendor.quantity, ...ownTag(vendor.remark) });
  }
  return { orders: known, unmapped };
}

/**
 * What is attached to an order and may work, be it that the order has fills or may still have some. The vendor has it in no
 * list but within its order, and says nothing of its side: it has no name here. It works once its order is filled, and a
 * change of that one's quantity changes its own. Source: https://longbridge.com/sg/support/topics/tradingfaqs/attachedorder
 */
function mayWork(vendor: VendorOrder): VendorOrder["attached_orders"] {
  const status = statusOf(vendor);
  if (isTerminal(status) && status !== "FILLED" && vendor.executed_quantity === 0) return [];
  return vendor.attached_orders.filter((attached) => {
    const tag = attached.time_in_force === "Day" ? "Normal" : "";
    return !attached.withdrawn && !isTerminal(statusOf({ ...attached, tag }));
  });
}

/** No two sessions lie further apart, with all holidays. */
const BETWEEN_SESSIONS_MS = 7 * 86_400_000;

type Dated = Pick<VendorOrder, "status" | "tag" | "updated_at" | "submitted_at">;

/**
 * Between two sessions an order that is good till canceled has been seen as expired, and taken up again in the next one:
 * whoever reads that it has ended buys again. A tag that says nothing may be that of one, as the SDK gives none for it.
 */
function statusOf({ status, tag, updated_at, submitted_at }: Dated): OrderStatus {
  const means = lookUp<OrderStatus>(ORDER_STATUS, status) ?? "UNKNOWN";
  const at = updated_at ?? submitted_at ?? 0;
  const mayGoOn = lookUp<TimeInForce>(ORDER_TAG, tag) !== "DAY" && Date.now() - at < BETWEEN_SESSIONS_MS;
  return means === "EXPIRED" && mayGoOn ? "UNKNOWN" : means;
}

/** True for an order that may still change by itself. */
export function isOpen(vendor: Dated): boolean {
  return !isTerminal(statusOf(vendor));
}

/** True for an order that will be listed as it is now for good, with what is attached to it. */
export function isPast(vendor: VendorOrder): boolean {
  return !isOpen(vendor) && mayWork(vendor).length === 0;
}

/** One order; `undefined` when its contract or side has no name here. */
export function toOrder(vendor: VendorOrder): Order | undefined {
  const contract = toContract(vendor.symbol);
  const direction = lookUp(SIDE, vendor.side);
  if (contract === undefined || direction === undefined) return undefined;
  const means = statusOf(vendor);
  // Paper accounts have been seen to call an order filled and to give neither quantity nor price of it: who reads that it
  // has ended without fills buys again.
  const filledQty = means === "FILLED" ? Math.max(vendor.quantity, vendor.executed_quantity) : vendor.executed_quantity;
  const status = means === "OPEN" && filledQty > 0 ? "PARTIALLY_FILLED" : means;
  const orderType = lookUp(ORDER_TYPE, vendor.order_type) ?? null;
  const failed = status === "REJECTED" || status === "EXPIRED";
  return {
    orderId: vendor.order_id,
    contract,
    currency: contractCurrency(vendor.currency, contract),
    direction,
    orderType,
    // Pushes write 0 where there is none, as for orders at the market that wait for a trigger.
    price: orderType === "Market" ? null : vendor.price || null,
    timeInForce: timeInForceOf(vendor),
    // Where there is one session the vendor leaves it out, or gives whatever was sent.
    lifecycle: contract.region === "US" ? (lookUp(OUTSIDE_RTH, vendor.outside_rth) ?? null) : "RTH",
    qty: vendor.quantity,
    filledQty,
    avgPrice: filledQty > 0 ? vendor.executed_price : 0,
    status,
    originStatus: vendor.status || "Unknown",
    errorReason: failed ? vendor.msg || vendor.status : "",
    warning: isTerminal(status) ? null : vendor.msg || null,
    tag: isTag(vendor.remark) ? vendor.remark : null,
    createdAt: vendor.submitted_at,
    updatedAt: vendor.updated_at ?? vendor.submitted_at,
  };
}

/** The vendor's lists have been seen to say Day of what is good till canceled, and the other way round; its tag tells. */
function timeInForceOf({ time_in_force, tag }: VendorOrder): TimeInForce | null {
  const said = lookUp<TimeInForce | null>(TIME_IN_FORCE, time_in_force) ?? null;
  const tagged = lookUp<TimeInForce>(ORDER_TAG, tag) ?? said;
  return tagged === said ? said : null;
}

/** What a push leaves out, and an order never changes. */
export type Terms = Pick<VendorOrder, "time_in_force" | "outside_rth">;

/** A pushed order in the form of a listed one. */
export function fromPush({ submitted_quantity, submitted_price, ...order }: PushedOrder, terms: Terms): VendorOrder {
  const { account_no: _, ...rest } = order;
  return { ...rest, ...terms, quantity: submitted_quantity, price: submitted_price, attached_orders: [] };
}

/**
 * Holdings of the account: one line a contract, what has no name here apart. The token is one account's, and a channel only
 * says at which of the vendor's companies it is, as `lb`, `lb_sg` or `lb_papertrading`; its own client counts every one.
 */
export function toPositions(channels: readonly Channel[]): PositionListing {
  const positions = new Map<string, Position>();
  const unmapped: Unmapped[] = [];
  for (const { symbol, quantity: qty, currency } of channels.flatMap(({ stock_info }) => stock_info)) {
    // What was sold today may stay in the vendor's list with nothing in it.
    if (qty === 0) continue;
    const contract = toContract(symbol);
    if (contract === undefined) {
      unmapped.push({ originSymbol: symbol, qty });
      continue;
    }
    const key = contractKey(contract);
    const sum = add(positions.get(key)?.qty ?? 0, qty);
    positions.set(key, { contract, unit: "Share", currency: contractCurrency(currency, contract), qty: sum });
  }
  return { positions: [...positions.values()], unmapped };
}

/** Currencies that the account can be expressed in, as the vendor writes cash. */
const CASH_CURRENCIES = ["USD", "HKD", "CNH"] as const;

/** The vendor's word of a currency. @throws BrokerError `NotSupported` */
export function toCashCurrency(currency: string): string {
  const word = CASH_CURRENCIES.find((each) => sameCurrency(each, currency));
  if (word !== undefined) return word;
  throw new BrokerError("NotSupported", `Longport expresses cash in ${CASH_CURRENCIES.join(", ")}, not in ${currency}`);
}

/** @throws BrokerError `NotSupported` when the vendor does not express the account in that currency. */
export function toCash(balances: readonly Balance[], currency: string): Cash {
  const line = balances.find((balance) => sameCurrency(balance.currency, currency));
  if (line === undefined) {
    const known = balances.map((balance) => balance.currency).join(", ") || "nothing";
    throw new BrokerError("NotSupported", `Longport does not express this account in ${currency}; it gives ${known}`);
  }
  return {
    currency: cashWord(line.currency),
    amount: line.total_cash,
    balances: mergeBalances(
      line.cash_infos.map(({ currency: own, available_cash, frozen_cash }) => ({
        currency: cashWord(own),
        amount: add(available_cash, frozen_cash),
        available: available_cash,
      })),
    ),
  };
}

function cashWord(currency: string): string {
  return currency === "CNY" ? "CNH" : currency;
}

function mergeBalances(lines: readonly CashBalance[]): CashBalance[] {
  const merged = new Map<string, CashBalance>();
  for (const line of lines) {
    const before = merged.get(line.currency);
    const amount = add(before?.amount ?? 0, line.amount);
    merged.set(line.currency, {
      currency: line.currency,
      amount,
      available: add(before?.available ?? 0, line.available ?? 0),
    });
  }
  return [...merged.values()];
}

/**
 * A quote: the last price is of the session that traded last, be it the regular one or one before, after or overnight, and
 * the rest is of its day. What trades after hours belongs to the day of the regular session: what the vendor gives there as
 * the close before is that of the same day. What trades before hours or overnight belongs to the next day, which has no
 * opening price yet. Before the first trade there is no high, low or open, for which it writes 0: the last price is all
 * there is. Before the first trade ever that is the close, from nobody knows when, and its time is told as 0.
 *
 * @throws BrokerError `BrokerFault` when there is no price at all.
 */
export function toQuote(contract: Contract, vendor: VendorQuote): Quote {
  const { pre, post, overnight, open, trade_status } = vendor;
  const regular: SessionPrices = vendor;
  // The session before ends in the vendor's quotes a second behind the opening, whose trade is the newer one all the same.
  const isBefore = pre !== null && pre.timestamp - regular.timestamp > 1_000;
  const extended = [isBefore ? pre : null, post, overnight].filter((prices) => prices !== null && prices.last_done > 0);
  const newest = extended.reduce<SessionPrices>(
    (best, prices) => (prices !== null && prices.timestamp >= best.timestamp ? prices : best),
    regular,
  );
  const { last_done: last } = newest;
  const day = newest === post ? regular : newest;
  const latest = last || newest.prev_close;
  if (latest === 0) throw new BrokerError("BrokerFault", `Longport has no price of ${contractKey(contract)}`);
  return {
    contract,
    currency: contractCurrency(undefined, contract),
    isTradable: lookUp(TRADE_STATUS, trade_status)?.tradable ?? false,
    latest,
    preClose: day.prev_close || newest.prev_close || regular.prev_close || latest,
    highPrice: Math.max(day.high, newest.high) || latest,
    lowPrice: Math.min(day.low || newest.low, newest.low || day.low) || latest,
    openPrice: (day === regular && open) || latest,
    timestamp: last === 0 ? 0 : newest.timestamp,
  };
}
