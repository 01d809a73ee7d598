import { mergeOrder, type Order, type OrderUpdateKind, orderFlags } from "../domain/order.ts";
import type { OrderRecord } from "../journal/journal.ts";

/** Completed orders that are remembered before the oldest is forgotten; open ones always are. */
const KEPT_COMPLETED = 10_000;

/** What the desk knows of the account's orders, from answers, pushes and its journal. */
export interface OrderBook {
  /** Merges a report of the broker; tells what changed. `own` says whose an order is that is seen for the first time. */
  apply(report: Order, own: boolean, at: number): { record: OrderRecord; kind: OrderUpdateKind };
  /** Takes over what the journal remembers. */
  restore(record: OrderRecord): void;
  /** Drops an order whose id is another order's now. */
  forget(orderId: string): void;
  /** Marks an open order that the broker does not know any more; gives its record if that is new. */
  markStale(orderId: string, at: number): OrderRecord | undefined;
  /** Says that a change of this order was handed over: until the next report, what is known of it may be out of date. */
  doubt(orderId: string): void;
  isDoubtful(orderId: string): boolean;
  get(orderId: string): OrderRecord | undefined;
  byTag(tag: string): OrderRecord | undefined;
  open(): readonly OrderRecord[];
}

/** An empty book. */
export function createOrderBook(): OrderBook {
  const open = new Map<string, OrderRecord>();
  const completed = new Map<string, OrderRecord>();
  // Kept, since an iterator begun anew passes by all that was deleted before.
  const oldestCompleted = completed.values();
  const idByTag = new Map<string, string>();
  const doubtful = new Set<string>();

  function get(orderId: string): OrderRecord | undefined {
    return open.get(orderId) ?? completed.get(orderId);
  }

  function keep(record: OrderRecord): void {
    open.delete(record.orderId);
    completed.delete(record.orderId);
    if (record.tag !== null) idByTag.set(record.tag, record.orderId);
    if (!isClosed(record)) {
      open.set(record.orderId, record);
      return;
    }
    completed.set(record.orderId, record);
    if (completed.size <= KEPT_COMPLETED) return;
    const oldest = oldestCompleted.next();
    if (!oldest.done) {
      completed.delete(oldest.value.orderId);
      if (oldest.value.tag !== null) idByTag.delete(oldest.value.tag);
    }
  }

  return {
    apply(report, own, at) {
      doubtful.delete(report.orderId);
      const known = get(report.orderId);
      const merged: { order: Order; kind: OrderUpdateKind } =
        known === undefined ? { order: report, kind: "order" } : mergeOrder(known, report);
      const external = known === undefined || known.tag === null ? !own : known.external;
      const returned = known !== undefined && known.staleSince !== null;
      const record: OrderRecord = { ...merged.order, external, asOf: at, staleSince: null };
      keep(record);
      return { record, kind: merged.kind === "none" && returned ? "order" : merged.kind };
    },
    restore: keep,
    forget(orderId) {
      const tag = get(orderId)?.tag ?? null;
      if (tag !== null) idByTag.delete(tag);
      open.delete(orderId);
      completed.delete(orderId);
      doubtful.delete(orderId);
    },
    markStale(orderId, at) {
      const known = open.get(orderId);
      if (known === undefined || known.staleSince !== null) return undefined;
      const record = { ...known, staleSince: at };
      keep(record);
      return record;
    },
    doubt(orderId) {
      if (get(orderId) !== undefined) doubtful.add(orderId);
    },
    isDoubtful: (orderId) => doubtful.has(orderId),
    get,
    byTag(tag) {
      const orderId = idByTag.get(tag);
      return orderId === undefined ? undefined : get(orderId);
    },
    open: () => [...open.values()],
  };
}

/** True for an order that no write can change any more. */
export function isClosed(order: Order): boolean {
  return orderFlags(order).isCompleted;
}
