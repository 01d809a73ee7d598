/** Schemas of quotes and market states. */
import * as z from "zod";
import { UNIFIED_STATUSES } from "../../domain/market-status.ts";
import { once } from "../schemas/once.ts";
import { contractSchema } from "./contract.ts";

export const quoteSchema = once(() =>
  z
    .object({
      type: z.literal("quote"),
      contract: contractSchema(),
      currency: z.string().meta({ description: "Currency of the prices." }),
      isTradable: z.boolean().meta({ description: "False while trading is suspended or halted." }),
      latest: z.number().meta({ description: "Last price." }),
      preClose: z.number().meta({ description: "Close of the trading day before." }),
      highPrice: z.number().meta({ description: "Highest price of the day." }),
      lowPrice: z.number().meta({ description: "Lowest price of the day." }),
      openPrice: z.number().meta({ description: "First price of the day." }),
      timestamp: z
        .number()
        .meta({ description: "Time of the snapshot, in milliseconds since the epoch; 0 if unknown." }),
    })
    .meta({
      id: "Quote",
      description: "A snapshot of prices.",
      examples: [
        {
          type: "quote",
          contract: { type: "contract", tradeType: "Securities", region: "CN", symbol: "000001" },
          currency: "CNY",
          isTradable: true,
          latest: 11.53,
          preClose: 11.49,
          highPrice: 11.55,
          lowPrice: 11.44,
          openPrice: 11.5,
          timestamp: 1748409918000,
        },
      ],
    }),
);

export const marketStatusSchema = once(() =>
  z
    .object({
      type: z.literal("marketStatus"),
      region: z.string(),
      originStatus: z.string().meta({ description: "The vendor's own word." }),
      unifiedStatus: z.enum(UNIFIED_STATUSES).meta({
        description:
          "UNKNOWN: before the open, or not to be placed. OVERNIGHT: night session. PRE_HOURS. RTH: regular trading. REST: lunch break. AFTER_HOURS. CLOSED.",
      }),
    })
    .meta({
      id: "MarketStatus",
      description: "State of one region's market.",
      examples: [{ type: "marketStatus", region: "US", originStatus: "AFTER_HOURS_END", unifiedStatus: "CLOSED" }],
    }),
);

export const marketStatusMapSchema = once(() => {
  const byRegion = z.record(z.string(), marketStatusSchema()).optional();
  return z
    .object({
      type: z.literal("marketStatusMap"),
      securities: byRegion,
      cryptocurrencies: byRegion,
      indexes: byRegion,
      currencies: byRegion,
      yields: byRegion,
    })
    .meta({
      id: "MarketStatusMap",
      description: "Market states by lower-cased trade type, then by region.",
      examples: [
        {
          type: "marketStatusMap",
          securities: {
            US: { type: "marketStatus", region: "US", originStatus: "AFTER_HOURS_END", unifiedStatus: "CLOSED" },
          },
        },
      ],
    });
});
