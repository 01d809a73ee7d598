/** What a broker has taken of a change before it shows it: a vendor may report an order seconds after its answer. */
import type { IntentAction, OrderRecord } from "../../journal/journal.ts";
import { elapsedMs } from "../elapsed.ts";
import { isClosed, type OrderBook } from "../order-book.ts";
import type { Pending } from "./exposure.ts";

/** New quantities that the broker took and has not shown yet. */
export interface TakenChanges {
  /** Adds a write that the broker took just now, if it is one that changes a quantity: what it took before it is past. */
  add(id: string, action: IntentAction): void;
  /** The same of one that was heard of late: what was taken since may have come before it or after. */
  addLate(id: string, action: IntentAction): void;
  /** Told of every order that is reported: what shows the change ends it, or what does not when it had to be shown. */
  seen(order: OrderRecord): void;
  all(): Iterable<Pending>;
}

interface TakenChange extends Pending {
  readonly orderId: string;
  readonly qty: number;
  /** From when on the broker shows the order as it is, by {@link elapsedMs}. */
  readonly shownAt: number;
}

/** `settleMs`: milliseconds after which the broker is certain to show what it has taken. */
export function createTakenChanges(book: OrderBook, settleMs: () => number): TakenChanges {
  const changes = new Map<string, TakenChange>();

  function addLate(id: string, action: IntentAction): void {
    if (action.kind !== "replace" || action.change.qty === undefined) return;
    const { orderId } = action;
    const { qty } = action.change;
    const order = book.get(orderId);
    if (order === undefined || isShown(order, qty)) return;
    changes.set(id, { id, action, orderId, qty, shownAt: elapsedMs() + settleMs() });
  }

  return {
    add(id, action) {
      if (action.kind !== "replace" || action.change.qty === undefined) return;
      for (const other of changes.values()) if (other.orderId === action.orderId) changes.delete(other.id);
      addLate(id, action);
    },
    addLate,
    seen(order) {
      for (const { id, orderId, qty, shownAt } of changes.values()) {
        if (orderId !== order.orderId) continue;
        const isRefused = order.status !== "PENDING_REPLACE" && elapsedMs() >= shownAt;
        if (isRefused || isShown(order, qty)) changes.delete(id);
      }
    },
    all: () => changes.values(),
  };
}

function isShown(order: OrderRecord, qty: number): boolean {
  return order.qty === qty || isClosed(order);
}
