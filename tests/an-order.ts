import type { Order } from "../src/domain/order.ts";

export const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

/** An open limit order to buy 12 AAPL at 200, but for what a test says otherwise. */
export function anOrder(fields: Partial<Order> = {}): Order {
  return {
    orderId: "1",
    contract: AAPL,
    currency: "USD",
    direction: "BUY",
    orderType: "Limit",
    price: 200,
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 12,
    filledQty: 0,
    avgPrice: 0,
    status: "OPEN",
    originStatus: "Submitted",
    errorReason: "",
    warning: null,
    tag: null,
    createdAt: 1,
    updatedAt: 1,
    ...fields,
  };
}
