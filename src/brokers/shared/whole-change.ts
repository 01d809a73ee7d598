import type { Order, OrderChange } from "../../domain/order.ts";
import { BrokerError } from "../../spec/broker-error.ts";

/**
 * For vendors that want quantity and price with every change: while another change is under way nobody knows which of the
 * two that they show will hold, and what a change leaves out would undo that one.
 *
 * @throws BrokerError `RateLimited` for a change of one of the two, then.
 */
export function demandWholeChange({ orderId, orderType, status }: Order, { qty, price }: OrderChange): void {
  const isWhole = qty !== undefined && (price !== undefined || orderType === "Market");
  if (status !== "PENDING_REPLACE" || isWhole) return;
  const message = `another change of order ${orderId} is under way; say both qty and price, or wait for it`;
  throw new BrokerError("RateLimited", message, { outcome: "not_sent", retryAfterMs: 1000 });
}
