/** What the standard APIs answer besides the envelope, by their names. Only the document reads it, and loads it with itself. */
import * as z from "zod";
import { PLACE_EXAMPLE, REPLACE_EXAMPLE } from "../schemas/order.ts";
import { cashBalanceSchema, cashSchema, positionSchema } from "./account.ts";
import { capabilitiesSchema } from "./capabilities.ts";
import { unmappedSchema } from "./contract.ts";
import { CANCELED_EXAMPLE, canceledSchema, GUARD_EXAMPLE, guardSchema, writtenSchema } from "./guard.ts";
import { intentSchema } from "./intent.ts";
import { marketStatusMapSchema, quoteSchema } from "./market.ts";
import {
  effectiveSchema,
  orderIdSchema,
  orderSchema,
  placeArgsSchema,
  replaceArgsSchema,
  TAG_EXAMPLE,
  tagSchema,
} from "./order.ts";

export const ANSWERS = {
  pingState: () =>
    z.object({ pong: z.boolean().meta({ description: "False when the test failed.", examples: [true] }) }),
  marketQuote: () => z.object({ quote: quoteSchema() }),
  marketState: () => z.object({ marketStatus: marketStatusMapSchema() }),
  cashState: () => z.object({ cash: cashSchema(), balances: z.array(cashBalanceSchema()) }),
  positionState: () => z.object({ positions: z.array(positionSchema()), unmapped: z.array(unmappedSchema()) }),
  orderPlace: () =>
    z
      .object({ orderId: orderIdSchema(), args: placeArgsSchema(), tag: tagSchema(), effective: effectiveSchema() })
      .meta({ examples: [{ orderId: "69788888", args: PLACE_EXAMPLE, tag: TAG_EXAMPLE, effective: null }] }),
  orderReplace: () =>
    z
      .object({ orderId: orderIdSchema(), args: replaceArgsSchema(), effective: effectiveSchema() })
      .meta({ examples: [{ orderId: REPLACE_EXAMPLE.orderId, args: REPLACE_EXAMPLE, effective: null }] }),
  orderCancel: () => z.object({ canceled: z.literal(true) }),
  orderState: () => z.object({ order: orderSchema() }),
  orderList: () => z.object({ orders: z.array(orderSchema()), unmapped: z.array(unmappedSchema()) }),
  orderIntents: () => z.object({ intents: z.array(intentSchema()) }),
  orderResolve: () => z.object({ resolved: z.literal(true) }),
  orderEnd: () => z.object({ order: orderSchema() }),
  capabilities: () => z.object({ capabilities: capabilitiesSchema() }),
  guardState: () => z.object({ guard: guardSchema() }),
  guardChange: () =>
    z
      .object({ guard: guardSchema(), written: writtenSchema(), canceled: canceledSchema().nullable() })
      .meta({ examples: [{ guard: GUARD_EXAMPLE, written: true, canceled: CANCELED_EXAMPLE }] }),
} as const;
