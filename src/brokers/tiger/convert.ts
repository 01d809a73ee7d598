/** Between our words and Tiger's: pure functions, nothing of the connection. */
import * as v from "valibot";
import { type Cash, type CashBalance, sameCurrency } from "../../domain/cash.ts";
import { type Contract, cnExchange, contractKey, type Unmapped } from "../../domain/contract.ts";
import type { MarketStatusMap } from "../../domain/market-status.ts";
import { divide, withoutDust } from "../../domain/money.ts";
import { isTerminal, type Lifecycle, type Order, type OrderStatus } from "../../domain/order.ts";
import type { Position } from "../../domain/position.ts";
import type { Quote } from "../../domain/quote.ts";
import type { OrderListing, PositionListing, UnmappedOrder } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import { isTag, ownTag } from "../shared/own-tag.ts";
import { contractCurrency, isRegion, REGIONS, type Region } from "../shared/regions.ts";
import {
  BASE_CURRENCIES,
  CHANGE_IS_PENDING,
  DIRECTION,
  lookUp,
  MARKET_STATE,
  ORDER_STATUS,
  ORDER_STATUS_WORD,
  ORDER_TYPE,
  QUOTE_IS_TRADABLE,
  SESSION,
  SYMBOL_PATTERNS,
  TIME_IN_FORCE,
} from "./codes.ts";
import {
  type Assets,
  type GlobalAssets,
  MARKED,
  type MarketState,
  ODD_ORDER,
  VENDOR_ORDER,
  type VendorOrder,
  type VendorPosition,
  type VendorQuote,
} from "./messages.ts";
import { isRefusal } from "./refusals.ts";

/** A security as Tiger names it. */
export interface Security {
  readonly region: Region;
  readonly symbol: string;
}

/** @throws BrokerError `InvalidRequest` for a contract that Tiger has no name for, with the contract in it. */
export function toSecurity(contract: Contract): Security {
  const { tradeType, region, symbol } = contract;
  if (tradeType !== "Securities" || !isRegion(region)) {
    throw invalid(`${contractKey(contract)}: Tiger trades Securities of US, HK and CN here`);
  }
  if (!isSymbol(region, symbol)) {
    throw invalid(`${contractKey(contract)}: not a symbol of ${region}; expected the form ${SYMBOL_PATTERNS[region]}`);
  }
  return { region, symbol };
}

/** What an order is priced in, the currency of its counter; the vendor writes the yuan CNH. */
export function toOrderCurrency(contract: Contract): string {
  return cashWord(contractCurrency(undefined, contract));
}

/** The contract of a vendor's symbol; `undefined` for what has no name here: options, futures, other countries. */
export function toContract(symbol: string, market: string | null | undefined, secType: string | null | undefined) {
  if (secType != null && secType !== "STK") return undefined;
  const region = REGIONS.find((each) => each === market);
  if (region === undefined) return undefined;
  const ours = region === "HK" && /^\d{1,5}$/.test(symbol) ? symbol.padStart(5, "0") : symbol;
  if (!isSymbol(region, ours)) return undefined;
  return { tradeType: "Securities", region, symbol: ours } as const;
}

function isSymbol(region: Region, symbol: string): boolean {
  const fits = new RegExp(`^(?:${SYMBOL_PATTERNS[region]})$`).test(symbol);
  return fits && (region !== "CN" || cnExchange(symbol) !== undefined);
}

function invalid(message: string): BrokerError {
  return new BrokerError("InvalidRequest", message, { outcome: "not_sent" });
}

/** 773 with scale 5 is 0.00773. */
export function scaled(quantity: string | null | undefined, scale: number | null | undefined): number {
  return Number(`${quantity ?? "0"}e${-(scale ?? 0)}`);
}

/** What Tiger's list gives, with what has no name here apart. */
export function toOrderListing(items: readonly unknown[]): OrderListing {
  const orders: Order[] = [];
  const unmapped: UnmappedOrder[] = [];
  for (const item of items) {
    const parsed = v.safeParse(VENDOR_ORDER, item);
    const order = parsed.success ? toOrder(parsed.output) : undefined;
    if (order !== undefined) orders.push(order);
    else unmapped.push({ ...toUnmapped(item), ...tagOf(item) });
  }
  return { orders, unmapped };
}

function tagOf(item: unknown): Pick<UnmappedOrder, "tag"> {
  const { success, output } = v.safeParse(MARKED, item);
  return success ? ownTag(output.userMark) : {};
}

function toUnmapped(item: unknown): Unmapped {
  const { success, output } = v.safeParse(ODD_ORDER, item);
  if (!success) return { originSymbol: "", qty: 0 };
  const { symbol, identifier, totalQuantity, totalQuantityScale } = output;
  return { originSymbol: ownName(symbol, identifier), qty: scaled(totalQuantity, totalQuantityScale) };
}

