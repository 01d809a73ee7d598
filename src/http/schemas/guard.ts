/** Schemas of what turns the kill switch. */
import * as z from "zod";
import { TRADING_STATES } from "../../spec/policy.ts";
import { once } from "./once.ts";
import { reasonInput, wordInput } from "./values.ts";

export const STATES =
  "ACTIVE: everything is sent. REDUCING: only orders that shrink a position. HALTED: no orders. Cancels always.";

export const turnBody = once(() =>
  z
    .strictObject({
      state: wordInput(TRADING_STATES, STATES),
      reason: reasonInput("drawdown limit reached"),
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
