/**
 * Orders over HTTP, whatever the transport: the SDK leaves out what is attached to an order, and whether a history goes on.
 *
 * Source: "Today Orders", "History Orders" and "Order Details" in the documentation of the Longport OpenAPI.
 */
import type { Http, Query } from "./http.ts";
import { REPLIES } from "./messages.ts";
import { MS } from "./timing.ts";
import type { Transport } from "./transport.ts";

export function createOrderReads(http: Http): Pick<Transport, "todayOrders" | "historyOrders" | "order"> {
  const asked = (signal: AbortSignal, query: Query) => ({
    query,
    signal,
    timeoutMs: MS.read,
  });
  return {
    async todayOrders(signal, orderId, isAttached = false) {
      const query = { order_id: orderId, is_attached: isAttached ? "true" : undefined };
      return (await http.get("/v1/trade/order/today", REPLIES.today, asked(signal, query))).orders;
    },
    async historyOrders({ from, to, statuses: status }, signal) {
      const query = { start_at: String(Math.floor(from / 1000)), end_at: String(Math.ceil(to / 1000)), status };
      const page = await http.get("/v1/trade/order/history", REPLIES.history, asked(signal, query));
      const { orders, has_more: hasMore } = page;
      return typeof hasMore === "boolean" ? { orders, hasMore } : { orders };
    },
    order: (orderId, signal) => http.get("/v1/trade/order", REPLIES.order, asked(signal, { order_id: orderId })),
  };
}
