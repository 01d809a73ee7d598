import type { OrderRequest } from "../domain/order.ts";
import type { IntentAction, IntentRecord, OrderRecord } from "../journal/journal.ts";
import { elapsedMs } from "./elapsed.ts";
import {
  appliedTo,
  DRIFT_MS,
  isAt,
  isElsewhere,
  isSettled,
  isUnderWay,
  type Listing,
  mayHaveMade,
  refusal,
  type Sent,
  type Settlement,
  wouldShow,
} from "./evidence.ts";
import { foundAs } from "./found.ts";
import { type InstanceJournal, journalTooSlow } from "./instance-journal.ts";
import { isClosed, type OrderBook } from "./order-book.ts";
import { Places } from "./places.ts";

/** The writes of which nobody knows yet what became of them. */
export interface Unknowns {
  /** Says that the call of this intent is under way, and so nobody else's to settle; the returned function ends that. */
  underWay(id: string): () => void;
  /** Adds one. `endedAt` is when its call ended, by {@link elapsedMs}, `null` while it is still under way. */
  add(intent: Intended, endedAt: number | null, begun: Begun): LateCall;
  /** Adds one that is unknown to the journal alone, which could not take what became of it. */
  addKnown(intent: Pick<IntentRecord, "id" | "action">, known: Settlement): void;
  /** Adds one that an earlier process left behind, whose call has ended with it; not one that is under way here. */
  recover(intent: Intended & Pick<IntentRecord, "at">): void;
  /** Says that one, if there is one, has begun again under its key: what becomes of that is what its id stands for now. */
  begunAgain(id: string): void;
  /** Settles the place that this order proves, and the replaces that made it what it was not before. */
  seen(order: OrderRecord, known?: OrderRecord): void;
  /** The orders that unknown changes are for. */
  orderIds(): readonly string[];
  /** Tries again to write down what is known. What cannot be written now is tried in the next round. */
  settleKnown(): Promise<void>;
  /** Weighs a complete round of reconciliation. */
  judge(listing: Listing): Promise<void>;
  /**
   * One that an operator is to settle. `undefined` for one that is not unknown, or not yet: its call is under way, or what
   * became of it is being written down.
   */
  leaveToOperator(id: string): Left | undefined;
  /** All of them. */
  all(): Iterable<Pick<IntentRecord, "id" | "action">>;
  /** Resolves when every call has ended that is under way now. */
  quiet(): Promise<void>;
  /** True for an intent that is still unknown. */
  has(id: string): boolean;
  readonly size: number;
}

/** An unknown write that an operator settles. */
export interface Left {
  /** False once it was proven what became of it, it has begun again under its key, or another operator settles it. */
  isUnknown(): boolean;
  /** Whether what its call has made of it is shown, where the broker shows that within so many milliseconds. */
  isShown(settleMs: number): boolean;
  /** Says that the operator's word is being written down: until that has ended, its absence is not judged. */
  begin(): void;
  /** Says that the word is written down, and holds while it is unknown. */
  settled(result: Settlement): void;
  /** Says that the writing has ended, whatever came of it. */
  end(): void;
}

/** The call of one unknown write. It says nothing of another that has begun under the same id since. */
export interface LateCall {
  /** Settles the write with what the broker said, unless it is settled. What cannot be written now is tried again later. */
  answered(result: Settlement, reason: string): Promise<void>;
  /** Says that the call has ended without an answer. */
  ended(): void;
}

/** How far the journal is with an intent. */
export interface Begun {
  /** Whether it stands there now, so that what becomes of it can be written down. Not a cancel that was sent without it. */
  readonly isWritten: boolean;
  /** Of one that the journal has neither written nor refused yet: whether it stands there in the end. */
  readonly later?: Promise<boolean> | undefined;
}

/** An intent that stands in the journal. */
export const WRITTEN: Begun = { isWritten: true };

