/** What the paper account takes, as data. */
import { ORDER_TYPES, TIMES_IN_FORCE } from "../../domain/order.ts";
import { MARKET_REGIONS, marketOf } from "../../exchange/markets.ts";
import { type Capabilities, type MarketCapability, type OrderCapability, orderRows } from "../../spec/capabilities.ts";
import type { PaperConfig } from "./config.ts";

/** The exchange's markets. Its lots differ by contract, and odd remainders may be sold, so that the step is one share. */
const MARKETS: readonly MarketCapability[] = MARKET_REGIONS.flatMap((region) => {
  const market = marketOf(region);
  if (market === undefined) return [];
  const { currency, symbolPattern, priceSteps } = market;
  return [{ tradeType: "Securities", region, currency, unit: "Share", symbolPattern, qtyStep: 1, priceSteps }];
});

/** What the paper account takes. */
export const ORDERS: readonly OrderCapability[] = [
  ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: TIMES_IN_FORCE, lifecycles: ["RTH", "ETH"] }),
  ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["OVERNIGHT"] }),
  ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: TIMES_IN_FORCE, lifecycles: ["RTH"] }),
  ...orderRows({
    regions: ["HK", "CN"],
    orderTypes: ORDER_TYPES,
    timesInForce: TIMES_IN_FORCE,
    lifecycles: ["RTH"],
  }),
  ...orderRows({
    regions: ["HK", "CN"],
    orderTypes: ORDER_TYPES,
    timesInForce: TIMES_IN_FORCE,
    lifecycles: ["ETH"],
    effective: { lifecycle: "RTH" },
  }),
];

/** Quotes are those of the broker who gives the prices, where one does. */
export function toCapabilities({ quotes }: Pick<PaperConfig, "quotes">): Capabilities {
  const quoted = typeof quotes === "object" ? quotes.capabilities().quotes : MARKET_REGIONS;
  return {
    environment: "SIMULATE",
    account: null,
    markets: MARKETS,
    orders: ORDERS,
    quotes: quoted.filter((region) => MARKET_REGIONS.includes(region)),
    push: "stream",
    listing: { complete: true, settleMs: 0 },
  };
}
