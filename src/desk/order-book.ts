import { isCompleted, mergeOrder, type Order, type OrderUpdateKind } from "../domain/order.ts";
import { OPERATOR } from "../journal/intent-record.ts";
import type { OrderRecord } from "../journal/journal.ts";
import { Kept } from "../journal/kept.ts";
import { elapsedMs } from "./elapsed.ts";

/** So many completed orders are remembered at least; open ones always are. */
const KEPT_COMPLETED = 10_000;

const DAY_MS = 86_400_000;

/** What the desk knows of the account's orders, from answers, pushes and its journal. */
export interface OrderBook {
  /**
   * Merges a report of the broker; tells what changed. `own` says whose an order is that is seen for the first time, `askedAt`
   * when the broker was asked for it, by `elapsedMs`; absent for what it tells by itself.
   */
  apply(report: Order, own: boolean, at: number, askedAt?: number): Applied;
  /** Takes over what the journal remembers. */
  restore(record: OrderRecord): void;
  /** Drops an order whose id is another order's now. */
  forget(orderId: string): void;
  /** Says that an order is ours which was taken for one placed elsewhere; gives its record if that is new. */
  markOwn(orderId: string): OrderRecord | undefined;
  /** Marks an open order that the broker does not know any more; gives its record if that is new. */
  markStale(orderId: string, at: number): OrderRecord | undefined;
  /** Says that a change of this order was handed over: until the next report, what is known of it may be out of date. */
  doubt(orderId: string): void;
  /** Says that it was answered, by `elapsedMs`: what the broker was asked for before need not know of it. */
  answered(orderId: string, at: number): void;
  isDoubtful(orderId: string): boolean;
  /** When this open order was last heard of, by `elapsedMs`. */
  heardAt(orderId: string): number | undefined;
  get(orderId: string): OrderRecord | undefined;
  /** By ids, orders that had ended, and not {@link isFinal}, and that their broker has shown last as open all the same: as it did. */
  readonly awake: ReadonlyMap<string, OrderRecord>;
  /** As its broker has shown it last: an order that is awake as that, any other as it is. */
  shown(orderId: string): OrderRecord | undefined;
  byTag(tag: string): OrderRecord | undefined;
  /** What a broker that gives changed orders new ids has put, with its tag, in the place of this one, which it canceled. */
  inPlaceOf(order: Order): OrderRecord | undefined;
  open(): readonly OrderRecord[];
  /** The ids of those that are open, and of those that are awake. */
  openIds(): string[];
}

/** What a report made of an order. */
export interface Applied {
  readonly record: OrderRecord;
  readonly kind: OrderUpdateKind;
  /** What was known of it before. */
  readonly known: OrderRecord | undefined;
}

