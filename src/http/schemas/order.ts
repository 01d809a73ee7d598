/** Schemas of orders: what a client sends, and what it is told. */
import * as z from "zod";
import { DIRECTIONS, LIFECYCLES, ORDER_STATUSES, ORDER_TYPES, TIMES_IN_FORCE } from "../../domain/order.ts";
import { contractParameters, contractSchema } from "./contract.ts";
import { once } from "./once.ts";
import { orderIdInput, priceInput, qtyInput, time, wordInput } from "./values.ts";

/** The order of every example: the one in the Python project's README. */
export const PLACE_EXAMPLE = {
  tradeType: "Securities",
  symbol: "AAPL",
  region: "US",
  price: 200,
  qty: 12,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "ETH",
  direction: "BUY",
} as const;

const LIFECYCLE_MEANING =
  "When it may trade. RTH: regular hours; ETH: regular hours, before and after; OVERNIGHT: the night session only.";

/**
 * When a rule across fields runs: also while other fields are wrong, so that every fault is told at once, but not on top
 * of a fault of its own fields.
 */
function unlessFaulty(...fields: readonly string[]) {
  return ({ value, issues }: { value: unknown; issues: readonly { path?: readonly PropertyKey[] | undefined }[] }) =>
    typeof value === "object" && value !== null && !issues.some(({ path }) => fields.includes(String(path?.[0])));
}

export const placeBody = once(() =>
  z
    .strictObject({
      ...contractParameters(),
      price: priceInput().nullish(),
      qty: qtyInput(),
      orderType: wordInput(ORDER_TYPES, "`Limit` needs a price; `Market` ignores one."),
      timeInForce: wordInput(TIMES_IN_FORCE, "DAY: until the end of the trading day. GTC: until canceled."),
      lifecycle: wordInput(LIFECYCLES, LIFECYCLE_MEANING),
      direction: wordInput(DIRECTIONS, "Side of the order."),
    })
    .refine((body) => body.orderType !== "Limit" || (body.price ?? null) !== null, {
      when: unlessFaulty("price", "orderType"),
      path: ["price"],
      error: "a Limit order needs a price",
    })
    .meta({ id: "PlaceOrder", description: "An order to place.", examples: [PLACE_EXAMPLE] }),
);

export const replaceBody = once(() =>
  z
    .strictObject({ orderId: orderIdInput(), qty: qtyInput().nullish(), price: priceInput().nullish() })
    .refine((body) => (body.qty ?? null) !== null || (body.price ?? null) !== null, {
      when: unlessFaulty("qty", "price"),
      path: ["qty"],
      error: "qty or price must be given: what is to be changed",
    })
    .meta({
      id: "ReplaceOrder",
      description:
        "A change of an open order: a new total quantity (filled part included), a new limit price, or both.",
      examples: [{ orderId: "69788888", qty: 10, price: 201.5 }],
    }),
);

export const cancelBody = once(() =>
  z
    .strictObject({ orderId: orderIdInput() })
    .meta({ id: "CancelOrder", description: "The order to cancel.", examples: [{ orderId: "69788888" }] }),
);

export const orderQuery = once(() => z.strictObject({ orderId: orderIdInput() }));

export const ordersQuery = once(() =>
  z.strictObject({
    status: wordInput(["open", "all"], "`open` (default): orders that still live. `all`: ended ones too.").default(
      "open",
    ),
  }),
);

export const placeArgsSchema = once(() =>
  z
    .object({
      tradeType: z.string(),
      symbol: z.string(),
      region: z.string(),
      price: z.number().nullable().optional(),
      qty: z.number(),
      orderType: z.enum(ORDER_TYPES),
      timeInForce: z.enum(TIMES_IN_FORCE),
      lifecycle: z.enum(LIFECYCLES),
      direction: z.enum(DIRECTIONS),
    })
    .meta({ id: "PlaceOrderArgs", description: "The order as it was asked for.", examples: [PLACE_EXAMPLE] }),
);

export const replaceArgsSchema = once(() =>
  z
    .object({ orderId: z.string(), qty: z.number().nullable().optional(), price: z.number().nullable().optional() })
    .meta({ id: "ReplaceOrderArgs", description: "The change as it was asked for." }),
);

