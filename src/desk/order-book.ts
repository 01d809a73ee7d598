import { isTerminal, mergeOrder, type Order, type OrderUpdateKind, orderFlags } from "../domain/order.ts";
import type { OrderView } from "./types.ts";

/** Completed orders that are remembered before the oldest is forgotten; open ones always are. */
const KEPT_COMPLETED = 10_000;

/** What the desk knows of the account's orders, from answers and pushes. */
export interface OrderBook {
  /** Merges a report; tells what changed. */
  apply(order: Order, source: OrderView["source"], at: number): { view: OrderView; kind: OrderUpdateKind };
  get(orderId: string): OrderView | undefined;
  /** Marks the order of this tag as placed through this desk, whether it is known yet or not. */
  own(tag: string): void;
}

/** An empty book. */
export function createOrderBook(): OrderBook {
  const open = new Map<string, OrderView>();
  const completed = new Map<string, OrderView>();
  const ownTags = new Set<string>();

  function keep(view: OrderView): void {
    open.delete(view.orderId);
    completed.delete(view.orderId);
    if (!orderFlags(view).isCompleted) {
      open.set(view.orderId, view);
      return;
    }
    completed.set(view.orderId, view);
    const oldest = completed.values().next();
    if (completed.size > KEPT_COMPLETED && !oldest.done) {
      completed.delete(oldest.value.orderId);
      if (oldest.value.tag !== null) ownTags.delete(oldest.value.tag);
    }
  }

  return {
    apply(report, source, at) {
      const known = open.get(report.orderId) ?? completed.get(report.orderId);
      const merged: { order: Order; kind: OrderUpdateKind } =
        known === undefined ? { order: report, kind: "order" } : mergeOrder(known, report);
      const external = merged.order.tag === null || !ownTags.has(merged.order.tag);
      const view: OrderView = { ...merged.order, external, source, asOf: at };
      keep(view);
      return { view, kind: merged.kind };
    },
    get(orderId) {
      const view = open.get(orderId) ?? completed.get(orderId);
      return view === undefined ? undefined : { ...view, source: "journal" };
    },
    own: (tag) => void ownTags.add(tag),
  };
}

/** True for an order that no write can change any more. */
export function isClosed(view: OrderView): boolean {
  return isTerminal(view.status) || orderFlags(view).isCompleted;
}
