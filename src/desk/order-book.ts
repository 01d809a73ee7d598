import { isCompleted, mergeOrder, type Order, type OrderUpdateKind } from "../domain/order.ts";
import type { OrderRecord } from "../journal/journal.ts";
import { Newest } from "../journal/newest.ts";

/** Completed orders that are remembered before the oldest is forgotten; open ones always are. */
const KEPT_COMPLETED = 10_000;

/** What the desk knows of the account's orders, from answers, pushes and its journal. */
export interface OrderBook {
  /** Merges a report of the broker; tells what changed. `own` says whose an order is that is seen for the first time. */
  apply(report: Order, own: boolean, at: number): { record: OrderRecord; kind: OrderUpdateKind; isNew: boolean };
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
  const orders = new Map<string, OrderRecord>();
  const open = new Map<string, OrderRecord>();
  const completed = new Newest<string>(KEPT_COMPLETED);
  const idByTag = new Map<string, string>();
  const doubtful = new Set<string>();

  /** Puts a record in the place of what is known of its order. */
  function keep(record: OrderRecord, known: OrderRecord | undefined): void {
    leave(known);
    orders.set(record.orderId, record);
    if (record.tag !== null) idByTag.set(record.tag, record.orderId);
    if (!isClosed(record)) {
      open.set(record.orderId, record);
      return;
    }
    const oldest = completed.add(record.orderId);
    if (oldest !== undefined) drop(oldest);
  }

  function leave(known: OrderRecord | undefined): void {
    if (known === undefined) return;
    if (isClosed(known)) completed.remove(known.orderId);
    else open.delete(known.orderId);
  }

  function drop(orderId: string): void {
    const tag = orders.get(orderId)?.tag ?? null;
    orders.delete(orderId);
    if (tag !== null) idByTag.delete(tag);
  }

  return {
    apply(report, own, at) {
      doubtful.delete(report.orderId);
      const known = orders.get(report.orderId);
      const merged: { order: Order; kind: OrderUpdateKind } =
        known === undefined ? { order: report, kind: "order" } : mergeOrder(known, report);
      const external = known === undefined || known.tag === null ? !own : known.external;
      const returned = known !== undefined && known.staleSince !== null;
      const record: OrderRecord = { ...merged.order, external, asOf: at, staleSince: null };
      // What has ended is told of again with every listing of the day: it keeps its place, and costs nothing to find.
      if (merged.kind === "none" && isClosed(record)) orders.set(record.orderId, record);
      else keep(record, known);
      const kind = merged.kind === "none" && returned ? "order" : merged.kind;
      return { record, kind, isNew: known === undefined };
    },
    restore: (record) => keep(record, orders.get(record.orderId)),
    forget(orderId) {
      const known = orders.get(orderId);
      doubtful.delete(orderId);
      leave(known);
      drop(orderId);
    },
    markStale(orderId, at) {
      const known = open.get(orderId);
      if (known === undefined || known.staleSince !== null) return undefined;
      const record = { ...known, staleSince: at };
      keep(record, known);
      return record;
    },
    doubt(orderId) {
      if (orders.has(orderId)) doubtful.add(orderId);
    },
    isDoubtful: (orderId) => doubtful.has(orderId),
    get: (orderId) => orders.get(orderId),
    byTag(tag) {
      const orderId = idByTag.get(tag);
      return orderId === undefined ? undefined : orders.get(orderId);
    },
    open: () => [...open.values()],
  };
}

/** True for an order that no write can change any more. */
export function isClosed(order: Order): boolean {
  return isCompleted(order);
}
