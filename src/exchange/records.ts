/** The orders that were accepted and their fills, and how an order looks after what happened to it. */
import { add, divide, multiply } from "../domain/money.ts";
import { isTerminal, type OrderStatus } from "../domain/order.ts";
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
  /** Every order that is remembered, oldest first. */
  orders(): ExchangeOrder[];
  fills(): ExchangeFill[];
  /** Writes down how an order stands now, and tells of it. */
  write(order: ExchangeOrder): ExchangeOrder;
  /** Writes down a fill and how the order stands after it, and tells of both. */
  fill(order: ExchangeOrder, qty: number, price: number, at: number): { order: ExchangeOrder; fill: ExchangeFill };
}

/** What records begin with. */
export interface RecordsOptions {
  /** What a state remembers. */
  readonly orders: readonly ExchangeOrder[];
  readonly fills: readonly ExchangeFill[];
  /** Of the orders that have ended at least so many of the newest are remembered, and at most twice as many. */
  readonly kept: number;
  readonly tell: (event: ExchangeEvent) => void;
}

/** Opens the records. */
export function createRecords({ orders: known, fills: made, kept, tell }: RecordsOptions): Records {
  const orders = new Map<string, ExchangeOrder>();
  let fills: ExchangeFill[] = [];
  /** Ids of those that have ended, in the order in which they did. */
  const ended = new Set<string>();
  // Averages are taken over the exact value of all fills, not over the average before.
  const traded = new Map<string, { readonly value: number; readonly count: number }>();

  const tradedWith = (orderId: string, qty: number, price: number) => {
    const { value, count } = traded.get(orderId) ?? { value: 0, count: 0 };
    return { value: add(value, multiply(qty, price)), count: count + 1 };
  };

  const keep = (order: ExchangeOrder): void => {
    orders.set(order.orderId, order);
    if (!isTerminal(order.status)) return;
    ended.add(order.orderId);
    if (ended.size >= 2 * kept) forgetOldest();
  };

  const forgetOldest = (): void => {
    for (const orderId of ended) {
      if (ended.size <= kept) break;
      ended.delete(orderId);
      orders.delete(orderId);
      traded.delete(orderId);
    }
    fills = fills.filter(({ orderId }) => orders.has(orderId));
  };

  for (const fill of made) {
    fills.push(fill);
    traded.set(fill.orderId, tradedWith(fill.orderId, fill.qty, fill.price));
  }
  // A state has them in the order in which they were accepted.
  for (const order of known) orders.set(order.orderId, order);
  for (const order of known.toSorted((a, b) => a.updatedAt - b.updatedAt)) keep(order);

  return {
    order: (orderId) => orders.get(orderId),
    orders: () => [...orders.values()],
    fills: () => [...fills],
    write: (order) => {
      keep(order);
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
      keep(order);
      tell({ order, fill });
      return { order, fill };
    },
  };
}

/** The order with another status; its time never goes back, whatever the clock does. */
export function withStatus(order: ExchangeOrder, status: OrderStatus, at: number): ExchangeOrder {
  return { ...order, status, originStatus: STATUS_WORDS[status], updatedAt: Math.max(order.updatedAt, at) };
}
