/**
 * What an operator may say of what nobody knows, and what is written down then: the same rules for a journal in a file and for
 * a gateway that runs.
 */
import { Failure, type FailureCode } from "../domain/failure.ts";
import { isCompleted, placedOrder, replacedOrder } from "../domain/order.ts";
import { isSettled, OPERATOR } from "./intent-record.ts";
import type { AnomalyLine, IntentRecord, OrderLine, OrderRecord, ProgressLine } from "./journal.ts";

/** What an operator found out about an intent. */
export interface Resolution {
  readonly tag: string;
  /** The order at the broker; `null` when there is none. */
  readonly orderId: string | null;
  /** How the operator knows. */
  readonly reason: string;
  /** The name of the operator's token; absent where nobody asks for one. */
  readonly principal?: string | undefined;
}

const ENDS = ["FILLED", "CANCELED", "EXPIRED", "REJECTED"] as const;

/** How an operator found that an order has ended. */
export interface Ending {
  readonly orderId: string;
  readonly status: (typeof ENDS)[number];
  /** What was filled of it in all; absent where that is what the journal has. */
  readonly fills?: { readonly qty: number; readonly price: number } | undefined;
  /** How the operator knows. */
  readonly reason: string;
  /** The name of the operator's token; absent where nobody asks for one. */
  readonly principal?: string | undefined;
}

/** What the journal has of an order that may be that of an intent. */
export interface Evidence {
  /** The order that the operator names. */
  readonly named: OrderRecord | undefined;
  /** The order that the intent changes. */
  readonly changed: OrderRecord | undefined;
  /** The order that carries the tag of the intent; rather one that is open. */
  readonly own: OrderRecord | undefined;
}

/**
 * Demands an intent of which something is left to find out.
 *
 * @throws Failure `OrderNotFound` where there is none, `OrderNotOpen` for one that is settled.
 */
export function demandUnsettled(tag: string, intent: IntentRecord | undefined): asserts intent is IntentRecord {
  if (intent === undefined) throw refusal("OrderNotFound", `there is no intent ${tag} in this journal`);
  if (!isSettled(intent)) return;
  const can = "only one that is sending or unknown can be resolved";
  throw refusal("OrderNotOpen", `intent ${tag} is ${intent.state} already; ${can}`);
}

/** @throws Failure (`InvalidRequest`) for what cannot have become of the intent, by what the journal has of orders. */
export function demandPossible(
  { id, action }: IntentRecord,
  orderId: string | null,
  { named, changed, own }: Evidence,
): void {
  if (action.kind === "cancel" && orderId !== null && orderId !== action.orderId) {
    throw refusal("InvalidRequest", `intent ${id} cancels order ${action.orderId}, not ${orderId}`);
  }
  // Whoever repeats the key would be told of another intent's order, and may cancel it.
  if (named !== undefined) {
    const wanted = dealText(action.kind === "place" ? action.request : (changed ?? named));
    const its = action.kind === "place" ? id : (changed?.tag ?? named.tag);
    const isNot = `in this journal, and so is not that of intent ${id}`;
    if (named.tag !== null && named.tag !== its) {
      throw refusal("InvalidRequest", `order ${orderId} carries the tag ${named.tag} ${isNot}`);
    }
    if (dealText(named) !== wanted) throw refusal("InvalidRequest", `order ${orderId} is no ${wanted} ${isNot}`);
  }
  // Its key would be free, and whoever repeats it would buy again.
  const cameAbout = own !== undefined && (own.status !== "REJECTED" || own.filledQty > 0);
  if (cameAbout && orderId !== own.orderId) {
    const found = `order ${own.orderId} ${isCompleted(own) ? "has ended" : "is open"} in this journal`;
    throw refusal("InvalidRequest", `${found} and carries the tag ${id}: resolve it as accepted`);
  }
}

/**
 * What is written down of an intent that an operator settles. With the order that has come of it, where nobody else has told
 * of that: it counts and is asked for, also at a broker that need not list it.
 *
 * @param at when, in milliseconds since the epoch.
 */
export function resolutionLines(
  intent: IntentRecord,
  { orderId, reason, principal }: Omit<Resolution, "tag">,
  evidence: Pick<Evidence, "named" | "changed">,
  at: number,
): [ProgressLine, AnomalyLine, ...OrderLine[]] {
  const { id, action, state } = intent;
  demandSaid(orderId === null || typeof orderId === "string", "orderId: must be text, or null for none");
  const found = orderId === null ? "not sent" : `accepted as order ${orderId}`;
  const result: Pick<ProgressLine, "placed" | "failure"> =
    orderId === null
      ? { failure: { code: "BrokerFault", outcome: "not_sent", message: "an operator found that it was not sent" } }
      : { placed: { orderId } };
  const who = operator(principal, reason);
  const message = `${who} settled the ${state} ${action.kind} ${id} as ${found}: ${reason}`;
  const about = {
    orderId: orderId ?? (action.kind === "place" ? null : action.orderId),
    tag: action.kind === "place" ? id : null,
  };
  const order = unheardOrder(intent, orderId, evidence, at);
  return [
    { kind: "progress", id, state: "resolved", ...result, reason: `${who}: ${reason}` },
    { kind: "anomaly", message, ...about },
    ...(order === undefined ? [] : [{ kind: "order", order } as const]),
  ];
}

