import { currencyOf } from "../domain/contract.ts";
import { type Order, type OrderRequest, placedOrder } from "../domain/order.ts";
import type { Placed } from "../spec/broker.ts";
import type { Capabilities } from "../spec/capabilities.ts";
import { marketOf } from "./guards.ts";

/** What became of a place whose order was found by its tag: with what the order says that was made of it, as an answer has it. */
export function foundAs(order: Order, { lifecycle, timeInForce }: OrderRequest): Placed {
  const { orderId } = order;
  const effective = {
    ...(order.lifecycle === null || order.lifecycle === lifecycle ? {} : { lifecycle: order.lifecycle }),
    ...(order.timeInForce === null || order.timeInForce === timeInForce ? {} : { timeInForce: order.timeInForce }),
  };
  return Object.keys(effective).length > 0 ? { orderId, effective } : { orderId };
}

/** An order that was placed, as its broker took it. */
export function pendingOrder(request: OrderRequest, orderId: string, tag: string, capabilities: Capabilities): Order {
  const market = marketOf(capabilities, request.contract);
  return placedOrder(request, orderId, tag, currencyOf(request.contract, market?.currency ?? ""));
}
