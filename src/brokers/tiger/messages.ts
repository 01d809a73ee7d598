/**
 * What Tiger answers, as far as it is used: the schemas that every answer passes.
 *
 * Lenient where it costs nothing: a field that is missing in one account's answers must not hide the account's orders.
 */
import * as v from "valibot";

/** A 64-bit id as its digits, whichever way it was read. */
const id = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.safeInteger())]),
  v.transform(String),
  v.regex(/^[1-9]\d{0,18}$/, "is not an id"),
);
/** A whole number that may be above 2^53, as its digits. */
const whole = v.pipe(
  v.union([v.string(), v.pipe(v.number(), v.safeInteger())]),
  v.transform(String),
  v.regex(/^-?\d{1,20}$/),
);
/** The same for what is never below nothing. */
const amount = v.pipe(whole, v.regex(/^\d/));
const number = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.finite());
/** How many digits of a quantity stand behind the point. */
const scale = v.pipe(number, v.integer(), v.minValue(0), v.maxValue(20));
const text = v.nullish(v.string());

/** What surrounds every answer. */
export const ENVELOPE = v.object({
  code: v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.integer()),
  message: text,
  /** The vendor's clock, milliseconds since the epoch. */
  timestamp: v.nullish(number),
  data: v.optional(v.unknown()),
  sign: text,
});
export type Envelope = v.InferOutput<typeof ENVELOPE>;

/** A refusal within the data of an answer that says success, where the vendor's own client looks for it after a write. */
export const WITHIN = v.object({
  code: v.pipe(v.union([v.number(), v.string()]), v.transform(Number)),
  message: v.fallback(text, ""),
  id: v.optional(v.unknown()),
});

/** An order in the answers of `orders` and `active_orders`. */
export const VENDOR_ORDER = v.object({
  id,
  /** The number that it was placed with, 0 for none. */
  orderId: v.nullish(whole),
  /** The order that it is attached to, 0 for none. */
  parentId: v.nullish(whole),
  symbol: v.string(),
  market: text,
  secType: text,
  currency: text,
  action: v.string(),
  orderType: text,
  limitPrice: v.nullish(number),
  totalQuantity: v.nullish(amount),
  totalQuantityScale: v.nullish(scale),
  filledQuantity: v.nullish(amount),
  filledQuantityScale: v.nullish(scale),
  avgFillPrice: v.nullish(number),
  timeInForce: text,
  /** Of one till a date; sent again as it came. */
  expireTime: v.nullish(v.union([v.number(), v.string()])),
  outsideRth: v.nullish(v.boolean()),
  tradingSessionType: text,
  status: v.union([v.string(), v.number()]),
  replaceStatus: text,
  cancelStatus: text,
  canCancel: v.nullish(v.boolean()),
  /** Why it failed, in words. */
  remark: text,
  userMark: text,
  openTime: v.nullish(number),
  updateTime: v.nullish(number),
  latestTime: v.nullish(number),
});
export type VendorOrder = v.InferOutput<typeof VENDOR_ORDER>;

/**
 * Items are looked at one by one, so that an odd one does not hide the others. The vendor's own clients put up with a bare
 * list, with an answer that has none, and with none at all.
 */
export const ORDER_PAGE = v.union([
  v.pipe(
    v.array(v.unknown()),
    v.transform((items) => ({ items, nextPageToken: null })),
  ),
  v.object({ items: v.nullish(v.array(v.unknown())), nextPageToken: text }),
  v.pipe(
    v.nullish(v.never()),
    v.transform(() => ({ items: null, nextPageToken: null })),
  ),
]);

/** An order that cannot be read: what is left to tell of it. */
export const ODD_ORDER = v.object({
  symbol: text,
  identifier: text,
  totalQuantity: v.nullish(whole),
  totalQuantityScale: v.nullish(scale),
});

/** The mark of an order, whatever else is odd about it. */
export const MARKED = v.object({ userMark: v.string() });

export const ORDER_NUMBER = v.pipe(
  v.object({ orderId: v.nullish(id), order_id: v.nullish(id) }),
  v.transform(({ orderId, order_id }) => orderId ?? order_id),
  v.string("has no orderId"),
);

/** The answer of `place_order`, `modify_order` and `cancel_order`. */
export const ACCEPTED = v.object({ id: v.nullish(id) });

const POSITION = v.object({
  symbol: v.string(),
  market: text,
  secType: text,
  currency: text,
  position: v.nullish(whole),
  positionScale: v.nullish(scale),
  positionQty: v.nullish(number),
  identifier: text,
});
export type VendorPosition = v.InferOutput<typeof POSITION>;

export const POSITIONS = v.nullish(v.object({ items: v.nullish(v.array(POSITION)) }));

export const ASSETS = v.object({
  segments: v.array(
    v.object({
      category: text,
      currency: text,
      cashBalance: v.nullish(number),
      currencyAssets: v.nullish(
        v.array(
          v.object({
            currency: v.string(),
            cashBalance: v.nullish(number),
            cashAvailableForTrade: v.nullish(number),
          }),
        ),
      ),
    }),
  ),
});
export type Assets = v.InferOutput<typeof ASSETS>;

/** Lines in a list, or by their names: the vendor's pages have both. */
const lines = <S extends v.GenericSchema>(line: S) =>
  v.nullish(
    v.union([
      v.array(line),
      v.pipe(
        v.record(v.string(), line),
        v.transform((named) => Object.values(named)),
      ),
    ]),
  );

/** The answer of `assets`. */
export const GLOBAL_ASSETS = v.object({
  items: v.array(
    v.object({
      account: v.string(),
      currency: text,
      segments: lines(v.object({ category: text, cashValue: v.nullish(number) })),
      marketValues: lines(
        v.object({ currency: v.string(), cashBalance: v.nullish(number), exchangeRate: v.nullish(number) }),
      ),
    }),
  ),
});
export type GlobalAssets = v.InferOutput<typeof GLOBAL_ASSETS>;

export const MARKET_STATES = v.array(
  v.object({ market: v.string(), status: text, marketStatus: text, openTime: text }),
);
export type MarketState = v.InferOutput<typeof MARKET_STATES>[number];

export const QUOTES = v.nullish(
  v.array(
    v.object({
      symbol: v.string(),
      open: v.nullish(number),
      high: v.nullish(number),
      low: v.nullish(number),
      preClose: v.nullish(number),
      latestPrice: v.nullish(number),
      latestTime: v.nullish(number),
      status: text,
    }),
  ),
);
export type VendorQuote = NonNullable<v.InferOutput<typeof QUOTES>>[number];

export const ANYTHING = v.unknown();