export const cancelArgsSchema = once(() =>
  z.object({ orderId: z.string() }).meta({ id: "CancelOrderArgs", description: "The order that was to be canceled." }),
);

export const effectiveSchema = once(() =>
  z
    .object({
      lifecycle: z.enum(LIFECYCLES).optional(),
      timeInForce: z.enum(TIMES_IN_FORCE).optional(),
      price: z.number().optional(),
    })
    .nullable()
    .meta({
      description: "What the vendor or the venue made of the order, where that differs from what was asked; else null.",
      examples: [{ lifecycle: "RTH" }],
    }),
);

export const tagSchema = once(() =>
  z.string().meta({
    description: "The gateway's mark of this order: `ht` and 24 characters. It stands in the vendor's free text too.",
    examples: ["htabcdefghijklmnopqrstuvwx"],
  }),
);

export const orderSchema = once(() =>
  z
    .object({
      type: z.literal("order"),
      orderId: z.string(),
      currency: z.string(),
      qty: z.number().meta({ description: "Total quantity." }),
      filledQty: z.number().meta({ description: "Filled quantity." }),
      avgPrice: z.number().meta({ description: "Average price of the fills, 0 while there are none." }),
      errorReason: z.string().meta({ description: "Why a rejected or expired order ended; empty for every other." }),
      isCanceled: z.boolean(),
      isFilled: z.boolean().meta({ description: "Wholly filled." }),
      isCompleted: z.boolean().meta({ description: "Wholly filled, canceled, expired or rejected." }),
      isCancelable: z
        .boolean()
        .meta({ description: "Neither completed nor about to be canceled, and cancelable from here." }),
      contract: contractSchema(),
      direction: z.enum(DIRECTIONS),
      orderType: z.enum(ORDER_TYPES).nullable().meta({ description: "Null for a type that this API has no word for." }),
      price: z.number().nullable().meta({ description: "Limit price; null for a market order." }),
      timeInForce: z.enum(TIMES_IN_FORCE).nullable().meta({ description: "Null where this API has no word for it." }),
      lifecycle: z.enum(LIFECYCLES).nullable().meta({ description: LIFECYCLE_MEANING }),
      status: z.enum(ORDER_STATUSES).meta({ description: "Where the order stands, in words alike for every broker." }),
      originStatus: z.string().meta({ description: "The vendor's own word." }),
      tag: tagSchema().nullable().meta({ description: "The gateway's mark; null for orders that carry none." }),
      external: z
        .boolean()
        .meta({ description: "Placed elsewhere: by hand, in the vendor's app, by another gateway." }),
      warning: z.string().nullable().meta({ description: "The vendor's remark about an order that lives on." }),
      createdAt: time().nullable(),
      updatedAt: time().nullable(),
      source: z.enum(["broker", "journal"]).meta({ description: "Asked of the broker now, or remembered." }),
      asOf: time().meta({ description: "When this state was true." }),
      staleSince: time()
        .nullable()
        .meta({ description: "Since when the broker has not known this open order any more." }),
    })
    .meta({
      id: "Order",
      description: "An order and where it stands.",
      examples: [
        {
          type: "order",
          orderId: "6278888",
          currency: "USD",
          qty: 12,
          filledQty: 0,
          avgPrice: 0,
          errorReason: "",
          isCanceled: false,
          isFilled: false,
          isCompleted: false,
          isCancelable: true,
          contract: { type: "contract", tradeType: "Securities", region: "US", symbol: "AAPL" },
          direction: "BUY",
          orderType: "Limit",
          price: 200,
          timeInForce: "DAY",
          lifecycle: "ETH",
          status: "OPEN",
          originStatus: "SUBMITTED",
          tag: "htabcdefghijklmnopqrstuvwx",
          external: false,
          warning: null,
          createdAt: "2025-05-28T05:59:29.000000+00:00",
          updatedAt: "2025-05-28T05:59:29.000000+00:00",
          source: "broker",
          asOf: "2025-05-28T05:59:29.984000+00:00",
          staleSince: null,
        },
      ],
    }),
);
