/** The parameters the HTTP service takes, as checked data. Numbers and times are text. */
import * as v from "valibot";
import { SIDES, STATUSES } from "./codes.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const amount = v.pipe(v.string(), v.regex(/^\d+(?:\.\d+)?$/, "must be a decimal number as text"), v.transform(Number));
const optionalAmount = v.nullish(
  v.union([
    amount,
    v.pipe(
      v.literal(""),
      v.transform(() => undefined),
    ),
  ]),
);
const seconds = v.pipe(v.string(), v.regex(/^\d+$/, "must be seconds since the epoch"), v.transform(Number));
const side = v.picklist(Object.values(SIDES));
const flag = v.optional(v.picklist(["true", "false"]), "false");
const orderId = v.pipe(v.string(), v.regex(/^\d+$/, "must be an order's number"));

/** Fields of the conditional orders, which are not traded here; sent along they change nothing. */
const conditional = {
  trigger_price: optionalAmount,
  limit_offset: optionalAmount,
  trailing_amount: optionalAmount,
  trailing_percent: optionalAmount,
} as const;

export const requests = {
  submit: v.object({
    symbol: text,
    order_type: text,
    side,
    submitted_quantity: amount,
    submitted_price: optionalAmount,
    time_in_force: v.picklist(["Day", "GTC", "GTD"]),
    expire_date: v.nullish(v.pipe(v.string(), v.regex(/^(?:\d{4}-\d{2}-\d{2})?$/, "must be YYYY-MM-DD")), ""),
    outside_rth: v.nullish(v.picklist(["RTH_ONLY", "ANY_TIME", "OVERNIGHT"])),
    remark: v.nullish(v.string(), ""),
    client_request_id: v.nullish(v.string(), ""),
    ...conditional,
  }),
  replace: v.object({
    order_id: orderId,
    quantity: amount,
    price: optionalAmount,
    remark: v.nullish(v.string()),
    ...conditional,
  }),
  orderId: v.object({ order_id: orderId, is_attached: flag }),
  balance: v.object({ currency: v.optional(v.picklist(["USD", "HKD", "CNH"]), "HKD") }),
  positions: v.object({ symbol: v.array(v.string()) }),
  orders: v.object({
    symbol: v.optional(v.string()),
    status: v.array(v.picklist(STATUSES)),
    side: v.optional(side),
    market: v.optional(v.picklist(["US", "HK", "CN"])),
    order_id: v.optional(orderId),
    is_attached: flag,
    start_at: v.optional(seconds),
    end_at: v.optional(seconds),
  }),
  estimate: v.object({
    symbol: text,
    order_type: text,
    side,
    price: v.optional(amount),
    order_id: v.optional(orderId),
  }),
  refresh: v.object({ expired_at: v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T/, "must be an ISO 8601 time")) }),
} as const;

export type SubmitRequest = v.InferOutput<typeof requests.submit>;
export type OrdersRequest = v.InferOutput<typeof requests.orders>;
