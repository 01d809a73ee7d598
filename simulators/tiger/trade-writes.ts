/** Order numbers, placing, changing and cancelling, with what the vendor checks before the exchange sees them. */
import * as v from "valibot";
import type { Contract } from "../../src/domain/contract.ts";
import {
  type Direction,
  isTerminal,
  type Lifecycle,
  type OrderType,
  type TimeInForce,
} from "../../src/domain/order.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import { currencyOf } from "../../src/exchange/ledger.ts";
import type { ExchangeOrder } from "../../src/exchange/types.ts";
import type { VenueOrder } from "../shared/venue.ts";
import type { Account } from "./accounts.ts";
import { contractOf, ORDER_TYPES, regionOfCurrency, SESSIONS, vendorCurrency } from "./codes.ts";
import { accountOf, type Desk, ordersOf, takeOrderNumber } from "./desk.ts";
import { orderMessage } from "./order-message.ts";
import { bizParameter, EXCHANGE_TEXTS, tradeRefusal } from "./refusal.ts";
import { type ModifyRequest, type PlaceRequest, requests } from "./requests.ts";

type Answer = Readonly<Record<string, unknown>>;

/** Longest `user_mark`. The vendor publishes no figure. */
const LONGEST_MARK = 128;

/** `order_no`: a number to place one order with; a second order with it is refused. */
export function orderNo(desk: Desk, biz: unknown): Answer {
  accountOf(desk, v.parse(requests.account, biz).account);
  return { orderId: BigInt(takeOrderNumber(desk)) };
}

/** `place_order`. */
export function placeOrder(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.place, biz);
  const account = accountOf(desk, request.account);
  if (request.user_mark.length > LONGEST_MARK) {
    throw bizParameter(`field 'user_mark' cannot be longer than ${LONGEST_MARK}`);
  }
  if (request.sec_type !== "STK") throw bizParameter(`field 'sec_type' ${request.sec_type} is not supported`);
  const contract = contractOfOrder(request);
  const orderType = orderTypeOf(request);
  const used = usedNumbers(desk, account);
  const given = request.order_id === undefined || request.order_id === "0" ? undefined : request.order_id;
  if (given !== undefined && used.has(given)) throw tradeRefusal(account.isPaper, "TRADE DUPLICATE ORDER ID");
  const placed = exchangeSays(account, () =>
    desk.venue.place(account.book, {
      contract,
      direction: directionOf(request),
      orderType,
      timeInForce: timeInForceOf(request, account, orderType),
      lifecycle: lifecycleOf(request, contract, account, orderType),
      qty: request.total_quantity / 10 ** request.total_quantity_scale,
      ...(orderType === "Limit" ? { price: limitOf(request.limit_price) } : {}),
      tag: request.user_mark === "" ? null : request.user_mark,
    }),
  );
  const orderNumber = given ?? takeOrderNumber(desk);
  used.add(orderNumber);
  desk.notes.set(placed.wireId, { orderNumber });
  const message = orderMessage(desk, desk.venue.find(placed.wireId) ?? placed);
  return { id: BigInt(placed.wireId), orderId: BigInt(orderNumber), subIds: [], orders: [message] };
}

/**
 * `modify_order`: takes an order written out whole, and changes its quantity and price. What it leaves out counts as empty,
 * as in a place: without its mark an order has none any more. But where it does not say how many digits of the quantity are
 * behind the point, those of the order are.
 */