/** The symbol of an option is that of its share; the identifier is its own. */
function ownName(symbol: string | null | undefined, identifier: string | null | undefined): string {
  return identifier || symbol || "";
}

/** One order; `undefined` when its contract or side has no name here. */
export function toOrder(vendor: VendorOrder): Order | undefined {
  const contract = toContract(vendor.symbol, vendor.market, vendor.secType);
  const direction = lookUp(DIRECTION, vendor.action);
  if (contract === undefined || direction === undefined) return undefined;
  const word = statusWord(vendor.status);
  const asked = scaled(vendor.totalQuantity, vendor.totalQuantityScale);
  const filledQty = scaled(vendor.filledQuantity, vendor.filledQuantityScale);
  const status = toStatus(vendor, word, asked, filledQty);
  const orderType = lookUp(ORDER_TYPE, vendor.orderType) ?? null;
  const failed = status === "REJECTED" || status === "EXPIRED";
  const remark = vendor.remark ?? "";
  return {
    orderId: vendor.id,
    contract,
    currency: contractCurrency(vendor.currency, contract),
    direction,
    orderType,
    price: orderType === "Market" || !vendor.limitPrice ? null : withoutDust(vendor.limitPrice),
    timeInForce: lookUp(TIME_IN_FORCE, vendor.timeInForce) ?? null,
    lifecycle: lifecycleOf(vendor, contract),
    // One for an amount of money names no quantity.
    qty: asked === 0 && status === "FILLED" ? filledQty : asked,
    filledQty,
    avgPrice: filledQty > 0 ? withoutDust(vendor.avgFillPrice ?? 0) : 0,
    status,
    originStatus: word,
    errorReason: failed ? remark || word : "",
    warning: isTerminal(status) ? null : remark || null,
    tag: isTag(vendor.userMark) && !isAttached(vendor) ? vendor.userMark : null,
    ...(vendor.orderId == null || vendor.orderId === "0" ? {} : { number: vendor.orderId }),
    ...(vendor.canCancel === false && !isTerminal(status) && status !== "PENDING" ? { cancelable: false } : {}),
    // 0 is no time: an order of 1970 would be older than all that is known of it, and its status be left aside.
    createdAt: vendor.openTime || null,
    updatedAt: vendor.updateTime || vendor.latestTime || null,
  };
}

/** True for what is attached to another order, to take a profit or to end a loss. It has that one's mark, and none of its own. */
export function isAttached({ parentId }: VendorOrder): boolean {
  return parentId != null && parentId !== "0";
}

/** Numbers come as text too. */
function statusWord(status: string | number): string {
  return lookUp<string>(ORDER_STATUS_WORD, String(status)) ?? String(status);
}

/** What the vendor says of an order that was open until the end of its time, in English answers and Chinese ones. */
const EXPIRED = /\bexpired\b|过期|過期/i;

/** A part that is filled is no state of the vendor's own: it shows in the quantities. */
function toStatus(vendor: VendorOrder, word: string, qty: number, filledQty: number): OrderStatus {
  const means: OrderStatus = lookUp(ORDER_STATUS, word) ?? "UNKNOWN";
  // Whatever the word, as in the vendor's own SDK: who reads of a failure buys again.
  if (qty > 0 && filledQty >= qty) return "FILLED";
  // Global accounts call an order filled from its first fill on: the word alone proves none, and who reads that an order has
  // ended with nothing filled buys again.
  if (means === "FILLED" && filledQty === 0) return "UNKNOWN";
  if (means === "FILLED" && filledQty < qty) return "PARTIALLY_FILLED";
  // What an account cannot pay or sell is taken at first, and refused by the same word that has other ends too.
  if (means === "EXPIRED" && filledQty === 0 && isRefusal(vendor.remark ?? "")) return "REJECTED";
  // Nobody canceled an order whose time is over: that it is shows in the remark alone.
  if (means === "CANCELED" && EXPIRED.test(vendor.remark ?? "")) return "EXPIRED";
  if (isTerminal(means)) return means;
  if (means === "UNKNOWN") return means;
  if (means === "PENDING_CANCEL" || lookUp(CHANGE_IS_PENDING, vendor.cancelStatus)) return "PENDING_CANCEL";
  if (lookUp(CHANGE_IS_PENDING, vendor.replaceStatus)) return "PENDING_REPLACE";
  return filledQty > 0 ? "PARTIALLY_FILLED" : means;
}

function lifecycleOf({ tradingSessionType, outsideRth }: VendorOrder, { region }: Contract): Lifecycle | null {
  if (region !== "US") return "RTH";
  if (tradingSessionType) return lookUp<Lifecycle | null>(SESSION, tradingSessionType) ?? null;
  return outsideRth == null ? null : outsideRth ? "ETH" : "RTH";
}