function unheardOrder(
  { id, action }: IntentRecord,
  orderId: string | null,
  { named, changed }: Pick<Evidence, "named" | "changed">,
  at: number,
): OrderRecord | undefined {
  if (orderId === null || named !== undefined || action.kind === "cancel") return undefined;
  const heard = { asOf: at, staleSince: null };
  if (action.kind === "replace") return changed && { ...replacedOrder(changed, action.change, orderId), ...heard };
  // Its broker says in which currency it is.
  return { ...placedOrder(action.request, orderId, id, ""), external: false, ...heard };
}

/**
 * Demands an order that is open and that its broker knows no more.
 *
 * @throws Failure `OrderNotFound` where there is none, `OrderNotOpen` for one that has ended, or whose broker tells how it ends.
 */
export function demandStale(orderId: string, order: OrderRecord | undefined): asserts order is OrderRecord {
  if (order === undefined) throw refusal("OrderNotFound", `no order ${orderId} is open in this journal`);
  if (isCompleted(order)) throw refusal("OrderNotOpen", `order ${orderId} is ${order.status} already`);
  if (order.staleSince !== null) return;
  throw refusal("OrderNotOpen", `order ${orderId} is known to its broker, which tells how it ends; cancel it there`);
}

/**
 * What is written down of an order that an operator ends.
 *
 * @param at when, in milliseconds since the epoch.
 * @throws Failure (`InvalidRequest`) for fills that it cannot have had.
 */
export function endingLines(
  order: OrderRecord,
  { status, fills, reason, principal }: Omit<Ending, "orderId">,
  at: number,
): [OrderLine, AnomalyLine] {
  demandSaid(ENDS.includes(status), `status: must be one of ${ENDS.join(", ")}`);
  demandSaid(fills === undefined || (fills.qty > 0 && fills.price > 0), "fills: must be a qty and a price above 0");
  const { orderId, tag } = order;
  const filledQty = fills?.qty ?? order.filledQty;
  const fault = fillsFault(order, status, filledQty);
  if (fault !== undefined) throw refusal("InvalidRequest", fault);
  const who = operator(principal, reason);
  const { cancelable: _, ...rest } = order;
  const ended: OrderRecord = {
    ...rest,
    status,
    filledQty,
    avgPrice: fills?.price ?? order.avgPrice,
    errorReason: status === "REJECTED" || status === "EXPIRED" ? reason : "",
    warning: `${who} ended it: ${reason}`,
    asOf: at,
    staleSince: null,
  };
  const message = `${who} ended order ${orderId} as ${status}, filled ${filledQty}: ${reason}`;
  return [
    { kind: "order", order: ended },
    { kind: "anomaly", message, orderId, tag },
  ];
}

function fillsFault({ orderId, qty, filledQty: known }: OrderRecord, status: string, filledQty: number) {
  if (filledQty < known) return `${known} of order ${orderId} were filled, not ${filledQty}`;
  if (filledQty > qty) return `order ${orderId} was for ${qty}, not ${filledQty}`;
  if (status === "FILLED" && filledQty < qty) {
    return `order ${orderId} was for ${qty}: what ended with ${filledQty} filled is canceled or expired`;
  }
  return status === "REJECTED" && filledQty > 0 ? `${filledQty} of order ${orderId} were filled` : undefined;
}

/** What an operator is told who cannot have his way: nothing was changed. */
export function refusal(code: FailureCode, message: string): Failure {
  return new Failure(code, message, { outcome: "not_sent" });
}

/** Who says so; nobody is heard who does not say how he knows. */
function operator(principal: string | undefined, reason: string): string {
  demandSaid(typeof reason === "string" && reason.trim() !== "", "reason: must be text, since it is written down");
  return principal === undefined ? OPERATOR : `${OPERATOR} (${principal})`;
}

/** What is written down is looked at also where no types hold: an API of one's own may be written in JavaScript. */
function demandSaid(isRight: boolean, message: string): void {
  if (!isRight) throw refusal("InvalidRequest", message);
}

function dealText({ direction, contract }: Pick<OrderRecord, "direction" | "contract">): string {
  return `${direction} of ${contract.tradeType} ${contract.region} ${contract.symbol}`;
}
