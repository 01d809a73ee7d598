/** What a broker has taken of a change before it shows it: a vendor may report an order seconds after its answer. */
import type { OrderChange } from "../../domain/order.ts";
import type { IntentAction, OrderRecord } from "../../journal/journal.ts";
import { elapsedMs } from "../elapsed.ts";
import { isClosed, type OrderBook } from "../order-book.ts";
import type { Pending } from "./exposure.ts";

/** What the broker took of changes and has not shown yet. */
export interface TakenChanges {
  /** Adds a write that the broker took just now, if it is a change: it holds over what was taken before it. */
  add(id: string, action: IntentAction): void;
  /** The same of one that was heard of late: what was taken since may have come before it or after. */
  addLate(id: string, action: IntentAction): void;
  /** Told of every order that is reported: what shows the change ends it, or what does not when it had to be shown. */
  seen(order: OrderRecord): void;
  /** All that is not shown yet of one order. */
  of(orderId: string): OrderChange;
  all(): Iterable<Pending>;
}

interface TakenChange extends Pending {
  readonly action: Extract<IntentAction, { kind: "replace" }>;
  /** From when on the broker shows the order as it is, by {@link elapsedMs}. */
  readonly shownAt: number;
}

/** `settleMs`: milliseconds after which the broker is certain to show what it has taken. */
export function createTakenChanges(book: OrderBook, settleMs: () => number): TakenChanges {
  const changes = new Map<string, TakenChange>();

  function changesOf(orderId: string): TakenChange[] {
    return [...changes.values()].filter(({ action }) => action.orderId === orderId);
  }

  function of(orderId: string): OrderChange {
    return Object.assign({}, ...changesOf(orderId).map(({ action }) => action.change));
  }

  function addLate(id: string, action: IntentAction): void {
    if (action.kind !== "replace") return;
    const order = book.get(action.orderId);
    if (order === undefined || isShown(order, action.change)) return;
    changes.set(id, { id, action, shownAt: elapsedMs() + settleMs() });
  }

  return {
    add(id, action) {
      if (action.kind !== "replace") return;
      const change = { ...of(action.orderId), ...action.change };
      for (const other of changesOf(action.orderId)) changes.delete(other.id);
      addLate(id, { ...action, change });
    },
    addLate,
    seen(order) {
      if (changes.size === 0) return;
      for (const { id, action, shownAt } of changesOf(order.orderId)) {
        const isHeld = order.status === "PENDING_REPLACE" || order.holdsChanges === true;
        const isRefused = !isHeld && elapsedMs() >= shownAt;
        if (isRefused || isShown(order, action.change)) changes.delete(id);
      }
    },
    of,
    all: () => changes.values(),
  };
}

function isShown(order: OrderRecord, { qty = order.qty, price = order.price ?? undefined }: OrderChange): boolean {
  return (order.qty === qty && (order.price ?? undefined) === price) || isClosed(order);
}
