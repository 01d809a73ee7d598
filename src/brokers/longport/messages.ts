/**
 * The vendor's messages as far as they are read, checked and with numbers for decimal text. Both transports give these.
 *
 * Source: the reference of the Longport OpenAPI; every number and time travels as text.
 */
import * as v from "valibot";
import { withoutDust } from "../../domain/money.ts";

const text = v.nullish(v.string(), "");
const name = v.pipe(v.string(), v.nonEmpty());
const number = (written: string): number => withoutDust(Number(written));
const decimal = v.pipe(v.string(), v.regex(/^-?\d+(?:\.\d+)?$/, "is no decimal"), v.transform(number), v.finite());
/** Where the vendor has no value it writes nothing. */
const perhaps = v.pipe(
  text,
  v.regex(/^(?:-?\d+(?:\.\d+)?)?$/, "is no decimal"),
  v.transform((written) => (written === "" ? null : number(written))),
  v.check((value) => value === null || Number.isFinite(value), "is no decimal"),
);
const orZero = v.pipe(
  perhaps,
  v.transform((value) => value ?? 0),
);
/** Quantities of an order. */
const amount = v.pipe(decimal, v.minValue(0));
const amountOrZero = v.pipe(orZero, v.minValue(0));
/** Seconds since the epoch, as text, to milliseconds. */
const time = v.pipe(
  text,
  v.regex(/^(?:\d+(?:\.\d+)?)?$/, "is no time"),
  v.transform((written) => (Number(written) > 0 ? Math.round(Number(written) * 1000) : null)),
  v.check((value) => value === null || Number.isFinite(value), "is no time"),
);

const order = {
  order_id: name,
  status: text,
  symbol: name,
  side: text,
  order_type: text,
  executed_quantity: amountOrZero,
  executed_price: orZero,
  submitted_at: time,
  updated_at: time,
  msg: text,
  tag: text,
  currency: text,
  remark: text,
} as const;

/** What is attached to an order, whatever it says: one that cannot be read may work all the same. */
const ATTACHED = v.fallback(
  v.object({
    order_id: v.fallback(text, ""),
    status: v.fallback(text, ""),
    quantity: v.fallback(amountOrZero, 0),
    time_in_force: v.fallback(text, ""),
    submitted_at: v.fallback(time, null),
    updated_at: v.fallback(time, null),
    withdrawn: v.fallback(v.boolean(), false),
  }),
  { order_id: "", status: "", quantity: 0, time_in_force: "", submitted_at: null, updated_at: null, withdrawn: false },
);
/** No list is none: it must not hide the order that it stands in. */
const attached_orders = v.fallback(v.nullish(v.array(ATTACHED), []), []);

const ORDER = v.object({
  ...order,
  quantity: amount,
  price: perhaps,
  time_in_force: text,
  outside_rth: text,
  attached_orders,
});

/** An order of a list or of a detail request. */
export type VendorOrder = v.InferOutput<typeof ORDER>;

const PUSHED = v.object({
  ...order,
  submitted_quantity: amount,
  submitted_price: perhaps,
  account_no: text,
});

/** An order of a push, which has neither time in force nor session. */
export type PushedOrder = v.InferOutput<typeof PUSHED>;

const PUSH = v.object({ event: v.string(), data: v.unknown() });

const BALANCES = v.object({
  list: v.array(
    v.object({
      currency: name,
      total_cash: decimal,
      cash_infos: v.nullish(
        v.array(
          v.object({
            currency: name,
            available_cash: decimal,
            frozen_cash: decimal,
          }),
        ),
        [],
      ),
    }),
  ),
});

/** The account's money, expressed in one currency, with the ledger's lines. */
export type Balance = v.InferOutput<typeof BALANCES>["list"][number];

const POSITIONS = v.object({
  list: v.array(
    v.object({
      stock_info: v.nullish(v.array(v.object({ symbol: name, quantity: decimal, currency: text })), []),
    }),
  ),
});

/** The holdings of one channel. */
export type Channel = v.InferOutput<typeof POSITIONS>["list"][number];

/** One that says what no order does: as one without a side, which has no name here. It must not hide the others. */
const ODD_ORDER = v.pipe(
  v.object({
    order_id: name,
    status: text,
    symbol: text,
    remark: text,
    submitted_at: v.fallback(time, null),
    attached_orders,
  }),
  v.transform(
    (odd): VendorOrder => ({
      ...odd,
      side: "",
      order_type: "",
      quantity: 0,
      executed_quantity: 0,
      executed_price: 0,
      price: null,
      time_in_force: "",
      outside_rth: "",
      currency: "",
      msg: "",
      tag: "",
      updated_at: null,
    }),
  ),
);

/** What lacks it altogether is no listing, and proves no order absent. */
const orders = v.nullable(v.array(v.union([ORDER, ODD_ORDER])), []);
const TODAY = v.object({ orders });
const HISTORY = v.object({ orders, has_more: v.nullish(v.boolean()) });

/** What the HTTP service answers, by what was asked. */
export const REPLIES = {
  balances: BALANCES,
  positions: POSITIONS,
  today: TODAY,
  history: HISTORY,
  order: ORDER,
  submitted: v.object({ order_id: name }),
  otp: v.object({ otp: name, limit: v.nullish(v.string()), online: v.nullish(v.string()) }),
  refreshed: v.object({ token: name, expired_at: text }),
} as const;

const PRICES = {
  last_done: orZero,
  high: orZero,
  low: orZero,
  prev_close: orZero,
  timestamp: v.pipe(
    v.number(),
    v.transform((seconds) => seconds * 1000),
  ),
} as const;

const EXTENDED = v.nullish(v.object(PRICES), null);

const QUOTE = v.object({
  ...PRICES,
  symbol: name,
  open: orZero,
  trade_status: v.number(),
  pre: EXTENDED,
  post: EXTENDED,
  overnight: EXTENDED,
});

/** A snapshot: the regular session's prices, and those of the extended sessions as far as the vendor has them. */
export type VendorQuote = v.InferOutput<typeof QUOTE>;
export type SessionPrices = NonNullable<VendorQuote["pre"]>;

/** Trading hours of one market: times as `930` for half past nine. */
export interface MarketHours {
  readonly market: string;
  readonly periods: readonly { readonly from: number; readonly to: number; readonly kind: number }[];
}

/** Days as `20250604`, on the market's own calendar. */
export interface TradingDays {
  readonly whole: readonly string[];
  readonly half: readonly string[];
}

/** An answer that is not what the vendor documents. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
}

/** @throws Unreadable that names the field and not its value. */
export function parseReply<S extends v.GenericSchema>(schema: S, data: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, data);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new Unreadable(`${v.getDotPath(issue) ?? "the answer"} ${issue.message}`);
}

/** @throws Unreadable */
export function parseQuote(data: unknown): VendorQuote {
  return parseReply(QUOTE, data);
}

/** @throws Unreadable */
export function parsePushedOrder(data: unknown): PushedOrder {
  return parseReply(PUSHED, data);
}

/** The order of a push; `undefined` for other news. @throws Unreadable */
export function parsePush(data: unknown): PushedOrder | undefined {
  const { event, data: body } = parseReply(PUSH, data);
  return event === "order_changed_lb" ? parsePushedOrder(body) : undefined;
}

/** Reads JSON with every number as its text, since ids do not fit a number. @throws SyntaxError, RangeError for too deep a nesting */
export function parseJson(written: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" ? (context?.source ?? String(value)) : value;
  return JSON.parse(written, reviver as (key: string, value: unknown) => unknown);
}
