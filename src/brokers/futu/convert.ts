/** Between our words and OpenD's: pure functions, nothing of the connection. */
import { type Cash, type CashBalance, sameCurrency } from "../../domain/cash.ts";
import { type Contract, cnExchange, contractKey, type Unmapped } from "../../domain/contract.ts";
import type { MarketStatus, MarketStatusMap } from "../../domain/market-status.ts";
import { add, withoutDust } from "../../domain/money.ts";
import { isTerminal, type Lifecycle, type Order } from "../../domain/order.ts";
import type { Position } from "../../domain/position.ts";
import type { Quote } from "../../domain/quote.ts";
import type { OrderListing, PositionListing, UnmappedOrder } from "../../spec/broker.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import { isTag, ownTag } from "../shared/own-tag.ts";
import { contractCurrency, isRegion, REGION_CURRENCIES, type Region } from "../shared/regions.ts";
import {
  CURRENCY,
  type Exchange,
  lookUp,
  MARKET_STATE,
  NUMBERS_OF_EXCHANGE,
  ORDER_STATUS,
  ORDER_TYPE,
  SECURITY_TRADABLE,
  SESSION,
  SYMBOL_PATTERNS,
  TIME_IN_FORCE,
  TRD_MARKET,
  TRD_SEC_MARKET,
  TRD_SIDE,
} from "./codes.ts";
import type { Funds, GlobalState, Snapshot, VendorOrder, VendorPosition } from "./messages.ts";

/** A security as OpenD names it. */
export interface Security {
  readonly region: Region;
  readonly code: string;
  /** `TrdSecMarket`, in orders. */
  readonly secMarket: number;
  /** `QotMarket`, in quotes. */
  readonly qotMarket: number;
}

/** @throws BrokerError `InvalidRequest` for a contract that Futu has no name for, with the contract in it. */
export function toSecurity(contract: Contract): Security {
  const { tradeType, region, symbol } = contract;
  if (tradeType !== "Securities" || !isRegion(region)) {
    throw invalid(`${contractKey(contract)}: Futu trades Securities of US, HK and CN here`);
  }
  const exchange = new RegExp(`^${SYMBOL_PATTERNS[region]}$`).test(symbol) ? exchangeOf(region, symbol) : undefined;
  if (exchange === undefined) {
    throw invalid(`${contractKey(contract)}: not a symbol of ${region}; expected the form ${SYMBOL_PATTERNS[region]}`);
  }
  const { security, quotes } = NUMBERS_OF_EXCHANGE[exchange];
  return { region, code: symbol, secMarket: security, qotMarket: quotes };
}

/** The contract of a vendor's code; `undefined` for what has no name here: options, futures, other countries. */
export function toContract(
  code: string,
  secMarket: number | undefined,
  trdMarket: number | undefined,
): Contract | undefined {
  const exchange = lookUp<Exchange | null>(TRD_SEC_MARKET, secMarket ?? 0) ?? null;
  const ofExchange = exchange === "SH" || exchange === "SZ" ? "CN" : exchange;
  // Without a security market the trade market still names the region, but never against what is given.
  const region = secMarket ? ofExchange : (lookUp<Region | null>(TRD_MARKET, trdMarket ?? 0) ?? null);
  if (region === null || !new RegExp(`^${SYMBOL_PATTERNS[region]}$`).test(code)) return undefined;
  if (region === "CN" && exchange !== null && cnExchange(code) !== exchange) return undefined;
  return { tradeType: "Securities", region, symbol: code };
}

function exchangeOf(region: Region, symbol: string): Exchange | undefined {
  return region === "CN" ? cnExchange(symbol) : region;
}

function invalid(message: string): BrokerError {
  return new BrokerError("InvalidRequest", message, { outcome: "not_sent" });
}

function toCurrency(currency: number | undefined, contract: Contract): string {
  return contractCurrency(lookUp<string | null>(CURRENCY, currency ?? 0), contract);
}

/** What OpenD's list gives, with what has no name here apart. */
export function toOrderListing(orders: readonly VendorOrder[]): OrderListing {
  const known: Order[] = [];
  const unmapped: UnmappedOrder[] = [];
  for (const vendor of orders) {
    const order = toOrder(vendor);
    if (order !== undefined) known.push(order);
    else {
      const tag = failedWithoutId(vendor) ? {} : ownTag(vendor.remark);
      unmapped.push({ originSymbol: vendor.code, qty: withoutDust(vendor.qty), ...tag });
    }
  }
  return { orders: known, unmapped };
}

/** True for an order that failed before it had an id: nothing came of it, and it stays in the list for as long as others. */
function failedWithoutId({ orderIDEx, orderStatus }: VendorOrder): boolean {
  return orderIDEx === "" && lookUp(ORDER_STATUS, orderStatus)?.means === "REJECTED";
}

