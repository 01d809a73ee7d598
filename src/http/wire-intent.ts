/** A write whose outcome is unknown, in the form of the wire. */
import type { IntentAction, IntentRecord } from "../journal/journal.ts";
import type { intentSchema } from "./answers/intent.ts";
import type { Output } from "./schemas/once.ts";
import { wireTime } from "./time.ts";

type WireIntent = Output<typeof intentSchema>;

/** One intent. Whatever its last line says, here it is unknown. */
export function wireIntent({ id, action, principal, at, failure }: IntentRecord): WireIntent {
  return {
    type: "intent",
    tag: id,
    action: action.kind,
    orderId: action.kind === "place" ? null : action.orderId,
    args: argsOf(action),
    principal,
    state: "unknown",
    createdAt: wireTime(at),
    message: failure?.message ?? "the gateway ended before the broker answered",
  };
}

/** The body of the request that the action came from. */
function argsOf(action: IntentAction): WireIntent["args"] {
  switch (action.kind) {
    case "place": {
      const { contract, price, ...order } = action.request;
      const { tradeType, region, symbol } = contract;
      return { tradeType, symbol, region, ...(price === undefined ? {} : { price }), ...order };
    }
    case "replace":
      return { orderId: action.orderId, ...action.change };
    case "cancel":
      return { orderId: action.orderId };
  }
}