/** Holdings: what has no name here apart. */
export function toPositions(vendor: readonly VendorPosition[]): PositionListing {
  const positions: Position[] = [];
  const unmapped: Unmapped[] = [];
  for (const { symbol, market, secType, currency, position, positionScale, positionQty, identifier } of vendor) {
    const qty = position == null ? withoutDust(positionQty ?? 0) : scaled(position, positionScale);
    if (qty === 0) continue;
    const contract = toContract(symbol, market, secType);
    if (contract === undefined) {
      unmapped.push({ originSymbol: ownName(symbol, identifier), qty });
      continue;
    }
    positions.push({ contract, unit: "Share", currency: contractCurrency(currency, contract), qty });
  }
  return { positions, unmapped };
}

/** Tiger's word for a currency; `undefined` for one that it does not convert cash into. */
export function toBaseCurrency(currency: string): string | undefined {
  return BASE_CURRENCIES.find((base) => sameCurrency(base, currency));
}

/**
 * Cash of the securities segment. The vendor converts the total into the currency that was asked for.
 *
 * @throws BrokerError `NotSupported` when it did not.
 */
export function toCash({ segments }: Assets, currency: string): Cash {
  const securities = segments.find(({ category }) => category === "S");
  if (securities?.cashBalance == null || securities.currency == null || !sameCurrency(securities.currency, currency)) {
    throw new BrokerError("NotSupported", `Tiger does not express this account's cash in ${currency}`);
  }
  const balances: CashBalance[] = (securities.currencyAssets ?? []).flatMap((line) =>
    line.cashBalance == null
      ? []
      : [
          {
            currency: cashWord(line.currency),
            amount: withoutDust(line.cashBalance),
            available: line.cashAvailableForTrade == null ? null : withoutDust(line.cashAvailableForTrade),
          },
        ],
  );
  return { currency: cashWord(currency), amount: withoutDust(securities.cashBalance), balances };
}

/**
 * The same of a Global account, of which the vendor gives the total in the account's own currency alone: by its rate in the one
 * asked for.
 *
 * @throws BrokerError `NotSupported` where the vendor gives no rate, `BrokerFault` where it gives no cash.
 */
export function toGlobalCash({ items }: GlobalAssets, account: string, currency: string): Cash {
  const assets = items.find((item) => item.account === account);
  const cash = assets?.segments?.find(({ category }) => category === "S")?.cashValue;
  if (assets?.currency == null || cash == null)
    throw new BrokerError("BrokerFault", "Tiger gave no cash of this account");
  const lines = (assets.marketValues ?? []).filter((line) => /^[A-Z]{3}$/.test(line.currency));
  const balances: CashBalance[] = lines.flatMap((line) =>
    line.cashBalance == null
      ? []
      : [{ currency: cashWord(line.currency), amount: withoutDust(line.cashBalance), available: null }],
  );
  if (sameCurrency(assets.currency, currency)) {
    return { currency: cashWord(currency), amount: withoutDust(cash), balances };
  }
  const rate = lines.find((line) => sameCurrency(line.currency, currency))?.exchangeRate ?? 0;
  if (rate <= 0) {
    throw new BrokerError("NotSupported", `Tiger gives no rate of this account's ${assets.currency} to ${currency}`);
  }
  return { currency: cashWord(currency), amount: divide(withoutDust(cash), rate, 2), balances };
}

function cashWord(currency: string): string {
  return currency === "CNY" ? "CNH" : currency;
}

/**
 * A quote. Its prices are those of the regular session. Before the first trade of the day there is no high, low or open: the
 * last price is all there is. Before the first trade ever that is the close, from nobody knows when, and its time is told as 0.
 *
 * @throws BrokerError `UnknownContract` for one without a price: Tiger answers for what it does not list, too.
 */
export function toQuote(contract: Contract, quote: VendorQuote): Quote {
  const { latestPrice, preClose, high, low, open, latestTime, status } = quote;
  const latest = latestPrice || preClose;
  if (!latest) throw new BrokerError("UnknownContract", `Tiger has no price of ${contractKey(contract)}`);
  return {
    contract,
    currency: contractCurrency(undefined, contract),
    isTradable: status == null ? true : (lookUp<boolean>(QUOTE_IS_TRADABLE, status) ?? false),
    latest: withoutDust(latest),
    preClose: withoutDust(preClose || latest),
    highPrice: withoutDust(high || latest),
    lowPrice: withoutDust(low || latest),
    openPrice: withoutDust(open || latest),
    timestamp: latestPrice ? (latestTime ?? 0) : 0,
  };
}

/** The markets of the three regions; one that Tiger does not name is not there. */
export function toMarketStatus(states: readonly MarketState[]): MarketStatusMap {
  const named = states.flatMap(({ market, status, marketStatus }) => {
    const region = REGIONS.find((each) => each === market);
    const word = status ?? marketStatus ?? "";
    if (region === undefined) return [];
    return [[region, { region, originStatus: word, unifiedStatus: lookUp(MARKET_STATE, word) ?? "UNKNOWN" }] as const];
  });
  return { Securities: Object.fromEntries(named) };
}