/** True for an order that may still change by itself. */
export function isOpen({ orderStatus }: VendorOrder): boolean {
  return !isTerminal(lookUp(ORDER_STATUS, orderStatus)?.means ?? "UNKNOWN");
}

/** One order; `undefined` when its contract, legs or side have no name here, or when OpenD has no id for it yet. */
export function toOrder(vendor: VendorOrder): Order | undefined {
  const contract = toContract(vendor.code, vendor.secMarket, vendor.trdMarket);
  const direction = lookUp(TRD_SIDE, vendor.trdSide);
  if (contract === undefined || !direction || vendor.orderIDEx === "" || vendor.comboLegs?.length) return undefined;
  const { word, means } = lookUp(ORDER_STATUS, vendor.orderStatus) ?? {
    word: String(vendor.orderStatus),
    means: "UNKNOWN" as const,
  };
  const busted = word === "FILL_CANCELLED";
  const filledQty = busted ? 0 : withoutDust(vendor.fillQty ?? (means === "FILLED" ? vendor.qty : 0));
  const status = means === "OPEN" && filledQty > 0 ? "PARTIALLY_FILLED" : means;
  const orderType = lookUp(ORDER_TYPE, vendor.orderType) ?? null;
  const message = vendor.lastErrMsg ?? "";
  const failed = status === "REJECTED" || status === "EXPIRED";
  return {
    orderId: vendor.orderIDEx,
    contract,
    currency: toCurrency(vendor.currency, contract),
    direction,
    orderType,
    // Of the vendor's other kinds at the market OpenD says 0.
    price: orderType === "Market" || !vendor.price ? null : withoutDust(vendor.price),
    timeInForce: lookUp(TIME_IN_FORCE, vendor.timeInForce ?? 0) ?? null,
    lifecycle: lifecycleOf(vendor, contract),
    qty: withoutDust(vendor.qty),
    filledQty,
    avgPrice: filledQty > 0 ? withoutDust(vendor.fillAvgPrice ?? 0) : 0,
    status,
    originStatus: word,
    errorReason: failed ? message || word : "",
    warning: busted ? message || "the exchange took the fills back" : isTerminal(status) ? null : message || null,
    tag: isTag(vendor.remark) ? vendor.remark : null,
    ...(busted ? { busted } : {}),
    // OpenD has no status for an order that lost a part of its fills, or all of them and works on: it has less, and later.
    ...(vendor.fillQty === undefined ? {} : { dated: true }),
    createdAt: toTime(vendor.createTimestamp, vendor.createTime, contract),
    updatedAt: toTime(vendor.updateTimestamp, vendor.updateTime, contract),
  };
}

function lifecycleOf({ session, fillOutsideRTH }: VendorOrder, { region }: Contract): Lifecycle | null {
  if (region !== "US") return "RTH";
  if (session) return lookUp(SESSION, session) ?? null;
  // Older OpenD versions say only whether fills outside of regular hours are allowed.
  return fillOutsideRTH === undefined ? null : fillOutsideRTH ? "ETH" : "RTH";
}

/** Holdings of all accounts: one line a contract, what has no name here apart. */
export function toPositions(vendor: readonly VendorPosition[]): PositionListing {
  const positions = new Map<string, Position>();
  const unmapped: Unmapped[] = [];
  for (const { code, secMarket, trdMarket, currency, positionSide, qty: size } of vendor) {
    const qty = withoutDust(positionSide === 1 ? -Math.abs(size) : size);
    // What was sold today stays in the vendor's list with nothing in it.
    if (qty === 0) continue;
    const contract = toContract(code, secMarket, trdMarket);
    if (contract === undefined) {
      unmapped.push({ originSymbol: code, qty });
      continue;
    }
    const key = contractKey(contract);
    const sum = add(positions.get(key)?.qty ?? 0, qty);
    positions.set(key, { contract, unit: "Share", currency: toCurrency(currency, contract), qty: sum });
  }
  return { positions: [...positions.values()], unmapped };
}

/** OpenD's number of a currency; `undefined` for one it has no number of. */
export function toCurrencyNumber(currency: string): number | undefined {
  const found = Object.entries(CURRENCY).find(([, word]) => word !== null && sameCurrency(word, currency));
  return found === undefined ? undefined : Number(found[0]);
}

/** The funds of one account, and the region whose currency stands in where OpenD names none. */
export interface AccountFunds {
  readonly funds: Funds;
  readonly region: Region;
}

/**
 * Cash of all accounts. `amount` adds up the accounts whose cash the vendor expresses in `currency`: all there is of a
 * REAL account, which OpenD converts itself; paper accounts are separate purses in one currency each, and OpenD converts
 * none of them, so those in other currencies appear in `balances` alone.
 *
 * @throws BrokerError `NotSupported` when the vendor expresses nothing in that currency.
 */
