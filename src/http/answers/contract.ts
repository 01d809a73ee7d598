/** A contract as it is answered. */
import * as z from "zod";
import { TRADE_TYPES } from "../../domain/contract.ts";
import { REGION, SYMBOL } from "../schemas/contract.ts";
import { once } from "../schemas/once.ts";

export const contractSchema = once(() =>
  z
    .object({
      type: z.literal("contract"),
      tradeType: z.enum(TRADE_TYPES).meta({ description: "Kind of instrument." }),
      region: z.string().meta({ description: REGION }),
      symbol: z.string().meta({ description: SYMBOL }),
    })
    .meta({
      id: "Contract",
      description: "An instrument, named alike for every broker.",
      examples: [{ type: "contract", tradeType: "Securities", region: "US", symbol: "QQQ" }],
    }),
);

export const unmappedSchema = once(() =>
  z
    .object({
      originSymbol: z.string().meta({ description: "The vendor's own symbol, unchanged." }),
      qty: z.number().meta({ description: "Quantity, negative for a short position." }),
    })
    .meta({
      id: "Unmapped",
      description:
        "Something the vendor reports that has no name in this API, such as an option. Shown, never dropped.",
      examples: [{ originSymbol: "US.TSLA250620C300000", qty: 1 }],
    }),
);