/** An empty book. */
export function createOrderBook(): OrderBook {
  const orders = new Kept<OrderRecord>(KEPT_COMPLETED);
  const idByTag = new Kept<string>(KEPT_COMPLETED);
  /** With when their last change was answered. */
  const doubtful = new Map<string, number>();
  /** When the broker last told of an open order by itself, by `elapsedMs`. */
  const toldAt = new Map<string, number>();
  /** When anything of an open order was last heard, by `elapsedMs`. */
  const heardAt = new Map<string, number>();
  const awake = new Map<string, OrderRecord>();
  /** Orders that the journal remembers and the broker has not told of since. */
  const restored = new Set<string>();

  function byTag(tag: string): OrderRecord | undefined {
    const orderId = idByTag.get(tag);
    return orderId === undefined ? undefined : orders.get(orderId);
  }

  function shown(orderId: string): OrderRecord | undefined {
    return awake.get(orderId) ?? orders.get(orderId);
  }

  /** Puts a record in the place of what is known of its order. */
  function keep(record: OrderRecord, known: OrderRecord | undefined): void {
    const { orderId, tag } = record;
    const isOpen = !isClosed(record);
    if (known === undefined) orders.add(orderId, record, isOpen);
    else orders.replace(orderId, record, isOpen);
    if (tag === null) return;
    const holder = idByTag.get(tag);
    if (known?.tag === tag) {
      if (holder !== orderId || isClosed(known) !== isOpen) return;
      // It was told of as open, and what is only remembered is in its place.
      const next = lives(record)
        ? undefined
        : [...restored].find((id) => lives(orders.get(id)) && orders.get(id)?.tag === tag);
      idByTag.replace(tag, next ?? orderId, isOpen || next !== undefined);
    } else if (holder === undefined) idByTag.add(tag, orderId, isOpen);
    // Some brokers put an order of another id, with the tag, in the place of one that is changed, and end that. What is only
    // remembered may be that one.
    else if (
      lives(record)
        ? !(restored.has(orderId) && !restored.has(holder) && lives(byTag(tag)))
        : isLater(record, byTag(tag))
    )
      idByTag.replace(tag, orderId, isOpen);
  }

  /** Of one that has ended nobody asks. */
  function hear(record: OrderRecord, at: number): void {
    if (isClosed(record)) heardAt.delete(record.orderId);
    else heardAt.set(record.orderId, at);
  }

  return {
    apply(report, own, at, askedAt) {
      const known = orders.get(report.orderId);
      const isOvertaken = askedAt !== undefined && askedAt < (toldAt.get(report.orderId) ?? 0);
      const merged: { order: Order; kind: OrderUpdateKind } =
        known === undefined ? { order: report, kind: "order" } : mergeOrder(known, report, isOvertaken);
      const external = known === undefined || known.tag === null ? !own : known.external;
      const returned = known !== undefined && known.staleSince !== null;
      const record: OrderRecord = { ...merged.order, external, asOf: at, staleSince: null };
      const its = awake.get(report.orderId);
      const isLate = its && (isOvertaken || (its.updatedAt ?? 0) > (report.updatedAt ?? Infinity));
      if (isFinal(record) || (!isLate && isClosed(report)) || !isClosed(record)) awake.delete(report.orderId);
      else if (!isLate) awake.set(report.orderId, { ...record, ...report, tag: record.tag });
      const now = elapsedMs();
      restored.delete(report.orderId);
      keep(record, known);
      hear(record, now);
      if (isClosed(record) && !awake.has(report.orderId)) toldAt.delete(report.orderId);
      else if (askedAt === undefined) toldAt.set(report.orderId, now);
      const isNewer = askedAt === undefined ? isOfChange(record, known) : askedAt > (doubtful.get(report.orderId) ?? 0);
      if (isNewer || isClosed(record)) doubtful.delete(report.orderId);
      const kind = merged.kind === "none" && returned ? "order" : merged.kind;
      return { record, kind, known };
    },
    restore(record) {
      restored.add(record.orderId);
      keep(record, orders.get(record.orderId));
      // When an earlier process heard of it, only the clock of the day would say, which may have been set since.
      hear(record, elapsedMs());
    },
    forget(orderId) {
      const tag = orders.get(orderId)?.tag ?? null;
      restored.delete(orderId);
      doubtful.delete(orderId);
      toldAt.delete(orderId);
      heardAt.delete(orderId);
      awake.delete(orderId);
      orders.delete(orderId);
      if (tag !== null) idByTag.delete(tag);
    },
    markOwn(orderId) {
      const known = orders.get(orderId);
      if (known === undefined || !known.external) return undefined;
      const record = { ...known, external: false };
      keep(record, known);
      return record;
    },
    markStale(orderId, at) {
      const known = orders.get(orderId);
      awake.delete(orderId);
      if (known === undefined || isClosed(known) || known.staleSince !== null) return undefined;
      const record = { ...known, staleSince: at };
      keep(record, known);
      return record;
    },
    doubt(orderId) {
      if (orders.get(orderId) !== undefined) doubtful.set(orderId, Number.POSITIVE_INFINITY);
    },
    answered(orderId, at) {
      if (doubtful.has(orderId)) doubtful.set(orderId, at);
    },
    isDoubtful: (orderId) => doubtful.has(orderId),
    heardAt: (orderId) => heardAt.get(orderId),
    get: (orderId) => orders.get(orderId),
    awake,
    shown,
    byTag,
    inPlaceOf({ orderId, tag, status }) {
      const next = tag === null || status !== "CANCELED" ? undefined : byTag(tag);
      return next === undefined || next.orderId === orderId ? undefined : shown(next.orderId);
    },
    open: () => [...orders.open()],
    openIds: () => [...[...orders.open()].map(({ orderId }) => orderId), ...awake.keys()],
  };
}

/** True for a push that tells of a change or a cancel: what says nothing new, or of a fill alone, may be from before it. */
function isOfChange({ qty, price, status }: Order, known: Order | undefined): boolean {
  return qty !== known?.qty || price !== known.price || (status !== known.status && status.startsWith("PENDING_"));
}

/**
 * True for the later one of two that have ended otherwise than filled: it was put in the place of the other. What was rejected
 * is in the place of none.
 */
function isLater({ status, createdAt }: OrderRecord, holder: OrderRecord | undefined): boolean {
  const isKnown = createdAt !== null && status !== "REJECTED";
  return isKnown && !lives(holder) && createdAt > (holder?.createdAt ?? Infinity);
}

/** False for an order that has ended otherwise than filled, as one does in whose place another is put. */
function lives(order: OrderRecord | undefined): boolean {
  return order !== undefined && (!isClosed(order) || order.status === "FILLED");
}

/** True for an order that no write can change any more. */
export function isClosed(order: Order): boolean {
  return isCompleted(order);
}

/**
 * False for an order that may live on though it was told as ended: what has expired may be woken again by a person, as in an app
 * of Futu's, one who has ended an order by hand may have been wrong, and a fill that was taken back may have to be filled anew.
 * Its broker knows.
 */
export function isFinal({ status, warning, busted }: Order): boolean {
  return status !== "EXPIRED" && !busted && !warning?.startsWith(OPERATOR);
}

/** True for what had ended a day before it was last reported. */
export function isHistory(order: OrderRecord): boolean {
  return isClosed(order) && order.updatedAt !== null && order.asOf - order.updatedAt > DAY_MS;
}
