import { contractKey } from "../domain/contract.ts";
import { isTerminal, type Order } from "../domain/order.ts";
import type { IntentRecord, OrderRecord } from "../journal/journal.ts";
import type { Placed } from "../spec/broker.ts";
import type { EventLog } from "./event-log.ts";
import { foundAs } from "./found.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { isHistory, type OrderBook } from "./order-book.ts";
import { readReport } from "./report.ts";
import { isTag } from "./tag.ts";

/** Takes in every report of an order, wherever it comes from, and tells what it changed. */
export interface Tracker {
  /**
   * Merges a broker's report into the book and records the change. An order that is new here is first looked up in the
   * journal; where that need not be waited for, it is in the book when this returns.
   *
   * @param askedAt when the broker was asked for it, by `elapsedMs`; absent for what it tells by itself.
   * @throws Failure (`BrokerFault`) for what is no order.
   */
  receive(report: Order, askedAt?: number): OrderRecord | Promise<OrderRecord>;
  /**
   * Takes in an order that the desk has made out of a broker's answer. Of one that the broker has told of itself, it says
   * no more than its tag.
   */
  taken(order: Order): OrderRecord | Promise<OrderRecord>;
  /** Takes over an order as the journal remembers it. */
  restore(record: OrderRecord): void;
  /** Takes in how an order has ended by an operator's word, which is written down already. */
  endedByHand(record: OrderRecord): void;
  /**
   * Says that the order with this tag, or with this number of the vendor's in this account, is ours, and about to be handed
   * over.
   */
  expect(tag: string, number?: string, account?: string): void;
  /** The same of one that a process before this one handed over, and may have seen. */
  expectAgain(tag: string, number: string, account: string | undefined): void;
  /** Resolves once it is in the book, where an order of this tag has been told of and the journal is asked whose it is. */
  meeting(tag: string): Promise<unknown> | undefined;
  /** Takes that back: the intent has ended without an order. */
  forget(tag: string): void;
  /** Says that an order is ours, and tells of it, if it was taken for one placed elsewhere. */
  markOwn(orderId: string): void;
  /** Asks the journal again whose the orders are that were met while it was away; rejects while it still is. */
  reconsider(): Promise<void>;
}

/** What the tracker stands on. */
export interface TrackerOptions {
  readonly book: OrderBook;
  readonly journal: InstanceJournal;
  readonly events: EventLog;
  /** The account whose orders are reported, as its broker shows it; `undefined` where it does not say. */
  account(): string | undefined;
  /** Called with every order after its report was merged, and with what was known of it before. */
  onTracked(record: OrderRecord, known: OrderRecord | undefined): void;
  /** Called before that for an order whose intent had ended without one. */
  onAdopted(intent: IntentRecord): void;
  /** Called when the journal could not take that such an intent has become this order. */
  onUnwritten(intent: IntentRecord, placed: Placed): void;
}

