/**
 * What Longport takes, as data, and the refusal of what it does not.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: "Submit Order" and "Trade
 * Definition" in the vendor's documentation.
 */
import { contractKey } from "../../domain/contract.ts";
import type { OrderChange, OrderRequest } from "../../domain/order.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import {
  type Capabilities,
  type MarketCapability,
  type OrderCapability,
  orderRows,
  type PriceStep,
} from "../../spec/capabilities.ts";
import { demandNumbers, invalid } from "../shared/order-numbers.ts";
import { REGION_CURRENCIES, REGIONS, type Region } from "../shared/regions.ts";
import { SYMBOL_PATTERNS } from "./codes.ts";
import type { LongportConfig } from "./config.ts";

/** The finest steps of any contract; coarser ones are the exchange's to refuse. */
const PRICE_STEPS = {
  US: [
    { from: 0, step: 0.0001 },
    { from: 1, step: 0.01 },
  ],
  HK: [{ from: 0, step: 0.001 }],
  CN: [{ from: 0, step: 0.001 }],
} as const satisfies Record<Region, readonly PriceStep[]>;

/** HK and CN have no pre and post sessions: ETH is RTH there. */
const REGULAR_ONLY = { lifecycle: "RTH" } as const;

function regularRows(region: Region, orderTypes: readonly OrderRequest["orderType"][]): OrderCapability[] {
  const sets = { regions: [region], orderTypes, timesInForce: ["DAY", "GTC"] } as const;
  return [
    ...orderRows({ ...sets, lifecycles: ["RTH"] }),
    ...orderRows({ ...sets, lifecycles: ["ETH"], effective: REGULAR_ONLY }),
  ];
}

const REAL_ROWS: readonly OrderCapability[] = [
  ...orderRows({
    regions: ["US"],
    orderTypes: ["Limit"],
    timesInForce: ["DAY", "GTC"],
    lifecycles: ["RTH", "ETH"],
  }),
  // Orders of the night are good for the running trading day alone, as the vendor's help pages say.
  ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["OVERNIGHT"] }),
  ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
  ...regularRows("HK", ["Limit"]),
  ...regularRows("HK", ["Market"]).filter(({ timeInForce }) => timeInForce === "DAY"),
  // Stock Connect takes limit orders for the day, and no replacements.
  ...regularRows("CN", ["Limit"])
    .filter(({ timeInForce }) => timeInForce === "DAY")
    .map((row) => ({ ...row, replaceable: false })),
];

/**
 * Paper accounts take orders for the day in regular hours, in the US and in Hong Kong; of those for other hours the vendor makes
 * such ones without a word. Source: https://open.longbridge.com/docs/qa/trade, and for the day
 * https://github.com/longbridge/openapi/issues/116.
 */
const SIMULATE_ROWS: readonly OrderCapability[] = [
  ...orderRows({ regions: ["US"], orderTypes: ["Limit", "Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
  ...regularRows("HK", ["Limit", "Market"]).filter(({ timeInForce }) => timeInForce === "DAY"),
];

function rowsOf(tradeEnv: LongportConfig["tradeEnv"]): readonly OrderCapability[] {
  return tradeEnv === "SIMULATE" ? SIMULATE_ROWS : REAL_ROWS;
}

/** @param account its number, masked, once it is known */
export function toCapabilities(account: string | null, tradeEnv: LongportConfig["tradeEnv"]): Capabilities {
  return {
    // Where nobody says what the token has to be of, it counts as real.
    environment: tradeEnv ?? "REAL",
    account,
    markets: REGIONS.map(toMarket),
    orders: rowsOf(tradeEnv),
    quotes: REGIONS,
    push: "stream",
    listing: { complete: true, settleMs: 30_000 },
  };
}

function toMarket(region: Region): MarketCapability {
  return {
    tradeType: "Securities",
    region,
    currency: REGION_CURRENCIES[region],
    unit: "Share",
    symbolPattern: SYMBOL_PATTERNS[region],
    qtyStep: 1,
    priceSteps: PRICE_STEPS[region],
  };
}

/**
 * Finds the row of an order, and checks what the vendor might change in silence.
 *
 * @throws BrokerError `NotSupported` without a row, `InvalidRequest` for a price or quantity that is too fine.
 */
export function checkOrder(order: OrderRequest, region: Region, tradeEnv: LongportConfig["tradeEnv"]): OrderCapability {
  const { orderType, timeInForce, lifecycle } = order;
  const row = rowsOf(tradeEnv).find(
    (each) =>
      each.region === region &&
      each.orderType === orderType &&
      each.timeInForce === timeInForce &&
      each.lifecycle === lifecycle,
  );
  if (row === undefined) {
    throw new BrokerError(
      "NotSupported",
      `Longport${tradeEnv === "SIMULATE" ? " (SIMULATE)" : ""} takes no ${orderType} order ${timeInForce} ${lifecycle} in ${region}`,
      {
        outcome: "not_sent",
      },
    );
  }
  if (orderType === "Limit" && order.price === undefined) {
    throw invalid(`${contractKey(order.contract)}: a limit order needs a price`);
  }
  checkNumbers(orderType === "Limit" ? order : { qty: order.qty }, region);
  return row;
}

/** @throws BrokerError `InvalidRequest` for a price or quantity that the vendor might cut. */
export function checkNumbers(change: OrderChange, region: Region): void {
  demandNumbers(change, PRICE_STEPS[region], region);
}
