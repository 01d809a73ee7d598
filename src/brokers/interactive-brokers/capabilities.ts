/**
 * What Interactive Brokers takes, as data, and the refusal of what it does not.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: the vendor's pages on order
 * types, overnight trading and Stock Connect.
 */
import { contractKey } from "../../domain/contract.ts";
import type { OrderChange, OrderRequest } from "../../domain/order.ts";
import { BrokerError } from "../../spec/broker-error.ts";
import {
  type Capabilities,
  type Environment,
  type MarketCapability,
  type OrderCapability,
  orderRows,
  type PriceStep,
} from "../../spec/capabilities.ts";
import { demandNumbers, invalid } from "../shared/order-numbers.ts";
import { isRegion, REGION_CURRENCIES, REGIONS, type Region } from "../shared/regions.ts";
import { UNSET_INTEGER } from "./codes.ts";
import { SYMBOL_PATTERNS } from "./contracts.ts";

/** The finest steps of each market; that of a contract may be coarser, and the vendor refuses what does not fit it. */
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

const ROWS: readonly OrderCapability[] = [
  ...orderRows({
    regions: ["US"],
    orderTypes: ["Limit"],
    timesInForce: ["DAY", "GTC"],
    lifecycles: ["RTH", "ETH"],
  }),
  ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["OVERNIGHT"] }),
  ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY", "GTC"], lifecycles: ["RTH"] }),
  ...regularRows(["HK"], ["Limit"], ["DAY", "GTC"]),
  ...regularRows(["HK"], ["Market"], ["DAY"]),
  // Stock Connect takes limit orders for the day.
  ...regularRows(["CN"], ["Limit"], ["DAY"]),
];

function regularRows(
  regions: readonly Region[],
  orderTypes: readonly OrderRequest["orderType"][],
  timesInForce: readonly OrderRequest["timeInForce"][],
): OrderCapability[] {
  return [
    ...orderRows({ regions, orderTypes, timesInForce, lifecycles: ["RTH"] }),
    ...orderRows({ regions, orderTypes, timesInForce, lifecycles: ["ETH"], effective: REGULAR_ONLY }),
  ];
}

/** The vendor's paper accounts begin with D; until the account is known it counts as real money. */
function environmentOf(account: string | undefined): Environment {
  return account?.startsWith("D") === true ? "SIMULATE" : "REAL";
}

/** The last four digits: enough to tell accounts apart, not enough to name one. */
export function maskAccount(account: string): string {
  return `****${account.slice(-4)}`;
}

/** @param asked the account of the options, which decides the environment before there is a connection. */
export function toCapabilities(account: string | undefined, asked: string | undefined): Capabilities {
  return {
    environment: environmentOf(account ?? asked),
    account: account === undefined ? null : maskAccount(account),
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
 * Finds the row of an order, and checks its numbers.
 *
 * @throws BrokerError `NotSupported` without a row, `InvalidRequest` for a price or quantity that is too fine.
 */
export function checkOrder(order: OrderRequest): OrderCapability {
  const { orderType, timeInForce, lifecycle, contract } = order;
  const row = ROWS.find(
    (each) =>
      each.region === contract.region &&
      each.orderType === orderType &&
      each.timeInForce === timeInForce &&
      each.lifecycle === lifecycle,
  );
  if (row === undefined) {
    throw new BrokerError(
      "NotSupported",
      `Interactive Brokers takes no ${orderType} order ${timeInForce} ${lifecycle} in ${contract.region}`,
      { outcome: "not_sent" },
    );
  }
  if (orderType === "Limit" && order.price === undefined) {
    throw invalid(`${contractKey(contract)}: a limit order needs a price`);
  }
  checkNumbers(orderType === "Limit" ? order : { qty: order.qty }, contract.region);
  return row;
}

/** @throws BrokerError `InvalidRequest` for a price or quantity that no contract of the region takes. */
export function checkNumbers(change: OrderChange, region: string): void {
  if (change.qty === UNSET_INTEGER) {
    throw invalid(`qty ${change.qty} stands for no quantity at Interactive Brokers; send another`);
  }
  demandNumbers(change, isRegion(region) ? PRICE_STEPS[region] : [], region);
}
