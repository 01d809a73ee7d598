/** What the control port takes. */
import * as v from "valibot";
import { TRADE_TYPES } from "../../src/domain/contract.ts";
import { DIRECTIONS, LIFECYCLES, ORDER_TYPES, TIMES_IN_FORCE } from "../../src/domain/order.ts";
import { FAULT_STAGES } from "./faults.ts";

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const text = v.pipe(v.string(), v.nonEmpty());
const contract = { tradeType: v.optional(v.picklist(TRADE_TYPES), "Securities"), region: text, symbol: text };

/** Since the epoch. Later years have another form. */
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Date.UTC(9999, 11, 31)));
/** Milliseconds since the epoch, or a time in ISO 8601. */
const instant = v.union(
  [
    milliseconds,
    v.pipe(
      v.string(),
      v.isoTimestamp(),
      v.transform((value) => Date.parse(value)),
      // Not every text of that form is a time.
      milliseconds,
    ),
  ],
  "expected milliseconds since the epoch or an ISO 8601 time, before the year 10000",
);

/** A timer of more milliseconds goes off at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const body = {
  fault: v.strictObject({
    kind: text,
    on: v.optional(v.picklist(FAULT_STAGES)),
    count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    ms: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(LONGEST_TIMER))),
  }),
  quote: v.strictObject({ ...contract, price: positive, suspended: v.optional(v.boolean()) }),
  fill: v.strictObject({ orderId: text, qty: positive, price: positive }),
  order: v.strictObject({
    ...contract,
    price: v.optional(positive),
    qty: positive,
    orderType: v.picklist(ORDER_TYPES),
    timeInForce: v.optional(v.picklist(TIMES_IN_FORCE), "DAY"),
    lifecycle: v.optional(v.picklist(LIFECYCLES), "RTH"),
    direction: v.picklist(DIRECTIONS),
    /** Which of the simulator's books, where it has several. */
    book: v.optional(text),
  }),
  end: v.strictObject({
    status: v.picklist(["CANCELED", "EXPIRED", "REJECTED"]),
    reason: v.optional(v.string(), ""),
  }),
  hold: v.strictObject({ on: v.picklist(["cancel", "replace"]), held: v.boolean() }),
  session: v.strictObject({ brokerLogin: v.boolean() }),
  clock: v.strictObject({ now: instant }),
} as const;
