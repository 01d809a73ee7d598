/** Every order ever accepted and every fill, and how an order looks after what happened to it. */
import { add, divide, multiply } from "../domain/money.ts";
import type { OrderStatus } from "../domain/order.ts";
import type { ExchangeEvent, ExchangeFill, ExchangeOrder } from "./types.ts";

/** The exchange's own words for a status. */
export const STATUS_WORDS = {
  PENDING: "received",
  OPEN: "working",
  PARTIALLY_FILLED: "partly filled",
  PENDING_REPLACE: "changing",
  PENDING_CANCEL: "canceling",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "expired",
  REJECTED: "rejected",
  UNKNOWN: "unknown",
} as const satisfies Record<OrderStatus, string>;

export interface Records {
  order(orderId: string): ExchangeOrder | undefined;
  /** Every order, oldest first. */
  orders(): ExchangeOrder[];
  fills(): ExchangeFill[];
  /** Writes down how an order stands now, and tells of it. */
  write(order: ExchangeOrder): ExchangeOrder;
  /** Writes down a fill and how the order stands after it, and tells of both. */
  fill(order: ExchangeOrder, qty: number, price: number, at: number): { order: ExchangeOrder; fill: ExchangeFill };
}

/** Opens the records with what a state remembers. */
export function createRecords(
  remembered: { readonly orders: readonly ExchangeOrder[]; readonly fills: readonly ExchangeFill[] },
  tell: (event: ExchangeEvent) => void,
): Records {
  const orders = new Map(remembered.orders.map((order) => [order.orderId, order]));
  const fills: ExchangeFill[] = [];
  // Averages are taken over the exact value of all fills, not over the average before.
  const traded = new Map<string, { readonly value: number; readonly count: number }>();

  const tradedWith = (orderId: string, qty: number, price: number) => {
    const { value, count } = traded.get(orderId) ?? { value: 0, count: 0 };
    return { value: add(value, multiply(qty, price)), count: count + 1 };
  };
  for (const fill of remembered.fills) {
    fills.push(fill);
    traded.set(fill.orderId, tradedWith(fill.orderId, fill.qty, fill.price));
  }

  return {
    order: (orderId) => orders.get(orderId),
    orders: () => [...orders.values()],
    fills: () => [...fills],
    write: (order) => {
      orders.set(order.orderId, order);
      tell({ order, fill: null });
      return order;
    },
    fill: (before, qty, price, at) => {
      const { orderId, contract, direction } = before;
      const sum = tradedWith(orderId, qty, price);
      const filledQty = add(before.filledQty, qty);
      const order: ExchangeOrder = {
        ...withStatus(before, filledQty >= before.qty ? "FILLED" : "PARTIALLY_FILLED", at),
        filledQty,
        avgPrice: divide(sum.value, filledQty),
      };
      const fill = { fillId: `${orderId}-${sum.count}`, orderId, contract, direction, qty, price, at };
      traded.set(orderId, sum);
      fills.push(fill);
      orders.set(orderId, order);
      tell({ order, fill });
      return { order, fill };
    },
  };
}

/** The order with another status; its time never goes back, whatever the clock does. */
export function withStatus(order: ExchangeOrder, status: OrderStatus, at: number): ExchangeOrder {
  return { ...order, status, originStatus: STATUS_WORDS[status], updatedAt: Math.max(order.updatedAt, at) };
}
