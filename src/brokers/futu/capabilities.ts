/**
 * What Futu takes, as data, and the refusal of what it does not.
 *
 * A file of its own beside `convert.ts`, since the two together would be too long. Source: the notes to `OrderType`,
 * `TimeInForce` and `Session` in the vendor's `.proto` files, and the questions about paper trading in its documentation.
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
import { maskAccount, type TradingAccount } from "./accounts.ts";
import { SYMBOL_PATTERNS } from "./codes.ts";
import type { FutuConfig } from "./config.ts";

/** OpenD takes three digits behind the point and drops further ones; US shares above a dollar trade in cents. */
const PRICE_STEPS = {
  US: [
    { from: 0, step: 0.001 },
    { from: 1, step: 0.01 },
  ],
  HK: [{ from: 0, step: 0.001 }],
  CN: [{ from: 0, step: 0.001 }],
} as const satisfies Record<Region, readonly PriceStep[]>;

/** HK and CN have no pre and post sessions: ETH is RTH there. */
const REGULAR_ONLY = { lifecycle: "RTH" } as const;

function realRows(): OrderCapability[] {
  return [
    ...orderRows({
      regions: ["US"],
      orderTypes: ["Limit"],
      timesInForce: ["DAY", "GTC"],
      lifecycles: ["RTH", "ETH", "OVERNIGHT"],
    }),
    ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
    ...regularRows(["HK"], ["Limit"], ["DAY", "GTC"]),
    ...regularRows(["HK"], ["Market"], ["DAY"]),
    // Stock Connect takes no replacements.
    ...regularRows(["CN"], ["Limit"], ["DAY"]).map((row) => ({ ...row, replaceable: false })),
  ];
}

/** Paper accounts take orders for the day only, and none for the night; one of them alone takes those of pre and post hours. */
function simulateRows(): OrderCapability[] {
  return [
    ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["RTH", "ETH"] }),
    ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
    ...regularRows(["HK"], ["Limit", "Market"], ["DAY"]),
    ...regularRows(["CN"], ["Limit"], ["DAY"]),
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

const ROWS = { REAL: realRows(), SIMULATE: simulateRows() } as const;

/** The first OpenD that heeds an order's session, 9.3: those before it make one for the night an order of regular hours. */
const FIRST_WITH_SESSIONS = 903;

/** The first OpenD whose definitions are known to name an order by `orderIDEx` in requests, 9.2; those of 7.6 do not. */
const FIRST_WITH_TEXT_IDS = 902;

/** True for an OpenD that may know orders by their numbers alone. */
export function needsNumbers(version: number | undefined): boolean {
  return version !== undefined && version < FIRST_WITH_TEXT_IDS;
}

/** Who takes orders. */
export interface Taker {
  readonly tradeEnv: FutuConfig["tradeEnv"];
  /** `undefined` until they are known. */
  readonly accounts?: readonly TradingAccount[] | undefined;
  /** OpenD's, 1011 for 10.11; `undefined` until it is known. */
  readonly version?: number | undefined;
}

/** What this OpenD takes for these accounts, in whatever market. */
function rowsOf({ tradeEnv, accounts, version }: Taker): readonly OrderCapability[] {
  const heedsSessions = version === undefined || version >= FIRST_WITH_SESSIONS;
  const isExtended = accounts?.find(({ markets }) => markets.has("US"))?.extended ?? true;
  return ROWS[tradeEnv].filter(
    ({ region, lifecycle }) => region !== "US" || { RTH: true, ETH: isExtended, OVERNIGHT: heedsSessions }[lifecycle],
  );
}

/** Everything the environment offers; once OpenD and the accounts are known, only what that one takes for their markets. */
export function toCapabilities(taker: Taker): Capabilities {
  const { tradeEnv, accounts } = taker;
  const offered = (region: string) => accounts?.some(({ markets }) => markets.has(region as Region)) ?? true;
  return {
    environment: tradeEnv,
    account: accounts === undefined ? null : accounts.map(({ accId }) => maskAccount(accId)).join(" "),
    markets: REGIONS.filter(offered).map(toMarket),
    orders: rowsOf(taker).filter(({ region }) => offered(region)),
    quotes: REGIONS,
    push: accounts?.some(({ silent }) => silent) ? "none" : "stream",
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

const SESSION_HINTS = {
  RTH: "",
  ETH: "; limit orders alone trade in pre and post hours, in SIMULATE those of the account for shares and options",
  OVERNIGHT: "; REAL accounts take limit orders for the night, from OpenD 9.3 on",
} as const satisfies Record<OrderRequest["lifecycle"], string>;

/**
 * Finds the row of an order, and checks what Futu would cut in silence.
 *
 * @throws BrokerError `NotSupported` without a row, `InvalidRequest` for a price or quantity that is too fine.
 */
export function checkOrder(order: OrderRequest, region: Region, taker: Taker): OrderCapability {
  const { orderType, timeInForce, lifecycle } = order;
  const row = rowsOf(taker).find(
    (each) =>
      each.region === region &&
      each.orderType === orderType &&
      each.timeInForce === timeInForce &&
      each.lifecycle === lifecycle,
  );
  if (row === undefined) {
    throw new BrokerError(
      "NotSupported",
      `Futu (${taker.tradeEnv}) takes no ${orderType} order ${timeInForce} ${lifecycle} in ${region}` +
        (region === "US" ? SESSION_HINTS[lifecycle] : ""),
      { outcome: "not_sent" },
    );
  }
  if (orderType === "Limit" && order.price === undefined) {
    throw invalid(`${contractKey(order.contract)}: a limit order needs a price`);
  }
  checkNumbers(orderType === "Limit" ? order : { qty: order.qty }, region);
  return row;
}

/** @throws BrokerError `InvalidRequest` for a price or quantity that OpenD would cut. */
export function checkNumbers(change: OrderChange, region: Region): void {
  demandNumbers(change, PRICE_STEPS[region], region);
}
