/** A broker of your own, complete: an account that fills market orders at once, at 100 dollars a share. */
import type { Order, Position } from "../mod.ts";
import { type Broker, BrokerError, createHttpTrading, defineBroker, type InstanceOptions, orderRows } from "../mod.ts";
import { serve } from "../src/runtime/node.ts";

const US = { tradeType: "Securities", region: "US", currency: "USD", unit: "Share" } as const;
const DAY = { latest: 100, preClose: 100, highPrice: 100, lowPrice: 100, openPrice: 100 };
const OPEN = { region: "US", originStatus: "ALWAYS_OPEN", unifiedStatus: "RTH" } as const;
const DONE = { status: "FILLED", originStatus: "done", errorReason: "", warning: null, updatedAt: null } as const;

export function myBroker(options: InstanceOptions): Broker {
  const orders = new Map<string, Order>();
  const held = new Map<string, Position>();
  let usd = 1_000_000;
  const find = (orderId: string): Order => {
    const order = orders.get(orderId);
    if (order === undefined) throw new BrokerError("OrderNotFound", `there is no order ${orderId}`);
    return order;
  };
  return defineBroker(options, {
    kind: "myBroker",
    display: "XX证券",
    capabilities: () => ({
      ...({ environment: "SIMULATE", account: null, quotes: ["US"], push: "none" } as const),
      markets: [{ ...US, symbolPattern: "[A-Z]{1,5}", qtyStep: 1, priceSteps: [{ from: 0, step: 0.01 }] }],
      orders: orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
      listing: { complete: true, settleMs: 0 },
    }),
    ping: async () => true,
    cash: async ({ currency }) => {
      if (currency !== "USD") throw new BrokerError("NotSupported", `there is no ${currency} here, only USD`);
      return { currency, amount: usd, balances: [{ currency, amount: usd, available: usd }] };
    },
    positions: async () => ({ positions: [...held.values()].filter(({ qty }) => qty !== 0), unmapped: [] }),
    quote: async (contract) => {
      if (contract.region !== "US") throw new BrokerError("UnknownContract", `there is no ${contract.region} here`);
      return { ...DAY, contract, currency: "USD", isTradable: true, timestamp: Date.now() };
    },
    marketStatus: async () => ({ Securities: { US: OPEN } }),
    placeOrder: async ({ contract, ...order }, { signal }) => {
      if (signal.aborted) throw new BrokerError("Timeout", "its time is up", { outcome: "not_sent" });
      const orderId = `${orders.size + 1}`;
      const fill = { filledQty: order.qty, avgPrice: 100, createdAt: Date.now() };
      orders.set(orderId, { ...order, ...DONE, ...fill, price: null, currency: "USD", orderId, contract });
      const bought = order.direction === "BUY" ? order.qty : -order.qty;
      const qty = (held.get(contract.symbol)?.qty ?? 0) + bought;
      held.set(contract.symbol, { contract, unit: "Share", currency: "USD", qty });
      usd -= bought * 100;
      return { orderId };
    },
    cancelOrder: async (orderId) => {
      throw new BrokerError("OrderNotOpen", `order ${find(orderId).orderId} is filled`);
    },
    order: async (orderId) => find(orderId),
    orders: async ({ status }) => ({ orders: status === "all" ? [...orders.values()] : [], unmapped: [] }),
  });
}

if (import.meta.main) {
  const broker = myBroker({ instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] });
  // Its account is in memory, and so is its journal; one that lasts belongs to a file: `journal: sqliteJournal(…)`.
  await serve(createHttpTrading({ brokers: [broker] }));
}
