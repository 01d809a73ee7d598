/** Whether what a row holds is a line: a file may be damaged in ways that SQLite does not see. */
import { FAILURE_CODES } from "../domain/failure.ts";
import { DIRECTIONS, ORDER_STATUSES } from "../domain/order.ts";
import { TRADING_STATES } from "../spec/policy.ts";
import type { IntentState, JournalLine } from "./journal.ts";

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const isText: Check = (value) => typeof value === "string";
const isFlag: Check = (value) => typeof value === "boolean";
const isNumber: Check = (value) => typeof value === "number";
/** JSON writes what is no number as null: an order with one is known all the same, and told of by whoever reads it. */
const isAmount: Check = (value) => value === null || typeof value === "number";

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const ifGiven =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const oneOf = (words: readonly unknown[]): Check => words.includes.bind(words);
const having =
  (shape: Shape): Check =>
  (value) =>
    has(value, shape);

function has(value: unknown, shape: Shape): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(shape).every(([name, check]) =>
    check(Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined),
  );
}

const CONTRACT = having({ tradeType: isText, region: isText, symbol: isText });

const ACTIONS: Readonly<Record<string, Shape>> = {
  place: {
    request: having({ contract: CONTRACT, direction: oneOf(DIRECTIONS), qty: isAmount, price: ifGiven(isAmount) }),
  },
  replace: { orderId: isText, change: having({ qty: ifGiven(isAmount), price: ifGiven(isAmount) }) },
  cancel: { orderId: isText },
};

const STATES = ["accepted", "rejected", "not_sent", "unknown", "resolved"] as const satisfies readonly IntentState[];

const ORDER: Shape = {
  order: having({
    orderId: isText,
    contract: CONTRACT,
    currency: isText,
    direction: oneOf(DIRECTIONS),
    price: isAmount,
    qty: isAmount,
    filledQty: isAmount,
    avgPrice: isAmount,
    status: oneOf(ORDER_STATUSES),
    originStatus: isText,
    errorReason: isText,
    warning: orNull(isText),
    tag: orNull(isText),
    createdAt: orNull(isNumber),
    updatedAt: orNull(isNumber),
    asOf: isNumber,
    staleSince: orNull(isNumber),
  }),
};

const LINES = {
  intent: {
    id: isText,
    principal: isText,
    action: ofKind(ACTIONS),
    fingerprint: orNull(isText),
    number: ifGiven(isText),
    value: ifGiven(isNumber),
    account: ifGiven(isText),
  },
  progress: {
    id: isText,
    state: oneOf(STATES),
    placed: ifGiven(having({ orderId: isText })),
    failure: ifGiven(
      having({ code: oneOf(FAILURE_CODES), message: isText, outcome: oneOf(["not_sent", "rejected", "unknown"]) }),
    ),
    reason: ifGiven(isText),
  },
  order: ORDER,
  correction: ORDER,
  anomaly: { message: isText, orderId: orNull(isText), tag: orNull(isText) },
  connection: { connected: isFlag, reason: orNull(isText) },
  guard: { state: oneOf(TRADING_STATES), all: isFlag, principal: isText, reason: isText },
} as const satisfies Record<JournalLine["kind"], Shape>;

/** One of several shapes, told apart by `kind`. */
function ofKind(shapes: Readonly<Record<string, Shape>>): Check {
  return (value) => {
    const kind: unknown = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
    const shape = typeof kind === "string" && Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
    return shape !== undefined && has(value, shape);
  };
}

const isLine = ofKind(LINES);

/** True for what can be used as a line without looking at it again. */
export function isJournalLine(value: unknown): value is JournalLine {
  return isLine(value) && has(value, { instance: isText, at: isNumber });
}
