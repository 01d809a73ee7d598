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

const ROWS: readonly OrderCapability[] = [
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

/** @param account its number, masked, once it is known */
export function toCapabilities(account: string | null, tradeEnv: LongportConfig["tradeEnv"]): Capabilities {
  return {
    // Where nobody says what the token has to be of, it counts as real.
    environment: tradeEnv ?? "REAL",
    account,
    markets: REGIONS.map(toMarket),
    orders: ROWS,
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
export function checkOrder(order: OrderRequest, region: Region): OrderCapability {
  const { orderType, timeInForce, lifecycle } = order;
  const row = ROWS.find(
    (each) =>
      each.region === region &&
      each.orderType === orderType &&
      each.timeInForce === timeInForce &&
      each.lifecycle === lifecycle,
  );
  if (row === undefined) {
    throw new BrokerError(
      "NotSupported",
      `Longport takes no ${orderType} order ${timeInForce} ${lifecycle} in ${region}`,
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
