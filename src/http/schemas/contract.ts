/** Schemas of a contract: as parameters, and as it is answered. */
import * as z from "zod";
import { TRADE_TYPES } from "../../domain/contract.ts";
import { once } from "./once.ts";
import { wordInput } from "./values.ts";

const REGION = "Where the contract is listed: `US`, `HK`, `CN`.";
const SYMBOL = "Ticker: `BRK.B` in the US, five digits in HK (`00700`, also `700`), six digits in CN (`600519`).";

/** The three parameters that name a contract, in a query or a body. */
export const contractParameters = once(() => ({
  tradeType: wordInput(TRADE_TYPES, "Kind of instrument; `Securities` for stocks and funds."),
  symbol: z
    .string({ error: "must be text, such as AAPL or 00700" })
    .regex(/^[\x21-\x7e]{1,32}$/, { error: "must be 1 to 32 printable characters without spaces" })
    .meta({ description: SYMBOL, examples: ["QQQ", "00700", "000001"] }),
  region: z
    .string({ error: "must be text, such as US" })
    .regex(/^[A-Z]{2,16}$/, { error: "must be two or more capitals, such as US, HK or CN" })
    .meta({ description: REGION, examples: ["US", "HK", "CN"] }),
}));

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
