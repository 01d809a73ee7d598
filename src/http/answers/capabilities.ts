/** Schema of what a broker can do. */
import * as z from "zod";
import { TRADE_TYPES } from "../../domain/contract.ts";
import { LIFECYCLES, ORDER_TYPES, TIMES_IN_FORCE } from "../../domain/order.ts";
import { OPERATIONS } from "../../spec/capabilities.ts";
import { once } from "../schemas/once.ts";

const marketCapabilitySchema = once(() =>
  z
    .object({
      tradeType: z.enum(TRADE_TYPES),
      region: z.string(),
      currency: z.string(),
      unit: z.enum(["Share", "RoundLot", "Satoshi"]),
      symbolPattern: z.string().meta({ description: "A regular expression that the whole symbol matches." }),
      qtyStep: z.number().meta({ description: "Quantities are whole multiples of this." }),
      priceSteps: z
        .array(z.object({ from: z.number(), step: z.number() }))
        .meta({ description: "The finest price step from a price upwards, ascending." }),
    })
    .meta({ id: "MarketCapability", description: "One market: how its instruments are named, counted and priced." }),
);

const orderCapabilitySchema = once(() =>
  z
    .object({
      tradeType: z.enum(TRADE_TYPES),
      region: z.string(),
      orderType: z.enum(ORDER_TYPES),
      timeInForce: z.enum(TIMES_IN_FORCE),
      lifecycle: z.enum(LIFECYCLES),
      effective: z
        .object({ lifecycle: z.enum(LIFECYCLES) })
        .optional()
        .meta({ description: "What the order becomes where the venue has no such session." }),
      replaceable: z
        .boolean()
        .optional()
        .meta({ description: "False where an open order of this kind cannot be replaced, only canceled." }),
    })
    .meta({ id: "OrderCapability", description: "One kind of order that the broker takes." }),
);

export const capabilitiesSchema = once(() =>
  z
    .object({
      type: z.literal("capabilities"),
      environment: z.enum(["REAL", "SIMULATE"]).meta({ description: "Real money or not." }),
      account: z.string().nullable().meta({ description: "The account, masked; null while unknown." }),
      operations: z.array(z.enum(OPERATIONS)).meta({ description: "What the broker offers at all." }),
      markets: z.array(marketCapabilitySchema()),
      orders: z.array(orderCapabilitySchema()).meta({ description: "What has no row here is answered NotSupported." }),
      quotes: z.array(z.string()).meta({ description: "Regions whose quotes can be asked for." }),
      push: z.enum(["stream", "polling", "none"]).meta({ description: "How changes of orders reach the gateway." }),
      listing: z
        .object({ complete: z.boolean(), settleMs: z.number() })
        .meta({ description: "Whether a listing shows every order, and after how many milliseconds." }),
    })
    .meta({
      id: "Capabilities",
      description: "What this broker can do with this account.",
      examples: [
        {
          type: "capabilities",
          environment: "SIMULATE",
          account: "****5678",
          operations: ["ping", "cash", "positions", "quote", "placeOrder", "cancelOrder", "order", "orders"],
          markets: [
            {
              tradeType: "Securities",
              region: "US",
              currency: "USD",
              unit: "Share",
              symbolPattern: "[A-Z]{1,5}(\\.[A-Z])?",
              qtyStep: 1,
              priceSteps: [
                { from: 0, step: 0.0001 },
                { from: 1, step: 0.01 },
              ],
            },
          ],
          orders: [{ tradeType: "Securities", region: "US", orderType: "Limit", timeInForce: "DAY", lifecycle: "RTH" }],
          quotes: ["US"],
          push: "stream",
          listing: { complete: true, settleMs: 30000 },
        },
      ],
    }),
);
