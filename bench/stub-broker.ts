/** A broker that answers at once, so that what is measured is the gateway; and what it is asked for. */
import type { Broker, InstanceOptions, Order, TaggedOrder } from "../mod.ts";
import { orderIdOf } from "./order-id.ts";

/** The library as it is measured: the built one, which is what its users run. */
export type House = typeof import("../mod.ts");

/** What the stub has, beside a broker's own methods. */
export interface StubBroker extends Broker {
  /** Reports the order as filled, as a vendor's push would. */
  fill(order: TaggedOrder, orderId: string): void;
}

/** The cash of the account. */
export const CASH = {
  currency: "USD",
  amount: 30877.49,
  balances: [{ currency: "USD", amount: 30877.49, available: 30877.49 }],
} as const;

/** The order that every client places. */
export const ORDER = {
  tradeType: "Securities",
  region: "US",
  symbol: "AAPL",
  price: 201.5,
  qty: 12,
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  direction: "BUY",
} as const;

const US = { tradeType: "Securities", region: "US", currency: "USD", unit: "Share" } as const;

/** What the account holds: more than all orders together sell. */
const HELD = {
  contract: { tradeType: "Securities", region: "US", symbol: "AAPL" },
  unit: "Share",
  currency: "USD",
  qty: 1e9,
} as const;

const PRICES = { latest: 201.5, preClose: 201.5, highPrice: 201.5, lowPrice: 201.5, openPrice: 201.5 } as const;

/** Makes one. With `fills` each order is filled as soon as it is placed, so that the account has no open orders. */
export function stubBroker(house: House, options: InstanceOptions, { fills = false } = {}): StubBroker {
  let report: (order: Order) => void = () => undefined;
  let count = 0;
  const capabilities = {
    ...({ environment: "SIMULATE", account: "****0001", quotes: ["US"], push: "stream" } as const),
    markets: [{ ...US, symbolPattern: "[A-Z]{1,5}", qtyStep: 1, priceSteps: [{ from: 0, step: 0.01 }] }],
    orders: house.orderRows({
      regions: ["US"],
      orderTypes: ["Limit", "Market"],
      timesInForce: ["DAY", "GTC"],
      lifecycles: ["RTH", "ETH"],
    }),
    listing: { complete: true, settleMs: 0 },
  };
  const broker: StubBroker = {
    kind: "stub",
    display: "Stub",
    capabilities: () => capabilities,
    async start(host) {
      report = host.onOrder;
      host.onConnection({ connected: true });
    },
    ping: async () => true,
    cash: async () => CASH,
    positions: async () => ({ positions: [HELD], unmapped: [] }),
    quote: async (contract) => ({ contract, currency: "USD", isTradable: true, ...PRICES, timestamp: Date.now() }),
    async placeOrder(order) {
      count += 1;
      const orderId = orderIdOf(count);
      if (fills) broker.fill(order, orderId);
      return { orderId };
    },
    orders: async () => ({ orders: [], unmapped: [] }),
    fill({ price, ...order }, orderId) {
      const at = Date.now();
      report({
        ...order,
        orderId,
        currency: "USD",
        price: price ?? null,
        filledQty: order.qty,
        avgPrice: price ?? 0,
        status: "FILLED",
        originStatus: "Filled",
        errorReason: "",
        warning: null,
        createdAt: at,
        updatedAt: at,
      });
    },
  };
  return house.defineBroker(options, broker);
}
