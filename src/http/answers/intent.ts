/** Writes whose outcome is unknown, as they are answered. */
import * as z from "zod";
import { once } from "../schemas/once.ts";
import { PLACE_EXAMPLE } from "../schemas/order.ts";
import { cancelArgsSchema, placeArgsSchema, replaceArgsSchema, tagSchema } from "./order.ts";
import { time } from "./time.ts";

export const intentSchema = once(() =>
  z
    .object({
      type: z.literal("intent"),
      tag: tagSchema().meta({
        description: "The mark that the order carries, if it exists; of a replace or cancel a mark of its own.",
      }),
      action: z.enum(["place", "replace", "cancel"]),
      orderId: z.string().nullable().meta({ description: "The order to be changed; null for a place." }),
      args: z
        .union([placeArgsSchema(), replaceArgsSchema(), cancelArgsSchema()])
        .meta({ description: "The request as it was made." }),
      principal: z.string().meta({ description: "Who asked: the name of the token." }),
      state: z.literal("unknown"),
      createdAt: time(),
      message: z.string().meta({ description: "Why it is unknown." }),
    })
    .meta({
      id: "Intent",
      description: "A write that may have reached the broker, or not.",
      examples: [
        {
          type: "intent",
          tag: "htabcdefghijklmnopqrstuvwx",
          action: "place",
          orderId: null,
          args: PLACE_EXAMPLE,
          principal: "default",
          state: "unknown",
          createdAt: "2025-05-28T05:59:29.984000+00:00",
          message: "the broker did not answer in time; the order may have been placed",
        },
      ],
    }),
);
