/** Placing, changing and cancelling orders, with what the service checks before the exchange sees them. */
import * as v from "valibot";
import type { Contract } from "../../src/domain/contract.ts";
import { isTerminal, type Lifecycle, type OrderStatus } from "../../src/domain/order.ts";
import { isExchangeError } from "../../src/exchange/exchange-error.ts";
import { tradingDay } from "../shared/market-time.ts";
import { contractOf, decimal, NO_OUTSIDE_RTH, ORDER_TYPES, OUTSIDE_RTH, type VendorOrderType } from "./codes.ts";
import type { AttachedOrder, Desk } from "./desk.ts";
import type { Answer, Query } from "./http-messages.ts";
import { noteOf } from "./order-message.ts";
import { BOOK } from "./positions.ts";
import { badParameter, CODE, EXCHANGE_REFUSALS, Refusal } from "./refusal.ts";
import { requests, type SubmitRequest } from "./requests.ts";
import { attachedOf, orderOf } from "./trade-reads.ts";

/** Longest remark, in bytes of UTF-8. */
const REMARK_BYTES = 64;
/** How long a `client_request_id` gives its answer again, in milliseconds. Source: the vendor's page on submitting. */
const REPEAT_MS = 10 * 60_000;

/** How a submit is carried out otherwise than it was asked. */
export interface SubmitOptions {
  /** True turns the order into one for regular hours without a word. */
  readonly changesSession: boolean;
}

/** `POST /v1/trade/order`. */
export function submitOrder(desk: Desk, { body }: Query, options: SubmitOptions = { changesSession: false }): Answer {
  const request = v.parse(requests.submit, body());
  const repeated = answerKept(desk, request.client_request_id ?? "");
  if (repeated !== undefined) return { order_id: repeated };
  checkRemark(request.remark ?? "");
  const contract = contractOf(request.symbol);
  if (contract === undefined) throw badParameter(`symbol: "${request.symbol}" is no ticker.region`);
  const vendorType = orderTypeOf(request, contract);
  const asked = lifecycleOf(request, contract);
  // The vendor's help pages: orders of the night are good for the running trading day only.
  if (asked === "OVERNIGHT" && request.time_in_force !== "Day") throw badParameter("time in force not support");
  if (desk.isPaper) checkPaper(request, contract);
  // A US market order for extended hours becomes one for regular hours, as every order of a paper account, and nobody is told.
  const isRegularOnly = desk.isPaper || (vendorType === "MO" && asked === "ETH");
  const quiet = contract.region === "US" && (options.changesSession || isRegularOnly);
  const lifecycle: Lifecycle = quiet ? "RTH" : asked;
  const orderType = ORDER_TYPES[vendorType];
  const price = orderType === "Limit" ? priceOf(request.submitted_price) : undefined;
  const remark = request.remark ?? "";
  const expireDate = expireDateOf(desk, request, contract);
  const placed = exchangeSays(() =>
    desk.venue.place(BOOK, {
      contract,
      direction: request.side === "Buy" ? "BUY" : "SELL",
      orderType,
      timeInForce: request.time_in_force === "Day" ? "DAY" : "GTC",
      lifecycle,
      qty: request.submitted_quantity,
      ...(price === undefined ? {} : { price }),
      tag: remark === "" ? null : remark,
    }),
  );
  desk.notes.set(placed.wireId, {
    orderType: vendorType,
    outsideRth: contract.region === "US" ? OUTSIDE_RTH[lifecycle] : NO_OUTSIDE_RTH,
    expireDate,
  });
  if (request.client_request_id) {
    desk.clientRequests.set(request.client_request_id, { at: desk.venue.now(), orderId: placed.wireId });
  }
  return { order_id: placed.wireId };
}

/** `PUT /v1/trade/order`: quantity and, for limit orders, price are always given. */
export function replaceOrder(desk: Desk, { body }: Query): Answer {
  const { order_id, quantity, price, remark } = v.parse(requests.replace, body());
  const entry = orderOf(desk, order_id);
  const { order } = entry;
  checkRemark(remark ?? "");
  if (isTerminal(order.status)) throw refusalOf("order-not-open");
  // Stock Connect takes no changes; one cancels and places anew.
  if (order.contract.region === "CN") throw new Refusal(CODE.noAmendment, "Order type does not support amendment");
  const change = order.orderType === "Market" ? { qty: quantity } : { qty: quantity, price: priceOf(price) };
  exchangeSays(() => desk.venue.replace(entry, change));
  const note = noteOf(desk, entry);
  desk.notes.set(order_id, { ...note, replaced: true, ...(remark ? { remark } : {}) });
  // What is attached goes with it. Source: the vendor's help, as below.
  changeAttached(desk, order_id, { quantity: decimal(quantity) });
  return {};
}

