/** Lines to test with. */
import type { OrderRequest } from "../../domain/order.ts";
import type {
  AnomalyLine,
  ConnectionLine,
  GuardLine,
  IntentLine,
  JournalLine,
  OrderLine,
  OrderRecord,
  ProgressLine,
} from "../../journal/journal.ts";

/** Digests, as the desk gives them. */
export const INSTANCE = "0f3a9c5d7b1e2468";
export const OTHER_INSTANCE = "8642e1b7d5c9a3f0";

type Stamped<T> = T & Pick<JournalLine, "instance" | "at">;
type Stamp = Partial<Pick<JournalLine, "instance" | "at">>;

const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

export const REQUEST: OrderRequest = {
  contract: AAPL,
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 12,
  price: 201.5,
};

export function intentLine(id: string, more: Partial<IntentLine> & Stamp = {}): Stamped<IntentLine> {
  return {
    kind: "intent",
    id,
    principal: "default",
    action: { kind: "place", request: REQUEST },
    fingerprint: null,
    instance: INSTANCE,
    at: 1000,
    ...more,
  };
}

export function progressLine(
  id: string,
  state: ProgressLine["state"],
  more: Partial<ProgressLine> & Stamp = {},
): Stamped<ProgressLine> {
  return { kind: "progress", id, state, instance: INSTANCE, at: 1001, ...more };
}

export function orderRecord(orderId: string, more: Partial<OrderRecord> = {}): OrderRecord {
  return {
    orderId,
    contract: AAPL,
    currency: "USD",
    direction: "BUY",
    orderType: "Limit",
    price: 201.5,
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
    createdAt: 1000,
    updatedAt: 1000,
    external: false,
    asOf: 1000,
    staleSince: null,
    ...more,
  };
}

export function orderLine(
  order: OrderRecord,
  more: { readonly kind?: OrderLine["kind"] } & Stamp = {},
): Stamped<OrderLine> {
  return { kind: "order", order, instance: INSTANCE, at: 1002, ...more };
}

export function anomalyLine(message: string, more: Stamp = {}): Stamped<AnomalyLine> {
  return { kind: "anomaly", message, orderId: null, tag: null, instance: INSTANCE, at: 1003, ...more };
}

export function connectionLine(connected: boolean, more: Stamp = {}): Stamped<ConnectionLine> {
  return { kind: "connection", connected, reason: null, instance: INSTANCE, at: 1004, ...more };
}

export function guardLine(state: GuardLine["state"], more: Partial<GuardLine> & Stamp = {}): Stamped<GuardLine> {
  return { kind: "guard", state, all: false, principal: "ops", reason: "因为", instance: INSTANCE, at: 1000, ...more };
}
