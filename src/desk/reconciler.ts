import { Failure } from "../domain/failure.ts";
import type { IntentRecord } from "../journal/journal.ts";
import type { OrderListing } from "../spec/broker.ts";
import type { Deadline } from "./deadline.ts";
import { elapsedMs } from "./elapsed.ts";
import type { EventLog } from "./event-log.ts";
import type { InstanceJournal } from "./instance-journal.ts";
import { isClosed, isHistory, type OrderBook } from "./order-book.ts";
import { createRecovery } from "./recovery.ts";
import { messageOf, readFailure, readListing } from "./report.ts";
import type { Seat } from "./seat.ts";
import type { Tracker } from "./tracker.ts";
import type { Unknowns } from "./unknowns.ts";
import { unrefTimer } from "./unref-timer.ts";

/** Milliseconds between two reconciliations when nothing is unknown. */
const INTERVAL_MS = 60_000;

/** Milliseconds between two looks for a write whose outcome is unknown: as often as a vendor's refresh limit allows. */
const LONGEST_LOOK_MS = 5_000;
const SHORTEST_LOOK_MS = 200;

/** Milliseconds by which a timer may be late. */
const OVERDUE_MS = 1_000;

const NOTHING_LISTED: OrderListing = { orders: [], unmapped: [] };
/** Orders missing from a listing that one round asks for by their ids: each may cost calls of a scarce kind. */
const LOOKUPS = 5;

/** Compares what the desk believes with what the broker says: at start, after each reconnect, and from time to time. */
export interface Reconciler {
  /** Resolves once the broker's orders are known, and the journal's; rejects when they cannot be read now. */
  ensure(deadline: Deadline): Promise<void>;
  /** Whether the broker's orders are known now. */
  isReconciled(): boolean;
  /** Counts connections: what was found out over one need not hold over the next, which may be to another account. */
  generation(): number;
  /**
   * Throws `NotReconciled` unless they are, and still over the connection of this generation: to be asked in the moment of
   * the hand-over.
   */
  confirm(generation: number): void;
  /** Resolves once the book has what the journal remembers; rejects while the journal cannot be read. */
  recover(): Promise<void>;
  /** Says that the connection came or went, or what is known is out of date for another reason. */
  connection(connected: boolean): void;
  /** Looks soon, since an outcome is unknown. */
  hurry(): void;
  /** Makes up for a look that is overdue: in a worker a timer ends in silence with the request that set it. */
  wake(): void;
  close(): void;
}

/** What the reconciler stands on. */
export interface ReconcilerOptions {
  readonly seat: Seat;
  readonly journal: InstanceJournal;
  readonly events: EventLog;
  readonly book: OrderBook;
  readonly tracker: Tracker;
  readonly unknowns: Unknowns;
  /** Milliseconds that the broker may take for one answer. */
  readonly deadlineMs: number;
  newDeadline(): Deadline;
  /** Called with what an earlier process has sent so shortly ago that the broker need not show what it took of it. */
  onRemembered(intent: IntentRecord): void;
}

