import { answerOf } from "../answer-of.ts";
import { type Api, defineApi } from "../api.ts";
import { lazySchema } from "../lazy-schema.ts";
import { endBody, resolveBody } from "../schemas/by-hand.ts";
import { wireOrder } from "../wire.ts";

const FAILURES = ["OrderNotFound", "OrderNotOpen", "JournalUnavailable"] as const;

export const orderResolve: Api = defineApi({
  name: "orderResolve",
  method: "POST",
  path: "order/resolve",
  scope: "admin",
  schema: lazySchema({
    summary: "Settle a write whose outcome is unknown",
    description:
      "By hand, after looking at the broker: one that `order/intents` lists. Under its key that is the answer from then on. Needs a token with the scope `admin`.",
    body: resolveBody,
    answer: answerOf("orderResolve"),
    failures: FAILURES,
  }),
  async handler({ broker, body, principal, respond }) {
    const { tag, orderId = null, reason } = body;
    await broker.resolveIntent({ tag, orderId, reason, principal });
    return respond({ resolved: true });
  },
});

export const orderEnd: Api = defineApi({
  name: "orderEnd",
  method: "POST",
  path: "order/end",
  scope: "admin",
  schema: lazySchema({
    summary: "End an order that its broker knows no more",
    description:
      "By hand, after looking at the broker: one that is open and has a `staleSince`. Needs a token with the scope `admin`.",
    body: endBody,
    answer: answerOf("orderEnd"),
    failures: FAILURES,
  }),
  async handler({ broker, body, principal, respond }) {
    return respond({ order: wireOrder(await broker.endOrder({ ...body, principal })) });
  },
});
