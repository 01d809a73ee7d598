/** Schemas of what an operator settles by hand. */
import * as z from "zod";
import { once } from "./once.ts";
import { orderIdInput, priceInput, qtyInput, reasonInput, wordInput } from "./values.ts";

export const resolveBody = once(() =>
  z
    .strictObject({
      tag: z
        .string()
        .regex(/^ht[a-z2-7]{24}$/, { error: "must be the tag of a write in order/intents" })
        .meta({ description: "The tag of a write in `order/intents`.", examples: ["htabcdefghijklmnopqrstuvwx"] }),
      outcome: wordInput(["accepted", "not_sent"], "What became of it."),
      orderId: orderIdInput().optional(),
      reason: reasonInput("seen in the app"),
    })
    .refine(({ outcome, orderId }) => (outcome === "accepted") === (orderId !== undefined), {
      path: ["orderId"],
      error: "goes with accepted, and not without",
    })
    .meta({ id: "ResolveIntent", description: "What became of a write whose outcome is unknown." }),
);

export const endBody = once(() =>
  z
    .strictObject({
      orderId: orderIdInput(),
      status: wordInput(["FILLED", "CANCELED", "EXPIRED", "REJECTED"], "How it ended."),
      fills: z
        .strictObject({ qty: qtyInput(), price: priceInput() })
        .optional()
        .meta({ description: "What was filled of it in all, at which average price. Default: as is known." }),
      reason: reasonInput("seen in the statement"),
    })
    .meta({ id: "EndOrder", description: "How an order ended." }),
);
