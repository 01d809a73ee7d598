/** Orders, fills and commissions as TWS writes them. */
import type { ExchangeFill, ExchangeOrder } from "../../src/exchange/types.ts";
import type { VenueEvent, VenueOrder } from "../shared/venue.ts";
import { contractFields, ibContractOf } from "./contracts.ts";
import type { Desk } from "./desk.ts";
import type { Field, Message } from "./frames.ts";
import { RESPONSE, SINCE, UNSET, UNSET_INTEGER } from "./messages.ts";
import type { OrderRecord } from "./order-records.ts";
import { errorMessage } from "./refusal.ts";
import { isSessionOpen, twsTime } from "./times.ts";

/** TWS's words for the state of an order, those that it sends here. */
export type TwsStatus = "PreSubmitted" | "Submitted" | "PendingCancel" | "Cancelled" | "Filled" | "Inactive";

/** An order with whatever TWS knows of it. */
export interface KnownOrder {
  readonly record: OrderRecord;
  readonly venueOrder: VenueOrder;
}

/** Where an order stands: one whose session is closed waits in IB's own system. */
function statusOf(desk: Desk, { order, wireId }: VenueOrder): TwsStatus {
  if (order.status === "FILLED") return "Filled";
  if (order.status === "REJECTED") return "Inactive";
  if (order.status === "CANCELED" || order.status === "EXPIRED") return "Cancelled";
  if (desk.pendingCancels?.has(wireId)) return "PendingCancel";
  return isWorking(desk, order) ? "Submitted" : "PreSubmitted";
}

/** True while the order is at the exchange. */
export function isWorking(desk: Desk, order: ExchangeOrder): boolean {
  const lifecycle = order.orderType === "Market" ? "RTH" : order.lifecycle;
  return isSessionOpen(order.contract.region, lifecycle, desk.venue.now(), desk.holidays);
}

/** `openOrder` and `orderStatus`, which always come together. */
export function stateMessages(
  desk: Desk,
  known: KnownOrder,
  version: number,
  status: TwsStatus = statusOf(desk, known.venueOrder),
): readonly Message[] {
  return [openOrder(desk, known, version, status), orderStatus(known, status)];
}

export function orderStatus({ record, venueOrder }: KnownOrder, status: TwsStatus, lastFillPrice = 0): Message {
  const { qty, filledQty, avgPrice } = venueOrder.order;
  const remaining = status === "Cancelled" || status === "Inactive" ? qty - filledQty : Math.max(0, qty - filledQty);
  return [
    RESPONSE.orderStatus,
    record.orderId,
    status,
    filledQty,
    remaining,
    avgPrice,
    record.permId,
    0,
    lastFillPrice,
    record.clientId,
    "",
    0,
  ];
}

export function openOrder(
  desk: Desk,
  { record, venueOrder }: KnownOrder,
  version: number,
  status: TwsStatus,
  extra: { readonly whatIf?: boolean; readonly warning?: string } = {},
): Message {
  const { order, book } = venueOrder;
  const { whatIf = false, warning = "" } = extra;
  return [
    RESPONSE.openOrder,
    record.orderId,
    ...contractOf(desk, record, order),
    ...terms(order),
    book,
    "",
    0,
    order.tag,
    record.clientId,
    record.permId,
    record.outsideRth,
    false,
    0,
    "",
    "",
    ...financialAdvisor,
    ...untilShortSale,
    0,
    ...pegged,
    "",
    false,
    false,
    false,
    UNSET_INTEGER,
    3,
    false,
    false,
    UNSET,
    0,
    0,
    UNSET,
    0,
    "None",
    UNSET,
    0,
    "",
    "",
    "",
    "?",
    false,
    0,
    "",
    false,
    0,
    ...trail(order),
    UNSET,
    UNSET_INTEGER,
    "",
    0,
    0,
    0,
    ...scale,
    "",
    false,
    "",
    "IB",
    false,
    false,
    "",
    false,
    whatIf,
    status,
    ...Array.from({ length: 9 }, () => (whatIf ? 0 : UNSET)),
    whatIf ? commissionOf(order, order.qty, order.price ?? 0) : UNSET,
    UNSET,
    UNSET,
    whatIf ? currencyOf(desk, order) : "",
    warning,
    false,
    false,
    0,
    "None",
    UNSET,
    ...stopAndOffset(order),
    UNSET,
    UNSET,
    UNSET,
    0,
    "",
    "",
    "",
    0,
    false,
    false,
    false,
    false,
    UNSET_INTEGER,
    UNSET_INTEGER,
    false,
    ...pegBest,
    ...(version >= SINCE.customerAccount ? [""] : []),
    ...(version >= SINCE.professionalCustomer ? [false] : []),
    ...(version >= SINCE.bondAccruedInterest ? [""] : []),
    ...(version >= SINCE.includeOvernight ? [false] : []),
    ...(version >= SINCE.cmeTaggingInOpenOrder ? ["", UNSET_INTEGER] : []),
  ];
}

/**
 * One of which something was filled comes without its quantity: `filledQuantity` is all that is told of it. One that was
 * turned down is canceled here, and only the words for how it ended say more.
 */
