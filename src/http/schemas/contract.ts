/** The parameters that name a contract. */
import * as z from "zod";
import { TRADE_TYPES } from "../../domain/contract.ts";
import { once } from "./once.ts";
import { wordInput } from "./values.ts";

export const REGION = "Where the contract is listed: `US`, `HK`, `CN`.";
export const SYMBOL =
  "Ticker: `BRK.B` in the US, five digits in HK (`00700`, also `700`), six digits in CN (`600519`).";

/** The three parameters that name a contract, in a query or a body. */
export const contractParameters = once(() => ({
  tradeType: wordInput(TRADE_TYPES, "Kind of instrument; `Securities` for stocks and funds."),
  symbol: z
    .string({ error: "must be text, such as AAPL or 00700" })
    .regex(/^[\x21-\x7e]{1,32}$/, { error: "must be 1 to 32 printable ASCII characters without spaces" })
    .meta({ description: SYMBOL, examples: ["QQQ", "00700", "000001"] }),
  region: z
    .string({ error: "must be text, such as US" })
    .regex(/^[A-Z]{2,16}$/, { error: "must be two or more capitals, such as US, HK or CN" })
    .meta({ description: REGION, examples: ["US", "HK", "CN"] }),
}));
