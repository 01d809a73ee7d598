/** Schemas of cash and positions. */
import * as z from "zod";
import { once } from "../schemas/once.ts";
import { contractSchema } from "./contract.ts";

export const cashSchema = once(() =>
  z
    .object({
      type: z.literal("cash"),
      currency: z.string().meta({ description: "Currency of `amount`." }),
      amount: z.number().meta({
        description: "Total cash of the securities account, settled and unsettled, expressed in `currency`.",
      }),
    })
    .meta({
      id: "Cash",
      description: "Total cash in one currency.",
      examples: [{ type: "cash", currency: "USD", amount: 30877.499 }],
    }),
);

export const cashBalanceSchema = once(() =>
  z
    .object({
      currency: z.string(),
      amount: z.number(),
      available: z
        .number()
        .nullable()
        .meta({ description: "What may be used now; null where the vendor does not say." }),
    })
    .meta({
      id: "CashBalance",
      description: "One line of the cash ledger.",
      examples: [{ currency: "USD", amount: 30877.499, available: 28000 }],
    }),
);

export const positionSchema = once(() =>
  z
    .object({
      type: z.literal("position"),
      broker: z.string(),
      brokerDisplay: z.string(),
      contract: contractSchema(),
      unit: z.enum(["Share", "RoundLot", "Satoshi"]).meta({ description: "What `qty` counts." }),
      currency: z.string(),
      qty: z.number().meta({ description: "Quantity held; negative for a short position; fractions are kept." }),
    })
    .meta({
      id: "Position",
      description: "A holding of the account.",
      examples: [
        {
          type: "position",
          broker: "futu",
          brokerDisplay: "富途证券",
          contract: { type: "contract", tradeType: "Securities", region: "US", symbol: "QQQ" },
          unit: "Share",
          currency: "USD",
          qty: 2400,
        },
      ],
    }),
);
