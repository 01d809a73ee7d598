import type { Order, OrderRequest } from "../domain/order.ts";
import type { Placed } from "../spec/broker.ts";

/** What became of a place whose order was found by its tag: with what the order says that was made of it, as an answer has it. */
export function foundAs(order: Order, { lifecycle, timeInForce }: OrderRequest): Placed {
  const { orderId } = order;
  const effective = {
    ...(order.lifecycle === null || order.lifecycle === lifecycle ? {} : { lifecycle: order.lifecycle }),
    ...(order.timeInForce === null || order.timeInForce === timeInForce ? {} : { timeInForce: order.timeInForce }),
  };
  return Object.keys(effective).length > 0 ? { orderId, effective } : { orderId };
}
