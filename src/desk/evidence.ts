/** What the broker says of its orders, weighed as proof of what became of a write. */
import type { FailureCode } from "../domain/failure.ts";
import { type Order, orderFlags } from "../domain/order.ts";
import type { IntentAction, IntentFailure, OrderRecord, ProgressLine } from "../journal/journal.ts";
import type { UnmappedOrder } from "../spec/broker.ts";
import { elapsedMs } from "./elapsed.ts";
import { endedWords } from "./guards.ts";

/** A listing of the broker's orders, as evidence. */
export interface Listing {
  /** When it was asked for, by {@link elapsedMs}. */
  readonly askedAt: number;
  /** The orders that the broker has told of since then. */
  readonly reported: ReadonlySet<string>;
  /** The orders that the broker does not know, of those that it was asked for by their ids. */
  readonly absent: ReadonlySet<string>;
  /** What it shows. */
  readonly orders: readonly Order[];
  /** What it shows and has no name here. */
  readonly unmapped: readonly UnmappedOrder[];
  /** Whether the broker vouches that it shows every order. */
  readonly complete: boolean;
  /** How long after the end of a call an accepted order may still be missing. */
  readonly settleMs: number;
  /** From when on the broker shows orders that have ended, in milliseconds since the epoch. Default: all of them. */
  readonly since?: number | undefined;
  /** Whose orders they are, as the broker shows it; `null` where it does not say. */
  readonly account: string | null;
  /** Whether a change may give an order a new id. */
  readonly newIds: boolean;
}

/** What became of an unknown write. */
export type Settlement = Pick<ProgressLine, "placed" | "failure">;

type Change = Exclude<IntentAction, { kind: "place" }>;
type Replace = Extract<IntentAction, { kind: "replace" }>;

/** Milliseconds by which the two clocks may run apart without one having been set. */
export const DRIFT_MS = 1000;

/** When an unknown write was sent, and to which account. */
export interface Sent {
  /** When its call ended, by {@link elapsedMs}; `null` while it is under way. */
  readonly endedAt: number | null;
  /** The account that it was sent to, as the broker showed it; absent where it did not say. */
  readonly account?: string | undefined;
  /** Its call began no earlier, in milliseconds since the epoch by the clock as it stood then. */
  readonly sentAt: number;
  /** The same by {@link elapsedMs}. */
  readonly sentElapsed: number;
}

/**
 * True for what was sent to another account, as before a login or a token was changed: these lists say nothing of it. Lists
 * of nobody knows whose may be another's too.
 */
export function isElsewhere(write: Sent, { account }: Listing): boolean {
  return write.account !== undefined && write.account !== account;
}

/** True for a list that has the order of this tag, by its name here, if this write has made one. */
export function wouldShow(listing: Listing, write: Sent, tag: string): boolean {
  const { complete, since, unmapped } = listing;
  // Also where the listing says no moment that could be compared.
  const isBefore = since !== undefined && !(sentAtNow(write) >= since);
  const isNameless = unmapped.some((its) => its.tag === tag);
  return complete && !isNameless && !isBefore && !isElsewhere(write, listing) && isSettled(write, listing);
}

/** By the clock as it stands now: it may have been put back since, and listings are told to begin by it. */
function sentAtNow({ sentAt, sentElapsed }: Sent): number {
  return Math.min(sentAt, Date.now() - (elapsedMs() - sentElapsed) + DRIFT_MS);
}

/** True for a list with an order that this change may have put in the place of its own, and that has ended since. */
export function mayHaveMade(action: Replace, { orderId, tag, createdAt }: OrderRecord, { orders }: Listing): boolean {
  // It is no older than its own, which may have been put in the place of another itself.
  const isOlder = (order: Order) => createdAt !== null && order.createdAt !== null && order.createdAt < createdAt;
  return orders.some(
    (order) => order.tag === tag && order.orderId !== orderId && isAt(action, order) && !isOlder(order),
  );
}

export function isSettled({ endedAt }: Sent, { askedAt, settleMs }: Listing): boolean {
  return endedAt !== null && askedAt >= endedAt + settleMs;
}

/** What an order, or `next` in its place, says about a change to it; `undefined` when it says nothing yet. */
export function appliedTo(action: Change, order: OrderRecord, next: OrderRecord | undefined): Settlement | undefined {
  const { orderId } = next ?? order;
  const { isCompleted, isCanceled } = orderFlags(next ?? order);
  const isApplied = action.kind === "cancel" ? isCanceled : isAt(action, next ?? order);
  if (isApplied) return { placed: { orderId } };
  return isCompleted || next ? { failure: refusal("OrderNotOpen", "rejected", endedWords(order, next)) } : undefined;
}

/** True for an order as this replace wanted it. */
export function isAt({ change: { qty, price } }: Replace, order: Order): boolean {
  return (qty === undefined || qty === order.qty) && (price === undefined || price === order.price);
}

/** True while the broker works on such a change of the order, or may, which is this one for all that is known. */
export function isUnderWay({ kind }: IntentAction, { status, holdsChanges }: OrderRecord): boolean {
  return kind === "cancel" ? status === "PENDING_CANCEL" : status === "PENDING_REPLACE" || holdsChanges === true;
}

export function refusal(code: FailureCode, outcome: IntentFailure["outcome"], message: string): IntentFailure {
  return { code, outcome, message };
}
