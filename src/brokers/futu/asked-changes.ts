/**
 * What orders were last changed to from here. OpenD answers a change when it has sent it to the vendor's servers, and lists the
 * order as it was until it is made, with no word for one that is being changed. Source: the vendor's word in
 * https://github.com/FutunnOpen/py-futu-api/issues/248.
 */
import type { Order, OrderChange } from "../../domain/order.ts";
import { Remembered } from "../../domain/remembered.ts";
import { demandWholeChange } from "../shared/whole-change.ts";
import { MS } from "./timing.ts";

/** As it goes to OpenD: `price` is `null` for an order at the market. */
export interface AskedTerms {
  readonly qty: number;
  readonly price: number | null;
}

export interface AskedChanges {
  /** OpenD took a change to these terms, or may have. */
  made(orderId: string, terms: AskedTerms): void;
  /** @throws BrokerError `RateLimited` for a change of one of the two while the last one may not be made yet. */
  demandWhole(order: Order, change: OrderChange): void;
}

/** The latest so many are remembered. */
const REMEMBERED = 1_000;

export function createAskedChanges(): AskedChanges {
  const asked = new Remembered<string, AskedTerms & { readonly at: number }>(REMEMBERED);
  return {
    made: (orderId, terms) => asked.set(orderId, { ...terms, at: performance.now() }),
    demandWhole(order, change) {
      const last = asked.get(order.orderId);
      const isShown = last?.qty === order.qty && last.price === order.price;
      if (last === undefined || isShown || performance.now() - last.at > MS.changeShown) return;
      demandWholeChange({ ...order, status: "PENDING_REPLACE" }, change);
    },
  };
}