/** `DELETE /v1/trade/order`. */
export function cancelOrder(desk: Desk, { query }: Query): Answer {
  const { order_id, is_attached } = v.parse(requests.orderId, query.single());
  if (is_attached === "true") return cancelAttached(desk, order_id);
  const entry = orderOf(desk, order_id);
  if (isTerminal(entry.order.status)) throw endedRefusal(entry.order.status);
  exchangeSays(() => desk.venue.cancel(entry));
  return {};
}

/** With the one what is attached beside it is canceled. Source: "Understanding attached orders" of the vendor's help. */
function cancelAttached(desk: Desk, wireId: string): Answer {
  const found = attachedOf(desk, wireId);
  if (found === undefined) throw refusalOf("unknown-order");
  if (found.attached["status"] === "CanceledStatus") throw endedRefusal("CANCELED");
  changeAttached(desk, found.entry.wireId, { status: "CanceledStatus", withdrawn: true });
  return {};
}

function changeAttached({ attached }: Desk, wireId: string, changes: AttachedOrder): void {
  const changed = attached.get(wireId)?.map((each) => ({ ...each, ...changes }));
  if (changed !== undefined) attached.set(wireId, changed);
}

/** The order of a repeated request id, `undefined` for a new one or one that was forgotten. */
function answerKept({ clientRequests, venue }: Desk, id: string): string | undefined {
  const kept = id === "" ? undefined : clientRequests.get(id);
  if (kept === undefined || Math.abs(venue.now() - kept.at) >= REPEAT_MS) return undefined;
  return kept.orderId;
}

/** Source: the vendor's page "Trade" of questions, and its word in https://github.com/longbridge/openapi/issues/116. */
function checkPaper({ time_in_force }: SubmitRequest, { region }: Contract): void {
  if (time_in_force !== "Day") throw badParameter("time in force not support");
  if (region === "CN") throw badParameter("market not support");
}

function checkRemark(remark: string): void {
  if (Buffer.byteLength(remark, "utf8") > REMARK_BYTES) {
    throw badParameter(`remark: longer than ${REMARK_BYTES} bytes`);
  }
}

function orderTypeOf({ order_type }: SubmitRequest, contract: Contract): VendorOrderType {
  if (order_type !== "LO" && order_type !== "ELO" && order_type !== "MO") {
    throw badParameter(`order_type: "${order_type}" not support`);
  }
  if (order_type === "ELO" && contract.region !== "HK") throw badParameter("order_type: ELO exists in HK only");
  if (order_type === "MO" && contract.region === "CN") throw badParameter("order_type: CN takes limit orders only");
  return order_type;
}

function lifecycleOf({ outside_rth }: SubmitRequest, { region }: Contract): Lifecycle {
  if (region === "US") {
    if (outside_rth === "RTH_ONLY") return "RTH";
    if (outside_rth === "ANY_TIME") return "ETH";
    if (outside_rth === "OVERNIGHT") return "OVERNIGHT";
    throw badParameter("outside_rth is required for US");
  }
  if (outside_rth === "OVERNIGHT") throw badParameter(`outside_rth: ${region} has no overnight session`);
  return "RTH";
}

function expireDateOf({ venue }: Desk, request: SubmitRequest, { region }: Contract): string {
  if (request.time_in_force !== "GTD") return "";
  const date = request.expire_date ?? "";
  if (date < tradingDay(venue.now(), region))
    throw badParameter("expire_date is required for GTD, and not in the past");
  return date;
}

function priceOf(price: number | null | undefined): number {
  if (price === null || price === undefined || !(price > 0))
    throw badParameter("price is required for this order type");
  return price;
}

function endedRefusal(status: OrderStatus): Refusal {
  if (status === "FILLED") return new Refusal(CODE.alreadyFilled, "Order has been filled");
  if (status === "CANCELED") return new Refusal(CODE.alreadyCancelled, "Order has been cancelled");
  return new Refusal(CODE.alreadyRejected, `Order has been ${status === "EXPIRED" ? "expired" : "rejected"}`);
}

function refusalOf(refusal: keyof typeof EXCHANGE_REFUSALS, detail = ""): Refusal {
  const { code, text } = EXCHANGE_REFUSALS[refusal];
  return new Refusal(code, detail === "" ? text : `${text}: ${detail}`);
}

function exchangeSays<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (isExchangeError(error)) throw refusalOf(error.refusal, error.message);
    throw error;
  }
}