export function modifyOrder(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.modify, biz);
  const account = accountOf(desk, request.account);
  const entry = requireOpen(account, orderOf(desk, account, request));
  const { order, wireId } = entry;
  const { total_quantity: quantity, total_quantity_scale: scale, limit_price: price } = request;
  requireSame(order, request);
  requireSessionOf(order.contract, order.orderType, request.trading_session_type);
  if (quantity === undefined) throw bizParameter("field 'total_quantity' cannot be empty");
  if (price !== undefined && order.price === null) throw bizParameter("field 'limit_price' is not for market orders");
  if (request.time_in_force === "GTD" && request.expire_time === undefined) {
    throw bizParameter("GTD order 'expire_time' is required");
  }
  const digits = scale ?? Number(desk.shownAs.get(wireId)?.["totalQuantityScale"] ?? 0);
  const change = { qty: quantity / 10 ** digits, ...(order.price === null ? {} : { price: limitOf(price) }) };
  exchangeSays(account, () => desk.venue.replace(entry, change));
  const note = desk.notes.get(wireId);
  if (note !== undefined) desk.notes.set(wireId, { ...note, isReplaced: true });
  desk.shownAs.set(wireId, { ...desk.shownAs.get(wireId), ...writtenAnew(order, request) });
  return { id: BigInt(wireId) };
}

/** What cannot be changed has to be there all the same. */
function requireSame({ contract, direction, orderType }: ExchangeOrder, request: ModifyRequest): void {
  const kept = {
    symbol: contract.symbol,
    sec_type: "STK",
    action: direction,
    order_type: orderType === "Market" ? "MKT" : "LMT",
  } as const;
  for (const field of ["symbol", "sec_type", "action", "order_type"] as const) {
    if (request[field] === undefined) throw bizParameter(`field '${field}' cannot be empty`);
    if (request[field] !== kept[field]) throw bizParameter(`field '${field}' can not be modified`);
  }
}

/** What the order is shown with from now on, as far as the exchange does not keep it. */
function writtenAnew({ contract, orderType }: ExchangeOrder, request: ModifyRequest): Answer {
  const { outside_rth: outside, trading_session_type: session, time_in_force: time, expire_time: expires } = request;
  const written = { userMark: request.user_mark, timeInForce: time, expireTime: expires };
  if (contract.region !== "US" || orderType === "Market") return written;
  return { ...written, outsideRth: outside, tradingSessionType: session ?? (outside ? "PRE_RTH_POST" : "RTH") };
}

/** `cancel_order`: the vendor answers that it has the request, and cancels when the exchange has heard of it. */
export function cancelOrder(desk: Desk, biz: unknown): Answer {
  const request = v.parse(requests.cancel, biz);
  const account = accountOf(desk, request.account);
  const entry = requireOpen(account, orderOf(desk, account, request));
  const { order, wireId } = entry;
  if (desk.cancelLagMs === 0) {
    exchangeSays(account, () => desk.venue.cancel(entry));
    return { id: BigInt(wireId) };
  }
  desk.shownAs.set(wireId, { ...desk.shownAs.get(wireId), cancelStatus: "RECEIVED" });
  const timer = setTimeout(() => {
    desk.cancels.delete(timer);
    const now = desk.venue.find(wireId)?.order.status;
    if (now !== undefined && !isTerminal(now)) desk.venue.book(account.book).cancel(order.orderId);
  }, desk.cancelLagMs);
  desk.cancels.add(timer);
  return { id: BigInt(wireId) };
}

/**
 * The order that a request names, by its global id or by the account's order number.
 * @throws {Refusal} when it names none, or the account has no such order.
 */
export function orderOf(
  desk: Desk,
  account: Account,
  named: { readonly id?: string | undefined; readonly order_id?: string | undefined },
): VenueOrder {
  const { id, order_id: number } = named;
  const isNumbered = number !== undefined && number !== "0";
  if (id === undefined && !isNumbered) throw bizParameter("field 'id' cannot be empty");
  const found = ordersOf(desk, account).find(({ wireId }) =>
    id === undefined ? desk.notes.get(wireId)?.orderNumber === number : wireId === id,
  );
  if (found === undefined) throw tradeRefusal(account.isPaper, EXCHANGE_TEXTS["unknown-order"]);
  return found;
}

function requireOpen(account: Account, found: VenueOrder): VenueOrder {
  if (isTerminal(found.order.status)) throw tradeRefusal(account.isPaper, EXCHANGE_TEXTS["order-not-open"]);
  return found;
}

