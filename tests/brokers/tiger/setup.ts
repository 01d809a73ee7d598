/** A Tiger broker in front of a simulator of its own, both taken down after the test. */
import { onTestFinished, vi } from "vitest";
import { DEFAULT_ACCOUNT, DEFAULT_PAPER_ACCOUNT, DEFAULT_TIGER_ID } from "../../../simulators/tiger/accounts.ts";
import { CLIENT_PRIVATE_KEY, PUSH_TLS, VENDOR_PUBLIC_KEY } from "../../../simulators/tiger/keys.ts";
import {
  startTiger,
  type TigerServer,
  type TigerOptions as TigerServerOptions,
} from "../../../simulators/tiger/server.ts";
import { type TigerOptions, tiger } from "../../../src/brokers/tiger/index.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { Broker, Call, ConnectionState, TaggedOrder } from "../../../src/spec/broker.ts";

export const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;
export { DEFAULT_ACCOUNT, DEFAULT_PAPER_ACCOUNT };

/** A broker with every method. */
export type TigerBroker = Required<Omit<Broker, "queues">> & Broker;

/** Everything a broker has told its host. */
export interface Host {
  readonly orders: Order[];
  readonly connections: ConnectionState[];
}

export async function openTiger(options: TigerServerOptions = {}): Promise<TigerServer> {
  const simulator = await startTiger(options);
  onTestFinished(() => simulator.close());
  return simulator;
}

/** A broker that has not been started. */
export function makeBroker(
  { port, pushPort }: Pick<TigerServer, "port" | "pushPort">,
  options: Partial<TigerOptions> = {},
): TigerBroker {
  const key = options.privateKeyPath === undefined ? { privateKey: CLIENT_PRIVATE_KEY } : {};
  const broker = tiger({
    instanceId: "tigerInstance0000001",
    tokens: ["tigerInstanceToken01"],
    tigerId: DEFAULT_TIGER_ID,
    account: DEFAULT_ACCOUNT,
    ...key,
    tigerPublicKey: VENDOR_PUBLIC_KEY,
    serverUrl: `http://127.0.0.1:${port}/gateway`,
    pushUrl: `tls://127.0.0.1:${pushPort}`,
    pushTls: { ca: PUSH_TLS.cert },
    ...options,
  });
  onTestFinished(() => broker.close?.());
  if (!isWhole(broker)) throw new Error("the broker lacks a method");
  return broker;
}

export async function startBroker(
  simulator: Pick<TigerServer, "port" | "pushPort">,
  options: Partial<TigerOptions> = {},
): Promise<{ broker: TigerBroker; host: Host }> {
  const broker = makeBroker(simulator, options);
  const host: Host = { orders: [], connections: [] };
  await broker.start({
    onOrder: (order) => host.orders.push(order),
    onConnection: (state) => host.connections.push(state),
  });
  return { broker, host };
}

function isWhole(broker: Broker): broker is TigerBroker {
  return ["start", "close", "ping", "cash", "positions", "quote", "marketStatus", "placeOrder", "replaceOrder"]
    .concat("cancelOrder", "order", "orders", "orderNumber")
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
/** Passes a request on to the gateway at this port as it is, and gives its answer. */
export async function pass(port: number, body: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/gateway`, { method: "POST", body })).text();
}

export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
}
