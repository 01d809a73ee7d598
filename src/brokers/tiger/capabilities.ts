/**
 * What Tiger takes, as data, and the refusal of what it does not.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: the notes to placing orders in
 * the vendor's documentation.
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
import { REGION_CURRENCIES, REGIONS, type Region } from "../shared/regions.ts";
import { SYMBOL_PATTERNS } from "./codes.ts";
import { isPaperAccount, maskAccount, type TigerConfig } from "./config.ts";
import { hasSockets } from "./runtime.ts";

/** Tick sizes differ by price and contract: a coarser one is the vendor's to refuse. */
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

function rows(limitTimes: readonly OrderRequest["timeInForce"][]): OrderCapability[] {
  return [
    ...orderRows({
      regions: ["US"],
      orderTypes: ["Limit"],
      timesInForce: limitTimes,
      lifecycles: ["RTH", "ETH"],
    }),
    // The night session takes limit orders for one night.
    ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["OVERNIGHT"] }),
    // A market order has neither GTC nor sessions outside of regular hours.
    ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
    ...regularRows(["HK", "CN"], ["Limit"], limitTimes),
    // Stock Connect takes no market orders.
    ...regularRows(["HK"], ["Market"], ["DAY"]),
  ];
}

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

const ROWS = { REAL: rows(["DAY", "GTC"]), SIMULATE: rows(["DAY"]) } as const satisfies Record<
  Environment,
  readonly OrderCapability[]
>;

/** The number says whether an account is a paper account. */
export function environmentOf(account: string): Environment {
  return isPaperAccount(account) ? "SIMULATE" : "REAL";
}

/** How changes of orders come: by push where the runtime can keep a connection for it. */
export function pushOf({ push }: Pick<TigerConfig, "push">): "stream" | "polling" {
  return push === "stream" && hasSockets() ? "stream" : "polling";
}

/** Everything the account offers. */
export function toCapabilities(account: string, push: Capabilities["push"]): Capabilities {
  const environment = environmentOf(account);
  return {
    environment,
    account: maskAccount(account),
    markets: REGIONS.map(toMarket),
    orders: ROWS[environment],
    quotes: REGIONS,
    push,
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
 * Finds the row of an order, and checks what Tiger would change or refuse.
 *
 * @throws BrokerError `NotSupported` without a row, `InvalidRequest` for a price or quantity that is too fine.
 */
export function checkOrder(order: OrderRequest, environment: Environment, region: Region): OrderCapability {
  const { orderType, timeInForce, lifecycle } = order;
  const row = ROWS[environment].find(
    (each) =>
      each.region === region &&
      each.orderType === orderType &&
      each.timeInForce === timeInForce &&
      each.lifecycle === lifecycle,
  );
  if (row === undefined) {
    throw new BrokerError(
      "NotSupported",
      `Tiger (${environment}) takes no ${orderType} order ${timeInForce} ${lifecycle} in ${region}`,
      { outcome: "not_sent" },
    );
  }
  if (orderType === "Limit" && order.price === undefined) {
    throw invalid(`${contractKey(order.contract)}: a limit order needs a price`);
  }
  checkNumbers(orderType === "Limit" ? order : { qty: order.qty }, region);
  return row;
}

/** @throws BrokerError `InvalidRequest` for a price or quantity that is too fine. */
export function checkNumbers(change: OrderChange, region: Region): void {
  demandNumbers(change, PRICE_STEPS[region], region);
}
