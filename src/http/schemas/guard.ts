/** Schemas of the kill switch of an instance. */
import * as z from "zod";
import { FAILURE_CODES } from "../../domain/failure.ts";
import { TRADING_STATES } from "../../spec/policy.ts";
import { once } from "./once.ts";
import { time, wordInput } from "./values.ts";

const STATES =
  "ACTIVE: everything is sent. REDUCING: only orders that shrink a position. HALTED: no orders. Cancels always.";

/** Without `\p`: who reads the pattern in the document may know none, or take it for letters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: what it is about
const ONE_LINE = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,500}$/u;

export const turnBody = once(() =>
  z
    .strictObject({
      state: wordInput(TRADING_STATES, STATES),
      reason: z
        .string({ error: "must be text: it is written down" })
        .regex(ONE_LINE, { error: "must be 1 to 500 characters on one line" })
        .meta({ description: "Why, for those who read the journal later.", examples: ["drawdown limit reached"] }),
      cancelAll: z
        .boolean({ error: "must be true or false" })
        .default(false)
        .meta({ description: "Cancel every open order too, also those placed elsewhere." }),
    })
    .refine(({ state, cancelAll }) => !cancelAll || state !== "ACTIVE", {
      path: ["cancelAll"],
      error: "goes with REDUCING or HALTED, since new orders would come meanwhile",
    })
    .meta({
      id: "TurnGuard",
      description: "A turn of the kill switch.",
      examples: [{ state: "HALTED", reason: "drawdown limit reached", cancelAll: true }],
    }),
);

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
      examples: [{ orderIds: ["69788888"], failed: [], complete: true }],
    }),
);
