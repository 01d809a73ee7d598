/** What must hold of whatever a decoder gives. */

import { ORDER_STATUSES, type Order } from "../../src/domain/order.ts";
import { wireOrder } from "../../src/http/wire.ts";
import type { OrderListing, PositionListing } from "../../src/spec/broker.ts";
import { isBrokerError } from "../../src/spec/broker-error.ts";

/** Fails the input. */
export function must(holds: boolean, rule: string, seen?: unknown): asserts holds {
  if (!holds) throw new Error(seen === undefined ? rule : `${rule}: ${show(seen)}`);
}

function show(seen: unknown): string {
  const text = typeof seen === "string" ? seen : JSON.stringify(seen, (_key, value: unknown) => shown(value));
  return (text ?? String(seen)).slice(0, 2_000);
}

function shown(value: unknown): unknown {
  return typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value)) ? String(value) : value;
}

/** Acts, and gives `undefined` for an error of the declared kinds. @throws for every other error. */
export async function declared<T>(
  isDeclared: (error: unknown) => boolean,
  act: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isDeclared(error)) return undefined;
    throw new Error("an error that nobody declared", { cause: error });
  }
}

/** The one error that a broker throws. */
export function brokerErrors<T>(act: () => T | Promise<T>): Promise<T | undefined> {
  return declared(isBrokerError, act);
}

/** Every number within is one. */
export function finite(value: unknown, what: string): void {
  if (typeof value === "number") must(Number.isFinite(value), `${what} is no number of this world`, value);
  if (typeof value !== "object" || value === null) return;
  for (const [name, child] of Object.entries(value)) finite(child, `${what}.${name}`);
}

/** An order that can be kept, sent on and asked for again. */
export function isOrder(order: Order): void {
  must(typeof order.orderId === "string" && order.orderId !== "", "an order without an id", order);
  must(ORDER_STATUSES.includes(order.status), "an order of no status", order);
  must(order.tag === null || /^[a-z0-9]{26}$/.test(order.tag), "a tag that is none", order);
  finite(order, "order");
  must(order.filledQty >= 0 && order.qty >= 0, "a negative quantity of an order", order);
  wireOrder({ ...order, external: true, asOf: 0, staleSince: null, source: "broker" });
}

export function isListing({ orders, unmapped }: OrderListing): void {
  for (const order of orders) isOrder(order);
  finite(unmapped, "unmapped");
}

export function arePositions({ positions, unmapped }: PositionListing): void {
  finite(positions, "positions");
  finite(unmapped, "unmapped");
}
