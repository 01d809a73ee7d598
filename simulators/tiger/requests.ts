/** What the gateway takes in `biz_content`, as checked data: only what the simulator looks at. Ids may have any form of a whole number. */
import * as v from "valibot";

const text = v.pipe(v.string("must be text"), v.nonEmpty("cannot be empty"));
const whole = v.pipe(v.number("must be a number"), v.integer("must be a whole number"));
const flag = v.optional(v.boolean("must be true or false"), false);
/** Becomes decimal text. */
const id = v.pipe(
  v.union(
    [v.bigint(), v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.regex(/^\d+$/))],
    "must be a whole number",
  ),
  v.transform(String),
);

const account = { account: text } as const;
const list = {
  ...account,
  sec_type: v.optional(v.string()),
  market: v.optional(v.string()),
  symbol: v.optional(v.string()),
  start_date: v.optional(v.union([whole, text])),
  end_date: v.optional(v.union([whole, text])),
  limit: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(300, "must not be above 300")), 100),
  states: v.optional(v.union([v.array(v.string()), v.string()])),
  page_token: v.optional(v.string()),
} as const;

export const requests = {
  account: v.object(account),
  place: v.object({
    ...account,
    order_id: v.optional(id),
    symbol: text,
    sec_type: text,
    currency: v.optional(v.string()),
    market: v.optional(v.string()),
    action: text,
    order_type: text,
    total_quantity: v.pipe(whole, v.minValue(1, "must be above 0")),
    total_quantity_scale: v.optional(v.pipe(whole, v.minValue(0), v.maxValue(8)), 0),
    limit_price: v.optional(v.number("must be a number")),
    time_in_force: v.optional(text, "DAY"),
    outside_rth: v.optional(v.boolean("must be true or false")),
    trading_session_type: v.optional(text),
    user_mark: v.optional(v.string(), ""),
  }),
  modify: v.object({
    ...account,
    id: v.optional(id),
    order_id: v.optional(id),
    symbol: v.optional(text),
    sec_type: v.optional(text),
    action: v.optional(text),
    order_type: v.optional(text),
    total_quantity: v.optional(v.pipe(whole, v.minValue(1, "must be above 0"))),
    total_quantity_scale: v.optional(v.pipe(whole, v.minValue(0), v.maxValue(8))),
    limit_price: v.optional(v.number("must be a number")),
    time_in_force: v.optional(text, "DAY"),
    expire_time: v.optional(whole),
    outside_rth: v.optional(v.boolean("must be true or false"), true),
    trading_session_type: v.optional(text),
    user_mark: v.optional(v.string(), ""),
  }),
  cancel: v.object({ ...account, id: v.optional(id), order_id: v.optional(id) }),
  orders: v.object({ ...list, id: v.optional(id), order_id: v.optional(id), is_brief: flag, show_charges: flag }),
  transactions: v.object({ ...list, order_id: v.optional(id) }),
  positions: v.object({
    ...account,
    sec_type: v.optional(text, "STK"),
    currency: v.optional(text, "ALL"),
    market: v.optional(text, "ALL"),
    symbol: v.optional(v.string()),
  }),
  primeAssets: v.object({ ...account, base_currency: v.optional(text, "USD") }),
  assets: v.object({ ...account, segment: flag, market_value: flag }),
  marketState: v.object({ market: v.optional(text, "US") }),
  quotes: v.object({
    symbols: v.pipe(v.array(text), v.minLength(1, "cannot be empty"), v.maxLength(50, "must not be more than 50")),
    include_hour_trading: flag,
  }),
} as const;

export type PlaceRequest = v.InferOutput<typeof requests.place>;
export type ModifyRequest = v.InferOutput<typeof requests.modify>;
export type ListRequest = v.InferOutput<typeof requests.orders>;
