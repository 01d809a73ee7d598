/**
 * Quantity and price of orders that were just changed.
 *
 * The vendor's times have whole seconds. What is pushed of an order in the second of its change, and does not tell of one, may
 * be from before it. So may one that tells of another change than the last that was made here.
 */
import type { OrderStatus } from "../../domain/order.ts";
import { Remembered } from "../../domain/remembered.ts";
import { lookUp, ORDER_STATUS } from "./codes.ts";
import { isOpen } from "./convert.ts";
import type { PushedOrder } from "./messages.ts";

export interface ChangedTerms {
  /** A push as it counts: with the terms of the change that was told of in the same second. */
  read(pushed: PushedOrder): PushedOrder;
  /** A change is about to be made to these terms: what was told of the one before says nothing of this one. */
  changing(orderId: string, asked: AskedTerms): void;
  /** It was not made, or nobody knows. */
  failed(orderId: string): void;
}

export interface AskedTerms {
  readonly qty: number;
  /** Absent for an order at the market. */
  readonly price?: number;
}

interface Change {
  /** Of a change that was made here. */
  readonly asked?: AskedTerms;
  /** As it was pushed. */
  readonly told?: Pick<PushedOrder, "updated_at" | "submitted_quantity" | "submitted_price">;
}

/** The latest so many are remembered. */
const REMEMBERED = 1_000;

export function createChangedTerms(): ChangedTerms {
  const changes = new Remembered<string, Change>(REMEMBERED);
  return {
    read(pushed) {
      const { order_id: orderId, status, updated_at, submitted_quantity, submitted_price } = pushed;
      const { asked, told } = changes.get(orderId) ?? {};
      const isReplaced = /^Replaced/.test(status);
      const isLater = told !== undefined && (updated_at ?? 0) > (told.updated_at ?? 0);
      const now = { updated_at, submitted_quantity, submitted_price };
      if (asked !== undefined && told === undefined && isAsked(pushed, asked))
        changes.set(orderId, { asked, told: now });
      // One that was made elsewhere.
      else if (isReplaced && (asked === undefined || isLater)) changes.set(orderId, { told: now });
      const change = changes.get(orderId)?.told;
      const isSameSecond = updated_at !== null && change?.updated_at === updated_at;
      // One that works on with as many fills has been changed once more, elsewhere.
      const isOver = change !== undefined && pushed.executed_quantity >= change.submitted_quantity;
      return isSameSecond && isOpen(pushed) && !isOver ? { ...pushed, ...change } : pushed;
    },
    changing: (orderId, asked) => changes.set(orderId, { asked }),
    failed: (orderId) => changes.delete(orderId),
  };
}

/** One that is still under way may fail. */
function isAsked(pushed: PushedOrder, { qty, price }: AskedTerms): boolean {
  const { status, submitted_quantity, submitted_price } = pushed;
  const isMade = lookUp<OrderStatus>(ORDER_STATUS, status) !== "PENDING_REPLACE";
  return isMade && submitted_quantity === qty && (price === undefined || submitted_price === price);
}
