import { createHash } from "node:crypto";
import { createDesk } from "../../src/desk/create-desk.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { memoryJournal } from "../../src/journal/memory.ts";
import type { Broker, BrokerHost } from "../../src/spec/broker.ts";
import { type Capabilities, orderRows } from "../../src/spec/capabilities.ts";
import { defineBroker } from "../../src/spec/define-broker.ts";
import type { RiskOptions } from "../../src/spec/policy.ts";
import { AAPL } from "../an-order.ts";

export { AAPL, anOrder } from "../an-order.ts";

/** What journals call the instance of {@link deskOver}: the first half of its id's SHA-256. */
export const DIGEST = createHash("sha256").update("WyLqtMhDvAnBb6a3").digest("hex").slice(0, 16);

export const LIMIT_BUY = {
  contract: AAPL,
  direction: "BUY",
  orderType: "Limit",
  timeInForce: "DAY",
  lifecycle: "RTH",
  qty: 12,
  price: 200,
} as const;

export const CAPABILITIES: Capabilities = {
  environment: "SIMULATE",
  account: null,
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
  orders: [
    ...orderRows({ regions: ["US"], orderTypes: ["Limit"], timesInForce: ["DAY", "GTC"], lifecycles: ["RTH", "ETH"] }),
    ...orderRows({ regions: ["US"], orderTypes: ["Market"], timesInForce: ["DAY"], lifecycles: ["RTH"] }),
  ],
  quotes: ["US"],
  push: "stream",
  listing: { complete: true, settleMs: 0 },
};

/** A desk over a broker that does what the test says, and a journal that can be looked into. */
export function deskOver(
  members: Partial<Broker>,
  {
    deadlineMs = 10_000,
    journal = memoryJournal(),
    risk,
  }: { deadlineMs?: number; journal?: Journal; risk?: RiskOptions } = {},
) {
  let host: BrokerHost | undefined;
  const instance = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"], deadlineMs, ...(risk && { risk }) };
  const broker: Broker = defineBroker(instance, {
    kind: "tester",
    display: "Tester",
    capabilities: () => CAPABILITIES,
    start: async (given) => {
      host = given;
      given.onConnection({ connected: true });
    },
    ...members,
  });
  const desk = createDesk({ broker, instance, journal });
  return {
    desk,
    journal,
    host: () => {
      if (host === undefined) throw new Error("the broker has not been started");
      return host;
    },
  };
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("resolved although it should have been rejected");
}

/** A promise and the means to end it. */
export function deferred<T>() {
  return Promise.withResolvers<T>();
}