export function completedOrder(desk: Desk, { record, venueOrder }: KnownOrder, version: number): Message {
  const { order, book } = venueOrder;
  const status = statusOf(desk, venueOrder);
  return [
    RESPONSE.completedOrder,
    ...contractOf(desk, record, order),
    ...terms({ ...order, qty: order.filledQty > 0 ? 0 : order.qty }),
    book,
    "",
    0,
    order.tag,
    record.permId,
    record.outsideRth,
    false,
    0,
    "",
    ...financialAdvisor,
    ...untilShortSale,
    ...pegged,
    "",
    false,
    false,
    UNSET_INTEGER,
    3,
    0,
    UNSET,
    0,
    "None",
    UNSET,
    0,
    false,
    0,
    "",
    false,
    0,
    ...trail(order),
    "",
    0,
    0,
    0,
    ...scale,
    "",
    "",
    "IB",
    false,
    false,
    "",
    false,
    status === "Inactive" ? "Cancelled" : status,
    false,
    false,
    0,
    ...stopAndOffset(order),
    0,
    false,
    false,
    "",
    order.filledQty,
    0,
    false,
    "",
    false,
    false,
    UNSET_PERM_ID,
    twsTime(order.updatedAt),
    completedText(order, status),
    ...pegBest,
    ...(version >= SINCE.customerAccount ? [""] : []),
    ...(version >= SINCE.professionalCustomer ? [false] : []),
  ];
}

/** `execDetails`; `reqId` is -1 for one that is told as it happens. */
export function execution(
  desk: Desk,
  { record, venueOrder }: KnownOrder,
  fill: ExchangeFill,
  cumulative: { readonly qty: number; readonly avgPrice: number },
  reqId = -1,
): Message {
  const { order, book } = venueOrder;
  return [
    RESPONSE.executionDetails,
    reqId,
    record.orderId,
    ...contractOf(desk, record, order),
    execId(record, fill),
    twsTime(fill.at),
    book,
    ibContractOf(order.contract, desk.venue).primaryExchange,
    fill.direction === "BUY" ? "BOT" : "SLD",
    fill.qty,
    fill.price,
    record.permId,
    record.clientId,
    0,
    cumulative.qty,
    cumulative.avgPrice,
    order.tag,
    "",
    "",
    "",
    2,
    false,
  ];
}

export function commissionReport(desk: Desk, { record, venueOrder }: KnownOrder, fill: ExchangeFill): Message {
  const { order } = venueOrder;
  const commission = commissionOf(order, fill.qty, fill.price);
  return [RESPONSE.commissionReport, 1, execId(record, fill), commission, currencyOf(desk, order), UNSET, UNSET, ""];
}

/** What an owner is told of a change that nobody asked for. */
export function eventMessages(desk: Desk, known: KnownOrder, event: VenueEvent, version: number): readonly Message[] {
  const { fill, order } = event;
  const status = statusOf(desk, event);
  if (fill === null) {
    const state = stateMessages(desk, known, version, status);
    const { orderId } = known.record;
    if (status === "Inactive") {
      return [errorMessage(orderId, 201, `Order rejected - reason:${order.errorReason}`), ...state];
    }
    const reason = order.status === "EXPIRED" ? order.errorReason : "";
    return status === "Cancelled" ? [...state, errorMessage(orderId, 202, `Order Canceled - reason:${reason}`)] : state;
  }
  return [
    execution(desk, known, fill, { qty: order.filledQty, avgPrice: order.avgPrice }),
    openOrder(desk, known, version, status),
    orderStatus(known, status, fill.price),
    commissionReport(desk, known, fill),
  ];
}

const UNSET_PERM_ID = "9223372036854775807";
const financialAdvisor: readonly Field[] = ["", "", "", ""];
/** From the good-till date to the exempt code. */
const untilShortSale: readonly Field[] = ["", "", UNSET, "", 0, "", -1];
const pegged: readonly Field[] = [UNSET, UNSET, UNSET, UNSET, UNSET];
const scale: readonly Field[] = [UNSET_INTEGER, UNSET_INTEGER, UNSET];
const pegBest: readonly Field[] = [UNSET_INTEGER, UNSET_INTEGER, UNSET, UNSET, UNSET];

/** From action to time in force, and the empty OCA group. */
function terms(order: ExchangeOrder): readonly Field[] {
  return [
    order.direction,
    order.qty,
    order.orderType === "Limit" ? "LMT" : "MKT",
    order.price ?? 0,
    0,
    order.timeInForce,
    "",
  ];
}

/** TWS shows a limit order's trail as its limit and the smallest step. */
function trail({ price }: ExchangeOrder): readonly Field[] {
  return [price ?? UNSET, UNSET];
}

function stopAndOffset({ price }: ExchangeOrder): readonly Field[] {
  return [price ?? UNSET, UNSET];
}

function contractOf(desk: Desk, { exchange }: OrderRecord, { contract }: ExchangeOrder): readonly Field[] {
  const found = ibContractOf(contract, desk.venue);
  return contractFields(found, exchange === "" ? found.exchange : exchange);
}

function currencyOf(desk: Desk, { contract }: ExchangeOrder): string {
  return ibContractOf(contract, desk.venue).currency;
}

/** Unique for ever: of the order's own number and the count of its fills. */
function execId({ permId }: OrderRecord, { fillId }: ExchangeFill): string {
  const count = fillId.slice(fillId.lastIndexOf("-") + 1).padStart(2, "0");
  return `0000e0d5.${permId.toString(16).padStart(8, "0")}.${count}.01`;
}

/** Fixed prices: by the share in the US with a least amount, by the value elsewhere. */
function commissionOf({ contract }: ExchangeOrder, qty: number, price: number): number {
  const cents = (value: number): number => Math.round(value * 100) / 100;
  if (contract.region === "US") return cents(Math.max(1, qty * 0.005));
  return cents(Math.max(contract.region === "HK" ? 18 : 15, qty * price * 0.0008));
}

function completedText(order: ExchangeOrder, status: TwsStatus): string {
  if (status === "Filled") return `Filled Size: ${order.filledQty}`;
  if (status === "Inactive") return `Rejected by System: ${order.errorReason}`;
  return order.status === "EXPIRED" ? "Cancelled by System" : "Cancelled by Trader";
}
