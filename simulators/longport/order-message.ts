/** Orders as the service writes them, in answers and in pushes. */
import type { ExchangeFill, ExchangeOrder } from "../../src/exchange/types.ts";
import { securityName } from "../shared/security-names.ts";
import type { VenueEvent, VenueOrder } from "../shared/venue.ts";
import {
  decimal,
  GTD,
  NO_OUTSIDE_RTH,
  OUTSIDE_RTH,
  SIDES,
  symbolOf,
  TIMES_IN_FORCE,
  unixSeconds,
  vendorStatus,
} from "./codes.ts";
import { type AttachedOrder, type Desk, isReported, type OrderNote } from "./desk.ts";
import { ACCOUNT_NO, BOOK } from "./positions.ts";

type Fields = Readonly<Record<string, string>>;

const FIRST_ID = 700_000_000_000_000_000n;

/**
 * The id of an order: eighteen digits, as the vendor's are, and odd, so that no double holds it.
 */
export function orderIdOf(orderId: string): string {
  const number = BigInt(orderId);
  return (FIRST_ID + number * 4096n + (((number * 2_654_435_761n) % 4096n) | 1n)).toString();
}

/** What the vendor keeps of an order, made up for one that was placed by another way. */
export function noteOf({ notes }: Desk, { order, wireId }: VenueOrder): OrderNote {
  return notes.get(wireId) ?? noteFor(order);
}

function noteFor({ contract, lifecycle, orderType }: ExchangeOrder): OrderNote {
  return {
    orderType: orderType === "Market" ? "MO" : "LO",
    outsideRth: contract.region === "US" ? OUTSIDE_RTH[lifecycle] : NO_OUTSIDE_RTH,
    expireDate: "",
  };
}

/** The order object of the lists. */
export function orderMessage(desk: Desk, entry: VenueOrder): Readonly<Record<string, unknown>> {
  const { order, wireId } = entry;
  const note = noteOf(desk, entry);
  return {
    order_id: wireId,
    ...common(desk, entry),
    quantity: decimal(order.qty),
    price: order.price === null ? "" : decimal(order.price),
    last_done: lastDone(desk, order),
    time_in_force: note.expireDate === "" ? TIMES_IN_FORCE[order.timeInForce] : GTD,
    expire_date: note.expireDate,
    outside_rth: note.outsideRth,
    limit_depth_level: "0",
    trigger_count: "0",
    monitor_price: "",
    attached_orders: desk.attached.get(wireId) ?? [],
    ...desk.shownAs.get(wireId),
  };
}

/** What is attached to an order and waits for its price. Source: `attached_orders` on the vendor's page "Today Orders". */
export function attachedMessage({ order, wireId }: VenueOrder, index: number): AttachedOrder & { order_id: string } {
  return {
    order_id: String(BigInt(wireId) + BigInt(index + 1)),
    attached_type_display: index + 1,
    trigger_price: "195.000",
    quantity: decimal(order.qty),
    executed_qty: "0",
    status: "NewStatus",
    updated_at: unixSeconds(order.updatedAt),
    withdrawn: false,
    gtd: "",
    time_in_force: "Day",
    counter_id: "",
    trigger_status: 0,
    executed_amount: "0",
    tag: 0,
    submitted_at: unixSeconds(order.createdAt),
    executed_price: "0.000",
    force_only_rth: "RTH_ONLY",
    reviewed: false,
    activate_order_type: "MIT",
    activate_rth: "RTH_ONLY",
    submit_price: "",
  };
}

/** What is attached, as an order of its own. */
export function attachedOrder(
  desk: Desk,
  entry: VenueOrder,
  attached: AttachedOrder,
): Readonly<Record<string, unknown>> {
  return {
    ...orderMessage(desk, entry),
    order_id: attached["order_id"],
    status: attached["status"],
    side: SIDES[entry.order.direction === "BUY" ? "SELL" : "BUY"],
    order_type: attached["activate_order_type"],
    quantity: attached["quantity"],
    executed_quantity: attached["executed_qty"],
    executed_price: attached["executed_price"],
    price: attached["submit_price"],
    trigger_price: attached["trigger_price"],
    time_in_force: attached["time_in_force"],
    remark: "",
    attached_orders: [],
  };
}

/** The order object of a detail request. */
export function orderDetail(desk: Desk, entry: VenueOrder): Readonly<Record<string, unknown>> {
  const { order } = entry;
  const none = { status: "NONE", amount: "0", currency: order.currency };
  return {
    ...orderMessage(desk, entry),
    free_status: "None",
    free_amount: "",
    free_currency: "",
    deductions_status: none.status,
    deductions_amount: "",
    deductions_currency: "",
    platform_deducted_status: none.status,
    platform_deducted_amount: "",
    platform_deducted_currency: "",
    history: fillsOf(desk, order).map(({ qty, price, at }) => ({
      price: decimal(price),
      quantity: decimal(qty),
      status: "FilledStatus",
      msg: "",
      time: unixSeconds(at),
    })),
    charge_detail: { total_amount: none.amount, currency: none.currency, items: [] },
  };
}

/** The text of a push about an order. */
export function pushText(desk: Desk, event: VenueEvent): string {
  const { order, wireId, fill } = event;
  const shown = desk.shownAs.get(wireId) ?? {};
  const { quantity = decimal(order.qty), price = decimal(order.price ?? 0), ...rest } = shown;
  return JSON.stringify({
    event: "order_changed_lb",
    data: {
      ...common(desk, event),
      order_id: wireId,
      submitted_quantity: quantity,
      submitted_price: price,
      account_no: ACCOUNT_NO,
      last_share: fill === null ? "" : decimal(fill.qty),
      last_price: fill === null ? "" : decimal(fill.price),
      ...rest,
    },
  });
}

function common(desk: Desk, entry: VenueOrder): Fields {
  const { order } = entry;
  const note = noteOf(desk, entry);
  const failed = order.status === "REJECTED" || order.status === "EXPIRED";
  return {
    status: vendorStatus(order.status, {
      filledQty: order.filledQty,
      reported: isReported(desk, entry),
      replaced: note.replaced === true,
    }),
    stock_name: securityName(order.contract),
    executed_quantity: decimal(order.filledQty),
    executed_price: decimal(order.avgPrice),
    submitted_at: unixSeconds(order.createdAt),
    side: SIDES[order.direction],
    symbol: symbolOf(order.contract),
    order_type: note.orderType,
    trigger_price: "",
    msg: failed ? order.errorReason : (order.warning ?? ""),
    // Unlike its documents the vendor's own client knows this spelling alone, since its release 4.4.
    tag: order.timeInForce === "GTC" ? "Gtc" : "Normal",
    updated_at: unixSeconds(order.updatedAt),
    trigger_at: "0",
    trailing_amount: "",
    trailing_percent: "",
    limit_offset: "",
    trigger_status: "NOT_USED",
    currency: order.currency,
    remark: note.remark ?? order.tag ?? "",
  };
}

function fillsOf({ venue }: Desk, { orderId }: ExchangeOrder): readonly ExchangeFill[] {
  return venue
    .book(BOOK)
    .fills()
    .filter((fill) => fill.orderId === orderId);
}

function lastDone(desk: Desk, order: ExchangeOrder): string {
  const last = order.filledQty === 0 ? undefined : fillsOf(desk, order).at(-1);
  return last === undefined ? "" : decimal(last.price);
}
