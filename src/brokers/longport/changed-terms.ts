/**
 * Quantity and price of orders that were just changed.
 *
 * The vendor's times have whole seconds. What is pushed of an order in the second of its change, and does not tell of one, may
 * be from before it.
 */
import { Remembered } from "../../domain/remembered.ts";
import { isOpen } from "./convert.ts";
import type { PushedOrder } from "./messages.ts";

export interface ChangedTerms {
  /** A push as it counts: with the terms of the change that was told of in the same second. */
  read(pushed: PushedOrder): PushedOrder;
  /** Another change is about to be made: what was told of the one before says nothing of this one. */
  changing(orderId: string): void;
}

/** The latest so many are remembered. */
const REMEMBERED = 1_000;

export function createChangedTerms(): ChangedTerms {
  const changed = new Remembered<string, Pick<PushedOrder, "updated_at" | "submitted_quantity" | "submitted_price">>(
    REMEMBERED,
  );
  return {
    read(pushed) {
      const { order_id: orderId, status, updated_at, submitted_quantity, submitted_price } = pushed;
      if (/^Replaced/.test(status)) changed.set(orderId, { updated_at, submitted_quantity, submitted_price });
      const change = changed.get(orderId);
      const isSameSecond = updated_at !== null && change?.updated_at === updated_at;
      return isSameSecond && isOpen(pushed) ? { ...pushed, ...change } : pushed;
    },
    changing: (orderId) => changed.delete(orderId),
  };
}
