/** A Futu broker in front of an OpenD of its own, both taken down after the test. */
import { onTestFinished, vi } from "vitest";
import { type OpenD, type OpenDOptions, startOpenD } from "../../../simulators/opend/server.ts";
import { type FutuOptions, futu } from "../../../src/brokers/futu/index.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { Broker, Call, ConnectionState, TaggedOrder } from "../../../src/spec/broker.ts";

/** MD5 of the simulator's trade password 123456. */
export const PIN_MD5 = "e10adc3949ba59abbe56e057f20f883e";

export const AAPL = { tradeType: "Securities", region: "US", symbol: "AAPL" } as const;

/** A broker with every method. */
export type FutuBroker = Required<Omit<Broker, "queues">> & Broker;

/** Everything a broker has told its host. */
export interface Host {
  readonly orders: Order[];
  readonly connections: ConnectionState[];
}

export async function openOpenD(options: OpenDOptions = {}): Promise<OpenD> {
  const opend = await startOpenD(options);
  onTestFinished(() => opend.close());
  return opend;
}

/** A broker that has not been started. */
export function makeBroker(port: number, options: Partial<FutuOptions> = {}): FutuBroker {
  const broker = futu({
    instanceId: "futuInstance00000001",
    tokens: ["futuInstanceToken001"],
    port,
    tradeEnv: "SIMULATE",
    ...options,
  });
  onTestFinished(() => broker.close?.());
  if (!isWhole(broker)) throw new Error("the broker lacks a method");
  return broker;
}

export async function startBroker(
  port: number,
  options: Partial<FutuOptions> = {},
): Promise<{ broker: FutuBroker; host: Host }> {
  const broker = makeBroker(port, options);
  const host: Host = { orders: [], connections: [] };
  await broker.start({
    onOrder: (order) => host.orders.push(order),
    onConnection: (state) => host.connections.push(state),
  });
  return { broker, host };
}

function isWhole(broker: Broker): broker is FutuBroker {
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
