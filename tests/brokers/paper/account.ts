/** A started paper account for the tests, with its exchange at hand. */

import { type PaperOptions, paper } from "../../../src/brokers/paper/index.ts";
import type { Contract } from "../../../src/domain/contract.ts";
import type { Order } from "../../../src/domain/order.ts";
import type { Broker, Call, ConnectionState, TaggedOrder } from "../../../src/spec/broker.ts";
import { type BrokerError, isBrokerError } from "../../../src/spec/broker-error.ts";

export const INSTANCE = { instanceId: "WyLqtMhDvAnBb6a3", tokens: ["Vt5UCW2sLBvgPXjR"] } as const;
export const REGULAR = Date.parse("2025-05-28T10:30:00-04:00");

export const security = (region: string, symbol: string): Contract => ({ tradeType: "Securities", region, symbol });
export const AAPL = security("US", "AAPL");
export const TENCENT = security("HK", "00700");

/** Every operation, so that tests need not ask whether it is there. */
export type FullBroker = Required<Omit<Broker, "orderNumber" | "queues">> & Broker;

export interface Account {
  readonly broker: FullBroker;
  readonly pushes: Order[];
  readonly connections: ConnectionState[];
}

export const call = (signal: AbortSignal = new AbortController().signal): Call => ({ signal });
export const aborted = (): Call => call(AbortSignal.abort());

/** An account that has not been started, at half past ten in New York with prices that stay. */
export function closedAccount(options: Partial<PaperOptions> = {}): FullBroker {
  const own = options.exchange === undefined ? { clock: () => REGULAR, quotes: "fixed" as const } : {};
  return full(paper({ ...INSTANCE, ...own, ...options }));
}

export async function openAccount(options: Partial<PaperOptions> = {}): Promise<Account> {
  return start(closedAccount(options));
}

export async function start(broker: FullBroker): Promise<Account> {
  const pushes: Order[] = [];
  const connections: ConnectionState[] = [];
  await broker.start({ onOrder: (order) => pushes.push(order), onConnection: (state) => connections.push(state) });
  return { broker, pushes, connections };
}

/** A day order for 10 AAPL at 190 in regular hours, with whatever is said otherwise. */
export function limit(changes: Partial<TaggedOrder> = {}): TaggedOrder {
  return {
    contract: AAPL,
    direction: "BUY",
    orderType: "Limit",
    timeInForce: "DAY",
    lifecycle: "RTH",
    qty: 10,
    price: 190,
    tag: "htaaaaaaaaaaaaaaaaaaaaaaaa",
    ...changes,
  };
}

/** The `BrokerError` that a call ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<BrokerError> {
  try {
    await promise;
  } catch (error) {
    if (isBrokerError(error)) return error;
    throw error;
  }
  throw new Error("the call was expected to fail");
}

/** Waits until it is so; a test that waits in vain ends at its own time limit. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

function full(broker: Broker): FullBroker {
  const { start, close, ping, cash, positions, quote, marketStatus } = broker;
  const { placeOrder, replaceOrder, cancelOrder, order, orders } = broker;
  if (!start || !close || !ping || !cash || !positions || !quote || !marketStatus) throw new Error("operation missing");
  if (!placeOrder || !replaceOrder || !cancelOrder || !order || !orders) throw new Error("operation missing");
  return {
    ...broker,
    ...{ start, close, ping, cash, positions, quote, marketStatus },
    ...{ placeOrder, replaceOrder, cancelOrder, order, orders },
  };
}
