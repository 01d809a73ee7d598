/**
 * A gateway with an operator in a Durable Object that `/end` ends as its host does, over a broker that proves nothing: it loses
 * the answer to an order of 1 share, and has forgotten every other that it took.
 */
import { BrokerError, type Capabilities, createHttpTrading, defineBroker, orderRows } from "../../../mod.ts";
import { durableObjectJournal } from "../../../src/journal/durable-object.ts";
import { type Environment, endable, inFront, type State } from "./ended-object.ts";

const OF_MARKET = { tradeType: "Securities", region: "US", currency: "USD", unit: "Share", qtyStep: 1 } as const;

const CAPABILITIES: Capabilities = {
  environment: "SIMULATE",
  account: null,
  markets: [{ ...OF_MARKET, symbolPattern: "[A-Z]+", priceSteps: [{ from: 0, step: 0.01 }] }],
  orders: orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
  quotes: [],
  push: "none",
  listing: { complete: false, settleMs: 0 },
};

export class Gateway {
  readonly fetch: (request: Request) => Promise<Response>;

  constructor(state: State, env: Environment) {
    const tokens = [env.TOKEN, { token: env.ADMIN_TOKEN, name: "operator", scopes: ["admin"] as const }];
    const options = {
      instanceId: env.INSTANCE_ID,
      tokens,
      risk: { maxDailyValue: 2000, maxOpenOrders: 1, allowShort: true },
    };
    const broker = defineBroker(options, {
      kind: "forgetful",
      display: "Forgetful",
      capabilities: () => CAPABILITIES,
      start: async (host) => host.onConnection({ connected: true }),
      async placeOrder({ qty, tag }) {
        if (qty === 1) throw new BrokerError("Timeout", "the line went dead", { outcome: "unknown" });
        return { orderId: tag.slice(-8) };
      },
      cancelOrder: async () => undefined,
      async order(orderId) {
        throw new BrokerError("OrderNotFound", `no order ${orderId}`);
      },
      orders: async () => ({ orders: [], unmapped: [] }),
    });
    const trading = createHttpTrading({ brokers: [broker], journal: durableObjectJournal(state.storage) });
    this.fetch = endable(state, trading);
  }
}

export default inFront;