/** What is known of a write from its intent. */
type Intended = Pick<IntentRecord, "id" | "action" | "account">;

interface Unknown extends Sent {
  readonly id: string;
  readonly action: IntentAction;
  readonly begun: Begun;
  /** Whether the journal has an earlier attempt under this id that is unknown too: a cancel that was sent again without it. */
  stands?: boolean | undefined;
  /** What became of it, if only the journal does not know. */
  known?: Settlement;
  /** How many lines are being written that say what became of it. */
  lines: number;
  /** Whether an operator's is being written, which is none of those. */
  isLeft: boolean;
  endedAt: number | null;
  /** Complete listings after the settle time that lack the order. */
  absences: number;
}

/** A call that has not ended, and when it began. */
interface UnderWay {
  readonly id: string;
  readonly since: number;
}

/** So many complete listings have to lack an order before it counts as not sent. */
const ABSENCES = 2;

/** Who is told of what becomes of them. */
export interface UnknownsHost {
  /** The order of this tag is proven not to exist. */
  onAbsent(tag: string): void;
  /** It was found out what became of this one; `refused` when nothing has come of it. */
  onSettled(write: Pick<IntentRecord, "id" | "action">, refused: boolean): void;
}

/** No unknowns yet. */
export function createUnknowns(book: OrderBook, journal: InstanceJournal, host: UnknownsHost): Unknowns {
  const unknowns = new Map<string, Unknown>();
  const underWay = new Places<UnderWay>();
  /** Those who wait for calls to end, each with the calls that are left. */
  const waiting = new Set<{ readonly left: Set<string>; readonly resolve: () => void }>();

  function callOf(id: string): UnderWay | undefined {
    for (const call of underWay) if (call.id === id) return call;
    return undefined;
  }

  function add(
    { id, action, account }: Intended,
    endedAt: number | null,
    begun: Begun,
    sentAt = callOf(id)?.since ?? Date.now(),
  ): LateCall {
    const sentElapsed = elapsedMs() - Math.max(0, Date.now() - sentAt);
    const before = unknowns.get(id);
    const stands = before?.stands || before?.begun.isWritten;
    const unknown: Unknown = {
      id,
      action,
      begun,
      stands,
      endedAt,
      account,
      sentAt,
      sentElapsed,
      absences: 0,
      lines: 0,
      isLeft: false,
    };
    unknowns.set(id, unknown);
    // Its order may have been told of before its call failed, and a broker without a listing tells of it no second time.
    const order = book.byTag(id);
    if (order !== undefined) seen(order);
    return {
      async answered(result, reason) {
        if (unknowns.get(id) !== unknown) return;
        unknown.known = result;
        await settle(id, result, reason);
      },
      ended() {
        unknown.endedAt ??= elapsedMs();
      },
    };
  }

  function seen(order: OrderRecord, known?: OrderRecord): void {
    if (known !== undefined) seenChanged(order, known);
    const unknown = order.tag === null ? undefined : unknowns.get(order.tag);
    if (unknown?.action.kind !== "place" || unknown.known !== undefined) return;
    // What cannot be written down now is found again by the next reconciliation.
    const placed = foundAs(order, unknown.action.request);
    settle(unknown.id, { placed }, "found by its tag").catch(() => undefined);
  }

  /** Another change may have come by the time that somebody looks. */
  function seenChanged(order: OrderRecord, before: OrderRecord): void {
    for (const unknown of unknowns.values()) {
      const { id, action } = unknown;
      if (unknown.known !== undefined || action.kind !== "replace" || action.orderId !== order.orderId) continue;
      if (!isAt(action, order) || isAt(action, before)) continue;
      unknown.known = { placed: { orderId: order.orderId } };
      settle(id, unknown.known, "shown by the order").catch(() => undefined);
    }
  }

  function end(unknown: Unknown, { failure }: Settlement): void {
    if (unknowns.get(unknown.id) !== unknown) return;
    unknowns.delete(unknown.id);
    // An order may have shown up while its absence was being written down.
    const isThere = failure?.outcome === "not_sent" && book.byTag(unknown.id) !== undefined;
    host.onSettled(unknown, failure !== undefined && !isThere);
  }

  async function settle(id: string, result: Settlement, reason: string): Promise<void> {
    const unknown = unknowns.get(id);
    if (unknown === undefined) return;
    const { begun, stands } = unknown;
    if (begun.later !== undefined) throw journalTooSlow();
    // A journal takes no progress of what it has not seen begin: this would fail in every round, and the round with it.
    const appending =
      begun.isWritten || stands
        ? journal.append([{ kind: "progress", id, state: "resolved", ...result, reason }], "process")
        : undefined;
    if (!(appending instanceof Promise)) return end(unknown, result);
    unknown.lines += 1;
    const ended = () => {
      unknown.lines -= 1;
    };
    appending.then(ended, ended);
    // Whoever waits for the whole round must not wait for ever: it is settled again in the next one, unless this is
    // written by then. From that moment on it is settled, and its key may be another attempt's.
    await journal.answered(appending.then(() => end(unknown, result)));
  }

  async function judgePlace(unknown: Unknown, request: OrderRequest, listing: Listing): Promise<void> {
    const order = book.byTag(unknown.id);
    if (order !== undefined) return settle(unknown.id, { placed: foundAs(order, request) }, "found by its tag");
    if (!wouldShow(listing, unknown, unknown.id)) return;
    unknown.absences += 1;
    if (unknown.absences < ABSENCES) return;
    host.onAbsent(unknown.id);
    await settle(
      unknown.id,
      { failure: refusal("BrokerFault", "not_sent", "the broker lists no order with this tag, so it was not sent") },
      `absent from ${ABSENCES} complete listings after the settle time`,
    );
  }

  async function judgeChange(unknown: Unknown, listing: Listing): Promise<void> {
    const { action } = unknown;
    if (action.kind === "place") return;
    const { orderId } = action;
    const isAbsent = listing.absent.has(orderId);
    const order = book.shown(orderId) ?? (isAbsent ? await journal.order(orderId) : undefined);
    if (unknowns.get(unknown.id) !== unknown || unknown.known || unknown.isLeft) return;
    // That another account does not know its order proves nothing.
    if (isElsewhere(unknown, listing) && !listing.reported.has(orderId)) return;
    if (order?.staleSince !== null && action.kind === "cancel") return judgeCancelOfNothing(unknown, orderId, listing);
    // An order that could not be read proves nothing, unless it had ended: then nobody will tell more of it.
    if (order === undefined || !(listing.reported.has(orderId) || (isAbsent && isClosed(order)))) return;
    const next = book.inPlaceOf(order);
    // What a change puts in the place of an order that it ends may not be shown yet, nor in the place of that.
    const last = next ?? order;
    const isOfLast = !next || action.kind === "cancel";
    if (last.status === "CANCELED" && isOfLast && isBeingChanged(last, listing)) return;
    const result = appliedTo(action, order, next);
    if (result !== undefined) return settle(unknown.id, result, `read from the order, which is ${order.status}`);
    if (!isSettled(unknown, listing) || isUnderWay(action, order)) return;
    await settle(
      unknown.id,
      { failure: refusal("BrokerFault", "not_sent", `the ${action.kind} has not been applied to the order`) },
      "not applied when the settle time had passed",
    );
  }

  /** Of an order that the broker does not know, or no more, nothing is ever told; the look for it would go on for ever. */
  async function judgeCancelOfNothing(unknown: Unknown, orderId: string, listing: Listing): Promise<void> {
    if (!listing.complete || !listing.absent.has(orderId) || !isSettled(unknown, listing)) return;
    unknown.absences += 1;
    if (unknown.absences < ABSENCES) return;
    const failure = refusal("OrderNotFound", "rejected", `the broker knows no order ${orderId}`);
    await settle(unknown.id, { failure }, `unknown to the broker in ${ABSENCES} looks after the settle time`);
  }

  /** True while a change of this order may have come about, and need not be shown. */
  function isBeingChanged(order: OrderRecord, listing: Listing): boolean {
    const { orderId, tag } = order;
    return [...unknowns.values()].some((other) => {
      const { action } = other;
      if (action.kind !== "replace" || action.orderId !== orderId) return false;
      if (!listing.newIds) return !isSettled(other, listing);
      return tag === null || !wouldShow(listing, other, tag) || mayHaveMade(action, order, listing);
    });
  }

  return {
    underWay(id) {
      const call = { id, since: Date.now() };
      const place = underWay.enter(call);
      return () => {
        underWay.leave(place, call);
        for (const wait of waiting) if (wait.left.delete(id) && wait.left.size === 0) wait.resolve();
      };
    },
    recover(intent) {
      const known = unknowns.get(intent.id);
      if (known !== undefined) known.stands = true;
      if (known !== undefined || callOf(intent.id) !== undefined) return;
      // By a clock that has been put back since, it may have been sent at any time.
      add(intent, elapsedMs(), WRITTEN, intent.at > Date.now() + DRIFT_MS ? 0 : intent.at);
    },
    add,
    addKnown({ id, action }, known) {
      // A later attempt under its key may be unknown by now.
      if (unknowns.has(id)) return;
      unknowns.set(id, {
        id,
        action,
        begun: WRITTEN,
        known,
        endedAt: elapsedMs(),
        sentAt: 0,
        sentElapsed: 0,
        absences: 0,
        lines: 0,
        isLeft: false,
      });
    },
    begunAgain: (id) => void unknowns.delete(id),
    seen,
    orderIds: () => [...unknowns.values()].flatMap(({ action }) => (action.kind === "place" ? [] : [action.orderId])),
    async settleKnown() {
      const reason = "known from the first, written down late";
      const all = [...unknowns.values()].flatMap(({ id, known }) => (known === undefined ? [] : [{ id, known }]));
      await Promise.all(all.map(({ id, known }) => settle(id, known, reason).catch(() => undefined)));
    },
    async judge(listing) {
      // What is known needs no evidence, and what the journal has not begun cannot be ended there.
      const open = [...unknowns.values()].filter(
        ({ known, begun, isLeft }) => known === undefined && begun.later === undefined && !isLeft,
      );
      // All in one step: while one is written down another may begin again under its key, of which this list says nothing.
      const judging = open.map((unknown) =>
        unknown.action.kind === "place"
          ? judgePlace(unknown, unknown.action.request, listing)
          : judgeChange(unknown, listing),
      );
      await Promise.all(judging);
    },
    leaveToOperator(id) {
      const unknown = unknowns.get(id);
      if (unknown === undefined || unknown.endedAt === null || unknown.begun.later) return undefined;
      const { endedAt } = unknown;
      let isMine = false;
      const isUnknown = () =>
        unknowns.get(id) === unknown &&
        !unknown.known &&
        unknown.lines === 0 &&
        unknown.isLeft === isMine &&
        callOf(id) === undefined;
      if (!isUnknown()) return undefined;
      const write = (writes: boolean) => {
        unknown.isLeft = isMine = writes;
      };
      return {
        isUnknown,
        isShown: (settleMs) => elapsedMs() >= endedAt + settleMs,
        begin: () => write(true),
        settled: (result) => end(unknown, result),
        end: () => write(false),
      };
    },
    all: () => unknowns.values(),
    async quiet() {
      if (underWay.size === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const wait = { left: new Set([...underWay].map(({ id }) => id)), resolve };
      waiting.add(wait);
      await promise;
      waiting.delete(wait);
    },
    has: (id) => unknowns.has(id),
    get size() {
      return unknowns.size;
    },
  };
}
