/** Answers about the kill switch of an instance. */
import * as z from "zod";
import { FAILURE_CODES } from "../../domain/failure.ts";
import { TRADING_STATES } from "../../spec/policy.ts";
import { STATES } from "../schemas/guard.ts";
import { once } from "../schemas/once.ts";
import { time } from "./time.ts";

export const positionSchema = once(() =>
  z
    .object({
      state: z.enum(TRADING_STATES),
      principal: z.string().nullable().meta({ description: "Name of the token that turned it; null for never." }),
      reason: z.string().nullable(),
      at: time().nullable(),
    })
    .meta({ id: "SwitchPosition", description: "How a kill switch stands, and since when." }),
);

const POSITION_EXAMPLE = {
  state: "HALTED",
  principal: "ops",
  reason: "drawdown limit reached",
  at: "2025-05-28T05:59:30.000000+00:00",
} as const;

export const GUARD_EXAMPLE = {
  type: "guard",
  state: "HALTED",
  known: true,
  instance: POSITION_EXAMPLE,
  gateway: { state: "ACTIVE", principal: null, reason: null, at: null },
} as const;

export const guardSchema = once(() =>
  z
    .object({
      type: z.literal("guard"),
      state: z.enum(TRADING_STATES).meta({ description: `What holds here, the stricter of the two. ${STATES}` }),
      known: z.boolean().meta({
        description: "False while the journal cannot be read, and nothing but cancels is sent whatever the state.",
      }),
      instance: positionSchema(),
      gateway: positionSchema().meta({ description: "The switch of all instances of this gateway at once." }),
    })
    .meta({
      id: "Guard",
      description: "Whether orders are sent.",
      examples: [GUARD_EXAMPLE],
    }),
);

export const writtenSchema = once(() =>
  z.boolean().meta({
    description: "False when the turn holds but could not be written down yet: after a restart it might be forgotten.",
  }),
);

export const CANCELED_EXAMPLE = { orderIds: ["69788888"], failed: [], complete: true };

export const canceledSchema = once(() =>
  z
    .object({
      orderIds: z.array(z.string()).meta({ description: "Orders whose cancellation the broker took." }),
      failed: z.array(z.object({ orderId: z.string(), code: z.enum(FAILURE_CODES), message: z.string() })),
      complete: z.boolean().meta({
        description: "False when there may be open orders in neither list: look at `order/list` and `order/intents`.",
      }),
    })
    .meta({
      id: "CanceledOrders",
      description: "What became of the open orders.",
      examples: [CANCELED_EXAMPLE],
    }),
);
