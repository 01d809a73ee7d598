/** Orders and executions of the account. */
import * as v from "valibot";
import { isTerminal } from "../../src/domain/order.ts";
import { tradingDay } from "../shared/market-time.ts";
import type { VenueOrder } from "../shared/venue.ts";
import { contractOf, decimal, SIDES, symbolOf, unixSeconds } from "./codes.ts";
import type { Desk } from "./desk.ts";
import type { Answer, Query } from "./http-messages.ts";
import { attachedOrder, orderDetail, orderMessage } from "./order-message.ts";
import { BOOK } from "./positions.ts";
import { badParameter, CODE, Refusal } from "./refusal.ts";
import { type OrdersRequest, requests } from "./requests.ts";

const NINETY_DAYS_S = 90 * 86_400;

/** `GET /v1/trade/order/today`: the orders of the running trading day and those still open, or the one of an id. */
export function todayOrders(desk: Desk, { query }: Query): Answer {
  const filter = v.parse(requests.orders, query.repeated("status"));
  if (filter.order_id !== undefined && filter.is_attached === "true") {
    const found = attachedOf(desk, filter.order_id);
    return { orders: found === undefined ? [] : [attachedOrder(desk, found.entry, found.attached)] };
  }
  const orders = desk.venue.orders().filter((entry) => filter.order_id !== undefined || isOfToday(desk, entry));
  return { orders: chosen(desk, orders, filter) };
}

/** `GET /v1/trade/order/history`: what ended on an earlier trading day, the newest first, and no more than a page. */
export function historyOrders(desk: Desk, { query }: Query): Answer {
  const filter = v.parse(requests.orders, query.repeated("status"));
  const within = windowOf(desk, filter);
  const orders = chosen(
    desk,
    desk.venue.orders().filter((entry) => !isOfToday(desk, entry) && within(entry.order.createdAt)),
    filter,
  );
  return { has_more: orders.length > desk.historyLimit, orders: orders.slice(0, desk.historyLimit) };
}

/**
 * `GET /v1/trade/order`. Of an order that the account has not, and sometimes of one that it has only just taken, the vendor
 * says something else than that: seen in its issues.
 */
export function orderById(desk: Desk, { query }: Query): Answer {
  const { order_id } = v.parse(requests.orderId, query.single());
  const found = desk.venue.find(order_id);
  if (found === undefined) throw new Refusal(CODE.noDetail, "internal server error");
  if (desk.venue.now() - found.order.createdAt < desk.detailLagMs) {
    throw badParameter("Parameter authentication failed, please contact customer service for assistance.");
  }
  return orderDetail(desk, found);
}

/** `GET /v1/trade/execution/today`. */
export function todayExecutions(desk: Desk, { query }: Query): Answer {
  const filter = v.parse(requests.orders, query.repeated("status"));
  return { trades: executions(desk, filter, (at, region) => isToday(desk, at, region)) };
}

/** `GET /v1/trade/execution/history`. */
export function historyExecutions(desk: Desk, { query }: Query): Answer {
  const filter = v.parse(requests.orders, query.repeated("status"));
  const within = windowOf(desk, filter);
  const trades = executions(desk, filter, (at, region) => !isToday(desk, at, region) && within(at));
  return { has_more: trades.length > desk.historyLimit, trades: trades.slice(0, desk.historyLimit) };
}

/**
 * The order of an id.
 * @throws {Refusal} when the account has none such.
 */
export function orderOf({ venue }: Desk, wireId: string): VenueOrder {
  const found = venue.find(wireId);
  if (found === undefined) throw new Refusal(CODE.unknownOrder, "Order not found");
  return found;
}

/** What is attached under that id, and to which order. */
export function attachedOf({ attached, venue }: Desk, wireId: string) {
  for (const entry of venue.orders()) {
    const found = attached.get(entry.wireId)?.find(({ order_id }) => order_id === wireId);
    if (found !== undefined) return { entry, attached: found };
  }
  return undefined;
}

function isOfToday(desk: Desk, { order }: VenueOrder): boolean {
  const { region } = order.contract;
  if (!isTerminal(order.status) || isToday(desk, order.createdAt, region)) return true;
  return order.timeInForce === "GTC" && isToday(desk, order.updatedAt, region);
}

function isToday({ venue }: Desk, at: number, region: string): boolean {
  return tradingDay(at, region) === tradingDay(venue.now(), region);
}

function chosen(
  desk: Desk,
  orders: readonly VenueOrder[],
  { symbol, status, side, market, order_id }: OrdersRequest,
): readonly Readonly<Record<string, unknown>>[] {
  checkSymbol(symbol);
  return orders
    .filter(
      ({ order, wireId }) =>
        (symbol === undefined || symbolOf(order.contract) === symbol) &&
        (side === undefined || SIDES[order.direction] === side) &&
        (market === undefined || order.contract.region === market) &&
        (order_id === undefined || wireId === order_id),
    )
    .map((entry) => orderMessage(desk, entry))
    .filter((message) => status.length === 0 || status.some((each) => each === message["status"]))
    .toReversed();
}

function executions(
  desk: Desk,
  { symbol, order_id }: OrdersRequest,
  within: (at: number, region: string) => boolean,
): readonly Readonly<Record<string, string>>[] {
  checkSymbol(symbol);
  const wireIds = new Map(desk.venue.orders().map(({ order, wireId }) => [order.orderId, wireId]));
  return desk.venue
    .book(BOOK)
    .fills()
    .filter(
      ({ at, contract }) => within(at, contract.region) && (symbol === undefined || symbolOf(contract) === symbol),
    )
    .map(({ orderId, fillId, contract, at, qty, price }) => ({
      order_id: wireIds.get(orderId) ?? "",
      trade_id: `${wireIds.get(orderId) ?? ""}-${fillId}`,
      symbol: symbolOf(contract),
      trade_done_at: unixSeconds(at),
      quantity: decimal(qty),
      price: decimal(price),
    }))
    .filter((trade) => order_id === undefined || trade.order_id === order_id)
    .toReversed();
}

function checkSymbol(symbol: string | undefined): void {
  if (symbol !== undefined && contractOf(symbol) === undefined) {
    throw badParameter(`symbol: "${symbol}" is no ticker.region`);
  }
}

/** Where one end of the window is missing it lies ninety days from the other, or now. Users of longer ones get an error. */
function windowOf({ venue }: Desk, { start_at, end_at }: OrdersRequest): (at: number) => boolean {
  const now = Math.floor(venue.now() / 1000);
  const end = end_at ?? (start_at === undefined ? now : Math.min(now, start_at + NINETY_DAYS_S));
  const start = start_at ?? end - NINETY_DAYS_S;
  if (end - start > NINETY_DAYS_S) throw badParameter("start_at: must lie no more than 90 days before end_at");
  return (at) => {
    const second = Math.floor(at / 1000);
    return second >= start && second <= end;
  };
}