/** Starts tracking. */
export function createTracker(options: TrackerOptions): Tracker {
  const { book, journal, events, account, onTracked, onAdopted, onUnwritten } = options;
  /** By tags. */
  const expected = new Map<string, Numbered>();
  const expectedAgain = new Map<string, Numbered>();
  /** First meetings under way, by order: later reports of it wait for them, so that none overtakes. */
  const meetings = new Map<string, { readonly own: Promise<boolean>; tag: string | null }>();
  /** Orders of which the journal could not say whose they are. */
  const doubtful = new Set<string>();

  /** An order whose mark the vendor lost is known by its number. The number has then done its work and goes no further. */
  function recognized(given: Order): Order {
    if (given.number === undefined) return given;
    const { number, ...report } = given;
    if (report.tag !== null) return report;
    const isIts = ([, sent]: [string, Numbered]) => sent.number === number && (sent.account ?? account()) === account();
    const [tag] = [...expected, ...expectedAgain].find(isIts) ?? [];
    return tag === undefined ? report : { ...report, tag };
  }

  function apply(report: Order, own: boolean, askedAt: number | undefined): OrderRecord {
    const { record, kind, known } = book.apply(report, own, Date.now(), askedAt);
    // What others had ended long before it was first heard of is no news: a vendor's list goes back for months.
    const isNews = known !== undefined || !record.external || !isHistory(record);
    if (kind !== "none" && isNews) events.record({ kind, order: record });
    if (record.tag !== null) forget(record.tag);
    onTracked(record, known);
    return record;
  }

  /** What is reported of an order that is met for the first time here; the journal may remember it. */
  function applyMet(report: Order, own: boolean, askedAt: number | undefined): OrderRecord {
    if (own && report.status !== "REJECTED" && book.get(report.orderId) === undefined) tellOfTwin(report);
    return apply(report, own, askedAt);
  }

  /** Under the tag of an order that stands there may be another: its key was free once that had been proven absent. */
  function tellOfTwin({ orderId, tag }: Order): void {
    const other = tag === null ? undefined : book.byTag(tag);
    if (other === undefined || other.orderId === orderId || mayBeReplaced(other)) return;
    const message = `order ${orderId} exists beside order ${other.orderId}, which was sent again under the same key`;
    events.record({ kind: "anomaly", message, orderId, tag });
  }

  /** True for an order in whose place another may be, with its tag, where a broker gives a changed order a new id. */
  function mayBeReplaced({ orderId, status }: OrderRecord): boolean {
    return book.isDoubtful(orderId) || status === "PENDING_REPLACE" || (isTerminal(status) && status !== "FILLED");
  }

  function forget(tag: string): void {
    expected.delete(tag);
    expectedAgain.delete(tag);
  }

  /** Tells whether an order is ours that the book does not have, or has without a tag. */
  function meet(report: Order, isInBook: boolean): boolean | Promise<boolean> {
    // Nothing stands in the journal yet of an order that was handed over just now.
    if (report.tag !== null && expected.has(report.tag)) return true;
    const remembered = isInBook ? undefined : journal.order(report.orderId);
    const own =
      remembered instanceof Promise
        ? remembered.then((record) => isRemembered(record, report))
        : isRemembered(remembered, report);
    // Without its journal the desk knows only what it sent itself since it started.
    if (!(own instanceof Promise)) return own;
    return own.catch(() => {
      doubtful.add(report.orderId);
      return isExpected(report);
    });
  }

  function isRemembered(remembered: OrderRecord | undefined, report: Order): boolean | Promise<boolean> {
    if (remembered !== undefined && isSameOrder(remembered, report)) {
      restore(remembered);
      if (remembered.tag !== null || report.tag === null) return !remembered.external;
    }
    const { tag } = report;
    return isExpected(report) || (tag !== null && isTag(tag) && isOfIntent(tag, report));
  }

  function restore(record: OrderRecord): void {
    book.restore(record);
    // Without the journal an order of ours is taken for another's, and may be written down as that.
    if (record.external && record.tag !== null && isTag(record.tag)) doubtful.add(record.orderId);
  }

  async function reconsider(): Promise<void> {
    for (const orderId of doubtful) {
      const order = book.get(orderId);
      const { tag = null } = order ?? {};
      const own = order !== undefined && tag !== null && isTag(tag) && (await isOfIntent(tag, order));
      if (own) markOwn(orderId);
      doubtful.delete(orderId);
    }
  }

  function markOwn(orderId: string): void {
    const record = book.markOwn(orderId);
    if (record !== undefined) events.record({ kind: "order", order: record });
  }

  /** True also for what a change has put in the place of an order of ours, whose intent may have been pruned. */
  function isExpected({ tag }: Order): boolean {
    return tag !== null && (expected.has(tag) || expectedAgain.has(tag) || book.byTag(tag)?.external === false);
  }

  async function isOfIntent(tag: string, report: Order): Promise<boolean> {
    const intent = await journal.intent(tag);
    if (intent === undefined) return false;
    if (wasNotSent(intent) && report.status !== "REJECTED") adopt(intent, report);
    return true;
  }

  /** An order that was proven absent is there all the same: it counts, and somebody should know. */
  function adopt(intent: IntentRecord, report: Order): void {
    const message = `order ${report.orderId} exists although its intent had ended as ${intent.state}; it is adopted`;
    events.record({ kind: "anomaly", message, orderId: report.orderId, tag: report.tag });
    onAdopted(intent);
    const { id, action } = intent;
    const placed = action.kind === "place" ? foundAs(report, action.request) : { orderId: report.orderId };
    const line = { kind: "progress", id, state: "resolved", placed, reason: message } as const;
    const appending = journal.append([line], "process");
    // The order is ours, whether that can be written down or not, and known from now on: its key may be sent again just now.
    if (appending instanceof Promise) appending.catch(() => onUnwritten(intent, placed));
  }

  function take(given: Order, askedAt?: number): OrderRecord | Promise<OrderRecord> {
    const report = recognized(given);
    const { orderId } = report;
    const byNumber = report.tag !== given.tag;
    let known = book.get(orderId);
    if (known !== undefined && !isSameOrder(known, report)) {
      book.forget(orderId);
      known = undefined;
    }
    const meeting = meetings.get(orderId);
    if (meeting !== undefined) {
      meeting.tag ??= report.tag;
      return meeting.own.then(() => take(report, askedAt));
    }
    // Whose an order is that was told of without its tag can be said once it has that.
    if (known !== undefined && (known.tag !== null || report.tag === null)) return apply(report, byNumber, askedAt);
    const met = meet(report, known !== undefined);
    if (!(met instanceof Promise)) return applyMet(report, met, askedAt);
    meetings.set(orderId, { own: met, tag: report.tag });
    return met.then((own) => {
      meetings.delete(orderId);
      return applyMet(report, own, askedAt);
    });
  }

  function taken(order: Order): OrderRecord | Promise<OrderRecord> {
    const { orderId, tag } = order;
    const meeting = meetings.get(orderId);
    if (meeting !== undefined) return meeting.own.then(() => taken(order));
    const known = book.get(orderId);
    return take(known !== undefined && isSameOrder(known, order) ? { ...known, tag } : order);
  }

  return {
    receive: (report, askedAt) => take(readReport(report), askedAt),
    taken,
    restore,
    endedByHand(record) {
      const { known } = book.apply(record, !record.external, record.asOf);
      onTracked(record, known);
    },
    expect: (tag, number, its) => void expected.set(tag, { number, account: its }),
    expectAgain: (tag, number, its) => void expectedAgain.set(tag, { number, account: its }),
    meeting: (tag) => [...meetings.values()].find((meeting) => meeting.tag === tag)?.own,
    forget,
    markOwn,
    reconsider,
  };
}

/** What an order was sent with: numbers belong to an account. */
interface Numbered {
  readonly number: string | undefined;
  readonly account: string | undefined;
}

/** False where a broker has given an old order's id to a new one, as an account in memory may after a restart. */
function isSameOrder(remembered: OrderRecord, report: Order): boolean {
  return (
    contractKey(remembered.contract) === contractKey(report.contract) &&
    remembered.direction === report.direction &&
    (remembered.tag === null || report.tag === null || remembered.tag === report.tag)
  );
}

/** True for an intent after which no order should exist. */
function wasNotSent({ state, placed }: IntentRecord): boolean {
  return state === "not_sent" || (state === "resolved" && placed === null);
}
