/** Answers about orders. */
import * as z from "zod";
import { DIRECTIONS, LIFECYCLES, ORDER_STATUSES, ORDER_TYPES, TIMES_IN_FORCE } from "../../domain/order.ts";
import { once } from "../schemas/once.ts";
import { LIFECYCLE_MEANING, PLACE_EXAMPLE } from "../schemas/order.ts";
import { contractSchema } from "./contract.ts";
import { time } from "./time.ts";

export const TAG_EXAMPLE = "htabcdefghijklmnopqrstuvwx";

export const orderIdSchema = once(() =>
  z.string().meta({ description: "The broker's id of the order, as text.", examples: ["69788888"] }),
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
    examples: [TAG_EXAMPLE],
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
          tag: TAG_EXAMPLE,
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
