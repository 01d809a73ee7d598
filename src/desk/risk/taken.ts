/** What a broker has taken of a change before it shows it: a vendor may report an order seconds after its answer. */
import type { IntentAction, OrderRecord } from "../../journal/journal.ts";
import { elapsedMs } from "../elapsed.ts";
import { isClosed, type OrderBook } from "../order-book.ts";
import type { Pending } from "./exposure.ts";

/** New quantities that the broker took and has not shown yet. */
export interface TakenChanges {
  /** Adds a write that the broker took, if it is one that changes a quantity. */
  add(id: string, action: IntentAction): void;
  /** Told of every order that is reported: what shows the change ends it, or what does not when it had to be shown. */
  seen(order: OrderRecord): void;
  all(): Iterable<Pending>;
}

interface TakenChange extends Pending {
  readonly qty: number;
  /** From when on the broker shows the order as it is, by {@link elapsedMs}. */
  readonly shownAt: number;
}

/** `settleMs`: milliseconds after which the broker is certain to show what it has taken. */
export function createTakenChanges(book: OrderBook, settleMs: () => number): TakenChanges {
  const byOrder = new Map<string, TakenChange>();
  return {
    add(id, action) {
      if (action.kind !== "replace" || action.change.qty === undefined) return;
      const { qty } = action.change;
      byOrder.delete(action.orderId);
      const order = book.get(action.orderId);
      if (order === undefined || isShown(order, qty)) return;
      byOrder.set(action.orderId, { id, action, qty, shownAt: elapsedMs() + settleMs() });
    },
    seen(order) {
      const change = byOrder.get(order.orderId);
      if (change === undefined) return;
      const isRefused = order.status !== "PENDING_REPLACE" && elapsedMs() >= change.shownAt;
      if (isRefused || isShown(order, change.qty)) byOrder.delete(order.orderId);
    },
    all: () => byOrder.values(),
  };
}

function isShown(order: OrderRecord, qty: number): boolean {
  return order.qty === qty || isClosed(order);
}
