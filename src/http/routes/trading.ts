import type { WriteAnswer } from "../../desk/types.ts";
import { normalizeContract } from "../../domain/contract.ts";
import type { OrderRequest } from "../../domain/order.ts";
import { answerOf } from "../answer-of.ts";
import { type Api, defineApi, type RespondInit } from "../api.ts";
import { REPLAYED } from "../failures.ts";
import { lazySchema } from "../lazy-schema.ts";
import type { Output } from "../schemas/once.ts";
import { cancelBody, placeBody, REPLACE_EXAMPLE, replaceBody } from "../schemas/order.ts";

export const orderPlace: Api = defineApi({
  name: "orderPlace",
  method: "POST",
  path: "order/place",
  schema: lazySchema({
    summary: "Place an order",
    description:
      "Sends one order, once. The answer comes when the broker took it; whether it fills is told by `order/state`. A failure says in `outcome` whether anything can have been sent.",
    body: placeBody,
    answer: answerOf("orderPlace"),
    failures: [
      "UnknownContract",
      "IdempotencyConflict",
      "OrderRejected",
      "InsufficientFunds",
      "LimitExceeded",
      "Halted",
      "IdempotencyMismatch",
      "NotSupported",
      "NotReconciled",
      "JournalUnavailable",
      "OutcomeUnknown",
    ],
  }),
  async handler(context) {
    const placed = await context.broker.place(orderRequest(context.body), context);
    const { tag, effective = null } = placed;
    return context.respond({ orderId: placed.orderId, args: context.body, tag, effective }, asFirst(placed));
  },
});

function orderRequest(body: Output<typeof placeBody>): OrderRequest {
  const { tradeType, symbol, region, price, qty, direction, orderType, timeInForce, lifecycle } = body;
  const contract = normalizeContract({ tradeType, region, symbol });
  // A market order may carry a price; it is ignored.
  return orderType === "Limit" && typeof price === "number"
    ? { contract, direction, orderType, timeInForce, lifecycle, qty, price }
    : { contract, direction, orderType, timeInForce, lifecycle, qty };
}

export const orderReplace: Api = defineApi({
  name: "orderReplace",
  method: "POST",
  path: "order/replace",
  schema: lazySchema({
    summary: "Replace an order",
    description:
      "Changes an open order. `qty` is the new total, including what is filled. `orderId` in the answer is the new one where the broker changes it.",
    body: replaceBody,
    answer: answerOf("orderReplace"),
    failures: [
      "OrderNotFound",
      "IdempotencyConflict",
      "OrderNotOpen",
      "OrderRejected",
      "InsufficientFunds",
      "LimitExceeded",
      "Halted",
      "IdempotencyMismatch",
      "NotSupported",
      "NotReconciled",
      "JournalUnavailable",
      "OutcomeUnknown",
    ],
    bodyExample: REPLACE_EXAMPLE,
  }),
  async handler(context) {
    const { qty, price } = context.body;
    const change = { ...(typeof qty === "number" ? { qty } : {}), ...(typeof price === "number" ? { price } : {}) };
    const placed = await context.broker.replace(context.body.orderId, change, context);
    const { effective = null } = placed;
    return context.respond({ orderId: placed.orderId, args: context.body, effective }, asFirst(placed));
  },
});

export const orderCancel: Api = defineApi({
  name: "orderCancel",
  method: "POST",
  path: "order/cancel",
  scope: "cancel",
  schema: lazySchema({
    summary: "Cancel an order",
    description:
      "Asks the broker to cancel. `canceled` says that the broker took the request, not that the order has ended already: on a holiday it may stay asked for. To cancel what is canceled is no failure.",
    body: cancelBody,
    answer: answerOf("orderCancel"),
    failures: [
      "OrderNotFound",
      "IdempotencyConflict",
      "OrderNotOpen",
      "OrderRejected",
      "IdempotencyMismatch",
      "NotSupported",
      "OutcomeUnknown",
    ],
  }),
  async handler(context) {
    const answer = await context.broker.cancel(context.body.orderId, context);
    return context.respond({ canceled: true }, asFirst(answer));
  },
});

/** A repetition under the same key is answered as the first time, and says so. */
function asFirst({ answeredAt, replayed }: WriteAnswer): RespondInit {
  return replayed ? { at: answeredAt, headers: REPLAYED } : { at: answeredAt };
}