/** Prepares reconciliation; nothing runs before the first `ensure` or `connection`. */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { seat, journal, events, book, tracker, unknowns, deadlineMs, newDeadline } = options;
  let running: Promise<void> | undefined;
  let reconciled = false;
  /** Open orders that the last list lacked, with when each was last asked for by its id; 0 for never. */
  let missing: ReadonlyMap<string, number> = new Map();
  /** Open orders that the broker does not know over this connection; over another it may, as after another login. */
  const absent = new Set<string>();
  /** Counts connections: a round that began on an older one proves nothing about this one. */
  let generation = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the timer is set for a look: each further unknown outcome would put that off else, and many for ever. */
  let looksSoon = false;
  /** When the next round is due, and when the running one last went on, by {@link elapsedMs}. */
  let dueAt = Number.POSITIVE_INFINITY;
  let wentOnAt = 0;
  /** What the last round failed with, if that was a limit on frequency: another one would only use up more of it. */
  let limited: unknown;
  let closed = false;

  /** Takes over what the process before this one left behind. */
  const recovery = createRecovery(async () => {
    for (const record of await journal.openOrders()) {
      const order = book.get(record.orderId);
      if (order === undefined) tracker.restore(record);
      // Met while the journal was away, its end was no news then.
      else if (record.external && isHistory(order)) events.record({ kind: "order", order });
    }
    for (const intent of await journal.unsettled()) {
      if (intent.number !== undefined) tracker.expectAgain(intent.id, intent.number, intent.account);
      unknowns.recover(intent);
    }
    const shownBefore = Date.now() - seat.settleMs() - 2 * deadlineMs;
    for (const intent of await journal.intentsSince(shownBefore)) options.onRemembered(intent);
    await tracker.reconsider();
  });

  /** Until the orders are known every write waits for what is asked here. */
  function deadlineNow(): Deadline {
    const deadline = newDeadline();
    deadline.forWrite = !reconciled;
    return deadline;
  }

  async function reconcile(begun: number): Promise<void> {
    wentOnAt = elapsedMs();
    const deadline = deadlineNow();
    // A broken journal keeps nothing from being compared; what it remembers is taken over when it is back.
    await recovery
      .run()
      .then(tracker.reconsider)
      .catch(() => undefined);
    await unknowns.settleKnown();
    const canList = seat.broker.orders !== undefined;
    // Of what can be neither listed nor read nothing can be found out.
    if (!canList && seat.broker.order === undefined) return;
    const askedAt = elapsedMs();
    const openBefore = book.openIds();
    const { orders, unmapped, since, isWhole = true } = canList ? await list(deadline) : NOTHING_LISTED;
    const listed = new Set(orders.map(({ orderId }) => orderId));
    // All at once: what is pushed from now on is newer, and must not be overtaken by these.
    await Promise.all(
      orders.map(async (order) => {
        await tracker.receive(order, askedAt);
        wentOnAt = elapsedMs();
      }),
    );
    const reported = new Set(listed);
    for (const orderId of unknowns.orderIds()) {
      if (!listed.has(orderId) && (await lookFor(orderId))) reported.add(orderId);
    }
    // What was listed may be another account's.
    if (begun !== generation) return;
    const { listing, account, newIds = false } = seat.broker.capabilities();
    await unknowns.judge({
      askedAt,
      reported,
      absent,
      orders,
      unmapped,
      complete: canList && listing.complete && isWhole,
      settleMs: seat.settleMs(),
      since,
      account,
      newIds,
    });
    const lacking = openBefore.filter((orderId) => {
      const order = book.shown(orderId);
      if (order === undefined || isClosed(order) || reported.has(orderId)) return false;
      return order.staleSince === null || !absent.has(orderId);
    });
    missing = new Map(lacking.map((orderId) => [orderId, missing.get(orderId) ?? 0]));
  }

  async function list(deadline: Deadline): Promise<OrderListing> {
    const listing = await deadline.limit<OrderListing>(
      seat.method("orders")({ status: "all", fresh: true }, deadline),
      "the broker did not list its orders in time",
    );
    return readListing(listing, "orders");
  }

  /**
   * Absence never ends an order: it is asked for by its id, and stays open when that finds nothing either. One that
   * cannot be asked for now is asked for in the next round. Resolves with whether the broker told of it.
   */
  async function lookFor(orderId: string): Promise<boolean> {
    const askedAt = elapsedMs();
    wentOnAt = askedAt;
    const deadline = deadlineNow();
    const known = book.get(orderId);
    try {
      if (seat.broker.order !== undefined) {
        await tracker.receive(
          await deadline.limit(seat.method("order")(orderId, deadline), "the broker did not answer"),
          askedAt,
        );
        return true;
      }
    } catch (error) {
      if (readFailure(error)?.code !== "OrderNotFound") return false;
    }
    // It was told of while it was asked for, or so shortly before that the broker need not show it yet.
    const heardAt = book.heardAt(orderId) ?? Number.NEGATIVE_INFINITY;
    if (book.get(orderId) !== known || elapsedMs() < heardAt + seat.settleMs()) return false;
    absent.add(orderId);
    const record = book.markStale(orderId, Date.now());
    if (record !== undefined) events.record({ kind: "order", order: record });
    return false;
  }

  function run(): Promise<void> {
    // In a worker a round ends in silence too: whoever waited for it would wait for ever.
    if (running !== undefined && elapsedMs() - wentOnAt < 2 * deadlineMs) return running;
    limited = undefined;
    const mine = untilCurrent()
      .catch((error: unknown) => {
        if (readFailure(error)?.code === "RateLimited") limited = error;
        throw error;
      })
      .finally(() => {
        if (running !== mine) return;
        running = undefined;
        schedule();
      });
    running = mine;
    return mine;
  }

  /** Looks for missing orders beside everything else: no write has to wait for orders that it does not concern. */
  async function lookForMissing(): Promise<void> {
    // Those first that have waited longest: some may be answered by an error in every round.
    const longest = [...missing].sort(([, a], [, b]) => a - b).slice(0, LOOKUPS);
    missing = new Map([...missing, ...longest.map(([orderId]) => [orderId, elapsedMs()] as const)]);
    for (const [orderId] of longest) if (!closed) await lookFor(orderId);
  }

  async function untilCurrent(): Promise<void> {
    let begun: number;
    do {
      begun = generation;
      await reconcile(begun);
    } while (begun !== generation && !closed);
    reconciled = true;
    void lookForMissing();
  }

  function isReconciled(): boolean {
    return reconciled && recovery.isDone && !closed;
  }

  function schedule(): void {
    clearTimeout(timer);
    if (closed) return;
    // One that has run into a limit on frequency would only use up more of it.
    const soonest = limited === undefined ? seat.settleMs() : LONGEST_LOOK_MS;
    const look = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, soonest));
    looksSoon = unknowns.size > 0 || !reconciled;
    const wait = looksSoon ? look : INTERVAL_MS;
    dueAt = elapsedMs() + wait;
    timer = setTimeout(runQuietly, wait);
    unrefTimer(timer);
  }

  function runQuietly(): void {
    // A round that fails says so to the next write, which needs it; until then the next round may do better.
    run().catch(() => undefined);
  }

  return {
    recover: recovery.run,
    isReconciled,
    async ensure(deadline) {
      if (isReconciled()) return;
      try {
        if (!reconciled && limited !== undefined && elapsedMs() < dueAt) throw limited;
        if (!reconciled) await deadline.limit(run(), "the broker's orders have not been compared with ours yet");
        // What an earlier process may still have on its way counts against the limits of this one.
        if (!recovery.isDone) await deadline.limit(recovery.run(), "the journal did not say what was sent before");
      } catch (cause) {
        if (readFailure(cause)?.code === "JournalUnavailable") throw cause;
        throw notReconciled(messageOf(cause), cause);
      }
    },
    generation: () => generation,
    confirm(since) {
      if (!isReconciled() || since !== generation) throw notReconciled("they have to be compared anew");
    },
    connection(connected) {
      generation += 1;
      reconciled = false;
      absent.clear();
      if (connected) runQuietly();
    },
    hurry() {
      if (running === undefined && !looksSoon) schedule();
    },
    wake() {
      if (unknowns.size > 0 && !closed && elapsedMs() > dueAt + OVERDUE_MS) runQuietly();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function notReconciled(reason: string, cause?: unknown): Failure {
  return new Failure("NotReconciled", `nothing was sent, since the broker's open orders are not known: ${reason}`, {
    outcome: "not_sent",
    retryAfterMs: Math.max(1000, readFailure(cause)?.retryAfterMs ?? 0),
    ...(cause === undefined ? {} : { cause }),
  });
}
