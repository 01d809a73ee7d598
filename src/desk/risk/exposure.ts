/** What is on its way to change a position: open orders, and writes that may become one. */
import { type Contract, contractKey } from "../../domain/contract.ts";
import { add, subtract } from "../../domain/money.ts";
import type { Direction } from "../../domain/order.ts";
import type { Position } from "../../domain/position.ts";
import type { IntentAction, OrderRecord } from "../../journal/journal.ts";
import type { OrderBook } from "../order-book.ts";
import { type Draft, remainingOf } from "./draft.ts";

/** A write that has been let through and whose order is not in the book yet, or not as it will be. */
export interface Pending {
  readonly id: string;
  readonly action: IntentAction;
}

const DAY_MS = 86_400_000;

/**
 * The orders that may still be filled. One that the broker has not known for a day may not, however it ended: one that ended
 * at night while nobody listened, of which no list ever tells, would otherwise take of the limits for ever.
 */
function mayFill(book: OrderBook): readonly OrderRecord[] {
  return [...book.open(), ...book.awake.values()].filter(
    ({ staleSince }) => (staleSince ?? Infinity) > Date.now() - DAY_MS,
  );
}

/** What may still be filled of the orders of a draft's contract and direction, but for the one that it changes. */
export function workingQty(
  book: OrderBook,
  pending: Iterable<Pending>,
  { contract, direction, replaced }: Pick<Draft, "contract" | "direction" | "replaced">,
): number {
  /** By order id, or tag where there is no id yet. */
  const working = new Map<string, number>();
  for (const order of mayFill(book)) {
    if (order.orderId !== replaced?.orderId && isAlike(order, contract, direction))
      working.set(order.orderId, remainingOf(order));
  }
  for (const { id, action } of pending) {
    if (action.kind === "place") {
      const { request } = action;
      if (book.byTag(id) === undefined && isAlike(request, contract, direction)) working.set(id, request.qty);
    } else if (action.kind === "replace" && action.orderId !== replaced?.orderId) {
      const order = book.get(action.orderId);
      if (order === undefined || !isAlike(order, contract, direction)) continue;
      const known = working.get(order.orderId);
      if (known === undefined && !mayGoOn(book, order)) continue;
      const qty = action.change.qty ?? order.qty;
      working.set(order.orderId, Math.max(known ?? 0, remainingOf({ ...order, qty })));
    }
  }
  return [...working.values()].reduce(add, 0);
}

/** Orders that are open, and those that are about to be. */
export function openCount(book: OrderBook, pending: Iterable<Pending>): number {
  let count = mayFill(book).length;
  for (const { id, action } of pending) {
    const order = action.kind === "replace" ? book.get(action.orderId) : undefined;
    if (order ? mayGoOn(book, order) : action.kind === "place" && book.byTag(id) === undefined) count += 1;
  }
  return count;
}

/** True for an order that may have ended since a change of it has put another one in its place, which is not known yet. */
function mayGoOn(book: OrderBook, order: OrderRecord): boolean {
  return order.status === "CANCELED" && book.inPlaceOf(order) === undefined;
}

/** The net position in a contract, negative for a short one. */
export function heldOf(positions: readonly Position[], contract: Contract): number {
  const key = contractKey(contract);
  return positions.reduce(
    (held, position) => (contractKey(position.contract) === key ? add(held, position.qty) : held),
    0,
  );
}

/** How much of a position can still be closed by an order of this direction; 0 for one that would open or widen it. */
export function closable(held: number, direction: Direction, working: number): number {
  const toClose = direction === "SELL" ? held : subtract(0, held);
  return Math.max(0, subtract(toClose, working));
}

/** True for an order of this contract and direction. */
export function isAlike(
  order: Pick<OrderRecord, "contract" | "direction">,
  contract: Contract,
  direction: Direction,
): boolean {
  return order.direction === direction && contractKey(order.contract) === contractKey(contract);
}
