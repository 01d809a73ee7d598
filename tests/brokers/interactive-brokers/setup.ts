/** A broker of Interactive Brokers in front of a TWS of its own, both taken down after the test. */
import { onTestFinished, vi } from "vitest";
import { startTws, type Tws, type TwsOptions } from "../../../simulators/tws/server.ts";
import { type InteractiveBrokersOptions, interactiveBrokers } from "../../../src/brokers/interactive-brokers/index.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { Broker, Call, ConnectionState, TaggedOrder } from "../../../src/spec/broker.ts";

export const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
export const ACCOUNT = "DU1234567";

/** A broker with every method. */
export type WholeBroker = Required<Omit<Broker, "queues">> & Broker;

/** Everything a broker has told its host. */
export interface Host {
  readonly orders: Order[];
  readonly connections: ConnectionState[];
}

export async function openTws(options: TwsOptions = {}): Promise<Tws> {
  const tws = await startTws(options);
  onTestFinished(() => tws.close());
  return tws;
}

/** A broker that has not been started, and that the test closes. */
export function newBroker(port: number, options: Partial<InteractiveBrokersOptions> = {}): WholeBroker {
  const broker = interactiveBrokers({
    instanceId: "ibInstance0000000001",
    tokens: ["ibInstanceToken00001"],
    port,
    clientId: 7,
    ...options,
  });
  if (!isWhole(broker)) throw new Error("the broker lacks a method");
  return broker;
}

/** A broker that has not been started. */
export function makeBroker(port: number, options: Partial<InteractiveBrokersOptions> = {}): WholeBroker {
  const broker = newBroker(port, options);
  onTestFinished(() => broker.close());
  return broker;
}

export async function startBroker(
  port: number,
  options: Partial<InteractiveBrokersOptions> = {},
): Promise<{ broker: WholeBroker; host: Host }> {
  const broker = makeBroker(port, options);
  const host: Host = { orders: [], connections: [] };
  await broker.start({
    onOrder: (order) => host.orders.push(order),
    onConnection: (state) => host.connections.push(state),
  });
  return { broker, host };
}

function isWhole(broker: Broker): broker is WholeBroker {
  return ["start", "close", "ping", "cash", "positions", "quote", "marketStatus", "placeOrder", "replaceOrder"]
    .concat("cancelOrder", "order", "orders")
    .every((name) => typeof Reflect.get(broker, name) === "function");
}

export function call(ms = 20_000): Call {
  return { signal: AbortSignal.timeout(ms) };
}

let tags = 0;

/** A limit order for ten AAPL that rests below the market, with a tag of its own. */
export function restingOrder(changes: Partial<TaggedOrder> = {}): TaggedOrder {
  tags += 1;
  return {
    contract: AAPL,
    direction: "BUY",
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 10,
    price: 190,
    tag: `ht${String(tags).padStart(24, "a")}`,
    ...changes,
  };
}

/** Waits until it is so; the test's own timeout is the bound. */
export function until(look: () => boolean | Promise<boolean>): Promise<void> {
  return vi.waitUntil(async () => (await look()) || undefined, { timeout: 25_000, interval: 5 }).then(() => {});
}

/** What the promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
}
