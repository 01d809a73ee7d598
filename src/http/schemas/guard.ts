/** Schemas of what turns the kill switch. */
import * as z from "zod";
import { TRADING_STATES } from "../../spec/policy.ts";
import { once } from "./once.ts";
import { wordInput } from "./values.ts";

export const STATES =
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
