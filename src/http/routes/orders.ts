import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { orderQuery, ordersQuery } from "../schemas/order.ts";
import { wireOrder, wireUnmapped } from "../wire.ts";

export const orderState: Api = defineApi({
  name: "orderState",
  method: "GET",
  path: "order/state",
  schema: lazySchema({
    summary: "Read an order",
    description: "Where one order stands: today's, or an old one as far as the vendor or the journal remembers.",
    query: orderQuery,
    answer: answerOf("orderState"),
    failures: ["OrderNotFound", "NotSupported", "JournalUnavailable"],
    queryExample: { orderId: "6278888" },
  }),
  async handler(context) {
    return context.respond({ order: wireOrder(await context.broker.order(context.query.orderId, context)) });
  },
});

export const orderList: Api = defineApi({
  name: "orderList",
  method: "GET",
  path: "order/list",
  schema: lazySchema({
    summary: "List orders",
    description:
      "Open orders, or all that the vendor lists, in its order. One that it has taken and does not list yet, or lists no more, is among them as it is remembered. What has no name in this API is in `unmapped`.",
    query: ordersQuery,
    answer: answerOf("orderList"),
    failures: ["NotSupported"],
    queryExample: { status: "open" },
  }),
  async handler(context) {
    const { orders, unmapped } = await context.broker.orders({ status: context.query.status }, context);
    return context.respond({ orders: orders.map(wireOrder), unmapped: wireUnmapped(unmapped) });
  },
});
