/** Orders and fills as the gateway writes them. */
import { isTerminal } from "../../src/domain/order.ts";
import type { ExchangeFill, ExchangeOrder } from "../../src/exchange/types.ts";
import { marketTime } from "../shared/market-time.ts";
import { securityName } from "../shared/security-names.ts";
import type { VenueOrder } from "../shared/venue.ts";
import type { Account } from "./accounts.ts";
import { sessionName, vendorCurrency, vendorStatus } from "./codes.ts";
import { accountOfBook, type Desk } from "./desk.ts";

type Fields = Readonly<Record<string, unknown>>;

const FIRST_ID = 40_000_000_000_000_000n;
const NUMBERS_PER_BOOK = 10_000_000_000_000n;
const FIRST_FILL = 50_000_000_000_000_000n;
const FILLS_PER_BOOK = 10_000_000_000_000_000n;

/** The id of an order: seventeen digits above 2^53, and odd, so that no double holds it. */
export function orderIdOf(orderId: string): string {
  const number = BigInt(orderId);
  return (FIRST_ID + number * 256n + (((number * 2_654_435_761n) % 256n) | 1n)).toString();
}

/** A quantity as the vendor writes it: a whole number and how many of its digits stand behind the point. */
export interface Scaled {
  readonly value: number;
  readonly scale: number;
}

/** Writes a quantity without a fraction. */
export function scaled(qty: number): Scaled {
  const scale = /\.(\d+)$/.exec(String(qty))?.[1]?.length ?? 0;
  return { value: Math.round(qty * 10 ** scale), scale };
}

/** True while orders of this kind are matched. */
export function isReported({ venue }: Desk, order: ExchangeOrder): boolean {
  const state = venue.marketStatus(order.contract.region).unifiedStatus;
  if (order.contract.region !== "US" || order.orderType === "Market" || order.lifecycle === "RTH") {
    return state === "RTH";
  }
  if (order.lifecycle === "OVERNIGHT") return state === "OVERNIGHT";
  return state === "PRE_HOURS" || state === "RTH" || state === "AFTER_HOURS";
}

/** The order object of every answer. The vendor has whole seconds there; `isPushed` gives the finer times of its pushes. */
export function orderMessage(desk: Desk, entry: VenueOrder, isPushed = false): Fields {
  const { order, wireId } = entry;
  const { contract, direction, lifecycle, orderType } = order;
  const note = desk.notes.get(wireId);
  const open = !isTerminal(order.status);
  const updatedAt = isPushed ? order.updatedAt : wholeSeconds(order.updatedAt);
  const [total, filled] = [scaled(order.qty), scaled(order.filledQty)];
  return {
    symbol: contract.symbol,
    market: contract.region,
    secType: "STK",
    currency: vendorCurrency(order.currency),
    identifier: contract.symbol,
    id: BigInt(wireId),
    externalId: `${Math.floor(order.createdAt / 1000)}.${order.orderId.slice(-6)}`,
    orderId: BigInt(note?.orderNumber ?? 0),
    account: accountOfBook(desk, entry.book).number,
    action: direction,
    orderType: orderType === "Market" ? "MKT" : "LMT",
    limitPrice: order.price ?? undefined,
    totalQuantity: total.value,
    totalQuantityScale: total.scale,
    filledQuantity: filled.value,
    filledQuantityScale: filled.scale,
    filledCashAmount: order.filledQty * order.avgPrice,
    avgFillPrice: order.avgPrice,
    timeInForce: order.timeInForce,
    outsideRth: contract.region === "US" && lifecycle !== "RTH",
    commission: 0,
    gst: 0,
    realizedPnl: 0,
    remark: remarkOf(order),
    liquidation: false,
    openTime: wholeSeconds(order.createdAt),
    updateTime: updatedAt,
    latestTime: updatedAt,
    name: securityName(contract),
    attrDesc: "",
    userMark: order.tag ?? "",
    attrList: [],
    algoStrategy: orderType === "Market" ? "MKT" : "LMT",
    status: vendorStatus(order.status, isReported(desk, order)),
    source: note === undefined ? "iOS" : "OpenApi",
    discount: 0,
    replaceStatus: order.status === "PENDING_REPLACE" ? "RECEIVED" : note?.isReplaced === true ? "REPLACED" : "NONE",
    cancelStatus: order.status === "CANCELED" ? "RECEIVED" : "NONE",
    canModify: open,
    canCancel: open,
    isOpen: direction === "BUY",
    tradingSessionType: sessionName(contract.region === "US" ? lifecycle : "RTH"),
    ...desk.shownAs.get(wireId),
    ...(desk.givesMarks ? {} : { userMark: "" }),
  };
}

function wholeSeconds(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

/** One row of `order_transactions`. */
export function transactionMessage(fill: ExchangeFill, { order, wireId }: VenueOrder, account: Account): Fields {
  const quantity = scaled(fill.qty);
  return {
    id: fillIdOf(fill, order),
    accountId: /^\d+$/.test(account.number) ? BigInt(account.number) : account.number,
    orderId: BigInt(wireId),
    secType: "STK",
    symbol: order.contract.symbol,
    currency: vendorCurrency(order.currency),
    market: order.contract.region,
    action: order.direction,
    filledQuantity: quantity.value,
    filledQuantityScale: quantity.scale,
    filledPrice: fill.price,
    filledAmount: fill.qty * fill.price,
    transactedAt: marketTime(fill.at, order.contract.region).slice(0, 19),
    transactionTime: fill.at,
  };
}

/** Seventeen digits as well: the book, the order's number in it, and the fill's number among those of the order. */
function fillIdOf({ fillId }: ExchangeFill, { orderId }: ExchangeOrder): bigint {
  const number = BigInt(orderId);
  const count = BigInt(fillId.slice(fillId.lastIndexOf("-") + 1));
  return FIRST_FILL + (number / NUMBERS_PER_BOOK) * FILLS_PER_BOOK + (number % NUMBERS_PER_BOOK) * 1000n + count;
}

/** Why an order failed, or what the vendor says about one that lives. */
function remarkOf({ status, errorReason, warning }: ExchangeOrder): string {
  if (status === "EXPIRED") return `Order is expired${errorReason && `: ${errorReason}`}`;
  return status === "REJECTED" ? errorReason : (warning ?? "");
}
