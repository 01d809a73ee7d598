/** What the broker says of its orders, weighed as proof of what became of a write. */
import type { FailureCode } from "../domain/failure.ts";
import { orderFlags } from "../domain/order.ts";
import type { IntentAction, IntentFailure, OrderRecord, ProgressLine } from "../journal/journal.ts";
import type { UnmappedOrder } from "../spec/broker.ts";
import { endedWords } from "./guards.ts";

/** A listing of the broker's orders, as evidence. */
export interface Listing {
  /** When it was asked for, by {@link elapsedMs}. */
  readonly askedAt: number;
  /** The orders that the broker has told of since then. */
  readonly reported: ReadonlySet<string>;
  /** The orders that the broker does not know, of those that it was asked for by their ids. */
  readonly absent: ReadonlySet<string>;
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
}

/** What became of an unknown write. */
export type Settlement = Pick<ProgressLine, "placed" | "failure">;

type Change = Exclude<IntentAction, { kind: "place" }>;
type Replace = Extract<IntentAction, { kind: "replace" }>;

/** An unknown write: when its call ended, and to which account it was sent. */
interface Sent {
  readonly id: string;
  readonly endedAt: number | null;
  readonly account?: string | undefined;
}

/**
 * True for what was sent to another account, as before a login or a token was changed: these lists say nothing of it. Lists
 * of nobody knows whose may be another's too.
 */
export function isElsewhere(unknown: Sent, { account }: Listing): boolean {
  return unknown.account !== undefined && unknown.account !== account;
}

/** True for what is listed and has no name here: it exists. */
export function isNameless({ id }: Sent, { unmapped }: Listing): boolean {
  return unmapped.some(({ tag }) => tag === id);
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
export function isAt({ change: { qty, price } }: Replace, order: OrderRecord): boolean {
  return (qty === undefined || qty === order.qty) && (price === undefined || price === order.price);
}

/** True while the broker works on such a change of the order, or may, which is this one for all that is known. */
export function isUnderWay({ kind }: IntentAction, { status, holdsChanges }: OrderRecord): boolean {
  return kind === "cancel" ? status === "PENDING_CANCEL" : status === "PENDING_REPLACE" || holdsChanges === true;
}

export function refusal(code: FailureCode, outcome: IntentFailure["outcome"], message: string): IntentFailure {
  return { code, outcome, message };
}
