/** What stands behind a gateway: a vendor's simulator, or an exchange in memory for the paper broker. */

import { startLongport } from "../../../simulators/longport/server.ts";
import { startOpenD } from "../../../simulators/opend/server.ts";
import { ledgerRow } from "../../../simulators/shared/control.ts";
import type { Faults } from "../../../simulators/shared/faults.ts";
import type { Venue } from "../../../simulators/shared/venue.ts";
import { startTiger } from "../../../simulators/tiger/server.ts";
import { startTws } from "../../../simulators/tws/server.ts";
import { paper } from "../../../src/brokers/paper/index.ts";
import { demoAccount, demoTradingTime } from "../../../src/exchange/demo-account.ts";
import { createExchange } from "../../../src/exchange/exchange.ts";
import type { Broker } from "../../../src/spec/broker.ts";
import type { LedgerRow } from "../../../src/testing/index.ts";
import { LONGPORT_KEY, LONGPORT_SECRET, LONGPORT_TOKEN } from "../../conformance/stages/longport-credentials.ts";
import { brokerOf, type GatewaySetup } from "../kill/gateway-setup.ts";
import { INSTANCE_ID, TOKEN } from "./client.ts";
import type { BrokerName } from "./terms.ts";

/** The world as an exchange sees it, whoever asks. */
export interface World {
  /** Every order that was ever accepted. */
  ledger(): readonly LedgerRow[];
  fill(orderId: string, qty: number, price: number): void;
  /** Makes the broker of a gateway in this process. */
  newBroker(): Broker;
  close(): Promise<void>;
}

/** A vendor, with all that can go wrong there. */
export interface Vendor extends World {
  /** How a gateway in another process gets there. */
  readonly setup: GatewaySetup["broker"];
  readonly faults: Pick<Faults, "arm" | "armed" | "clear">;
  connections(): { readonly open: number; readonly total: number };
  /** The link of the vendor's gateway to its own servers. */
  setLoggedIn(loggedIn: boolean): void;
  /** Ends a restart that is under way. */
  comeBack(): void;
  /** Lets what the vendor numbers by connections begin anew, where it does that. */
  resetIds(): void;
  /** Calls back within the exchange, before any answer leaves, when an order there is new or has changed. */
  onChange(listener: () => void): () => void;
  /** True where orders go over the connection that `connections` counts. */
  readonly ordersOverLink: boolean;
}

/** The account in memory, which stands in the test's hands. */
export interface PaperWorld extends World {
  stepClock(aheadMs: number): void;
  /** Forgets the account, as a restart does that keeps no state: numbers begin at 1 again. */
  forget(): void;
}

export const INSTANCE = { instanceId: INSTANCE_ID, tokens: [TOKEN] } as const;

type Simulator = Pick<Vendor, "faults" | "connections" | "setLoggedIn" | "comeBack"> & {
  readonly venue: Venue;
  close(): Promise<void>;
};

function vendor(
  simulator: Simulator,
  rest: Pick<Vendor, "setup" | "ordersOverLink"> & Partial<Pick<Vendor, "resetIds">>,
): Vendor {
  const { venue, faults, connections } = simulator;
  return {
    resetIds: () => undefined,
    ...rest,
    faults,
    connections,
    setLoggedIn: (loggedIn) => simulator.setLoggedIn(loggedIn),
    comeBack: () => simulator.comeBack(),
    ledger: () => venue.orders().map((order) => ledgerRow(order) as LedgerRow),
    fill: (orderId, qty, price) => void venue.fill(orderId, qty, price),
    onChange: (listener) => venue.subscribe(listener),
    newBroker: () => brokerOf({ ...INSTANCE, broker: rest.setup }),
    close: () => simulator.close(),
  };
}

async function longportWorld(transport: "web" | "native"): Promise<Vendor> {
  const simulator = await startLongport({
    appKey: LONGPORT_KEY,
    appSecret: LONGPORT_SECRET,
    accessToken: LONGPORT_TOKEN,
    limits: false,
  });
  return vendor(simulator, {
    setup: { kind: "longport", port: simulator.port, transport },
    ordersOverLink: false,
    resetIds: () => simulator.faults.arm({ kind: "forget-sessions" }),
  });
}

/** Opens what is behind a broker. */
export async function openVendor(broker: Exclude<BrokerName, "paper">): Promise<Vendor> {
  switch (broker) {
    case "futu": {
      const simulator = await startOpenD({ limits: false });
      return vendor(simulator, { setup: { kind: "futu", port: simulator.port }, ordersOverLink: true });
    }
    case "interactive-brokers": {
      const simulator = await startTws({ limits: false });
      return vendor(simulator, {
        setup: { kind: "interactiveBrokers", port: simulator.port },
        ordersOverLink: true,
        resetIds: () => simulator.resetOrderIds(),
      });
    }
    case "longport web":
      return longportWorld("web");
    case "longport native":
      return longportWorld("native");
    case "tiger": {
      const simulator = await startTiger({ limits: false });
      const { port, pushPort } = simulator;
      return vendor(simulator, { setup: { kind: "tiger", port, pushPort }, ordersOverLink: false });
    }
  }
}

export function openPaper(): PaperWorld {
  let now: number = demoTradingTime;
  const newExchange = () => createExchange({ ...demoAccount, clock: () => now });
  let exchange = newExchange();
  return {
    ledger: () =>
      exchange.orders().map(({ contract: { region, symbol }, ...order }) => {
        const { orderId, tag, direction, qty, price, orderType, status, filledQty } = order;
        return { orderId, tag, region, symbol, direction, qty, price, orderType, status, filledQty };
      }),
    fill: (orderId, qty, price) => void exchange.fill(orderId, qty, price),
    newBroker: () => paper({ ...INSTANCE, deadlineMs: 4000, exchange }),
    close: async () => undefined,
    stepClock(aheadMs) {
      now = demoTradingTime + aheadMs;
      exchange.tick();
    },
    forget() {
      exchange = newExchange();
    },
  };
}