export function toCash(accounts: readonly AccountFunds[], currency: string): Cash {
  let amount: number | undefined;
  const lines: CashBalance[] = [];
  for (const { funds, region } of accounts) {
    const own = lookUp<string | null>(CURRENCY, funds.currency ?? 0) ?? cashWord(REGION_CURRENCIES[region]);
    if (sameCurrency(own, currency)) amount = add(amount ?? 0, withoutDust(funds.cash));
    const ledger = funds.cashInfoList.flatMap((line) => {
      const word = lookUp<string | null>(CURRENCY, line.currency ?? 0) ?? null;
      if (word === null || line.cash === undefined) return [];
      // Its `availableBalance` is what may be withdrawn: of what was sold nothing before it is settled.
      const available = line.netCashPower === undefined ? null : withoutDust(line.netCashPower);
      return [{ currency: word, amount: withoutDust(line.cash), available }];
    });
    lines.push(...(ledger.length > 0 ? ledger : [{ currency: own, amount: withoutDust(funds.cash), available: null }]));
  }
  const balances = mergeBalances(lines);
  if (amount === undefined) {
    const known = balances.map((line) => line.currency).join(", ") || "none";
    throw new BrokerError("NotSupported", `Futu does not express this account's cash in ${currency}; it has: ${known}`);
  }
  return { currency: cashWord(currency), amount, balances };
}

function cashWord(currency: string): string {
  return currency === "CNY" ? "CNH" : currency;
}

function mergeBalances(lines: readonly CashBalance[]): CashBalance[] {
  const merged = new Map<string, CashBalance>();
  for (const line of lines) {
    const before = merged.get(line.currency);
    merged.set(
      line.currency,
      before === undefined
        ? line
        : {
            currency: line.currency,
            amount: add(before.amount, line.amount),
            available:
              before.available === null || line.available === null ? null : add(before.available, line.available),
          },
    );
  }
  return [...merged.values()];
}

/**
 * A quote from OpenD's snapshot. Its prices are those of the regular session. Before the first trade of the day OpenD writes
 * 0 for high, low and open: the last price is all there is. Before the first trade ever that is the close, from nobody knows
 * when, and its time is told as 0.
 *
 * @throws BrokerError `BrokerFault` when there is no price at all.
 */
export function toQuote(contract: Contract, snapshot: Snapshot): Quote {
  const { isSuspend, secStatus, updateTimestamp, updateTime, curPrice, lastClosePrice } = snapshot;
  const latest = curPrice || lastClosePrice;
  if (latest === 0) throw new BrokerError("BrokerFault", `Futu has no price of ${contractKey(contract)}`);
  const orLast = (price: number) => withoutDust(price || latest);
  return {
    contract,
    currency: contractCurrency(undefined, contract),
    isTradable: !isSuspend && (lookUp<boolean>(SECURITY_TRADABLE, secStatus ?? 0) ?? true),
    latest: withoutDust(latest),
    preClose: orLast(lastClosePrice),
    highPrice: orLast(snapshot.highPrice),
    lowPrice: orLast(snapshot.lowPrice),
    openPrice: orLast(snapshot.openPrice),
    timestamp: curPrice === 0 ? 0 : (toTime(updateTimestamp, updateTime, contract) ?? 0),
  };
}

/** The markets of the three regions. Shanghai stands for the mainland, Shenzhen where OpenD has no state of Shanghai. */
export function toMarketStatus(state: GlobalState): MarketStatusMap {
  return {
    Securities: {
      US: marketStatus("US", state.marketUS),
      HK: marketStatus("HK", state.marketHK),
      CN: marketStatus("CN", state.marketSH || state.marketSZ),
    },
  };
}

function marketStatus(region: Region, number: number): MarketStatus {
  const { word, means } = lookUp(MARKET_STATE, number) ?? { word: String(number), means: "UNKNOWN" as const };
  return { region, originStatus: word, unifiedStatus: means };
}

/** Milliseconds of a vendor's time: its timestamp in seconds, or else its text in the time of the market. */
function toTime(timestamp: number | undefined, text: string, { region }: Contract): number | null {
  if (timestamp !== undefined && timestamp > 0) return Math.round(timestamp * 1000);
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const ms = Number((match[7] ?? "0").padEnd(3, "0"));
  const wall = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second, ms);
  return region === "US" ? wall - newYorkOffset(wall - newYorkOffset(wall)) : wall - 8 * 3_600_000;
}

let newYork: Intl.DateTimeFormat | undefined;

/** Milliseconds that New York is ahead of UTC at that moment; negative. */
function newYorkOffset(at: number): number {
  // Made when it is needed: the data behind it takes milliseconds to load, which every start would wait for.
  newYork ??= new Intl.DateTimeFormat("en-US", { timeZone: "America/New_York", timeZoneName: "longOffset" });
  const name = newYork.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(name) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
}

/** A moment as OpenD's history wants it. Its zone depends on the market, so windows are made a day wider than needed. */
export function toHistoryTime(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace("T", " ");
}