function usedNumbers({ usedNumbers: all }: Desk, { number }: Account): Set<string> {
  const used = all.get(number) ?? new Set<string>();
  all.set(number, used);
  return used;
}

function contractOfOrder({ symbol, currency, market }: PlaceRequest): Contract {
  const region = market ?? (currency === undefined ? undefined : regionOfCurrency(currency));
  if (region === undefined) {
    throw bizParameter(currency === undefined ? "field 'currency' cannot be empty" : `invalid currency ${currency}`);
  }
  const contract = contractOf(symbol, region);
  if (currency !== undefined && !isCurrencyOf(currency, region, contract)) {
    throw bizParameter(`currency ${currency} does not match market ${region}`);
  }
  if (contract === undefined) throw bizParameter(`invalid symbol ${symbol} of market ${region}`);
  return contract;
}

/** Counters of their own have a currency of their own in Hong Kong. */
function isCurrencyOf(currency: string, region: string, contract: Contract | undefined): boolean {
  if (contract === undefined) return regionOfCurrency(currency) === region;
  return currency === vendorCurrency(currencyOf(contract));
}

function orderTypeOf({ order_type: type }: PlaceRequest): OrderType {
  if (type === "LMT" || type === "MKT") return ORDER_TYPES[type];
  throw bizParameter(`order_type ${type} is not supported`);
}

function directionOf({ action }: PlaceRequest): Direction {
  if (action === "BUY" || action === "SELL") return action;
  throw bizParameter(`action ${action} is not supported`);
}

function timeInForceOf(request: PlaceRequest, { isPaper }: Account, orderType: OrderType): TimeInForce {
  const { time_in_force: time } = request;
  if (time === "DAY") return "DAY";
  if (time !== "GTC") throw bizParameter(`time_in_force ${time} is not supported`);
  if (isPaper) throw tradeRefusal(true, "Paper account does not support GTC orders");
  if (orderType === "Market") throw tradeRefusal(false, "Market order does not support GTC");
  return "GTC";
}

function lifecycleOf(request: PlaceRequest, contract: Contract, { isPaper }: Account, orderType: OrderType): Lifecycle {
  const { outside_rth: outside, trading_session_type: session } = request;
  if (orderType === "Market" && outside === true) {
    throw tradeRefusal(
      isPaper,
      "Market order does not support pre-market and post-market trading, set outside_rth to false",
    );
  }
  const asked = session === undefined ? undefined : Object.entries(SESSIONS).find(([name]) => name === session)?.[1];
  if (session !== undefined && asked === undefined)
    throw bizParameter(`trading_session_type ${session} is not supported`);
  if (contract.region !== "US") {
    if (asked === "OVERNIGHT") throw tradeRefusal(isPaper, EXCHANGE_TEXTS["unsupported-session"]);
    requireSessionOf(contract, orderType, session);
    return "RTH";
  }
  const lifecycle = asked ?? (outside === false || orderType === "Market" ? "RTH" : "ETH");
  if (orderType === "Market" && lifecycle !== "RTH") {
    throw tradeRefusal(isPaper, EXCHANGE_TEXTS["unsupported-session"]);
  }
  return lifecycle;
}

/** The vendor has sessions to choose from for limit orders of US alone. */
function requireSessionOf({ region }: Contract, orderType: OrderType, session: string | undefined): void {
  if (session === undefined || (region === "US" && orderType === "Limit")) return;
  throw bizParameter(`field 'trading_session_type' is for limit orders of US only`);
}

function limitOf(price: number | undefined): number {
  if (price === undefined) throw bizParameter("field 'limit_price' cannot be empty");
  if (!(price > 0)) throw bizParameter("field 'limit_price' must be above 0");
  return price;
}

function exchangeSays<T>({ isPaper }: Account, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (isExchangeError(error)) throw tradeRefusal(isPaper, `${EXCHANGE_TEXTS[error.refusal]}. ${error.message}`);
    throw error;
  }
}
